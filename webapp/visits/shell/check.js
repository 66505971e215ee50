/** The check before a visit, one question at a time: allowed, seen, heard, hearing; the line is tried meanwhile. */

import { failing, failureWords } from './browser.js';
import { dress } from './dress.js';
import { h, icon, reicon, say } from './element.js';
import { Meter } from './meter.js';
import { glance, network } from './network.js';
import { permission } from './permission.js';
import { pickers } from './pickers.js';
import { t } from './text.js';

const ORDER = ['allow', 'see', 'speak', 'hear', 'done'];

export class Check {
  #room;
  #back;
  #step = '';
  #line = null;

  /**
   * @param {import('./room.js').Room} room
   * @param {{back: () => void, seated: boolean, lend?: () => Promise<object | null>}} where whether the line may be
   *   tried whole, who lends the relay where it may not, and the way back
   */
  constructor(room, { back, seated, lend }) {
    dress();
    this.#room = room;
    this.#back = back;
    this.seated = seated;
    this.lend = lend;
    this.meter = new Meter(room.devices, () => this.#step === 'speak' && this.#heard());
    this.heading = h('h1', { tabindex: '-1' });
    this.lead = h('p', { class: 'lead' });
    this.mirror = h('div', { class: 'mirror' });
    this.body = h('div', { class: 'body' });
    this.actions = h('div', { class: 'actions' });
    this.marks = h('ol', { class: 'marks', 'aria-hidden': 'true' }, ...ORDER.map(() => h('li')));
    const skip = h('button', { type: 'button', class: 'link', 'data-testid': 'check-skip', onclick: () => this.leave() }, t('Skip the check'));
    this.element = h('section', { class: 'page check-page', 'data-testid': 'check', hidden: true }, this.marks, this.mirror, h('div', { class: 'saying' }, this.heading, this.lead, this.body), this.actions, skip);
    this.follow = () => this.#step === 'allow' && this.#allow();
    this.admitted = () => room.phase === 'call' && this.#end();
    room.devices.addEventListener('change', this.follow);
    room.visit.addEventListener('change', this.admitted);
    room.add('check', this.element);
  }

  /** Begin, inside the tap that asked for it: sound needs one. */
  begin() {
    const { devices, selfView } = this.#room;
    this.meter.heard = false;
    this.meter.start();
    selfView.mount(this.mirror, false);
    // Who came without camera is not asked for one.
    if (!this.seated) devices.choose({ camera: true, microphone: true });
    this.#line = this.seated ? this.#measure() : this.#glance();
    this.#show('allow');
    this.#room.show('check');
    devices.start();
  }

  leave() {
    this.#end();
    this.#back();
  }

  /** Let in meanwhile, or done. */
  #end() {
    this.#step = '';
    this.meter.stop();
    this.#room.devices.removeEventListener('change', this.follow);
    this.#room.visit.removeEventListener('change', this.admitted);
    this.element.remove();
  }

  async #measure() {
    // The way of this visit and the first round trip come with the welcome.
    while (!this.#room.trips.length) await new Promise((go) => setTimeout(go, 50));
    const { data, ice, trips } = this.#room;
    const found = await network(`/join/${data.visit}/speed`, ice, trips);
    this.#room.result({ network: found });
    return found;
  }

  /** What is known before the tap is told with it. */
  async #glance() {
    const found = await glance(this.lend);
    this.#room.result({ network: { ...found, up_kbit: 0 } });
    return found;
  }

  #show(step) {
    this.#step = step;
    this.element.dataset.step = step;
    [...this.marks.children].forEach((mark, place) => mark.classList.toggle('past', place <= ORDER.indexOf(step)));
    this.mirror.hidden = step !== 'see' && step !== 'allow';
    const draw = { allow: () => this.#allow(), see: () => this.#see(), speak: () => this.#speak(), hear: () => this.#hear(), done: () => this.#done() };
    draw[step]();
    this.heading.focus({ preventScroll: true });
  }

  #say(heading, lead, body, actions) {
    say(this.heading, heading);
    say(this.lead, lead);
    this.body.replaceChildren(...body);
    this.actions.replaceChildren(...actions);
  }

  #allow() {
    const { state } = this.#room.devices;
    if (['new', 'asking'].includes(state.camera) || ['new', 'asking'].includes(state.microphone)) {
      return this.#say(t('May this page use your camera?'), t('Your browser asks in a moment. Please press “Allow”.'), [], []);
    }
    const failed = failing(state);
    if (!failed.length) return this.#show(this.#first());
    const denied = failed.some((kind) => state[kind] === 'denied');
    const again = primary(t('Try again'), 'try-again', () => this.#room.devices.start());
    const on = plain(t('Go on without'), 'check-without', () => this.#show(this.#first()));
    return this.#say(failureWords(state), denied ? t('This is how you allow it:') : t('Close the other app or plug the device in, then try again.'), denied ? [permission()] : [], [again, on]);
  }

  /** The first question that has an answer. */
  #first() {
    const { state } = this.#room.devices;
    if (state.camera === 'ok') return 'see';
    return state.microphone === 'ok' ? 'speak' : 'hear';
  }

  #see() {
    const yes = primary(t('I see myself'), 'check-camera', () => this.#next('speak'));
    const no = plain(t('I see nothing'), 'check-camera-no', () => this.body.replaceChildren(h('p', { class: 'hint' }, t('Is something before the camera? Close other apps that use it, or choose another camera here.')), pickers(this.#room.devices)[0]));
    this.#say(t('Do you see yourself?'), t('The light should fall on your face, not come from behind you.'), [], [yes, no]);
  }

  #speak() {
    if (this.#room.devices.state.microphone !== 'ok') return this.#show('hear');
    const no = plain(t('Nothing moves'), 'check-microphone-no', () => this.body.append(h('p', { class: 'hint' }, t('Is the microphone switched off on the device or the headset? Choose another one here.')), pickers(this.#room.devices)[1], plain(t('Go on'), 'check-microphone-on', () => this.#show('hear'))));
    this.#say(t('Say something'), t('The bar moves when we hear you.'), [h('div', { class: 'large-meter' }, icon('mic'), this.meter.element)], [no]);
    this.meter.element.hidden = false;
    return this.meter.heard ? this.#heard() : undefined;
  }

  #heard() {
    say(this.heading, t('We hear you well'));
    say(this.lead, t('One thing more: the sound.'));
    this.actions.replaceChildren(primary(t('Go on'), 'check-microphone', () => this.#show('hear')));
  }

  #hear() {
    const play = h('button', { type: 'button', class: 'button', 'data-testid': 'check-play', onclick: () => this.meter.play() }, icon('listen'), t('Play a sound'));
    const yes = primary(t('I hear it'), 'check-sound', () => this.#sound('ok'));
    const no = plain(t('I hear nothing'), 'check-sound-no', () => this.#silent());
    this.#say(t('Do you hear two tones?'), t('Press the button and turn the volume up.'), [play], [yes, no]);
  }

  /** Help first; only who then still hears nothing goes on without. */
  #silent() {
    const lists = pickers(this.#room.devices);
    this.body.append(h('p', { class: 'hint' }, t('Turn the volume up, and the switch at the side of an iPhone off silent. Is a headset connected?')), ...lists.slice(2));
    this.actions.replaceChildren(primary(t('I hear it'), 'check-sound', () => this.#sound('ok')), plain(t('Go on without'), 'check-sound-without', () => this.#sound('none')));
  }

  #sound(found) {
    this.#room.result({ sound: found });
    this.#show('done');
  }

  #next(step) {
    this.#show(step === 'speak' && this.#room.devices.state.microphone !== 'ok' ? 'hear' : step);
  }

  #done() {
    const { devices, checked } = this.#room;
    const line = item('clock', t('Testing the line'));
    const rows = h('ul', { class: 'checks', 'data-testid': 'device-result' },
      item(devices.state.camera === 'ok' ? 'check' : 'warning', cameraWords(devices.state.camera)),
      item(devices.state.microphone === 'ok' ? 'check' : 'warning', microphoneWords(devices.state.microphone)),
      item(checked.sound === 'none' ? 'warning' : 'check', checked.sound === 'none' ? t('You do not hear us yet') : t('You hear us')),
      line);
    const well = devices.state.camera === 'ok' && devices.state.microphone === 'ok' && checked.sound !== 'none';
    const words = this.seated ? t('Back to the waiting room') : t('Done');
    this.#say(well ? t('All is ready') : t('You can go on like this'), well ? '' : t('What is missing can be put right later, or the visit goes on by phone.'), [rows], [primary(words, 'check-done', () => this.leave()), plain(t('Check again'), 'check-again', () => this.#show('allow'))]);
    this.#line.then((found) => this.#lineWords(line, found));
  }

  #lineWords(row, { trip_ms: trip, up_kbit: up, down_kbit: down, relay, direct }) {
    const least = Math.min(up ?? down, down);
    const speed = least >= 950 ? t('{n} Mbit/s', { n: (least / 1000).toFixed(least < 9500 ? 1 : 0) }) : t('{n} kbit/s', { n: Math.round(least / 10) * 10 });
    const blocked = relay !== 'ok' && direct === 'none';
    const [sign, words] = blocked || !least ? ['warning', t('The line lets little through: the visit may have to go on by phone')]
      : least < 150 ? ['warning', t('{speed}: enough for sound, not for a picture', { speed })]
        : least < 600 ? ['check', t('{speed}: enough for sound and a small picture', { speed })]
          : ['check', t('{speed}: good for picture and sound', { speed })];
    reicon(row.firstChild, sign);
    row.dataset.state = sign === 'check' ? 'ok' : 'none';
    say(row.lastChild, words);
    const more = [t('An answer takes {n} ms.', { n: trip }), this.#roadWords(relay, direct), this.seated ? '' : t('What you send is tested once you have joined.')];
    row.after(h('li', { class: 'small', 'data-testid': 'check-road' }, more.filter(Boolean).join(' ')));
  }

  #roadWords(relay, direct) {
    if (relay === 'ok' && direct === 'ok') return t('A direct way and our relay are open: a call comes through.');
    if (relay === 'ok') return t('Our relay is reached: a call comes through.');
    if (direct === 'none') return t('This browser or network lets no call through.');
    if (relay === 'none') return t('Our relay is not reached; most calls come through without it.');
    return t('Whether your devices find each other shows when the call begins; if not, it goes on by phone.');
  }
}

function primary(text, testid, onclick) {
  return h('button', { type: 'button', class: 'button primary big', 'data-testid': testid, onclick }, text);
}

function plain(text, testid, onclick) {
  return h('button', { type: 'button', class: 'button', 'data-testid': testid, onclick }, text);
}

function item(sign, text) {
  return h('li', { 'data-state': sign === 'check' ? 'ok' : sign === 'clock' ? 'asking' : 'none' }, icon(sign), h('span', {}, text));
}

function cameraWords(state) {
  if (state === 'ok') return t('Camera works');
  if (state === 'denied') return t('Camera is not allowed');
  return state === 'none' ? t('No camera found') : t('Camera is off');
}

function microphoneWords(state) {
  if (state === 'ok') return t('Microphone works');
  if (state === 'denied') return t('Microphone is not allowed');
  return state === 'none' ? t('No microphone found') : t('Microphone is off');
}
