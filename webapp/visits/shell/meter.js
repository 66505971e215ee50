/** The microphone's level, so that people see that they are heard; and a sound to hear. */

import { h } from './element.js';
import { t } from './text.js';

const HEARD = 0.05;
const EVERY = 100;
// Longer than the pause between two looks, so that no short sound falls between them.
const SAMPLES = 8192;

export class Meter {
  #context = null;
  #source = null;
  #ticker = 0;

  /** @param {import('./devices.js').Devices} devices @param {() => void} heard the first clear sound */
  constructor(devices, heard) {
    this.heard = false;
    this.onheard = heard;
    this.level = h('span');
    this.element = h('span', { class: 'meter', role: 'img', 'aria-label': t('Microphone level'), 'data-testid': 'meter' }, this.level);
    this.devices = devices;
    devices.addEventListener('track', (event) => event.detail.kind === 'microphone' && this.#follow());
  }

  /** Begin inside a tap: a browser gives sound to nobody who has not touched the page. */
  start() {
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});
    this.#follow();
  }

  /** A short, soft double tone, from the loudspeaker that was chosen. */
  play() {
    this.start();
    const out = this.#loudspeaker();
    for (const [pitch, at] of [[523, 0], [659, 0.25]]) this.#tone(pitch, this.#context.currentTime + at, out);
  }

  /** An element can be sent to a loudspeaker in more browsers than a context can. */
  #loudspeaker() {
    const id = this.devices.current('speaker');
    if (id === 'default' || !('setSinkId' in HTMLMediaElement.prototype)) return this.#context.destination;
    const through = this.#context.createMediaStreamDestination();
    const voice = new Audio();
    voice.srcObject = through.stream;
    voice.setSinkId(id).catch(() => {});
    voice.play().catch(() => {});
    return through;
  }

  stop() {
    clearInterval(this.#ticker);
    this.#source?.disconnect();
    this.#context?.close().catch(() => {});
    this.#context = null;
  }

  #follow() {
    clearInterval(this.#ticker);
    this.#source?.disconnect();
    this.#source = null;
    this.level.style.transform = 'scaleX(0)';
    const track = this.devices.microphone;
    if (!track || !this.#context) return;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = SAMPLES;
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#ticker = setInterval(() => this.#draw(analyser, samples), EVERY);
  }

  #draw(analyser, samples) {
    analyser.getFloatTimeDomainData(samples);
    const level = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    this.level.style.transform = `scaleX(${Math.min(1, level * 2).toFixed(3)})`;
    if (level > HEARD && !this.heard) {
      this.heard = true;
      this.onheard();
    }
  }

  #tone(pitch, at, out) {
    const tone = this.#context.createOscillator();
    const loudness = this.#context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.2, at + 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + 0.3);
    tone.connect(loudness).connect(out);
    tone.start(at);
    tone.stop(at + 0.32);
  }
}
