/** A place on the body, and its side where there are two. */

import { h, say } from './element.js';
import { t } from './text.js';

let number = 0;

/** "Knee (left side)" @param {[string, string, boolean][]} places @param {string} site @param {string} side */
export function placeWords(places, site, side) {
  const place = places.find(([key]) => key === site)?.[1] ?? site;
  if (side === 'left') return t('{place} (left side)', { place });
  if (side === 'right') return t('{place} (right side)', { place });
  return place;
}

export class PlacePicker {
  #places;

  /** @param {[string, string, boolean][]} places @param {string} legend what the choice is for */
  constructor(places, legend) {
    number += 1;
    const id = `place-${number}`;
    this.#places = places;
    this.select = h('select', { id, 'data-testid': 'photo-site', onchange: () => this.#show() },
      h('option', { value: '' }, t('Choose…')), ...places.map(([key, label]) => h('option', { value: key }, label)));
    this.sides = h('fieldset', { class: 'sides', hidden: true }, h('legend', { class: 'unseen' }, t('Side')),
      side(id, 'left', t('Left side'), () => this.#show()), side(id, 'right', t('Right side'), () => this.#show()));
    this.wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
    this.element = h('div', { class: 'field' }, h('label', { for: id }, legend), this.select, this.sides, this.wrong);
  }

  /** The choice, or null after saying beside the field what is missing. */
  get value() {
    const site = this.select.value;
    const chosen = this.sides.querySelector('input:checked')?.value ?? '';
    if (!site) return this.#miss(t('Choose a place on the body.'), this.select);
    if (this.#paired() && !chosen) return this.#miss(t('Choose left or right.'), this.sides.querySelector('input'));
    return { site, side: this.#paired() ? chosen : '' };
  }

  #paired() {
    return this.#places.find(([key]) => key === this.select.value)?.[2] ?? false;
  }

  #show() {
    this.sides.hidden = !this.#paired();
    this.wrong.hidden = true;
  }

  #miss(words, field) {
    say(this.wrong, words);
    this.wrong.hidden = false;
    field.focus();
    return null;
  }
}

function side(id, value, words, onchange) {
  const own = `${id}-${value}`;
  return h('div', { class: 'check' }, h('input', { type: 'radio', name: id, id: own, value, onchange, 'data-testid': `photo-${value}` }), h('label', { for: own }, words));
}
