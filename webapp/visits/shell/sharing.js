/** One's own screen for the others, and theirs here: beside the face, which becomes small. */

import { control, label } from './bar.js';
import { h, icon } from './element.js';
import { t } from './text.js';

const RATE = 12;

export class Sharing {
  #room;
  #track = null;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.button = navigator.mediaDevices?.getDisplayMedia ? control('screen', 'share-screen', () => this.turn()) : null;
    this.banner = h('div', { class: 'banner', 'data-testid': 'sharing', hidden: true }, icon('screen'), h('span', {}, t('Everybody in the visit sees your screen')), h('button', { type: 'button', class: 'button', 'data-testid': 'stop-sharing', onclick: () => this.stop() }, t('Stop')));
    room.stage.element.append(this.banner);
    room.mesh.addEventListener('screen', () => this.#show());
    room.visit.addEventListener('change', () => this.#show());
    this.#show();
    this.#label();
  }

  turn() {
    this.#room.bar.more.close();
    return this.#track ? this.stop() : this.start();
  }

  words() {
    return this.#track ? t('Stop sharing your screen') : t('Share your screen');
  }

  async start() {
    const wish = { video: { frameRate: { ideal: RATE, max: 15 } }, audio: false };
    const stream = await navigator.mediaDevices.getDisplayMedia(wish).catch(() => null);
    const [track] = stream?.getVideoTracks() ?? [];
    if (!track) return; // the person thought better of it
    track.contentHint = 'detail';
    track.addEventListener('ended', () => this.#track === track && this.stop());
    this.#track = track;
    track.enabled = !this.#room.part.shielded;
    this.#room.mesh.share(track);
    this.#tell(true);
  }

  stop() {
    if (!this.#track) return;
    this.#track.stop();
    this.#track = null;
    this.#room.mesh.share(null);
    this.#tell(false);
  }

  /** Shown to nobody for a moment, and again. */
  hide(on) {
    if (this.#track) this.#track.enabled = !on;
  }

  #tell(on) {
    this.#room.takePart({ screen: on });
    this.banner.hidden = !on;
    this.#label();
  }

  #label() {
    if (!this.button) return;
    const on = Boolean(this.#track);
    this.button.classList.toggle('on', on);
    this.button.setAttribute('aria-pressed', String(on));
    label(this.button, on ? t('Stop sharing') : t('Share'), this.words());
  }

  /** The server says who shares: a track may come before that word, and stay after it. */
  #show() {
    const { stage, mesh, visit } = this.#room;
    for (const seat of visit.others) {
      const tile = stage.tile(seat.seat);
      const peer = mesh.peers.get(seat.seat);
      // Of somebody who is coming back the last picture stays until there is another.
      const shares = Boolean(tile && seat.screen && (peer?.screen || tile.screen));
      tile?.element.classList.toggle('shares', shares);
      if (shares && peer?.screen) this.#attach(tile, peer.screen, seat.name);
      else if (!shares && tile?.screen) this.#detach(tile, peer);
    }
  }

  #attach(tile, track, name) {
    if (tile.screen?.srcObject.getTracks().includes(track)) return;
    tile.screen ??= h('video', { class: 'screen-picture', 'data-testid': 'screen-video', autoplay: true, playsinline: true, 'aria-label': t('The screen of {name}', { name }) });
    tile.screen.muted = true;
    tile.screen.srcObject = new MediaStream([track]);
    tile.screen.play().catch(() => {});
    if (!tile.screen.isConnected) tile.element.prepend(tile.screen);
  }

  /** What was shown is over; a track that came meanwhile waits for its word. */
  #detach(tile, peer) {
    if (tile.screen.srcObject.getTracks().includes(peer?.screen)) peer.screen = null;
    tile.screen.remove();
    tile.screen = null;
  }
}
