/** Signalling: one WebSocket that returns by itself, says where it was, and keeps what still waits. */

const FINAL = { 4001: 'replaced', 4002: 'removed', 4003: 'finished', 4004: 'signed_out', 4005: 'cancelled', 4008: 'flood', 4040: 'not_found' };
const PING = 5000;
const SILENCE = 12000;
const PROBE = 3000;
const QUEUE = 200;

export class Socket {
  #address;
  #instance;
  #on;
  #socket = null;
  #ready = false;
  #ended = null;
  #tries = 0;
  #timer = 0;
  #pinger = 0;
  #heard = 0;
  #asked = 0;
  #queue = [];
  #kept = new Map();
  #history = new History();
  #brought = {};

  /**
   * @param {string} address path of the endpoint
   * @param {string} instance this page load's random id
   * @param {{message: (message: object) => void, away: () => void, refused: (tries: number) => void,
   *          ended: (why: string) => void, trip?: (ms: number) => void}} on
   */
  constructor(address, instance, on) {
    this.#address = address;
    this.#instance = instance;
    this.#on = on;
    addEventListener('online', () => this.#nudge());
    document.addEventListener('visibilitychange', () => document.hidden || this.#nudge());
  }

  /** True between the server's welcome and the next drop. */
  get ready() {
    return this.#ready;
  }

  /** Connect, also after the server had ended it: a return counts as a new instance. */
  open(instance = this.#instance) {
    if (instance !== this.#instance) this.#history = new History();
    this.#instance = instance;
    this.#ended = null;
    this.#tries = 0;
    this.#connect();
  }

  /** Stop for good: nothing reconnects until `open`. */
  close(why = 'closed') {
    this.#ended = why;
    clearTimeout(this.#timer);
    this.#detach();
  }

  /** Send now, or after the next welcome. */
  send(message) {
    if (this.#ready) this.#write(message);
    else if (this.#queue.length < QUEUE) this.#queue.push(message);
  }

  /** Send now and again after every reconnect: only the last message under a key counts. Null forgets it. */
  keep(key, message) {
    if (message === null) {
      this.#kept.delete(key);
      return;
    }
    this.#kept.set(key, message);
    if (this.#ready) this.#write(message);
  }

  /**
   * Go on with a socket that has said hello already, and soon with what it heard.
   * @param {{instance: string, brought: object, socket: WebSocket, heard: string[]}} early
   *   brought: what is to be done before we are welcomed
   */
  adopt({ instance, brought, socket, heard }) {
    this.#instance = instance;
    this.#brought = brought;
    this.#attend(socket);
    queueMicrotask(() => {
      for (const text of heard) this.#receive(text);
      if (this.#socket === socket && socket.readyState > WebSocket.OPEN) this.#closed(1006);
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#ended) return;
    this.#detach();
    const url = new URL(this.#address, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#attend(new WebSocket(url));
  }

  #attend(socket) {
    this.#socket = socket;
    this.#heard = performance.now();
    const mine = (handle) => (event) => this.#socket === socket && handle(event);
    socket.onopen = mine(() => this.#write({ t: 'hello', instance: this.#instance, ...this.#history.place(), ...this.#brought }));
    socket.onmessage = mine((event) => this.#receive(event.data));
    socket.onclose = mine((event) => this.#closed(event.code));
    this.#pinger = setInterval(() => this.#beat(), PING);
  }

  #detach() {
    clearInterval(this.#pinger);
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    socket?.close();
  }

  #write(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(text) {
    this.#heard = performance.now();
    const message = parse(text);
    if (!message) return;
    if (message.t === 'welcome') return this.#welcome(message);
    if (message.t === 'bye') return this.#end(message.why);
    if (message.t === 'pong') this.#on.trip?.(performance.now() - this.#asked);
    if (this.#history.fresh(message)) this.#on.message(message);
  }

  #welcome(message) {
    this.#tries = 0;
    this.#ready = true;
    this.#brought = {};
    this.#history.begin(message);
    this.#on.message(message);
    for (const waiting of this.#queue.splice(0)) this.#write(waiting);
    for (const kept of this.#kept.values()) this.#write(kept);
    this.#ping();
  }

  #closed(code) {
    if (FINAL[code]) return this.#end(FINAL[code]);
    const wasReady = this.#ready;
    this.#detach();
    if (wasReady) this.#on.away();
    else this.#on.refused(this.#tries);
    if (!this.#ended) this.#later();
    return undefined;
  }

  #later() {
    const pause = Math.min(4000, 250 * 2 ** this.#tries);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
  }

  #end(why) {
    if (this.#ended) return;
    this.close(why);
    this.#on.ended(why);
  }

  #ping() {
    this.#asked = performance.now();
    this.#write({ t: 'ping' });
  }

  #beat() {
    if (performance.now() - this.#heard > SILENCE) this.#closed(1006);
    else if (this.#ready) this.#ping();
  }

  /** The network or the page is back: connect at once, or find out within 3 s whether the line is dead. */
  #nudge() {
    if (this.#ended || (!this.#socket && !this.#timer)) return;
    if (this.#timer) {
      this.#tries = 0;
      this.#connect();
      return;
    }
    const socket = this.#socket;
    const asked = performance.now();
    this.#ping();
    setTimeout(() => this.#socket === socket && this.#heard < asked && this.#closed(1006), PROBE);
  }
}

/** Where we are in the server's numbered messages. A message counts once, in whatever order replays come. */
class History {
  #epoch = null;
  #last = 0;
  #seen = new Set();

  place() {
    return { epoch: this.#epoch, last: this.#last };
  }

  begin(welcome) {
    if (welcome.epoch !== this.#epoch || !welcome.replayed) {
      this.#epoch = welcome.epoch;
      this.#last = welcome.n ?? 0;
      this.#seen.clear();
    } else {
      this.fresh(welcome);
    }
  }

  fresh(message) {
    const n = message.n;
    if (typeof n !== 'number') return true;
    if (n <= this.#last || this.#seen.has(n)) return false;
    this.#seen.add(n);
    while (this.#seen.delete(this.#last + 1)) this.#last += 1;
    return true;
  }
}

function parse(text) {
  try {
    const message = JSON.parse(text);
    return message && typeof message.t === 'string' ? message : null;
  } catch {
    return null;
  }
}
