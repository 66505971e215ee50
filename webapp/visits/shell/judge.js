/** What a line's figures mean for the picture: pure, so that it can be tried without a line. */

/** Each step: how small, how fast, and how much picture and sound may take (bits per second). */
const STEPS = [
  { down: 1, frames: 30, video: 1_500_000, audio: 40_000 },
  { down: 2, frames: 30, video: 400_000, audio: 32_000 },
  { down: 4, frames: 8, video: 90_000, audio: 24_000 },
  { down: 4, frames: 5, video: 40_000, audio: 20_000, pulse: true },
  { down: 4, frames: 5, video: 30_000, audio: 16_000, off: true },
  { down: 4, frames: 5, video: 30_000, audio: 12_000, off: true },
];
/**
 * What is tried where there was sound alone: less than half of the slower step, lest the try itself make sound late, and
 * of a screen nothing while there is a camera, for its first picture is a large one.
 */
const TRY = { down: 6, frames: 5, video: 40_000, audio: 20_000, camera: true };
export const GOOD = 0;
export const SLOWER = 2;
const STILL = 3;
export const SOUND = 4;
export const PHONE = 5;

/**
 * Bits per second on offer: below the one a step is left, from the other on it is taken. Where little is sent the
 * browser's estimate is too low to tell anything, so the later steps go by what happens to sound alone.
 */
const LEAVE = [600_000, 160_000, 0, 0, 0, 0];
const TAKE = [800_000, 200_000, 0, 0, 0, 0];
// Where the whole picture may take less than that, so many times what it may take is enough for it.
const LEAVE_OVER = 1.1;
const TAKE_OVER = 1.45;
const SHORT_FOR = 1000;
const STARVED_FOR = 900;
const LATE_FOR = 2000;
const CALM_FOR = [0, 6000, 4000, 2000, 2000, 2000];
const TRY_FOR = [4000, 4000, 2000, 2000, 2000, 2000]; // a large picture needs longer until the estimate has followed
const ANSWERED_IN = 3000; // beyond that: a line is asked every two and a half seconds
const GROWN = 0.12;
const TIRED_AT_MOST = 8;
const DELAY = 0.5;
const DELAY_BAD = 1.2;
const LOST = 0.08;
const LOST_BAD = 0.25;
const HOPELESS_FOR = 15_000;
const WELL_FOR = 1000;
const DOUBT_FOR = 2000;
const FORGIVEN_AGAIN = 60_000;

export class Judge {
  #short = null;
  #starved = null;
  #slow = null;
  #calm = null;
  #trial = null;
  #tired = 1;
  #hopeless = null;
  #doubt = null;
  #forgiven = -Infinity;

  constructor() {
    this.step = GOOD;
  }

  /** How much is sent: what the step says, or what is being tried. */
  get sent() {
    if (!this.#trial) return STEPS[this.step];
    return this.step < STILL ? STEPS[this.#trial.step] : TRY;
  }

  /**
   * @param {{at: number, available: number | null, limited: boolean, delay: number, fresh: boolean, lost: number,
   *   starved: boolean, choked: boolean, settled: boolean, most: number}} now milliseconds; bits per second, or null
   *   where nothing is known; whether the encoder wants more; seconds there and back, and whether they were just
   *   measured; share of packets; whether sound comes at half its pace; whether hardly any comes while the line is full;
   *   whether the line is no longer new; bits per second that the whole picture may take
   * @returns {boolean} whether something else is to be sent
   */
  hear(now) {
    const before = this.sent;
    const bad = this.#bad(now);
    if (this.#relieved(now)) this.#short = this.#calm = null;
    else if (this.#trial) this.#tried(now, bad);
    else if (!this.#fall(now, bad)) this.#climb(now, bad);
    this.#despair(now, bad);
    return before !== this.sent;
  }

  /** A new line: what was learnt of the old one says little. */
  forget() {
    this.#short = this.#starved = this.#slow = this.#calm = this.#trial = this.#hopeless = this.#doubt = null;
    this.#tired = 1;
  }

  /** Sound itself suffers. A long delay alone may be an old report, after a silence. */
  #bad(now) {
    if (now.choked) return true;
    if (!now.starved || !now.settled) this.#starved = null;
    else this.#starved ??= now.at;
    if (this.#starved !== null && now.at - this.#starved >= STARVED_FOR) return true;
    return now.lost > LOST_BAD || (now.settled && now.delay > DELAY_BAD);
  }

  #fall(now, bad) {
    const fits = bad ? Math.max(SOUND, this.step) : Math.max(this.#affordable(now), this.#late(now));
    if (fits <= this.step) {
      this.#short = null;
      return false;
    }
    this.#calm = null;
    this.#short ??= now.at;
    if (!bad && now.at - this.#short < SHORT_FOR) return true;
    this.#short = this.#slow = null;
    if (now.choked) this.#doubt = { step: this.step, since: now.at, well: null };
    this.step = fits;
    return true;
  }

  /**
   * A line that chokes loses its picture at once. Where sound is well right after, the first time it was nothing, and
   * the next time the line carries nearly as much.
   */
  #relieved(now) {
    const doubt = this.#doubt;
    if (!doubt) return false;
    if (now.starved || now.choked) doubt.well = null;
    else doubt.well ??= now.at;
    const well = doubt.well !== null && now.at - doubt.well >= WELL_FOR;
    if (!well && now.at - doubt.since < DOUBT_FOR) return false;
    this.#doubt = null;
    if (!well) return false;
    const again = now.at - this.#forgiven < FORGIVEN_AGAIN;
    this.#forgiven = now.at;
    this.step = again ? Math.min(doubt.step + 1, SOUND) : doubt.step;
    return true;
  }

  /** The first step from here down whose picture the line has room for. */
  #affordable(now) {
    return LEAVE.findIndex((need, step) => step >= this.step && this.#enough(now, need, step, LEAVE_OVER));
  }

  /** Sound that stays a little late asks for one step less. */
  #late(now) {
    if (now.delay <= DELAY && now.lost <= LOST) this.#slow = null;
    else if (now.settled) this.#slow ??= now.at;
    return this.#slow !== null && now.at - this.#slow >= LATE_FOR ? Math.min(this.step + 1, SOUND) : this.step;
  }

  /** A small camera is content with less than a whole picture may take. */
  #enough(now, need, step, over) {
    const available = now.available ?? Infinity;
    return available >= need || (step === GOOD && (!now.limited || available >= now.most * over));
  }

  #climb(now, bad) {
    if (this.step === GOOD) return;
    if (bad || now.delay > DELAY || now.lost > LOST) {
      this.#calm = null;
      return;
    }
    this.#calm ??= now.at;
    const tired = this.step >= STILL ? Math.min(this.#tired, 2) : this.#tired;
    if (now.at - this.#calm < CALM_FOR[this.step] * tired) return;
    this.#trial = { step: Math.min(this.step, STILL) - 1, since: now.at, delay: now.delay, fresh: false };
  }

  /** A better step is sent for a moment: does sound stay as it was, and does the line offer enough? */
  #tried(now, bad) {
    const { step, since, delay } = this.#trial;
    const lasts = now.at - since;
    this.#trial.fresh ||= now.fresh && lasts > TRY_FOR[step] / 2;
    const silent = !this.#trial.fresh && lasts > TRY_FOR[step] + ANSWERED_IN;
    const hurts = bad || silent || now.delay > delay + GROWN || now.lost > LOST;
    if (!hurts && (lasts < TRY_FOR[step] || !this.#trial.fresh)) return;
    this.#trial = null;
    this.#calm = null;
    if (!hurts && this.#enough(now, TAKE[step], step, TAKE_OVER)) {
      this.step = step;
      this.#tired = 1;
      // What the line offers beyond need not be waited for as long again.
      this.#calm = now.at - CALM_FOR[step] + SHORT_FOR;
    } else {
      this.#tired = Math.min(this.#tired * 2, TIRED_AT_MOST);
    }
  }

  /** Not even sound comes through as it should. */
  #despair(now, bad) {
    if (this.step < SOUND || !bad) this.#hopeless = null;
    else this.#hopeless ??= now.at;
    if (this.#hopeless !== null && now.at - this.#hopeless >= HOPELESS_FOR) this.step = PHONE;
    else if (this.step === PHONE && !bad) this.step = SOUND;
  }
}
