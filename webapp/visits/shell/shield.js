/** "Someone is here": one tap and nothing is seen or heard, in neither direction; one tap and all is back. */

import { h, icon } from './element.js';
import { hour, day } from './clock.js';
import { t } from './text.js';

export class Shield {
  #room;
  #title = '';
  #ticker = 0;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.button = h('button', { type: 'button', class: 'aid', 'data-testid': 'someone-here', onclick: () => this.raise() }, icon('hide'), t('Someone is here'));
    this.time = h('p', { class: 'time' });
    this.date = h('p', { class: 'date' });
    this.back = h('button', { type: 'button', class: 'button', 'data-testid': 'go-on', onclick: () => this.lower() }, t('Continue'));
    // Nothing of it tells a visit: whoever looks over the shoulder sees a clock.
    this.element = h('section', { class: 'shield', 'data-testid': 'shield', 'aria-label': t('Clock'), hidden: true }, this.time, this.date, this.back);
    document.body.append(this.element);
    room.mesh.addEventListener('stream', () => this.raised && setTimeout(() => this.#hush(true)));
  }

  get raised() {
    return !this.element.hidden;
  }

  raise() {
    if (this.raised) return;
    const { bar, chat, devices, notices } = this.#room;
    this.element.hidden = false;
    this.#hush(true);
    devices.shield(true);
    this.#room.extra.sharing.hide(true);
    this.#room.takePart({ shielded: true });
    notices.element.hidden = true;
    bar.more.close();
    if (!chat.docked) chat.toggle(false);
    document.querySelector('.shell').inert = true;
    document.exitPictureInPicture?.().catch(() => {});
    this.#title = document.title.replace(/^• /, '');
    document.title = t('Clock');
    this.#tick();
    this.#ticker = setInterval(() => this.#tick(), 1000);
    this.back.focus();
  }

  lower() {
    if (!this.raised) return;
    clearInterval(this.#ticker);
    const { devices, notices } = this.#room;
    document.querySelector('.shell').inert = false;
    document.title = this.#title;
    notices.element.hidden = false;
    devices.shield(false);
    this.#room.extra.sharing.hide(false);
    this.#room.takePart({ shielded: false });
    this.#hush(false);
    this.element.hidden = true;
    this.button.focus();
  }

  /** Their voices, out of picture and *louder* alike. */
  #hush(on) {
    this.#room.extra.loud.hush(on);
    for (const video of document.querySelectorAll('.tile video')) video.muted = on || video.dataset.loud === 'on';
  }

  #tick() {
    const now = Date.now();
    this.time.textContent = hour(now);
    this.date.textContent = day(now);
  }
}
