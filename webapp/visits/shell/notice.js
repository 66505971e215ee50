/** Short words that float for a moment, and are read out. */

import { h, icon, say } from './element.js';

const STAYS = 6000;

export class Notices {
  #timer = 0;
  #saying = 0;
  #text = h('span');
  #spoken = h('p', { class: 'unseen', 'aria-live': 'polite', role: 'status' });
  #box = h('div', { class: 'notice', hidden: true, 'aria-hidden': 'true' }, icon('information'), this.#text);

  constructor() {
    this.element = h('div', {}, this.#box, this.#spoken);
  }

  /** Show and speak. */
  show(text, stays = STAYS) {
    this.speak(text);
    say(this.#text, text);
    this.#box.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#box.hidden = true), stays);
  }

  /** Only speak: for what the eye already sees. */
  speak(text) {
    // An equal text is not read twice: empty it first.
    this.#spoken.textContent = '';
    requestAnimationFrame(() => say(this.#spoken, text));
    // Whoever reads the page later shall not find a sentence of long ago at its foot.
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => say(this.#spoken, ''), STAYS);
  }
}
