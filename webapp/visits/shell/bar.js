/** The control bar: microphone, camera, chat, phone, more; and apart from them, leaving. */

import { allowWords, failing, failureWords } from './browser.js';
import { h, icon, reicon, say } from './element.js';
import { dial } from './footer.js';
import { hearingWords } from './hearing.js';
import { pickers } from './pickers.js';
import { Popover } from './popover.js';
import { t } from './text.js';

const LONG = 15_000;

export class Bar {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.microphone = control('mic', 'mute', () => this.toggle('microphone'));
    this.camera = control('video', 'camera', () => this.toggle('camera'));
    this.chat = control('chat', 'chat');
    label(this.chat, t('Chat'), t('Chat'));
    room.chat.opensFrom(this.chat);
    this.phone = new Popover(control('phone', 'phone'), t('Phone'), () => phoneWords(room));
    label(this.phone.button, t('Phone'), t('Phone number'));
    this.more = new Popover(control(null, 'more'), t('More'), () => this.#more());
    label(this.more.button, t('More'), t('More: devices and shortcuts'));
    const leave = h('button', { type: 'button', class: 'button leave', 'data-testid': 'leave', onclick: () => room.leave() }, t('Leave'));
    this.tools = h('div', { class: 'tools' });
    const tools = [this.microphone, this.camera, this.chat, this.phone.element, ...room.extras, this.more.element];
    this.element = h('div', { class: 'bar', role: 'toolbar', 'aria-label': t('Call controls') }, this.tools, h('div', { class: 'ways' }, leave, ...room.ways));
    this.tools.append(...tools);
    room.devices.addEventListener('change', () => {
      this.#show();
      this.#watch();
    });
    this.#show();
  }

  /** Switch microphone or camera, and say so. */
  async toggle(kind) {
    const { devices, notices } = this.#room;
    await devices.turn(kind, !isOn(devices, kind));
    if (failing(devices.state).includes(kind)) this.#explain();
    else notices.speak(kind === 'microphone' ? microphoneWord(devices) : cameraWord(devices));
  }

  /** A device that does not come is said in words, once for each way of failing. */
  #watch() {
    const { devices, phase } = this.#room;
    if (devices.asking || phase !== 'call') return;
    const failed = failing(devices.state).map((kind) => kind + devices.state[kind]).join();
    if (failed && failed !== this.failed) this.#explain();
    this.failed = failed;
  }

  #explain() {
    const { devices, notices } = this.#room;
    const denied = Object.values(devices.state).includes('denied');
    notices.show([failureWords(devices.state), denied ? allowWords() : ''].join(' ').trim(), LONG);
  }

  #more() {
    const { devices, keys, selfView, stage, visit } = this.#room;
    const hearing = hearingWords(stage.path, visit.info.way, visit.info.many);
    return [
      hearing ? h('p', { 'data-testid': 'hearing' }, hearing) : '',
      h('h2', {}, t('Devices')),
      ...pickers(devices),
      h('button', { type: 'button', class: 'button', onclick: () => selfView.move.click() }, t('Move my picture')),
      checkbox('whole', t('Always show the whole picture'), stage.whole, (on) => stage.show(on)),
      ...(this.#room.extra?.more() ?? []),
      matchMedia('(any-hover: hover)').matches ? checkbox('keys', t('Keys: M microphone, V camera, C chat'), keys.on, (on) => keys.turn(on)) : '',
    ];
  }

  #show() {
    const { devices } = this.#room;
    const [hears, sees] = [isOn(devices, 'microphone'), isOn(devices, 'camera')];
    show(this.microphone, hears, hears ? 'mic' : 'mic-off', hears ? t('Mute') : t('Unmute'), hears ? t('Mute the microphone') : t('Unmute the microphone'));
    show(this.camera, sees, sees ? 'video' : 'video-off', t('Camera'), sees ? t('Switch the camera off') : t('Switch the camera on'));
  }
}

/** A round button for microphone or camera that also stands in the waiting room. */
export function toggles(devices) {
  const made = ['microphone', 'camera'].map((kind) => control(kind === 'camera' ? 'video' : 'mic', `${kind}-toggle`, () => devices.turn(kind, !isOn(devices, kind))));
  const [microphone, camera] = made;
  const update = () => {
    const [hears, sees] = [isOn(devices, 'microphone'), isOn(devices, 'camera')];
    show(microphone, hears, hears ? 'mic' : 'mic-off', hears ? t('Mute') : t('Unmute'), hears ? t('Mute the microphone') : t('Unmute the microphone'));
    show(camera, sees, sees ? 'video' : 'video-off', t('Camera'), sees ? t('Switch the camera off') : t('Switch the camera on'));
  };
  devices.addEventListener('change', update);
  update();
  return made;
}

export function checkbox(id, text, checked, turn) {
  const box = h('input', { type: 'checkbox', id, 'data-testid': id, checked, onchange: () => turn(box.checked) });
  return h('div', { class: 'check' }, box, h('label', { for: id }, text));
}

function isOn(devices, kind) {
  return devices.on[kind] && devices.wanted[kind] && (devices[kind] !== null || devices.state[kind] === 'asking');
}

export function control(name, testid, onclick = () => {}) {
  return h('button', { type: 'button', class: 'round', 'data-testid': testid, onclick }, name ? icon(name) : h('span', { class: 'dots' }), h('span', { class: 'word' }));
}

export function label(button, word, full) {
  say(button.querySelector('.word'), word);
  button.setAttribute('aria-label', full);
  button.title = full;
}

function show(button, on, name, word, full) {
  button.classList.toggle('off', !on);
  reicon(button.querySelector('.icon'), name);
  label(button, word, full);
}

function phoneWords(room) {
  const phone = room.phone();
  if (!phone) return [h('p', {}, t('No phone number is kept.'))];
  const why = room.side === 'clinician' ? t('If the line fails, call:') : t('If the line fails, call the practice:');
  return [h('p', {}, why), h('a', { class: 'button primary', href: dial(phone) }, icon('phone'), phone)];
}

function microphoneWord(devices) {
  return isOn(devices, 'microphone') ? t('Microphone on') : t('Microphone muted');
}

function cameraWord(devices) {
  return isOn(devices, 'camera') ? t('Camera on') : t('Camera off');
}
