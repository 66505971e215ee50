/**
 * What a line can carry is what it gets: first the picture is smaller, then slower, then a still every few seconds,
 * then sound alone, then the phone. Sound is never given up for the picture. One ladder for each other person.
 */

import { read } from './figures.js';
import { Gauge } from './gauge.js';
import { GOOD, Judge, SLOWER, SOUND } from './judge.js';
import { QUEUED_BITRATE } from './link.js';

const LOOK = 200;
const PULSE_EVERY = 4000;
const PULSE_LASTS = 700;
const STUCK = 2;
const CHOKED = 2; // looks
const RESTART_AGAIN = 30_000; // a new way costs the line something, too
// What goes to a relay over TCP waits in line, and nothing that was sent can be taken back. Where a line shrinks to
// 60 kbit/s each picture in it holds sound up: one of 2.3 kB for a third of a second, one of 9 kB for longer than a
// word. So each is a small one, however many a second the camera makes.
const QUEUES = ['tcp', 'tls'];
const SLOWEST = 10; // pictures a second
const FASTEST = 30;
/** Bits per second for a camera that makes so many pictures in each, or does not say. */
const most = (rate) => (QUEUED_BITRATE * Math.min(Math.max(rate || FASTEST, SLOWEST), FASTEST)) / FASTEST;

/** Sends to one person what their judge says, for as long as the peer lives. Tells `step`. */
export class Ladder extends EventTarget {
  #peer;
  #judge = new Judge();
  #link = null;
  #gauge = null;
  #choked = 0;
  #called = false;
  #restarted = -Infinity;
  #timer;
  #pulse = 0;

  /** @param {import('./peer.js').Peer} peer */
  constructor(peer) {
    super();
    this.#peer = peer;
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  get step() {
    return this.#judge.step;
  }

  /** They are left with sound alone: if our line queues, what we send may be what chokes theirs. */
  told(step) {
    this.#called = step >= SOUND;
  }

  close() {
    clearInterval(this.#timer);
    clearInterval(this.#pulse);
  }

  async #look() {
    const link = this.#peer.link;
    if (!link || link.pc.connectionState === 'closed') return;
    const stats = await link.pc.getStats();
    if (link !== this.#peer.link) return;
    if (link !== this.#link) this.#renewed(link);
    const now = { ...read(stats), at: performance.now() };
    const queues = QUEUES.includes(now.local?.relayProtocol);
    if (now.local) link.limit(queues ? most(now.rate) : undefined);
    const figures = this.#gauge.read(now, link.pace, link.alive);
    if (figures) this.#weigh(link, figures, queues);
    this.#called = false;
  }

  #weigh(link, figures, queues) {
    const step = this.#judge.step;
    const choked = figures.choked || (queues && this.#called);
    const heard = { ...figures, available: link.pictured ? figures.available : null, choked, most: link.most };
    if (this.#judge.hear(heard)) this.#send();
    if (this.#judge.step !== step) this.dispatchEvent(new Event('step'));
    if (this.#judge.step < SLOWER) link.shorten(); // what carries no more than that has no room for them
    this.#choked = figures.choked ? this.#choked + 1 : 0;
    const stuck = (figures.settled && figures.delay >= STUCK) || (queues && this.#choked > CHOKED);
    if (stuck) this.#unstick(link, figures.at);
  }

  /** What was queued before we sent less would keep sound late for minutes: a new way begins with nothing queued. */
  #unstick(link, at) {
    if (this.#judge.step < SOUND || at - this.#restarted < RESTART_AGAIN) return;
    this.#restarted = at;
    link.restart(true);
  }

  #renewed(link) {
    this.#link = link;
    this.#gauge = new Gauge(performance.now());
    this.#choked = 0;
    this.#judge.forget();
    if (this.#judge.step !== GOOD) this.#send();
  }

  #send() {
    const step = this.#judge.sent;
    clearInterval(this.#pulse);
    this.#link.shape(step, !step.off && !step.pulse);
    if (!step.pulse) return;
    this.#pulse = setInterval(() => this.#still(step), PULSE_EVERY);
    this.#still(step);
  }

  /** A still: the picture is sent for a moment, and what arrived stays on the other screen. */
  #still(step) {
    const link = this.#link;
    link.shape(step, true);
    setTimeout(() => link === this.#link && this.#judge.sent === step && link.shape(step, false), PULSE_LASTS);
  }
}
