/** The last step: the line carries no visit, and the number stands below the picture. Loaded when first needed. */

import { h, icon } from './element.js';
import { dial } from './footer.js';
import { t } from './text.js';

export class WeakLine {
  #put = false;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    const phone = room.phone();
    const call = phone ? h('a', { class: 'button primary', href: dial(phone) }, icon('phone'), t('Call {phone}', { phone })) : null;
    const stay = h('button', { type: 'button', class: 'button', onclick: () => this.#hide() }, t('Stay here'));
    this.words = t('The line is too weak. We keep trying; going on by phone is better now.');
    this.element = h('section', { class: 'below', 'data-testid': 'weak-line', 'aria-label': t('The line is too weak'), hidden: true }, icon('phone'), h('div', {}, h('p', {}, this.words)), h('div', { class: 'row' }, call, stay));
  }

  /** @param {boolean} hopeless @returns {boolean} whether it has just appeared */
  show(hopeless) {
    if (!hopeless) this.#put = false;
    const before = this.element.hidden;
    this.element.hidden = !hopeless || this.#put;
    return before && !this.element.hidden;
  }

  #hide() {
    this.#put = true;
    this.element.hidden = true;
  }
}
