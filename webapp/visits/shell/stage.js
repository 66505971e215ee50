/** The stage: everybody's picture, the self-view, the timer, and the state of the call in words. */

import { Timer } from './clock.js';
import { h, say } from './element.js';
import { Tile } from './tile.js';
import { t } from './text.js';

export class Stage {
  #tiles = new Map();
  #visit;
  #mesh;
  #help;

  /**
   * @param {import('./visit.js').Visit} visit
   * @param {import('./mesh.js').Mesh} mesh
   * @param {{phone: () => string}} help
   */
  constructor(visit, mesh, help) {
    this.#visit = visit;
    this.#mesh = mesh;
    this.#help = help;
    this.hushed = false;
    this.timer = new Timer(visit);
    this.grid = h('div', { class: 'tiles' });
    this.empty = h('div', { class: 'empty' });
    this.element = h('div', { class: 'stage' }, this.grid, this.empty, this.timer.element);
    mesh.addEventListener('peer', (event) => this.#follow(event.detail));
    mesh.addEventListener('drop', (event) => this.#tiles.get(event.detail.seat)?.forget(event.detail));
    visit.addEventListener('change', () => this.update());
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  /** Tiles for those who are in the visit, in the server's order. */
  update() {
    const here = this.#visit.others.filter((seat) => this.#onStage(seat));
    for (const [seat, tile] of this.#tiles) {
      if (here.some((other) => other.seat === seat)) continue;
      tile.element.remove();
      this.#tiles.delete(seat);
    }
    for (const seat of here) this.#tile(seat).update(seat);
    if (this.grid.dataset.count !== String(here.length)) this.fit();
    this.grid.dataset.count = String(here.length);
    this.empty.hidden = here.length > 0;
  }

  /** Which way media goes, where it goes one way with everybody: 'direct', 'relayed', else 'mixed', or '' before it flows. */
  get path() {
    const paths = new Set([...this.#tiles.values()].map((tile) => tile.way).filter(Boolean));
    return paths.size > 1 ? 'mixed' : ([...paths][0] ?? '');
  }

  /** Is nothing of a picture ever cut away to fill the stage? */
  get whole() {
    return this.element.classList.contains('whole');
  }

  show(whole) {
    this.element.classList.toggle('whole', whole);
    this.fit();
  }

  /** Hear nobody for now, nor who comes meanwhile. */
  hush(on) {
    this.hushed = on;
    for (const tile of this.#tiles.values()) tile.mute(on);
  }

  fit() {
    for (const tile of this.#tiles.values()) tile.fit();
  }

  /** @param {string} seat */
  tile(seat) {
    return this.#tiles.get(seat) ?? null;
  }

  /** What a quality sample says of one person. */
  quality(seat, { word, weak, path, step }) {
    const tile = this.#tiles.get(seat);
    if (!tile) return;
    tile.quality.hidden = !word;
    tile.quality.classList.toggle('weak', weak);
    tile.quality.dataset.step = String(step);
    say(tile.quality, word);
    tile.pathed(path);
  }

  /** One word for the whole call: connecting, connected, reconnecting, lost or waiting. */
  state() {
    const photo = (peer) => this.#visit.seat(peer.seat)?.photo;
    const states = [...this.#mesh.peers.values()].map((peer) => (photo(peer) ? 'photo' : peer.state));
    for (const best of ['connected', 'photo', 'reconnecting', 'lost', 'connecting']) if (states.includes(best)) return best;
    return document.body.dataset.side === 'clinician' ? 'waiting' : 'connecting';
  }

  #onStage(seat) {
    return this.#mesh.peers.has(seat.seat) || (this.#visit.admitted && ['admitted', 'connected'].includes(seat.state));
  }

  #tile(seat) {
    let tile = this.#tiles.get(seat.seat);
    if (!tile) {
      tile = new Tile(seat, this.#help);
      tile.mute(this.hushed);
      this.#tiles.set(seat.seat, tile);
      this.grid.append(tile.element);
    }
    return tile;
  }

  #follow(peer) {
    const seat = this.#visit.seat(peer.seat);
    if (seat) this.#tile(seat).follow(peer);
    this.update();
  }
}

/** The call's state in words. */
export function stateWords(state, name) {
  switch (state) {
    case 'checking': return t('Getting ready');
    case 'waiting': return t('Waiting');
    case 'connecting': return name ? t('Connecting you with {name}…', { name }) : t('Connecting…');
    case 'connected': return t('Connected');
    case 'photo': return t('{name} is taking a photo; the picture will return.', { name: name ?? '' });
    case 'reconnecting': return t('Reconnecting…');
    case 'lost': return t('The line is gone');
    case 'finished': return t('The visit is finished');
    case 'replaced': return t('You continued on another device');
    case 'left': return t('You left the visit');
    default: return '';
  }
}
