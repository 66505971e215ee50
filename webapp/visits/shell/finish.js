/** Finishing for everybody: it names what ends, leaves a moment to take it back, and goes on by itself. */

import { h } from './element.js';
import { Popover } from './popover.js';
import { t } from './text.js';

const GRACE = 4000;
const LONG = 15_000;
const HERE = ['admitted', 'connected', 'waiting', 'away'];

export class Finish {
  #room;
  #timer = 0;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    const button = h('button', { type: 'button', class: 'button primary', 'data-testid': 'finish' }, t('Finish visit'));
    this.popover = new Popover(button, t('The visit is being finished'), () => this.#ask());
    this.element = this.popover.element;
  }

  #ask() {
    // Whoever closes the box has taken it back; a box that is opened again has its whole time again.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.popover.open && this.#room.phase === 'call' && this.#go(), GRACE);
    return [
      h('h2', {}, t('The visit is being finished')),
      h('div', { class: 'grace' }),
      h('p', {}, this.#who()),
      h('p', {}, t('Your note stays open, to be completed and signed.')),
      h('div', { class: 'row' },
        h('button', { type: 'button', class: 'button primary', 'data-testid': 'finish-confirm', onclick: () => this.#go() }, t('Finish now')),
        h('button', { type: 'button', class: 'button', onclick: () => this.popover.close(true) }, t('Go on'))),
    ];
  }

  #who() {
    const names = this.#room.visit.others.filter((seat) => HERE.includes(seat.state)).map((seat) => seat.name);
    if (!names.length) return t('In a moment the visit ends, and the link stops working.');
    const listed = new Intl.ListFormat(document.documentElement.lang === 'es' ? 'es' : 'en').format(names);
    return t('In a moment the visit ends for {names}, and the link stops working.', { names: listed });
  }

  #go() {
    const { notices, socket } = this.#room;
    clearTimeout(this.#timer);
    this.popover.close(true);
    this.#room.finish();
    if (!socket.ready) notices.show(t('The server is away. The visit ends as soon as it is back.'), LONG);
  }
}
