/** Large typed words: what one person types, the others read big below the picture, while it is typed. */

import { control, label } from './bar.js';
import { h, icon, say } from './element.js';
import { t } from './text.js';

const PAUSE = 150;
const LONGEST = 240;

export class Captions {
  #room;
  #timer = 0;
  #said = '';

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.button = control('captions', 'captions-toggle', () => this.toggle());
    label(this.button, t('Captions'), t('Type large words for the others'));
    this.button.setAttribute('aria-pressed', 'false');
    this.read = h('div', { class: 'read', 'data-testid': 'captions', 'aria-live': 'polite', hidden: true });
    this.input = h('input', { id: 'caption-text', type: 'text', maxlength: LONGEST, autocomplete: 'off', 'data-testid': 'caption-input', oninput: () => this.#later(), onkeydown: (event) => this.#key(event) });
    const shut = h('button', { type: 'button', class: 'round quiet', 'aria-label': t('Stop typing large words'), onclick: () => this.toggle(false) }, icon('close'));
    this.form = h('div', { class: 'type', hidden: true }, h('label', { for: 'caption-text' }, t('The others read this large')), this.input, shut);
    this.element = h('div', { class: 'captions' }, this.read, this.form);
    room.visit.addEventListener('change', () => this.#show());
    this.#show();
  }

  get open() {
    return !this.form.hidden;
  }

  toggle(open = !this.open) {
    if (open === this.open) return;
    this.form.hidden = !open;
    this.button.setAttribute('aria-pressed', String(open));
    this.#room.bar.more.close();
    if (open) this.input.focus();
    else {
      this.input.value = '';
      this.#tell('');
    }
  }

  /** Enter begins anew; what was typed stays with the others until then. */
  #key(event) {
    if (event.key === 'Escape') this.toggle(false);
    if (event.key !== 'Enter' || event.isComposing) return;
    clearTimeout(this.#timer);
    this.#tell(this.input.value);
    this.input.value = '';
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(this.input.value), PAUSE);
  }

  #tell(text) {
    if (text === this.#said) return;
    this.#said = text;
    this.#room.socket.keep('caption', { t: 'caption', text });
  }

  #show() {
    const typing = this.#room.visit.others.filter((seat) => seat.caption);
    this.read.hidden = !typing.length;
    while (this.read.childElementCount > typing.length) this.read.lastElementChild.remove();
    typing.forEach((seat, place) => {
      const row = this.read.children[place] ?? this.read.appendChild(h('p', {}, h('span', { class: 'who' }), h('span', { class: 'words' })));
      say(row.firstElementChild, typing.length > 1 ? seat.name : '');
      say(row.lastElementChild, seat.caption);
    });
  }
}
