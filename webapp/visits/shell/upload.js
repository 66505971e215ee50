/** A photo on its way: in pieces that survive drops and reloads. What has not arrived stays in this browser. */

import { t } from './text.js';

// The practice takes three unfinished ones of a person; each further one waits here for its turn.
const AT_ONCE = 2;
const LARGEST = 192 * 1024;
const SMALLEST = 16 * 1024;
const PATIENCE = 60_000;
const QUICK = 1500;
const SLOW = 6000;
const MARK = 'telepraxis.photos';  // says that there may be some; the photos themselves are in the database
const KEPT_FOR = 24 * 3600_000;

export class Uploads extends EventTarget {
  #base;
  #kept;

  /** @param {string} visit */
  constructor(visit) {
    super();
    /** @type {Upload[]} */
    this.all = [];
    this.#base = `/join/${visit}/photos`;
    this.#kept = new Kept(visit);
  }

  /** Go on with what a reload interrupted. */
  async resume() {
    for (const wish of await this.#kept.all()) {
      if (!this.all.some((upload) => upload.key === wish.key)) this.#start(wish);
    }
  }

  /**
   * @param {Blob} file
   * @param {{site: string, side: string, request?: string}} place
   */
  async send(file, place) {
    const wish = { key: crypto.randomUUID(), file, at: Date.now(), ...place };
    await this.#kept.put(wish);
    localStorage.setItem(MARK, '1');
    return this.#start(wish);
  }

  #start(wish) {
    const upload = new Upload(this.#base, wish);
    this.all.push(upload);
    upload.addEventListener('change', () => {
      if (upload.over && !upload.again) this.#forget(upload);
      this.#next();
      this.dispatchEvent(new Event('change'));
    });
    this.#next();
    this.dispatchEvent(new Event('change'));
    return upload;
  }

  /** Whose turn it is: what was asked for goes before what was chosen. */
  #next() {
    const queued = this.all.filter((upload) => upload.state === 'queued');
    const going = this.all.filter((upload) => ['sending', 'waiting'].includes(upload.state)).length;
    if (queued.length && going < AT_ONCE) (queued.find((upload) => upload.wish.request) ?? queued[0]).run();
  }

  async #forget(upload) {
    await this.#kept.remove(upload.key);
    if (!this.all.some((other) => !other.over || other.again)) localStorage.removeItem(MARK);
  }
}

export class Upload extends EventTarget {
  #base;
  #id = null;
  #piece = LARGEST / 4;
  #tries = 0;
  #stop = new AbortController();

  /** @param {string} base @param {{key: string, file: Blob, site: string, side: string, request?: string}} wish */
  constructor(base, wish) {
    super();
    this.#base = base;
    this.wish = wish;
    this.key = wish.key;
    /** queued, sending, waiting (the line is away), done, failed or cancelled */
    this.state = 'queued';
    /** Has it failed in a way that may pass? Then it is kept. */
    this.again = false;
    this.received = 0;
    this.words = '';
  }

  get over() {
    return ['done', 'failed', 'cancelled'].includes(this.state);
  }

  /** From 0 to 1. */
  get share() {
    return this.state === 'done' ? 1 : this.received / this.wish.file.size;
  }

  /** Its turn has come. */
  async run() {
    this.#now('sending');
    while (!this.over) {
      try {
        await this.#step();
        this.#tries = 0;
      } catch (error) {
        if (this.over) return;
        if (error instanceof Final) this.#fail(error);
        else await this.#pause(error);
      }
    }
  }

  /** The sender changed their mind. */
  cancel() {
    if (this.over) return;
    this.#now('cancelled');
    this.#stop.abort();
    if (this.#id) fetch(`${this.#base}/${this.#id}`, { method: 'DELETE', keepalive: true }).catch(() => {});
  }

  /** Once more from the start, at the end of the queue. */
  retry() {
    this.again = false;
    this.#id = null;
    this.received = 0;
    this.#now('queued');
  }

  #fail({ message, lasting }) {
    this.again = !lasting;
    this.#now('failed', message);
  }

  async #step() {
    const { file, site, side, request = '' } = this.wish;
    if (!this.#id) {
      const found = await this.#ask('', 'POST', { key: this.key, size: file.size, site, side, request });
      this.#id = found.id;
      this.#far(found);
    } else if (this.received < file.size) {
      const from = this.received;
      const begun = performance.now();
      this.#far(await this.#ask(`/${this.#id}?start=${from}`, 'PUT', file.slice(from, from + this.#piece)));
      this.#adapt(performance.now() - begun);
    } else {
      const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      this.#far(await this.#ask(`/${this.#id}/finish`, 'POST', { sha256 }));
    }
  }

  #far({ received, done }) {
    this.received = received;
    this.#now(done ? 'done' : 'sending');
  }

  /** On a weak line the pieces are small, so that a drop costs little. */
  #adapt(took) {
    if (took < QUICK) this.#piece = Math.min(this.#piece * 2, LARGEST);
    else if (took > SLOW) this.#piece = Math.max(this.#piece / 2, SMALLEST);
  }

  async #ask(path, method, body) {
    const raw = body instanceof Blob;
    const late = setTimeout(() => this.#stop.abort(), PATIENCE);
    try {
      const response = await fetch(this.#base + path, {
        method,
        body: raw ? body : JSON.stringify(body),
        headers: { 'Content-Type': raw ? 'application/octet-stream' : 'application/json' },
        signal: this.#stop.signal,
      });
      if (response.ok || response.status === 409) return await response.json();
      // What cannot be read as a picture will not be read the next time either.
      if (response.status === 422) throw new Final((await response.json()).text ?? t('This photo cannot be sent.'), path.endsWith('/finish'));
      if (response.status < 500 && response.status !== 429) throw new Final(t('The practice does not take the photo now. Is the visit over?'));
      throw new Error(`${response.status}`);
    } finally {
      clearTimeout(late);
    }
  }

  async #pause() {
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    this.#now('waiting');
    const wait = Math.min(5000, 400 * 2 ** this.#tries);
    this.#tries += 1;
    await new Promise((done) => {
      setTimeout(done, wait);
      addEventListener('online', done, { once: true });
    });
  }

  #now(state, words = '') {
    this.state = state;
    this.words = words;
    this.dispatchEvent(new Event('change'));
  }
}

/** It ends here; the message is for the eye. `lasting`: trying again would not help. */
class Final extends Error {
  constructor(message, lasting = false) {
    super(message);
    this.lasting = lasting;
  }
}

/** Photos that wait, in the browser's own database; without one they live as long as the page. */
class Kept {
  #visit;
  #opened = null;

  constructor(visit) {
    this.#visit = visit;
  }

  async all() {
    const found = (await this.#do('readonly', (store) => store.getAll())) ?? [];
    const old = Date.now() - KEPT_FOR;
    for (const wish of found.filter((one) => one.at < old)) this.remove(wish.key);
    return found.filter((one) => one.visit === this.#visit && one.at >= old);
  }

  put(wish) {
    return this.#do('readwrite', (store) => store.put({ ...wish, visit: this.#visit }));
  }

  remove(key) {
    return this.#do('readwrite', (store) => store.delete(key));
  }

  async #do(mode, work) {
    try {
      this.#opened ??= opened();
      const store = (await this.#opened).transaction('photos', mode).objectStore('photos');
      return await settled(work(store));
    } catch {
      return null;
    }
  }
}

function opened() {
  const request = indexedDB.open('telepraxis-photos', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('photos', { keyPath: 'key' });
  return settled(request);
}

function settled(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
