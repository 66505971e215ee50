/** Camera and microphone: asked once together, then each on its own; lost tracks are fetched again. */

const WORDS = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'none', NotReadableError: 'in_use', AbortError: 'in_use' };
const KINDS = { camera: 'video', microphone: 'audio' };
const RETRY = 700;
const RETRY_AT_MOST = 8000;

export class Devices extends EventTarget {
  #live = { camera: null, microphone: null };
  #asking = null;
  #tries = 0;
  #timer = 0;
  #resting = false;

  /** @param {string} visit the id under which this tab remembers what is switched on @param {boolean} shielded from the start */
  constructor(visit, shielded) {
    super();
    this.#memory = `telepraxis.${visit}`;
    const kept = recall(sessionStorage, this.#memory);
    /** Wanted at all; a device that is not wanted is never asked for. */
    this.wanted = { camera: kept.wanted?.camera ?? true, microphone: kept.wanted?.microphone ?? true };
    /** Switched on now. */
    this.on = { camera: kept.on?.camera ?? true, microphone: kept.on?.microphone ?? true };
    /** Nothing is seen or heard of us, at once; the devices keep running, so that the way back is as short. */
    this.shielded = shielded;
    /** @type {{camera: string, microphone: string}} ok, none, denied, in_use, off, asking or new */
    this.state = { camera: 'new', microphone: 'new' };
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#tell());
    document.addEventListener('visibilitychange', () => document.hidden || this.#check());
  }

  #memory;

  /** @param {{camera: boolean, microphone: boolean}} wanted */
  choose({ camera, microphone }) {
    this.wanted = { camera, microphone };
    this.on = { camera, microphone };
    this.#remember();
  }

  get camera() {
    return this.#live.camera;
  }

  get microphone() {
    return this.#live.microphone;
  }

  /** True while another app, as the phone's own camera, has our camera by our leave. */
  get resting() {
    return this.#resting;
  }

  get asking() {
    return this.#asking !== null;
  }

  /** Ask for what is wanted. Never throws: `state` says what came of it. */
  async start() {
    const rests = (kind) => this.#resting && kind === 'camera';
    const needed = Object.keys(KINDS).filter((kind) => this.wanted[kind] && this.on[kind] && !this.#live[kind] && !rests(kind));
    for (const kind of Object.keys(KINDS)) {
      if (!this.wanted[kind] || !this.on[kind]) this.#set(kind, 'off');
    }
    if (!needed.length) return this.#tell();
    this.#asking ??= this.#ask(needed).finally(() => {
      this.#asking = null;
      this.#retry();
      this.#tell();
    });
    this.#tell();
    return this.#asking;
  }

  /** Switch on or off. A camera that is off is stopped, so that its light goes out. */
  async turn(kind, on) {
    this.on[kind] = on;
    if (on) this.wanted[kind] = true;
    this.#remember();
    if (kind === 'microphone' && this.#live.microphone) {
      this.#live.microphone.enabled = on && !this.shielded;
      this.#set(kind, on ? 'ok' : 'off');
      return this.#tell();
    }
    if (on) return this.start();
    this.#release(kind);
    this.#set(kind, 'off');
    return this.#tell();
  }

  shield(on) {
    this.shielded = on;
    for (const kind of Object.keys(KINDS)) if (this.#live[kind]) this.#live[kind].enabled = this.on[kind] && !on;
    this.#tell();
  }

  /** Use this camera or microphone; it is remembered as a wish, never as a must. */
  async pick(kind, id) {
    localStorage.setItem(`telepraxis.${kind}`, id);
    if (kind === 'speaker') this.dispatchEvent(new Event('speaker'));
    else if (!this.on[kind]) this.#release(kind);
    else await this.#change(kind);
    this.#tell();
  }

  /** @returns {Promise<{camera: MediaDeviceInfo[], microphone: MediaDeviceInfo[], speaker: MediaDeviceInfo[]}>} */
  async list() {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind) => all.filter((device) => device.kind === kind && device.deviceId);
    return { camera: of('videoinput'), microphone: of('audioinput'), speaker: of('audiooutput') };
  }

  /** The id of the device in use. */
  current(kind) {
    if (kind === 'speaker') return localStorage.getItem('telepraxis.speaker') ?? 'default';
    return this.#live[kind]?.getSettings?.().deviceId ?? '';
  }

  /** Let go of the camera for a moment, so that the phone's own camera app can have it. Nothing is switched off. */
  rest() {
    this.#resting = true;
    if (!this.on.camera || !this.wanted.camera) return;
    this.#release('camera');
    this.#set('camera', 'asking');
    this.#tell();
  }

  /** The camera app is closed: have everything back that is switched on. */
  wake() {
    if (!this.#resting) return;
    this.#resting = false;
    this.#check();
    this.start();
  }

  stop() {
    clearTimeout(this.#timer);
    for (const kind of Object.keys(KINDS)) this.#release(kind);
  }

  /** The old one goes on until the new one is there; where a phone gives only one at a time, it goes first. */
  async #change(kind) {
    const failed = await this.#get([kind]);
    if (!failed) return;
    this.#release(kind);
    await this.#ask([kind]);
  }

  async #ask(kinds) {
    for (const kind of kinds) this.#set(kind, 'asking');
    const failed = await this.#get(kinds);
    if (!failed) return;
    if (kinds.length === 1) this.#set(kinds[0], failed);
    // One of the two may be there: a missing camera must not cost the microphone.
    else for (const kind of kinds) this.#set(kind, (await this.#get([kind])) ?? 'ok');
  }

  /** @returns {Promise<string | null>} why it failed */
  async #get(kinds) {
    if (!navigator.mediaDevices?.getUserMedia) return 'denied';
    const constraints = Object.fromEntries(kinds.map((kind) => [KINDS[kind], wish(kind)]));
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      for (const kind of kinds) this.#take(kind, stream.getTracks().find((track) => track.kind === KINDS[kind]));
      return null;
    } catch (error) {
      return WORDS[error.name] ?? 'none';
    }
  }

  #take(kind, track) {
    if (!this.on[kind]) {
      // Switched off while the browser was still asking.
      track.stop();
      return;
    }
    const before = this.#live[kind];
    track.enabled = !this.shielded;
    this.#live[kind] = track;
    track.addEventListener('ended', () => this.#live[kind] === track && this.#again(kind));
    track.addEventListener('mute', () => this.#muted(kind, track));
    this.#set(kind, 'ok');
    this.#announce(kind);
    before?.stop();
  }

  #release(kind) {
    const track = this.#live[kind];
    if (!track) return;
    this.#live[kind] = null;
    // First nothing is sent, then the device stops: the other side never sees a black picture.
    this.#announce(kind);
    track.stop();
  }

  #muted(kind, track) {
    setTimeout(() => track.muted && this.#live[kind] === track && this.#again(kind), RETRY * 2);
  }

  /** A call or another app took the device: fetch it again once the page is in front. */
  #again(kind) {
    this.#release(kind);
    this.#set(kind, 'in_use');
    this.#tell();
    this.#tries = 0;
    this.#retry();
  }

  /** What another app still holds is asked for again, ever more rarely, as long as the page is in front. */
  #retry() {
    const missing = Object.keys(KINDS).some((kind) => this.on[kind] && this.wanted[kind] && this.state[kind] === 'in_use');
    if (!missing) this.#tries = 0;
    if (!missing || document.hidden) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => document.hidden || this.start(), Math.min(RETRY * 2 ** this.#tries, RETRY_AT_MOST));
    this.#tries += 1;
  }

  #check() {
    for (const kind of Object.keys(KINDS)) {
      const track = this.#live[kind];
      if (track && (track.readyState === 'ended' || track.muted)) this.#muted(kind, track);
      else if (!track && this.on[kind] && this.state[kind] === 'in_use') this.start();
    }
    this.#tries = 0;
  }

  #set(kind, state) {
    this.state[kind] = state;
  }

  #announce(kind) {
    this.dispatchEvent(new CustomEvent('track', { detail: { kind, track: this.#live[kind] } }));
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }

  #remember() {
    sessionStorage.setItem(this.#memory, JSON.stringify({ wanted: this.wanted, on: this.on }));
  }
}

function wish(kind) {
  const id = localStorage.getItem(`telepraxis.${kind}`);
  const hint = id ? { deviceId: { ideal: id } } : {};
  if (kind === 'microphone') return { ...hint, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const facing = id ? {} : { facingMode: 'user' };
  return { ...hint, ...facing, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
}

function recall(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? '{}') ?? {};
  } catch {
    return {};
  }
}
