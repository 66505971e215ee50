// Two soft notes that say "somebody waits", again after 8, 16, 32, then every 60 s, until stopped or quiet.
const PAUSES_S = [8, 16, 32, 60];

export class Chime {
  #context = null;
  #timer = null;
  #rung = 0;
  #quiet = false;

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

  #ring() {
    if (!this.#quiet) this.sound();
    const pause = PAUSES_S[Math.min(this.#rung, PAUSES_S.length - 1)];
    this.#rung += 1;
    this.#timer = setTimeout(() => this.#ring(), pause * 1000);
  }

  // A browser makes no sound before the first click on the page; then this stays silent, and nothing breaks.
  async sound() {
    this.#context ??= new AudioContext();
    const context = this.#context;
    if (context.state !== "running") {
      if (!navigator.userActivation?.hasBeenActive) return;
      await context.resume();
    }
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
