/** One RTCPeerConnection: transceivers before tracks, perfect negotiation, candidates that wait. */

import { afresh, apart, wayOf } from './way.js';

const KINDS = ['audio', 'video'];
const PICTURES = ['video', 'screen'];
const BITRATE = 1_500_000; // of a picture or a screen
/** What a line that queues may have, and every other until it is known that it does not. */
export const QUEUED_BITRATE = 555_000;
const ALIKE = 0.1; // of a limit
// A new line is taken to carry little: a large first picture would be a tenth of a second on its way, or dropped.
const FIRST_SIZE = 4;
const GROWS = [[700, 2], [2500, 1]]; // milliseconds once connected, and the size from then on
const SOUND = /m=audio [^]*?(?=m=|$)/; // that part of a description
const UNDER_WAY = 3000; // milliseconds in which one new way is enough for both
const PACKET = 20; // milliseconds of sound in each
const LONG_PACKET = 60;
const LONG = `a=ptime:${LONG_PACKET}\r\n`;

export class Link {
  #polite;
  #local;
  #send;
  #offering = false;
  #ignoring = false;
  #described = false;
  #settled = false;
  #early = [];
  #transceivers = {};
  #closed = false;
  #shaping = Promise.resolve();
  #shaped = false;
  #grows = false;
  #wished = BITRATE;
  #wishes = {};
  #alone = false;
  #long = false;
  #afresh = false;
  #moved = -Infinity;

  /**
   * @param {RTCPeerConnection} pc
   * @param {number} number counts up with every start-over of this pair
   * @param {boolean} polite
   * @param {{stream: MediaStream, tracks: Object<string, MediaStreamTrack | null>}} local
   * @param {{send: (part: object) => void, track: (track: MediaStreamTrack) => void,
   *          screen: (track: MediaStreamTrack) => void, state: () => void}} on
   */
  constructor(pc, number, polite, local, on) {
    this.pc = pc;
    this.number = number;
    /** Packets of sound that we asked for, each second. */
    this.pace = 1000 / PACKET;
    /** Bits per second that a picture may take, however good the line. */
    this.most = QUEUED_BITRATE;
    this.#polite = polite;
    this.#local = local;
    this.#send = on.send;
    pc.ontrack = ({ track, transceiver }) => (this.#first(transceiver) ? on.track(track) : on.screen(track));
    pc.onicecandidate = ({ candidate }) => on.send({ candidate: candidate?.toJSON() ?? null });
    pc.oniceconnectionstatechange = () => on.state();
    pc.onconnectionstatechange = () => this.#connection(on.state);
    pc.onnegotiationneeded = () => this.#settled && this.#offer();
  }

  /** Make the first offer at once: the camera may come later. */
  offer() {
    for (const kind of KINDS) {
      const options = { direction: 'sendrecv', streams: [this.#local.stream] };
      if (kind === 'video') options.sendEncodings = [{ maxBitrate: QUEUED_BITRATE, scaleResolutionDownBy: FIRST_SIZE }];
      this.#transceivers[kind] = this.pc.addTransceiver(this.#local.tracks[kind] ?? kind, options);
    }
    this.#shareNow();
    return this.#offer();
  }

  /** Their screen is to be seen, or no more: a picture of its own beside the camera's. */
  share() {
    if (!this.#settled || this.#closed) return;
    this.#transceivers.screen?.stop();
    delete this.#transceivers.screen;
    this.#shareNow();
  }

  /** True while our first offer has no answer: the politer side then gives it up for theirs. */
  get fresh() {
    return !this.#settled;
  }

  get alive() {
    return ['connected', 'completed'].includes(this.pc.iceConnectionState);
  }

  /** Send this track, or nothing, from now on: no new negotiation. */
  setTrack(kind, track) {
    this.#transceivers[kind]?.sender.replaceTrack(track).catch(() => {});
  }

  sender(kind) {
    return this.#transceivers[kind]?.sender ?? null;
  }

  /** Is there a picture or a screen to send? */
  get pictured() {
    return PICTURES.some((kind) => this.sender(kind)?.track);
  }

  /**
   * How much of picture, screen and sound is sent. A screen keeps its size, for it is to be read.
   * @param {{down: number, frames: number, video: number, audio: number, camera?: boolean}} step sizes, pictures and bits
   *   per second; whether the camera's picture is enough, where there is one
   * @param {boolean} picture whether picture and screen are sent at all
   */
  shape({ down, frames, video, audio, camera = false }, picture) {
    this.#shaped = true;
    this.#wished = video;
    if (picture) this.#lay(false);
    const moving = { active: picture, maxFramerate: frames, maxBitrate: this.#bitrate };
    this.#encode('video', { ...moving, scaleResolutionDownBy: down });
    this.#encode('screen', { ...moving, active: picture && !(camera && this.sender('video')?.track) });
    this.#encode('audio', { maxBitrate: audio, priority: 'high', networkPriority: 'high' });
  }

  /** However good the line, a picture takes no more than this from now on; a little more or less is the same. */
  limit(most = BITRATE) {
    if (Math.abs(most - this.most) < this.most * ALIKE) return;
    this.most = most;
    for (const kind of PICTURES) this.#encode(kind, { maxBitrate: this.#bitrate });
  }

  /** Would this description meet an offer of ours on its way? */
  collides(description) {
    return description.type === 'offer' && (this.#offering || this.pc.signalingState !== 'stable');
  }

  /** @param {RTCSessionDescriptionInit} description */
  async describe(description) {
    this.#ignoring = !this.#polite && this.collides(description);
    if (this.#ignoring || this.#closed) return;
    if (description.type === 'answer' && this.pc.signalingState !== 'have-local-offer') return;
    if (description.type === 'offer' && this.#moves(description)) this.#moved = performance.now();
    const described = this.pc.setRemoteDescription(this.#heard(description));
    this.#described = true;
    for (const candidate of this.#early.splice(0)) this.#add(candidate);
    await described;
    if (description.type === 'offer') await this.#answer();
    this.#settled = true;
    // Where an offer of ours met theirs and was taken back, Chromium forgets how much was to be sent.
    for (const kind of Object.keys(this.#wishes)) this.#apply(kind);
    // What was shared before there was anybody to share it with.
    if (this.#local.tracks.screen && !this.#transceivers.screen) this.#shareNow();
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  candidate(candidate) {
    if (this.#described) this.#add(candidate);
    else this.#early.push(candidate);
  }

  /** What was said and perhaps lost on the way is said again. */
  repeat() {
    if (this.pc.signalingState === 'have-local-offer') this.#say();
  }

  /**
   * A new way, unless they have just begun one: a second would end it half made.
   * @param {boolean} alone whether sound alone goes on: of the picture nothing is sent then, not even what was lost,
   *   and longer packets of sound cost a quarter less, since half of a short one is no sound
   */
  restart(alone = false) {
    if (alone) {
      this.#long = true;
      this.#lay(true);
    }
    if (performance.now() - this.#moved > UNDER_WAY) this.pc.restartIce();
  }

  /** The line carries more than a slow picture again: sound in short packets. */
  shorten() {
    if (!this.#long || !this.#settled || this.pc.signalingState !== 'stable') return;
    this.#long = false;
    this.#offer();
  }

  close() {
    this.#closed = true;
    this.pc.onicecandidate = null;
    this.pc.ontrack = null;
    this.pc.oniceconnectionstatechange = null;
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  /** Does their offer begin a new way? */
  #moves({ sdp }) {
    const known = this.pc.remoteDescription;
    return known !== null && wayOf(known.sdp) !== wayOf(sdp);
  }

  #shareNow() {
    const track = this.#local.tracks.screen;
    if (!track) return;
    const sendEncodings = [{ maxBitrate: this.#bitrate, ...this.#wishes.screen }];
    this.#transceivers.screen = this.pc.addTransceiver(track, { direction: 'sendonly', streams: [new MediaStream()], sendEncodings });
  }

  /** The first picture and the first sound are the person; what comes beside is their screen. */
  #first(transceiver) {
    const kind = transceiver.receiver.track.kind;
    return this.pc.getTransceivers().find((other) => other.receiver.track.kind === kind) === transceiver;
  }

  async #offer() {
    this.#offering = true;
    try {
      await this.pc.setLocalDescription();
      if (!this.#closed) this.#say();
    } finally {
      this.#offering = false;
    }
  }

  async #answer() {
    for (const transceiver of this.pc.getTransceivers()) this.#adopt(transceiver);
    await this.pc.setLocalDescription();
    if (this.#closed) return;
    this.#say();
    if (!this.#shaped && !this.#grows) this.#size(FIRST_SIZE);
  }

  #connection(state) {
    if (this.pc.connectionState === 'connected' && !this.#grows) {
      this.#grows = true;
      for (const [after, down] of GROWS) setTimeout(() => this.#shaped || this.#size(down), after);
    }
    state();
  }

  /** A transceiver that their offer made sends too, with the track that stands ready or that comes later. */
  #adopt(transceiver) {
    const kind = transceiver.receiver.track.kind;
    if (this.#transceivers[kind]) return;
    this.#transceivers[kind] = transceiver;
    transceiver.direction = 'sendrecv';
    transceiver.sender.setStreams?.(this.#local.stream);
    transceiver.sender.replaceTrack(this.#local.tracks[kind] ?? null).catch(() => {});
  }

  /** Aside, or in place again: this asks for a new description of us. */
  #lay(alone) {
    const { video, screen } = this.#transceivers;
    if (!video || alone === this.#alone) return;
    this.#alone = alone;
    video.direction = alone ? 'recvonly' : 'sendrecv';
    if (screen) screen.direction = alone ? 'inactive' : 'sendonly';
  }

  /** Once either of us was left with sound alone, what was known of the line is forgotten with each new way. */
  #heard(description) {
    this.#afresh ||= this.#long || description.sdp.includes(LONG);
    return this.#afresh ? afresh(description) : description;
  }

  /** What we say of ourselves, and how long the packets are that we want. */
  #say() {
    const { type, sdp } = this.pc.localDescription;
    this.pace = 1000 / (this.#long ? LONG_PACKET : PACKET);
    this.#send({ description: { type, sdp: this.#long ? sdp.replace(SOUND, `$&${LONG}`) : sdp } });
  }

  get #bitrate() {
    return Math.min(this.#wished, this.most);
  }

  #size(down) {
    this.#encode('video', { maxBitrate: this.#bitrate, scaleResolutionDownBy: down });
  }

  #encode(kind, wish) {
    this.#wishes[kind] = { ...this.#wishes[kind], ...wish };
    this.#apply(kind);
  }

  /** One change after the other: a browser refuses two at once. */
  #apply(kind) {
    this.#shaping = this.#shaping.then(() => {
      const sender = this.sender(kind);
      const parameters = this.#closed ? null : sender?.getParameters();
      if (!parameters?.encodings?.length) return undefined;
      Object.assign(parameters.encodings[0], this.#wishes[kind]);
      return sender.setParameters(parameters);
    }).catch(() => {});
  }

  #add(candidate) {
    // A candidate of an offer that we ignore, or of a link that is gone, has nowhere to go.
    this.pc.addIceCandidate(candidate && this.#afresh ? apart(candidate) : candidate ?? undefined).catch(() => {});
  }
}
