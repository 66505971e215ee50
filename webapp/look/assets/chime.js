// Two soft notes that say "somebody waits", again after 8, 16, 32, then every 60 s, until stopped or quiet.
const PAUSES_S = [8, 16, 32, 60];

export class Chime {
  #context = null;
  #timer = null;
  #rung = 0;
  #quiet = false;
  #allowed = false;
  #told;

  // told(silent): whether the browser keeps this page from sounding, each time that it changes.
  constructor(told = () => {}) {
    this.#told = told;
  }

  get ringing() {
    return this.#timer !== null;
  }

  // The number of times the notes were due since start, sounded or not.
  get rung() {
    return this.#rung;
  }

  start() {
    if (this.ringing) return;
    this.#rung = 0;
    this.#ring();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  set quiet(quiet) {
    this.#quiet = quiet;
  }

  get quiet() {
    return this.#quiet;
  }

  // Ask the browser before anybody waits: it makes no sound before the first click on a page, nor after a reload.
  prepare() {
    if (this.#context) return;
    this.#context = new AudioContext();
    this.#context.addEventListener("statechange", () => this.#heed());
    for (const kind of ["pointerup", "keydown"]) addEventListener(kind, this.#touched, true);
    this.#told(true);
    this.#heed();
  }

  close() {
    this.stop();
    for (const kind of ["pointerup", "keydown"]) removeEventListener(kind, this.#touched, true);
    this.#context?.close();
  }

  #touched = () => {
    if (!this.#allowed) this.#context.resume().catch(() => {});
  };

  // Who waits already is heard as soon as the browser allows it.
  #heed() {
    const allowed = this.#context.state === "running";
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    this.#told(!allowed);
    if (allowed && this.ringing && !this.#quiet) this.sound();
  }

  #ring() {
    if (!this.#quiet) this.sound();
    const pause = PAUSES_S[Math.min(this.#rung, PAUSES_S.length - 1)];
    this.#rung += 1;
    this.#timer = setTimeout(() => this.#ring(), pause * 1000);
  }

  // Silent where the page may not sound yet, and nothing breaks.
  sound() {
    this.prepare();
    if (!this.#allowed) return;
    const context = this.#context;
    note(context, 659.25, 0);
    note(context, 880, 0.18);
  }
}

function note(context, hertz, delay) {
  const begin = context.currentTime + delay;
  const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(0.16, begin + 0.015);
  gain.gain.exponentialRampToValueAtTime(0.0005, begin + 0.9);
  tone.connect(gain).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + 0.95);
}
