/** Who waits in this visit, with what they bring, and the button that lets them in. */

import { span } from './clock.js';
import { h, icon, initials, say } from './element.js';
import { t } from './text.js';

const SLOW = 300; // a round trip that is felt in a talk, in milliseconds

export class Admission {
  #cards = new Map();

  /**
   * @param {import('./visit.js').Visit} visit
   * @param {import('./socket.js').Socket} socket
   * @param {import('./notice.js').Notices} notices
   */
  constructor(visit, socket, notices) {
    this.visit = visit;
    this.socket = socket;
    this.notices = notices;
    this.element = h('div', { class: 'admission' });
    visit.addEventListener('change', () => this.update());
    setInterval(() => this.#times(), 1000);
  }

  update() {
    const waiting = this.visit.waiting;
    for (const [seat, card] of this.#cards) {
      if (waiting.some((other) => other.seat === seat)) continue;
      card.element.remove();
      this.#cards.delete(seat);
    }
    for (const seat of waiting) this.#card(seat).update(seat);
    this.#times();
  }

  /** What the stage says while nobody is in. */
  words() {
    const [patient] = this.visit.others.filter((seat) => seat.kind === 'patient');
    if (!patient || this.visit.waiting.length) return '';
    const name = patient.name;
    if (this.visit.info.by_phone) return t('By telephone: call {name} on {phone}.', { name, phone: this.visit.info.phone });
    if (patient.state === 'checking') return t('{name} has opened the link and is getting ready.', { name });
    if (patient.state === 'away') return t('{name} was here and is away for a moment.', { name });
    if (patient.state === 'left') return t('{name} has left and can return.', { name });
    return t('{name} has not opened the link yet.', { name });
  }

  #card(seat) {
    let card = this.#cards.get(seat.seat);
    if (card) return card;
    card = waitingCard(seat, () => this.#admit(seat));
    this.#cards.set(seat.seat, card);
    this.element.append(card.element);
    if (!sharing()) this.notices.speak(t('{name} is waiting', { name: seat.name }));
    return card;
  }

  #admit(seat) {
    this.socket.send({ t: 'admit', seat: seat.seat });
  }

  #times() {
    for (const seat of this.visit.waiting) {
      const since = Date.parse(seat.since ?? '');
      const waited = Number.isNaN(since) ? '' : t('waiting {span}', { span: span(this.visit.now() - since) });
      this.#cards.get(seat.seat)?.time(waited);
    }
  }
}

/** Others see this screen now: nobody is named on it. */
export function sharing() {
  return document.body.classList.contains('screen');
}

function waitingCard(seat, admit) {
  const time = h('span');
  const kit = h('span', { 'data-testid': 'device-result' });
  const button = h('button', { type: 'button', class: 'button primary', 'data-testid': 'admit', onclick: () => {
    button.disabled = true;
    admit();
    // The word may be lost with the line: then it can be given again.
    setTimeout(() => (button.disabled = false), 3000);
  } }, icon('check'), t('Admit'));
  const name = h('h2');
  const letters = h('span', { class: 'avatar', 'aria-hidden': 'true' });
  const about = h('div', {}, name, h('p', {}, time, kit));
  const element = h('section', { class: 'card waiting-card', 'data-testid': 'waiting-card' }, letters, about, button);
  return {
    element,
    time: (text) => say(time, text),
    update: (other) => {
      const hidden = sharing();
      const shown = hidden ? t('Somebody is waiting') : other.name;
      say(name, shown);
      say(letters, hidden ? '•' : initials(other.name));
      element.setAttribute('aria-label', shown);
      const words = kitWords(other.device);
      kit.classList.toggle('missing', Boolean(other.device) && !(other.device.camera === 'ok' && other.device.microphone === 'ok'));
      say(kit, words && ` · ${words}`);
    },
  };
}

/** "camera and microphone ok · Safari on iPhone". */
export function kitWords(device) {
  if (!device) return '';
  const both = device.camera === 'ok' && device.microphone === 'ok';
  const words = both ? [t('camera and microphone ok')] : [cameraWords(device.camera), microphoneWords(device.microphone)];
  if (device.sound === 'none') words.push(t('does not hear us'));
  return [...words, ...networkWords(device.network), device.browser].filter(Boolean).join(' · ');
}

/** The slower of the two ways, and which road a call finds. */
function networkWords(network) {
  if (!network) return [];
  const slower = Math.min(network.up_kbit, network.down_kbit);
  const speed = slower >= 950 ? t('{n} Mbit/s', { n: (slower / 1000).toFixed(slower < 9500 ? 1 : 0) }) : slower ? t('{n} kbit/s', { n: Math.round(slower / 10) * 10 }) : '';
  const slow = network.trip_ms > SLOW ? t('answers after {n} ms', { n: network.trip_ms }) : '';
  const blocked = network.relay !== 'ok' && network.direct === 'none';
  const road = blocked ? t('a call may not come through') : { none: t('the relay is not reached'), ok: t('relay reached') }[network.relay] ?? '';
  return [speed, slow, road];
}

function cameraWords(state) {
  switch (state) {
    case 'ok': return t('camera ok');
    case 'none': return t('no camera');
    case 'denied': return t('camera not allowed');
    case 'in_use': return t('camera in use elsewhere');
    case 'off': return t('without camera');
    default: return '';
  }
}

function microphoneWords(state) {
  switch (state) {
    case 'ok': return t('microphone ok');
    case 'none': return t('no microphone');
    case 'denied': return t('microphone not allowed');
    case 'in_use': return t('microphone in use elsewhere');
    case 'off': return t('without microphone');
    default: return '';
  }
}
