/** Before the tap: who, when, how to come in. Nothing is asked of the browser and nothing is exchanged. */

import { inApp } from './browser.js';
import { day, daysAhead, hour, lateWords, weekday, whenWords, zoneName } from './clock.js';
import { h, icon, initials, say } from './element.js';
import { footer } from './footer.js';
import { t } from './text.js';

const OPENS_BEFORE = 30 * 60_000;
const FAR = 24 * 3600_000;

export class Door {
  #entry;
  #practice;
  #join;
  #timer = 0;

  /**
   * @param {import('./entry.js').Entry} entry
   * @param {{name?: string, phone?: string}} practice
   * @param {(wanted: {camera: boolean, microphone: boolean, writing: boolean}) => void} join the tap
   * @param {() => void} check try camera and sound before
   */
  constructor(entry, practice, join, check) {
    this.#entry = entry;
    this.#practice = practice;
    this.#join = join;
    this.letters = h('span', { class: 'avatar', 'aria-hidden': 'true' });
    this.name = h('strong', { class: 'name' });
    this.when = h('span', { class: 'when' });
    this.person = h('div', { class: 'person' }, this.letters, h('div', {}, this.name, this.when));
    this.heading = h('h1', { tabindex: '-1' }, t('One moment…'));
    this.words = h('p', { class: 'lead' });
    this.summary = h('a', { class: 'button', href: entry.summary, hidden: true, 'data-testid': 'door-summary' }, t('Your summary'));
    this.note = h('p', { class: 'hint', role: 'alert', hidden: true });
    this.choices = ways();
    this.button = h('button', { type: 'button', class: 'button primary big', 'data-testid': 'join', onclick: () => this.#tap() }, t('Join'));
    this.data = h('p', { class: 'data' });
    this.choices.append(this.data);
    this.choices.addEventListener('change', () => this.#cost());
    this.#cost();
    this.app = h('div', { hidden: true });
    this.ready = h('div', { class: 'ready', hidden: true }, this.app, this.choices, this.note, this.button);
    this.check = h('button', { type: 'button', class: 'button', 'data-testid': 'check-open', hidden: true, onclick: check }, icon('video'), t('Check camera and sound'));
    this.element = h('section', { class: 'page door' }, this.person, h('div', { class: 'saying' }, this.heading, this.words, this.summary), this.ready, this.check, footer(practice));
    document.addEventListener('visibilitychange', () => document.hidden || this.element.hidden || this.look());
  }

  /** Ask the server what to say, and say it. @returns {Promise<object | null>} */
  async look() {
    const found = await this.#entry.look();
    if (found) this.show(found);
    else this.#offline();
    return found;
  }

  /** @param {{status: string, clinician?: string, starts_at?: string, zone?: string}} found */
  show(found) {
    clearTimeout(this.#timer);
    this.#head(found);
    const [heading, words] = this.#say(found);
    say(this.heading, heading);
    say(this.words, words);
    this.ready.hidden = found.status !== 'ready' || Boolean(found.phone_end);
    this.summary.href = this.#entry.summary;
    this.summary.hidden = !found.summary;
    this.element.dataset.status = found.status;
    this.check.hidden = !['ready', 'early'].includes(found.status);
    if (inApp() && !this.check.hidden) this.#inside();
    if (found.status === 'early') this.#later(found);
  }

  /** Something went wrong with the tap. */
  hint(text) {
    this.button.disabled = false;
    this.note.hidden = !text;
    say(this.note, text);
  }

  /** Inside another app: how to get out of it. Joining here stays possible. */
  async #inside() {
    const { elsewhere } = await import('./elsewhere.js');
    this.#entry.expose();
    this.app.replaceChildren(elsewhere(inApp(), this.#entry.address));
    this.app.hidden = false;
    if (this.ready.hidden) this.check.before(this.app);
    else this.ready.prepend(this.app);
  }

  /** How much data half an hour takes at most, each way counted. */
  #cost() {
    const chosen = this.choices.querySelector('input:checked').value;
    const megabytes = chosen === 'both' || chosen === 'camera' ? 700 : 350;
    say(this.data, t('Half an hour takes up to {n} MB of data; on a weak line much less.', { n: megabytes }));
  }

  async #tap() {
    const chosen = this.choices.querySelector('input:checked').value;
    this.button.disabled = true;
    this.note.hidden = true;
    const writing = chosen === 'text';
    this.#join({ camera: chosen === 'both' || chosen === 'camera', microphone: chosen === 'both' || chosen === 'microphone', writing });
  }

  #head({ clinician, starts_at: starts, zone, zone_name: named, late }) {
    this.person.hidden = !clinician;
    say(this.letters, initials(clinician));
    say(this.name, clinician ?? '');
    say(this.when, starts ? [whenWords(starts, zone, named), lateWords(late)].filter(Boolean).join(' · ') : '');
  }

  #say(found) {
    const phone = found.phone ?? this.#practice.phone;
    const call = phone ? t('If you need us, call {phone}.', { phone }) : '';
    const [heading, ...words] = sentences(found, this.#entry.hasToken);
    return [heading, found.status === 'ready' ? words.join(' ') : [...words, call].filter(Boolean).join(' ')];
  }

  /** The page turns ready by itself; a wrong clock in this device costs a minute at most. */
  #later({ opens_at: opens, starts_at: starts, now }) {
    const at = opens ? Date.parse(opens) : Date.parse(starts) - OPENS_BEFORE;
    const ahead = at - (now ? Date.parse(now) : Date.now());
    const pause = ahead < 3600_000 ? Math.min(Math.max(ahead, 1000), 60_000) : Math.min(ahead - 1800_000, FAR);
    this.#timer = setTimeout(() => this.look(), pause);
  }

  #offline() {
    clearTimeout(this.#timer);
    if (!this.element.dataset.status) {
      say(this.heading, t('No connection to the practice'));
      say(this.words, this.#practice.phone ? t('We keep trying. You can also call {phone}.', { phone: this.#practice.phone }) : t('We keep trying.'));
    }
    this.#timer = setTimeout(() => this.look(), 3000);
  }
}

function ways() {
  const options = [
    ['both', 'video', t('With camera and microphone')],
    ['microphone', 'video-off', t('Without camera')],
    ['camera', 'mic-off', t('Without microphone')],
    ['none', 'listen', t('Just listen')],
    ['text', 'chat', t('Only in writing')],
  ];
  const rows = options.map(([value, name, text], place) => {
    const id = `way-${value}`;
    return h('div', { class: 'way' }, h('input', { type: 'radio', name: 'way', id, value, checked: place === 0 }), h('label', { for: id }, icon(name), text));
  });
  return h('fieldset', { class: 'ways' }, h('legend', {}, t('How do you want to join?')), ...rows);
}

function sentences(found, hasToken) {
  switch (found.status) {
    case 'ready': if (found.phone_end) return [t('We call you'), t('Your visit goes on by telephone: we call you on the number that ends in {end}. You can close this page.', { end: found.phone_end.replace('…', '') })];
      return [t('Your visit is ready'), t('Tap Join. {name} sees that you are here and lets you in.', { name: found.clinician ?? t('The practice') })];
    case 'early': return [t('You are early'), early(found), t('There is nothing to do now.')];
    case 'over': return [t('This visit is over'), t('Its time has passed. If you still need it, we are glad to find a new one.')];
    case 'finished': return [t('This visit is finished'), t('Thank you for coming.')];
    case 'cancelled': return [t('This visit was cancelled'), t('If you did not expect that, please ask us.')];
    default: return hasToken
      ? [t('We do not know this link'), t('It may have been replaced by a newer one. Please look for our latest message.')]
      : [t('Please open your link again'), t('For your safety it is not kept on this device. You find it in our message to you.')];
  }
}

function early({ starts_at: starts, zone, now, zone_name: named }) {
  const moment = Date.parse(starts);
  const values = { time: hour(moment, zone), zone: zoneName(zone, named), weekday: weekday(moment, zone), date: day(moment, zone) };
  const ahead = daysAhead(moment, now ? Date.parse(now) : Date.now(), zone);
  if (ahead === 0) return t('Your visit is today at {time} ({zone}). This page opens by itself half an hour before.', values);
  if (ahead === 1) return t('Your visit is tomorrow, {weekday} {time} ({zone}).', values);
  return t('Your visit is on {date} at {time} ({zone}).', values);
}
