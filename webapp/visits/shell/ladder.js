/**
 * What a line can carry is what it gets: first the picture is smaller, then slower, then a still every few seconds,
 * then sound alone, then the phone. Sound is never given up for the picture. One ladder for each other person.
 */

import { read } from './figures.js';
import { GOOD, Judge, SOUND, STEPS } from './judge.js';

const LOOK = 500;
// A browser's estimate begins low, and after a silence it is low again: for so long it means nothing.
const SETTLES = 5000;
const PULSE_EVERY = 4000;
const PULSE_LASTS = 700;
const PACE = 50; // packets of sound a second
const STUCK = 2;
const RESTART_AGAIN = 15_000;

/** Sends to one person what their judge says, for as long as the peer lives. Tells `step`. */
export class Ladder extends EventTarget {
  #peer;
  #judge = new Judge();
  #link = null;
  #before = null;
  #since = 0;
  #restarted = 0;
  #measured = new Map();
  #delay = 0;
  #usual = 0;
  #reports = 0;
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
    const before = this.#before;
    this.#before = now;
    if (!before) return;
    if (link.alive) this.#weigh(link, now, before);
    else if (now.sound === before.sound) this.#dropped(now.at);
  }

  #weigh(link, now, before) {
    const heard = ((now.sound - before.sound) * 1000) / (now.at - before.at);
    this.#usual = Math.max(this.#usual * 0.995, Math.min(heard, PACE));
    const silent = this.#usual > 5 && heard === 0;
    if (silent) this.#dropped(now.at);
    else if (now.told !== before.told) this.#reports += 1;
    const settled = now.at - this.#since > SETTLES;
    const picture = Boolean(link.sender('video')?.track);
    const step = this.#judge.step;
    // The first report after a drop tells of the drop.
    const lost = this.#reports > 1 ? now.lost : 0;
    const figures = { at: now.at, limited: now.limited, lost, fresh: this.#measure(now.delays), delay: this.#delay };
    const changed = this.#judge.hear({ ...figures, available: settled && picture ? now.available : null, starved: settled && heard < this.#usual / 2, settled });
    if (changed) this.#send();
    if (this.#judge.step !== step) this.dispatchEvent(new Event('step'));
    if (settled) this.#unstick(link, figures);
  }

  /** Not a weak line, and the peer deals with it: what is measured right after it tells of the drop. */
  #dropped(at) {
    [this.#since, this.#reports] = [at, 0];
  }

  /** The newest measurement counts: others may be of long ago. Returns whether there is a new one. */
  #measure(delays) {
    let fresh = false;
    for (const [id, times, seconds] of delays) {
      if (seconds === undefined || this.#measured.get(id) === times) continue;
      this.#measured.set(id, times);
      this.#delay = fresh ? Math.max(this.#delay, seconds) : seconds;
      fresh = true;
    }
    return fresh;
  }

  /** What was queued before we sent less would keep sound late for minutes: a new way begins with nothing queued. */
  #unstick(link, { at, delay }) {
    if (this.#judge.step < SOUND || delay < STUCK || at - this.#restarted < RESTART_AGAIN) return;
    this.#restarted = at;
    link.restart();
  }

  #renewed(link) {
    this.#link = link;
    this.#before = null;
    this.#usual = this.#reports = 0;
    this.#measured.clear();
    this.#delay = 0;
    this.#since = performance.now();
    this.#judge.forget();
    if (this.#judge.step !== GOOD) this.#send();
  }

  #send() {
    const step = STEPS[this.#judge.sent];
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
    setTimeout(() => link === this.#link && STEPS[this.#judge.sent] === step && link.shape(step, false), PULSE_LASTS);
  }
}
