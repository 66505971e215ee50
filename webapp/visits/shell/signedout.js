/**
 * Signed out while a call runs: sound and picture go directly between the people and go on, so nobody is left alone in
 * the middle of a sentence. What comes from the practice goes at once and returns with a new sign-in, in whatever tab.
 */

import { h, icon } from './element.js';
import { t } from './text.js';

const EVERY = 3000;

export class SignedOut {
  #room;
  #panel;
  #ticker = 0;

  /**
   * @param {import('./room.js').Room} room
   * @param {import('./panel.js').Panel} panel
   */
  constructor(room, panel) {
    this.#room = room;
    this.#panel = panel;
    this.element = h('section', { class: 'below', 'data-testid': 'signed-out', 'aria-label': t('You are signed out'), hidden: true }, icon('warning'),
      h('div', {}, h('p', {}, t('You are signed out. Picture and sound go on; chart, chat and Finish return when you sign in again. What you typed is kept.'))),
      h('div', { class: 'row' }, h('a', { class: 'button primary', href: '/sign-in', target: '_blank', rel: 'noopener' }, t('Sign in'))));
    for (const [target, name] of [[window, 'focus'], [document, 'visibilitychange']]) target.addEventListener(name, () => this.on && this.#look());
  }

  get on() {
    return !this.element.hidden;
  }

  begin() {
    this.#panel.empty();
    if (this.on) return;
    const { chat, notices, visit } = this.#room;
    this.#show(true);
    this.#room.below(this.element);
    if (!chat.docked) chat.toggle(false);
    visit.away();
    notices.speak(this.element.textContent);
    this.#ticker = setInterval(() => this.#look(), EVERY);
  }

  /** Back in, with this visit still ours: the socket says who is here, and the panel has what was typed. */
  async #look() {
    const answer = await fetch(location.pathname, { method: 'HEAD', redirect: 'manual' }).catch(() => null);
    if (!this.on || answer === null || answer.type === 'opaqueredirect' || answer.status === 401 || answer.status >= 500) return;
    this.#show(false);
    if (!answer.ok) {
      this.#panel.forget();
      this.#room.end('not_found');
      return;
    }
    this.#room.socket.open();
    this.#panel.load();
  }

  #show(on) {
    clearInterval(this.#ticker);
    this.element.hidden = !on;
    document.body.classList.toggle('signed-out', on);
  }
}
