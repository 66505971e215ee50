/** Another person's media: a chain of links, each replacing the one before, and the road back after a drop. */

import { Link } from './link.js';

const TICK = 250;
const SHOW_AFTER = 2000;
const RENEW_AFTER = 10000;
const LOST_AFTER = 60000;
const OFFER_AFTER = 1500;

export class Peer extends EventTarget {
  #deps;
  #polite;
  #pending = new Map();
  #trouble = null;
  #renewed = 0;
  #ticker = 0;
  #watcher = 0;
  #linked = false;
  #closed = false;

  /**
   * @param {string} seat
   * @param {string} instance the other page load's id: another instance is another Peer
   * @param {{polite: boolean, local: object, take: () => RTCPeerConnection, send: (part: object) => void,
   *          reachable: () => boolean, silent: () => boolean}} deps
   *   reachable: can a signal reach them now; silent: do they send nothing by choice
   */
  constructor(seat, instance, deps) {
    super();
    this.seat = seat;
    this.instance = instance;
    this.state = 'connecting';
    this.stream = new MediaStream();
    /** @type {MediaStreamTrack | null} their screen, if they share it */
    this.screen = null;
    this.link = null;
    this.#polite = deps.polite;
    this.#deps = deps;
    this.#ticker = setInterval(() => this.#tick(), TICK);
    this.#renewed = performance.now();
  }

  /** The impolite side offers first; the other only if no offer comes. */
  begin() {
    if (!this.#polite) this.#open(1, true);
    else setTimeout(() => this.link || this.#closed || this.#open(1, true), OFFER_AFTER);
  }

  /** @param {{link: number, description?: object, candidate?: object | null}} message */
  async signal({ link, description, candidate }) {
    const current = this.link?.number ?? 0;
    if (this.#closed || !(link >= current) || link > 1e6) return;
    if (description) await this.#describe(link, description);
    else if (link === current) this.link.candidate(candidate);
    else this.#wait(link, candidate);
  }

  setTrack(kind, track) {
    this.link?.setTrack(kind, track);
  }

  /** The first decoded frame or the first sound. */
  seen() {
    if (this.#linked || this.#closed || !this.link?.alive) return;
    this.#linked = true;
    clearInterval(this.#watcher);
    this.dispatchEvent(new Event('linked'));
    this.#change();
  }

  /** Our socket or theirs is back: say again what may be lost, start over if the media is gone. */
  revive() {
    if (this.#trouble !== null && this.link && !this.link.alive) this.#renew();
    else this.link?.repeat();
  }

  /** Start over now, for the person who does not want to wait. */
  retry() {
    this.#renew();
  }

  close() {
    this.#closed = true;
    clearInterval(this.#ticker);
    clearInterval(this.#watcher);
    this.link?.close();
  }

  #open(number, offering) {
    const old = this.link;
    this.#renewed = performance.now();
    this.#linked = false;
    const stream = new MediaStream();
    const link = new Link(this.#deps.take(), number, this.#polite, this.#deps.local, {
      send: (part) => this.link === link && this.#deps.send({ link: number, ...part }),
      track: (track) => this.#receive(link, stream, track),
      screen: (track) => this.#shown(link, track),
      state: () => this.link === link && this.#state(),
    });
    this.link = link;
    old?.close();
    for (const candidate of this.#pending.get(number) ?? []) link.candidate(candidate);
    this.#pending.clear();
    if (offering) link.offer().catch(() => {});
  }

  async #describe(number, description) {
    const current = this.link?.number ?? 0;
    if (number > current) {
      if (description.type !== 'offer') return;
      this.#open(number, false);
    } else if (this.#polite && this.link.fresh && this.link.collides(description)) {
      // Both started over at once. Our transceivers would not pair with theirs, so ours go.
      this.#open(number, false);
    }
    try {
      await this.link.describe(description);
    } catch {
      // A description that does not fit (a late or a broken one): the tick starts over if no media comes.
    }
  }

  #wait(number, candidate) {
    const waiting = this.#pending.get(number) ?? [];
    if (waiting.length < 50) waiting.push(candidate);
    this.#pending.set(number, waiting);
  }

  #receive(link, stream, track) {
    if (this.link !== link) return;
    stream.addTrack(track);
    this.stream = stream;
    this.dispatchEvent(new Event('stream'));
  }

  #shown(link, track) {
    if (this.link !== link) return;
    this.screen = track;
    this.dispatchEvent(new Event('screen'));
  }

  #state() {
    const ice = this.link.pc.iceConnectionState;
    if (this.link.alive) {
      this.#trouble = null;
      if (!this.#linked) this.#watch();
    } else if (ice === 'failed' || this.link.pc.connectionState === 'failed') {
      this.#troubled();
      this.#renew();
    } else if (ice === 'disconnected') {
      this.#troubled();
    }
    this.#change();
  }

  #troubled() {
    this.#trouble ??= performance.now();
  }

  /** Sound has no frame callback: look at the counters until something has come. */
  #watch() {
    clearInterval(this.#watcher);
    this.#watcher = setInterval(async () => {
      if (!this.link?.alive) return;
      if (this.#deps.silent() || (await received(this.link.pc))) this.seen();
    }, 200);
  }

  #tick() {
    if (this.#trouble === null) {
      this.#hasten();
      return;
    }
    const gone = performance.now() - this.#trouble;
    if (gone >= SHOW_AFTER && this.state !== 'reconnecting' && this.state !== 'lost') {
      this.dispatchEvent(new Event('unlinked'));
      this.#linked = false;
      if (this.#deps.reachable()) this.link?.restart();
    }
    if (gone >= RENEW_AFTER && performance.now() - this.#renewed >= RENEW_AFTER) this.#renew();
    this.#change();
  }

  /** A link that never came up is given up like one that failed. */
  #hasten() {
    const patience = this.#polite ? RENEW_AFTER * 1.3 : RENEW_AFTER;
    const late = performance.now() - this.#renewed >= patience;
    if (late && this.link && !this.link.alive && this.#deps.reachable()) this.#renew();
  }

  #renew() {
    // An offer to somebody who is away would only wait and be old when they return.
    if (this.#closed || !this.#deps.reachable()) return;
    this.#troubled();
    this.#open((this.link?.number ?? 0) + 1, true);
  }

  #change() {
    const state = this.#now();
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  #now() {
    if (this.#trouble === null) return this.#linked ? 'connected' : this.state === 'connected' ? 'connected' : 'connecting';
    const gone = performance.now() - this.#trouble;
    if (gone >= LOST_AFTER) return 'lost';
    if (gone >= SHOW_AFTER) return 'reconnecting';
    return this.state;
  }
}

async function received(pc) {
  const incoming = [...(await pc.getStats()).values()].filter((entry) => entry.type === 'inbound-rtp');
  return incoming.some((entry) => (entry.kind === 'audio' ? entry.packetsReceived : entry.framesDecoded) > 0);
}
