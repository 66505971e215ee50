/** A small box that belongs to a button: never modal, gone with Escape or a tap elsewhere. */

import { h } from './element.js';

let number = 0;

export class Popover {
  /**
   * @param {HTMLElement} button what opens it
   * @param {string} label its name for a screen reader
   * @param {() => (Node | string)[]} fill builds its content each time it opens
   */
  constructor(button, label, fill) {
    number += 1;
    this.button = button;
    this.fill = fill;
    this.box = h('div', { class: 'popover', role: 'dialog', 'aria-label': label, id: `popover-${number}`, tabindex: '-1', hidden: true });
    this.element = h('div', { class: 'anchor' }, button, this.box);
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-controls', this.box.id);
    button.addEventListener('click', () => this.toggle());
    this.element.addEventListener('keydown', (event) => event.key === 'Escape' && this.close(true));
    document.addEventListener('pointerdown', (event) => this.element.contains(event.target) || this.close());
  }

  get open() {
    return !this.box.hidden;
  }

  toggle() {
    if (this.open) {
      this.close(true);
      return;
    }
    this.box.replaceChildren(...this.fill());
    this.box.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    this.box.focus();
  }

  /** There is more to show: at once, unless somebody is busy with what it holds. */
  refill() {
    if (this.open && document.activeElement === this.box) this.box.replaceChildren(...this.fill());
  }

  close(refocus = false) {
    if (!this.open) return;
    this.box.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    if (refocus) this.button.focus();
  }
}
