/**
 * *Louder*: the others' voices through a gain, a limiter that keeps a shout from hurting, and a ceiling for the first
 * milliseconds of a shout, which a limiter lets through.
 */

const MEMORY = 'telepraxis.louder';
const GAIN = 3.5;
const CEILING = 0.9;

export class Loud {
  #room;
  #context = null;
  #gain = null;
  #sources = new Map();

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.possible = 'AudioContext' in window;
    this.on = false;
    room.mesh.addEventListener('stream', ({ detail }) => this.on && this.#follow(detail));
    room.mesh.addEventListener('drop', ({ detail }) => this.#forget(detail));
    room.devices.addEventListener('speaker', () => this.#speaker());
    if (this.possible && localStorage.getItem(MEMORY) === 'on') this.turn(true);
  }

  /** @param {boolean} on @param {{remember?: boolean}} [how] */
  turn(on, { remember = true } = {}) {
    this.on = on;
    if (remember) localStorage.setItem(MEMORY, on ? 'on' : 'off');
    if (on) this.#begin();
    for (const peer of this.#room.mesh.peers.values()) {
      if (on) this.#follow(peer);
      else this.#forget(peer);
    }
  }

  /** As loud as it may be now: not at all behind the shield. */
  hush() {
    if (this.#gain) this.#gain.gain.value = this.#room.stage.hushed ? 0 : GAIN;
  }

  #begin() {
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});
    if (this.#gain) return;
    // After a reload a browser may give sound only after a touch: until then the picture's own sound is all there is.
    this.#context.onstatechange = () => this.#take();
    for (const touch of ['pointerup', 'keydown']) document.addEventListener(touch, () => this.on && this.#context.resume().catch(() => {}));
    this.#gain = new GainNode(this.#context);
    this.hush();
    const limiter = new DynamicsCompressorNode(this.#context, { threshold: -10, knee: 0, ratio: 20, attack: 0.003, release: 0.25 });
    const ceiling = new WaveShaperNode(this.#context, { curve: [-CEILING, 0, CEILING] });
    this.#gain.connect(limiter).connect(ceiling).connect(this.#context.destination);
    this.#speaker();
  }

  /** The picture's own sound falls silent where ours takes its place: it would be heard twice. */
  #follow(peer) {
    this.#sources.get(peer)?.disconnect();
    if (!peer.stream.getAudioTracks().length) return;
    const source = this.#context.createMediaStreamSource(peer.stream);
    source.connect(this.#gain);
    this.#sources.set(peer, source);
    this.#take();
  }

  /** Ours takes the place of the picture's own sound, once it sounds. */
  #take() {
    const sounds = this.#context.state === 'running';
    for (const peer of this.#sources.keys()) this.#mute(peer, sounds);
  }

  #forget(peer) {
    this.#sources.get(peer)?.disconnect();
    if (this.#sources.delete(peer)) this.#mute(peer, false);
  }

  #mute(peer, on) {
    const tile = this.#room.stage.tile(peer.seat);
    if (!tile) return;
    tile.video.dataset.loud = on ? 'on' : 'off';
    tile.mute(this.#room.stage.hushed);
  }

  #speaker() {
    const id = this.#room.devices.current('speaker');
    this.#context?.setSinkId?.(id === 'default' ? '' : id).catch(() => {});
  }
}
