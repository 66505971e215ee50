/** The last page: finished, left, continued elsewhere. What happened, and what can be done now. */

import { footer } from './footer.js';
import { h, icon, reicon, say } from './element.js';
import { t, tn } from './text.js';

export class Closing {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.sign = icon('check');
    this.heading = h('h1', { tabindex: '-1' });
    this.words = h('p', { class: 'lead' });
    this.lost = h('p', { class: 'lead', role: 'status', 'data-testid': 'not-arrived', hidden: true });
    this.actions = h('div', { class: 'actions' });
    const foot = room.side === 'patient' ? footer(room.practice) : null;
    this.element = h('section', { class: 'page closing', hidden: true }, h('div', { class: 'saying' }, h('span', { class: 'sign' }, this.sign), this.heading, this.words, this.lost, this.actions), foot ?? '');
  }

  /** @param {string} why finished, left, replaced, removed, signed_out, flood or not_found */
  show(why) {
    const clinician = this.#room.side === 'clinician';
    const [name, heading, words] = this.#room.hooks.closing(why, this.#room.visit.clinicianName, this.#room.promise);
    reicon(this.sign, name);
    say(this.heading, heading);
    say(this.words, words);
    this.actions.replaceChildren(...this.#ways(why, clinician));
    this.why = why;
    this.update();
    if (why === 'finished' && this.#room.visit.me?.kind === 'patient') this.#afterwards();
  }

  /** What was on its way when the visit ended is not lost without a word. */
  update() {
    const count = this.#room.owed.photos + this.#room.owed.files;
    this.lost.hidden = this.why !== 'finished' || !count;
    say(this.lost, tn('{n} photo or file had not arrived when the visit ended. Please tell the practice if it is needed.', '{n} photos or files had not arrived when the visit ended. Please tell the practice if they are needed.', count));
  }

  async #afterwards() {
    const { Afterwards } = await import('./afterwards.js');
    this.afterwards ??= new Afterwards(this.#room.data.visit, this.#room.hooks.summary()).element;
    this.actions.append(this.afterwards);
  }

  #ways(why, clinician) {
    const ways = [];
    if (why === 'replaced') ways.push(this.#return(t('Use here'), 'use-here'));
    if (['left', 'promised', 'flood'].includes(why)) ways.push(this.#return(t('Return to the visit'), 'rejoin'));
    if (clinician) ways.push(h('a', { class: 'button', href: this.#room.home, 'data-testid': 'home' }, t('Back to today')));
    return ways;
  }

  #return(text, testid) {
    return h('button', { type: 'button', class: 'button primary big', 'data-testid': testid, onclick: () => this.#room.comeBack() }, text);
  }
}
