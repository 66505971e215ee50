/** "Someone is here": one tap and nothing is seen or heard, in neither direction; one tap and all is back. */

import { dress } from './dress.js';
import { h, icon } from './element.js';
import { hour, day } from './clock.js';
import { t } from './text.js';

let made = null;

/** One for each page. @param {import('./room.js').Room} room */
export function shieldOf(room) {
  made ??= new Shield(room);
  return made;
}

class Shield {
  #room;
  #title = '';
  #ticker = 0;

  constructor(room) {
    this.#room = room;
    dress();
    this.button = h('button', { type: 'button', class: 'aid', 'data-testid': 'someone-here', onclick: () => this.raise() }, icon('hide'), t('Someone is here'));
    this.time = h('p', { class: 'time' });
    this.date = h('p', { class: 'date' });
    this.back = h('button', { type: 'button', class: 'button', 'data-testid': 'go-on', onclick: () => this.lower() }, t('Continue'));
    // Nothing of it tells a visit: whoever looks over the shoulder sees a clock.
    this.element = h('section', { class: 'shield', 'data-testid': 'shield', 'aria-label': t('Clock'), hidden: true }, this.time, this.date, this.back);
    document.body.append(this.element);
    if (room.part.shielded) this.raise();
  }

  get raised() {
    return !this.element.hidden;
  }

  raise() {
    if (this.raised) return;
    const { bar, chat, notices } = this.#room;
    this.element.hidden = false;
    this.#pass(true);
    notices.element.hidden = true;
    bar.more.close();
    if (!chat.docked) chat.toggle(false);
    document.querySelector('.shell').inert = true;
    if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
    this.#title = document.title.replace(/^• /, '');
    document.title = t('Clock');
    this.#tick();
    this.#ticker = setInterval(() => this.#tick(), 1000);
    this.back.focus();
  }

  lower() {
    if (!this.raised) return;
    clearInterval(this.#ticker);
    document.querySelector('.shell').inert = false;
    document.title = this.#title;
    this.#room.notices.element.hidden = false;
    this.#pass(false);
    this.element.hidden = true;
    this.button.focus();
  }

  /** Our voice, picture and screen, their voices: none passes, or all do again. */
  #pass(on) {
    this.#room.shield(on);
    this.#room.extra?.loud.hush();
    this.#room.extra?.sharing.hide(on);
  }

  #tick() {
    const now = Date.now();
    this.time.textContent = hour(now);
    this.date.textContent = day(now);
  }
}
