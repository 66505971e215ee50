/** After the visit, for its patient: where the summary will stand, and two questions that are answered once. */

import { h, say } from './element.js';
import { t } from './text.js';

export class Afterwards {
  #answers = {};
  #visit;

  /** @param {string} visit the visit's id @param {string} summary where the summary stands */
  constructor(visit, summary) {
    this.#visit = visit;
    this.note = h('p', { role: 'status', class: 'lead' });
    this.questions = h('div', { class: 'questions' }, this.#question('worked', t('Did the video work?')), this.#question('helped', t('Did the visit help you?')));
    this.element = h('div', { class: 'afterwards', 'data-testid': 'afterwards' },
      this.questions, this.note,
      h('p', { class: 'lead' }, t('If the practice sends you a summary, you can read it here:')),
      h('a', { class: 'button', href: summary, 'data-testid': 'to-summary' }, t('Your summary')));
  }

  #question(name, words) {
    const choose = (value, button) => {
      this.#answers[name] = value;
      for (const each of button.parentElement.children) each.setAttribute('aria-pressed', String(each === button));
      this.#send();
    };
    const answers = [['yes', t('Yes')], ['partly', t('Partly')], ['no', t('No')]].map(([value, text]) =>
      h('button', { type: 'button', class: 'button', 'aria-pressed': 'false', 'data-testid': `feedback-${name}-${value}`, onclick: (event) => choose(value, event.currentTarget) }, text));
    const id = `question-${name}`;
    return h('div', { role: 'group', 'aria-labelledby': id }, h('h2', { id }, words), h('div', { class: 'row' }, ...answers));
  }

  /** As soon as both are answered. */
  async #send() {
    if (!this.#answers.worked || !this.#answers.helped) return;
    const headers = { Accept: 'application/json' };
    const answer = await fetch(`/join/${this.#visit}/feedback`, { method: 'POST', headers, body: new URLSearchParams(this.#answers) }).catch(() => null);
    if (answer?.ok) this.questions.hidden = true;
    say(this.note, answer?.ok ? t('Thank you. Your answers are with the practice.') : t('Your answers could not be sent. Please tap again.'));
  }
}
