/** From what a connection has counted so far to what its line is like now: pure, so that it can be tried without a line. */

const LOOKS = 2; // a pace is counted over so many
// A browser's estimate begins low, and after a silence it is low again: for so long it means nothing.
const SETTLES = 5000;
const LATE = 2;
const SOME = 5; // packets of sound a second
// A picture that takes nearly all it may wants more, also where the browser does not say so.
const ALL = 0.8;
const MEAN = 0.1;

/** For one link, from its beginning. */
export class Gauge {
  #seen = [];
  #since;
  #usual = 0;
  #reports = 0;
  #measured = new Map();
  #answered = -Infinity;
  #delay = 0;
  #taken = 0;

  /** @param {number} at milliseconds */
  constructor(at) {
    this.#since = at;
  }

  /**
   * @param {ReturnType<typeof import('./figures.js').read> & {at: number}} now
   * @param {number} pace packets of sound a second that were asked for
   * @param {boolean} alive whether the link is connected
   * @returns {object | null} what Judge hears, or null while there is nothing to tell
   */
  read(now, pace, alive) {
    this.#seen.push(now);
    if (this.#seen.length <= LOOKS) return null;
    const [first, before] = [this.#seen.shift(), this.#seen.at(-2)];
    const heard = ((now.sound - first.sound) * 1000) / (now.at - first.at);
    if (alive) this.#usual = Math.min(Math.max(this.#usual * 0.998, heard), pace);
    const dropped = now.bytes === first.bytes && (!alive || this.#usual > SOME);
    if (dropped) [this.#since, this.#reports] = [now.at, 0];
    else if (alive && now.told !== before.told) this.#reports += 1;
    if (!alive) return null;
    const settled = now.at - this.#since > SETTLES;
    const starved = heard < this.#usual / 2;
    // Where everything stops for a moment nothing comes; where the line is full little comes, but all the time.
    const choked = heard < this.#usual / 4 && now.bytes !== before.bytes && before.bytes !== first.bytes;
    const fresh = this.#measure(now);
    const limited = this.#takesAll(now, first) || now.limited;
    // The next report tells of this, and comes seconds later.
    if (starved || this.#delay > LATE) this.#reports = 0;
    const lost = this.#reports > 1 ? now.lost : 0;
    return { at: now.at, available: settled ? now.available : null, limited, delay: this.#delay, fresh, lost, starved, choked, settled };
  }

  #takesAll(now, first) {
    const taken = ((now.pictured - first.pictured) * 8000) / (now.at - first.at);
    if (now.target) this.#taken += MEAN * (taken / now.target - this.#taken);
    return this.#taken > ALL;
  }

  /**
   * The newest measurement counts. A report is of something that was sent before it: where the line itself has answered
   * since, it tells of long ago. Returns whether there is a new one, or nobody who measures.
   */
  #measure({ at, delays }) {
    const fresh = delays.filter(({ id, times, seconds }) => seconds !== undefined && this.#measured.get(id) !== times);
    for (const { id, times } of fresh) this.#measured.set(id, times);
    if (fresh.some((one) => one.asked)) this.#answered = at;
    const valid = fresh.filter((one) => one.asked || at - one.seconds * 1000 >= this.#answered);
    if (valid.length) this.#delay = Math.max(...valid.map((one) => one.seconds));
    return valid.length > 0 || this.#measured.size === 0;
  }
}
