/** The last page: finished, left, continued elsewhere. What happened, and what can be done now. */

import { footer } from './footer.js';
import { h, icon, reicon, say } from './element.js';
import { t } from './text.js';

export class Closing {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.sign = icon('check');
    this.heading = h('h1', { tabindex: '-1' });
    this.words = h('p', { class: 'lead' });
    this.actions = h('div', { class: 'actions' });
    const foot = room.side === 'patient' ? footer(room.practice) : null;
    this.element = h('section', { class: 'page closing', hidden: true }, h('div', { class: 'saying' }, h('span', { class: 'sign' }, this.sign), this.heading, this.words, this.actions), foot ?? '');
  }

  /** @param {string} why finished, left, replaced, removed, signed_out, flood or not_found */
  show(why) {
    const clinician = this.#room.side === 'clinician';
    const [name, heading, words] = clinician ? clinicianWords(why) : patientWords(why, this.#room.visit.clinicianName);
    reicon(this.sign, name);
    say(this.heading, heading);
    say(this.words, words);
    this.actions.replaceChildren(...this.#ways(why, clinician));
  }

  #ways(why, clinician) {
    const ways = [];
    if (why === 'replaced') ways.push(this.#return(t('Use here'), 'use-here'));
    if (why === 'left' || why === 'flood') ways.push(this.#return(t('Return to the visit'), 'rejoin'));
    if (clinician) ways.push(h('a', { class: 'button', href: this.#room.home, 'data-testid': 'home' }, t('Back to today')));
    return ways;
  }

  #return(text, testid) {
    return h('button', { type: 'button', class: 'button primary big', 'data-testid': testid, onclick: () => this.#room.comeBack() }, text);
  }
}

function patientWords(why, name) {
  switch (why) {
    case 'finished': return ['check', t('The visit is finished'), name ? t('Thank you, and all the best from {name}. You can close this page.', { name }) : t('Thank you. You can close this page.')];
    case 'left': return ['leave', t('You left the visit'), t('You can return as long as the visit is not finished.')];
    case 'replaced': return ['screen', t('You continued on another device'), t('The visit goes on there. You can bring it back here.')];
    case 'removed': return ['information', t('This link no longer opens the visit'), t('Please look for our latest message, or call us.')];
    case 'flood': return ['warning', t('The connection was closed'), t('Something in this browser spoke too much. Please return.')];
    default: return ['information', t('We do not know this visit'), t('Please open your link again, or call us.')];
  }
}

function clinicianWords(why) {
  switch (why) {
    case 'finished': return ['check', t('The visit is finished'), t('Everybody has left. Complete the note and sign it.')];
    case 'left': return ['leave', t('You left the visit'), t('It is not finished: the patient can still come in, and you can return.')];
    case 'replaced': return ['screen', t('You continued on another device'), t('The visit goes on there. You can bring it back here.')];
    case 'flood': return ['warning', t('The connection was closed'), t('Something in this browser spoke too much. Please return.')];
    default: return ['information', t('This visit is not open to you'), t('It may belong to a colleague, or it does not exist.')];
  }
}
