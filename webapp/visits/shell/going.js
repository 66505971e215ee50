/** For who cannot wait: leave and be told when it is one's turn, or call the visit off. Nothing is lost by a slip. */

import { h, icon } from './element.js';
import { t } from './text.js';

export class Going {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.choices = h('div', { class: 'actions' });
    this.element = h('details', { class: 'choose', 'data-testid': 'cannot-wait' }, h('summary', {}, t('I cannot wait')), this.choices);
    room.visit.addEventListener('change', () => this.#show());
    this.#show();
  }

  #show() {
    const { me, info } = this.#room.visit;
    const key = `${me?.kind} ${info.told_by}`;
    this.element.hidden = me?.kind !== 'patient';
    if (this.key === key) return;
    this.key = key;
    this.#first();
  }

  #first() {
    const by = this.#room.visit.info.told_by;
    const words = by === 'mail' ? t('Leave, and write to me when it is my turn') : t('Leave, and call me when it is my turn');
    const tell = h('button', { type: 'button', class: 'button', 'data-testid': 'tell-me', onclick: () => this.#leave(tell) }, icon('bell'), words);
    const cancel = h('button', { type: 'button', class: 'button', 'data-testid': 'call-off', onclick: () => this.#ask() }, icon('close'), t('Cancel the visit'));
    this.choices.replaceChildren(...(by ? [tell] : []), cancel);
  }

  /** Name what is lost; the safe way has the focus. */
  #ask() {
    const keep = h('button', { type: 'button', class: 'button primary', 'data-testid': 'call-off-not', onclick: () => this.#first() }, t('Keep the visit'));
    const cancel = h('button', { type: 'button', class: 'button', 'data-testid': 'call-off-yes', onclick: () => this.#callOff(cancel) }, t('Cancel it'));
    const lost = t('Your visit will not take place, and this link will not open it again. {name} is told.', { name: this.#room.visit.clinicianName });
    this.choices.replaceChildren(h('p', { class: 'hint' }, lost), h('div', { class: 'row' }, keep, cancel));
    keep.focus();
  }

  async #leave(button) {
    button.disabled = true;
    const answer = await this.#room.ask({ t: 'tell_me' });
    button.disabled = false;
    if (answer.t !== 'promised') return this.#refused();
    this.#room.promise = answer;
    this.#room.end('promised');
    return undefined;
  }

  async #callOff(button) {
    button.disabled = true;
    const answer = await this.#room.ask({ t: 'call_off' });
    button.disabled = false;
    if (answer.t === 'refused') this.#refused();
  }

  #refused() {
    this.#room.notices.show(t('That is not possible just now.'));
  }
}
