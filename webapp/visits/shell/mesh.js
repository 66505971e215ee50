/** Everybody's media: one Peer for each other person who is in the visit, none for those who wait. */

import { Peer } from './peer.js';

const IN = ['admitted', 'connected'];
const GONE = ['left', 'removed', 'invited', 'checking', 'waiting'];

export class Mesh extends EventTarget {
  #visit;
  #socket;
  #config;
  #spare = null;
  #early = [];
  #local = { stream: new MediaStream(), tracks: { audio: null, video: null, screen: null } };

  /**
   * @param {import('./visit.js').Visit} visit
   * @param {import('./socket.js').Socket} socket
   */
  constructor(visit, socket) {
    super();
    /** @type {Map<string, Peer>} */
    this.peers = new Map();
    this.#visit = visit;
    this.#socket = socket;
    this.#config = {
      iceServers: [],
      iceTransportPolicy: 'all',
      bundlePolicy: 'max-bundle',
    };
    visit.addEventListener('change', () => this.update());
  }

  /** Have a connection object at hand: the first one in a page takes tens of milliseconds. */
  prepare() {
    this.#spare ??= new RTCPeerConnection(this.#config);
  }

  /**
   * The way media goes, with credentials that end after an hour: new ones serve the next ICE restart.
   * @param {{servers: object[], policy: 'all' | 'relay'}} ice
   */
  configure({ servers, policy }) {
    this.#config = { ...this.#config, iceServers: servers, iceTransportPolicy: policy };
    this.#spare?.setConfiguration(this.#config);
    for (const peer of this.peers.values()) peer.link?.pc.setConfiguration(this.#config);
  }

  /** @param {'audio' | 'video'} kind @param {MediaStreamTrack | null} track */
  setTrack(kind, track) {
    this.#local.tracks[kind] = track;
    for (const peer of this.peers.values()) peer.setTrack(kind, track);
  }

  /** Send this picture of a screen beside the camera's, or no more. @param {MediaStreamTrack | null} track */
  share(track) {
    this.#local.tracks.screen = track;
    for (const peer of this.peers.values()) peer.link?.share();
  }

  /** Follow the server's word on who is here. */
  update() {
    const out = GONE.includes(this.#visit.mine?.state);
    for (const [seat, peer] of this.peers) {
      const other = this.#visit.seat(seat);
      const replaced = other?.instance && other.instance !== peer.instance;
      if (out || !other || GONE.includes(other.state) || replaced) this.#drop(seat, peer);
    }
    if (!this.#visit.admitted) return;
    for (const other of this.#visit.others) {
      if (IN.includes(other.state) && other.instance && !this.peers.has(other.seat)) this.#add(other);
    }
  }

  /** Our socket is back. */
  revive() {
    for (const peer of this.peers.values()) peer.revive();
  }

  signal(message) {
    const peer = this.peers.get(message.from);
    if (peer?.instance === message.from_instance) peer.signal(message);
    else if (this.#early.length < 100) this.#early.push(message);
  }

  close() {
    for (const [seat, peer] of this.peers) this.#drop(seat, peer);
    this.#spare?.close();
    this.#spare = null;
  }

  #add(other) {
    const me = this.#visit.me.seat;
    const peer = new Peer(other.seat, other.instance, {
      polite: me > other.seat,
      local: this.#local,
      take: () => this.#take(),
      send: (part) => this.#socket.send({ t: 'signal', to: other.seat, to_instance: other.instance, ...part }),
      reachable: () => this.#socket.ready && IN.includes(this.#visit.seat(other.seat)?.state),
      silent: () => silent(this.#visit.seat(other.seat)),
    });
    this.peers.set(other.seat, peer);
    peer.addEventListener('linked', () => this.#socket.keep(`linked ${other.seat}`, { t: 'linked', with: other.seat }));
    peer.addEventListener('unlinked', () => this.#unlinked(other.seat));
    for (const name of ['linked', 'unlinked', 'stream', 'screen', 'state']) {
      peer.addEventListener(name, () => this.#tell(name, peer));
    }
    this.#tell('peer', peer);
    peer.begin();
    for (const message of this.#early.splice(0)) this.signal(message);
  }

  #drop(seat, peer) {
    this.peers.delete(seat);
    this.#socket.keep(`linked ${seat}`, null);
    peer.close();
    this.#tell('drop', peer);
  }

  #unlinked(seat) {
    this.#socket.keep(`linked ${seat}`, null);
    this.#socket.send({ t: 'unlinked', with: seat });
  }

  #take() {
    const pc = this.#spare ?? new RTCPeerConnection(this.#config);
    this.#spare = null;
    return pc;
  }

  #tell(name, peer) {
    this.dispatchEvent(new CustomEvent(name, { detail: peer }));
  }
}

function silent(other) {
  return Boolean(other) && !other.camera && other.microphone !== true;
}
