/** The waiting room: one's own picture, a true status, and everything that can be tried meanwhile. */

import { allowWords, embedded, failing, failureWords } from './browser.js';
import { toggles } from './bar.js';
import { hour, lateWords, whenWords } from './clock.js';
import { footer } from './footer.js';
import { hearingWords } from './hearing.js';
import { h, icon, initials, reicon, say } from './element.js';
import { Meter } from './meter.js';
import { pickers } from './pickers.js';
import { t } from './text.js';

const SLOW = 300;

export class Waiting {
  #room;
  #trips = [];
  #asked = 0;

  /** @param {import('./room.js').Room} room @param {() => void} test the whole check, step by step */
  constructor(room, test) {
    this.#room = room;
    this.test = test;
    this.meter = new Meter(room.devices, () => this.#devices());
    this.letters = h('span', { class: 'avatar', 'aria-hidden': 'true' });
    this.name = h('strong', { class: 'name' });
    this.when = h('span', { class: 'when' });
    this.mirror = h('div', { class: 'mirror' }, h('div', { class: 'switches' }, ...toggles(room.devices)));
    this.heading = h('h1', { tabindex: '-1' }, t('You are in the waiting room'));
    this.status = h('p', { class: 'lead', 'data-testid': 'waiting-status', role: 'status' });
    this.hearing = h('p', { class: 'hearing', 'data-testid': 'hearing' });
    this.camera = check();
    this.microphone = check(this.meter.element);
    this.line = check();
    this.help = h('div', { class: 'help', role: 'alert', hidden: true });
    const checks = h('ul', { class: 'checks' }, this.camera.element, this.microphone.element, this.line.element);
    this.element = h('section', { class: 'page waiting', hidden: true },
      h('div', { class: 'person' }, this.letters, h('div', {}, this.name, this.when)),
      this.mirror,
      h('div', { class: 'saying' }, this.heading, this.status, this.help, checks, this.#actions(), this.hearing, footer(room.practice)));
    room.devices.addEventListener('change', () => this.#devices());
    room.visit.addEventListener('change', () => this.update());
    this.#devices();
  }

  /** The server's word on the visit, for the person who waits. */
  update() {
    const { visit } = this.#room;
    const name = visit.clinicianName;
    say(this.name, name);
    this.#face(name);
    const { starts_at: starts, zone, late } = visit.info;
    say(this.when, starts && zone ? [lateWords(late) ? t('Today {time}', { time: hour(Date.parse(starts), zone) }) : whenWords(starts, zone), lateWords(late)].filter(Boolean).join(' · ') : '');
    say(this.status, statusWords(visit, name));
    say(this.hearing, hearingWords('', visit.info.way, visit.info.many));
    this.#line();
  }

  /** The clinician's own picture where there is one, else initials. */
  #face(name) {
    const { visit, data } = this.#room;
    if (visit.info.portrait && !this.portrait) {
      this.portrait = h('img', { class: 'avatar', src: `/join/${data.visit}/portrait`, alt: '' });
      this.letters.replaceWith(this.portrait);
    }
    say(this.letters, initials(name));
  }

  /** A round trip to the practice's server, in milliseconds. */
  trip(milliseconds) {
    this.#trips = [...this.#trips, milliseconds].slice(-5);
    this.#line();
  }

  async again() {
    this.#trips = [];
    this.meter.heard = false;
    this.#devices();
    await this.#room.devices.start();
    this.meter.start();
  }

  #actions() {
    const chat = h('button', { type: 'button', class: 'button' }, icon('chat'), t('Write to the practice'));
    this.#room.chat.opensFrom(chat);
    const choose = h('details', { class: 'choose' }, h('summary', {}, t('Devices and sound')), ...pickers(this.#room.devices),
      h('button', { type: 'button', class: 'button', onclick: () => this.meter.play() }, icon('listen'), t('Play a sound')));
    const again = h('button', { type: 'button', class: 'button', 'data-testid': 'test-again', onclick: () => this.test() }, icon('refresh'), t('Test again'));
    const leave = h('button', { type: 'button', class: 'button', 'data-testid': 'leave-waiting', onclick: () => this.#room.leave() }, t('Leave'));
    const going = h('div', { class: 'actions' });
    const add = ({ Going }) => going.append(new Going(this.#room).element);
    this.#room.visit.addEventListener('change', () => import('./going.js').then(add, () => {}), { once: true });
    return h('div', { class: 'actions' }, choose, this.#photos(), chat, h('div', { class: 'row' }, again, leave), going);
  }

  /** The form comes when it is first opened, or when a reload left a photo on its way. */
  #photos() {
    const fold = h('details', { class: 'choose', 'data-testid': 'photo-send' }, h('summary', {}, t('Send a photo')));
    fold.addEventListener('toggle', () => fold.open && this.photos?.().then((photos) => fold.append(photos.form.element)).catch(() => {}));
    return fold;
  }

  #devices() {
    const { devices } = this.#room;
    this.camera.show(devices.state.camera, cameraWords(devices.state.camera));
    const heard = this.meter.heard || devices.state.microphone !== 'ok';
    this.microphone.show(heard ? devices.state.microphone : 'asking', microphoneWords(devices.state.microphone, this.meter.heard));
    this.meter.element.hidden = devices.state.microphone !== 'ok';
    this.#helpWith(devices);
  }

  /** In words what happened, and a way to try again; waiting goes on without. */
  #helpWith({ state }) {
    const kinds = failing(state);
    const key = state.camera === 'asking' || state.microphone === 'asking' ? 'asking' : kinds.map((kind) => kind + state[kind]).join();
    if (key === this.#asked) return;
    this.#asked = key;
    this.help.hidden = !kinds.length && key !== 'asking';
    if (key === 'asking') this.help.replaceChildren(h('p', {}, t('Your browser may ask whether this page may use your camera and microphone. Please allow it.')));
    else if (kinds.length) this.help.replaceChildren(...this.#failed(kinds, state));
  }

  #failed(kinds, state) {
    const how = kinds.some((kind) => state[kind] === 'denied') ? h('div', {}, h('p', {}, allowWords())) : null;
    if (how && !embedded()) this.#draw(how);
    return [
      h('p', {}, h('strong', {}, failureWords(state)), ' ', t('You can go on without.')),
      how,
      h('button', { type: 'button', class: 'button', 'data-testid': 'try-again', onclick: () => this.again() }, icon('refresh'), t('Try again')),
    ].filter(Boolean);
  }

  /** The picture of this browser's own window takes the place of the words. */
  async #draw(how) {
    const { permission } = await import('./permission.js');
    how.replaceChildren(permission());
  }

  #line() {
    const { visit } = this.#room;
    const trip = [...this.#trips].sort((a, b) => a - b)[Math.floor(this.#trips.length / 2)];
    if (!visit.online) this.line.show('in_use', t('Line is away'));
    else if (trip === undefined) this.line.show('asking', t('Testing the line'));
    else if (trip > SLOW) this.line.show('in_use', t('Line is slow'));
    else this.line.show('ok', t('Line is good'));
  }
}

function check(extra) {
  const sign = icon('clock');
  const text = h('span');
  return {
    element: h('li', {}, sign, text, extra ?? null),
    show(state, words) {
      sign.parentElement.dataset.state = state;
      reicon(sign, { ok: 'check', off: 'minus', asking: 'clock', new: 'clock' }[state] ?? 'warning');
      say(text, words);
    },
  };
}

function statusWords(visit, name) {
  const values = { name };
  if (visit.info.phone_end) return t('Your visit goes on by telephone: we call you on the number that ends in {end}. You can close this page.', { end: visit.info.phone_end.replace('…', '') });
  if (!visit.online) return t('Your line dropped for a moment. We are connecting you again.');
  if (visit.info.busy) return t('{name} is with another patient and knows that you are here.', values);
  const there = visit.clinician;
  if (there?.instance && ['admitted', 'connected'].includes(there.state)) return t('{name} is here and will let you in.', values);
  if (visit.info.told) return t('{name} has been told you are here and will let you in.', values);
  return t('{name} sees that you are here as soon as they are back.', values);
}

function cameraWords(state) {
  switch (state) {
    case 'ok': return t('Camera works');
    case 'off': return t('Camera is off');
    case 'asking': case 'new': return t('Starting the camera');
    case 'denied': return t('Camera is not allowed');
    case 'none': return t('No camera found');
    default: return t('Camera is used by another app');
  }
}

function microphoneWords(state, heard) {
  switch (state) {
    case 'ok': return heard ? t('Microphone hears you') : t('Say something to test the microphone');
    case 'off': return t('Microphone is off');
    case 'asking': case 'new': return t('Starting the microphone');
    case 'denied': return t('Microphone is not allowed');
    case 'none': return t('No microphone found');
    default: return t('Microphone is used by another app');
  }
}
