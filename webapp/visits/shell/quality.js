/** How good the line is, in words: what we send them and what they say they send us, whichever is worse. Loaded with the call. */

import { read } from './figures.js';
import { GOOD, PHONE } from './judge.js';
import { Ladder } from './ladder.js';
import { t } from './text.js';

const EVERY = 2000;

export class Quality {
  #mesh;
  #visit;
  #show;
  #before = new Map();
  /** @type {Map<string, Ladder>} */
  #ladders = new Map();
  #told = new Map();
  #tell;

  /**
   * @param {import('./mesh.js').Mesh} mesh
   * @param {import('./visit.js').Visit} visit
   * @param {(seat: string, found: {word: string, weak: boolean, path: string, step: number}) => void} show  path: 'direct', 'relayed' or ''
   * @param {(seat: string, step: number | null) => void} tell the other side, which shows the same
   */
  constructor(mesh, visit, show, tell) {
    this.#tell = tell;
    this.#mesh = mesh;
    this.#visit = visit;
    this.#show = show;
    mesh.addEventListener('linked', (event) => setTimeout(() => this.#look(event.detail), 300));
    mesh.addEventListener('peer', (event) => this.#begin(event.detail));
    mesh.addEventListener('drop', (event) => this.#end(event.detail));
    for (const peer of mesh.peers.values()) this.#begin(peer);
    setInterval(() => this.#all(), EVERY);
  }

  /** What somebody says of the picture they send us. */
  told(seat, step) {
    this.#told.set(seat, step);
    this.#ladders.get(seat)?.told(step);
    this.#again(seat);
  }

  /** The worse of both ways: the same on both screens. */
  step(seat) {
    return Math.max(this.#ladders.get(seat)?.step ?? GOOD, this.#told.get(seat) ?? GOOD);
  }

  /** Is some line so weak that the phone is better? */
  get hopeless() {
    return [...this.#ladders.keys()].some((seat) => this.step(seat) === PHONE);
  }

  #begin(peer) {
    const ladder = new Ladder(peer);
    this.#ladders.set(peer.seat, ladder);
    ladder.addEventListener('step', () => {
      this.#tell(peer.seat, ladder.step);
      this.#again(peer.seat);
    });
  }

  #end(peer) {
    this.#ladders.get(peer.seat)?.close();
    this.#ladders.delete(peer.seat);
    this.#told.delete(peer.seat);
    this.#before.delete(peer);
    this.#tell(peer.seat, null);
  }

  #again(seat) {
    const peer = this.#mesh.peers.get(seat);
    if (peer) this.#look(peer);
  }

  #all() {
    for (const peer of this.#mesh.peers.values()) if (peer.state === 'connected') this.#look(peer);
  }

  async #look(peer) {
    if (!peer.link) return;
    const now = { ...read(await peer.link.pc.getStats()), at: performance.now() };
    const before = this.#before.get(peer) ?? null;
    this.#before.set(peer, now);
    if (peer.state === 'connected') this.#show(peer.seat, this.#judge(peer, now, before));
  }

  #judge(peer, now, before) {
    const relayed = now.local?.candidateType === 'relay' || now.remote?.candidateType === 'relay';
    const path = relayed ? 'relayed' : now.local ? 'direct' : '';
    const step = this.step(peer.seat);
    if (step !== GOOD) return { word: stepWords(step), weak: true, path, step };
    const good = { word: t('Good'), weak: false, path, step };
    if (!before || now.at - before.at < EVERY / 2) return good;
    const packets = now.received - before.received;
    const missing = now.missing - before.missing;
    const weak = missing > 0.08 * (packets + missing) || now.trip > 0.5;
    return weak ? { word: t('Weak'), weak, path, step } : good;
  }
}

function stepWords(step) {
  return [t('Good'), t('Weak - video lowered'), t('Weak - fewer pictures'), t('Weak - a still every few seconds'), t('Audio only'), t('Too weak - better by phone')][step];
}
