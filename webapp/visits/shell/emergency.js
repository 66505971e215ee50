/** The emergency card: where the patient is, whom to call, what to say, and when it was done. It opens at once. */

import { hour } from './clock.js';
import { dress } from './dress.js';
import { arrange, h, icon, kept } from './element.js';
import { dial } from './footer.js';
import { Popover } from './popover.js';
import { t } from './text.js';

export class EmergencyCard {
  #room;
  #rows = new Map();

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    dress();
    const button = h('button', { type: 'button', class: 'aid danger', 'data-testid': 'emergency', onclick: () => this.#mark('opened') }, icon('urgent'), t('Emergency'));
    this.popover = new Popover(button, t('Emergency'), () => this.#card());
    this.popover.box.classList.add('emergency');
    this.popover.box.dataset.testid = 'emergency-card';
    room.visit.addEventListener('change', () => this.#follow());
  }

  /** It is told once, by whoever opens it first; before the tap that joins there is nobody to tell. */
  #mark(step) {
    if (this.#times[step] || !this.#room.visit.me) return;
    this.#room.socket.send({ t: 'emergency', step });
  }

  get #times() {
    return this.#room.visit.info.emergency ?? {};
  }

  #follow() {
    if (!this.popover.open || !this.times) return;
    const inside = this.times.contains(document.activeElement);
    arrange(this.times, this.#noted());
    if (inside && !this.times.contains(document.activeElement)) this.popover.box.focus();
  }

  #card() {
    return this.#room.side === 'clinician' ? this.#clinicians() : this.#patients();
  }

  #clinicians() {
    const { info } = this.#room.visit;
    const patient = this.#room.visit.others.find((seat) => seat.kind === 'patient')?.name ?? info.patient?.name ?? '';
    this.times = h('ul', { class: 'times' }, ...this.#noted());
    return [
      h('h2', {}, t('Emergency')),
      this.#call(),
      h('p', { class: 'hint' }, t('{number} reaches your own region. Name the patient’s place first, so that they put you through.', { number: this.#number })),
      facts([
        [t('Patient'), patient],
        [t('Where'), info.where || info.address || t('not known: ask now')],
        [t('Phone'), info.phone ? h('a', { href: dial(info.phone) }, info.phone) : t('not known: ask now')],
      ]),
      h('p', { class: 'script' }, script(this.#room.visit.clinicianName, patient, info)),
      h('p', {}, t('Stay in the visit: let the patient see and hear you until help is there.')),
      this.times,
    ];
  }

  #patients() {
    const { practice, socket } = this.#room;
    return [
      h('h2', {}, t('Emergency')),
      h('p', {}, t('Is somebody’s life in danger? Call at once and say where you are.')),
      this.#call(),
      h('p', { class: 'script' }, t('“I need help. I am at: street, number, floor, town. My telephone number is: …”')),
      practice.phone ? h('a', { class: 'button', href: dial(practice.phone) }, icon('phone'), t('Call the practice: {phone}', { phone: practice.phone })) : null,
      socket.ready ? h('p', {}, t('Stay in the visit if you can: your clinician is told that you opened this.')) : null,
    ].filter(Boolean);
  }

  get #number() {
    return this.#room.practice.emergency ?? '112';
  }

  #call() {
    const pressed = () => this.#room.side === 'clinician' && this.#mark('called');
    return h('a', { class: 'button danger', href: dial(this.#number), 'data-testid': 'emergency-call', onclick: pressed }, icon('phone'), t('Call {number}', { number: this.#number }));
  }

  /** Times to note: each is set by a press and stands in the visit's timeline. A row stays while its time does. */
  #noted() {
    const steps = [['opened', t('Card opened')], ['called', t('Help called')], ['arrived', t('Help arrived')]];
    const row = (step, words) => h('li', {}, h('span', {}, words), this.#state(step));
    return steps.map(([step, words]) => kept(this.#rows, `${step} ${this.#times[step] ?? ''}`, () => row(step, words)));
  }

  #state(step) {
    const at = this.#times[step];
    if (at) return h('strong', {}, hour(Date.parse(at)));
    return h('button', { type: 'button', class: 'button', 'data-testid': `emergency-${step}`, onclick: () => this.#mark(step) }, t('Note the time'));
  }
}

function facts(rows) {
  return h('dl', {}, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** What to say on the phone, to be read aloud. */
function script(clinician, patient, info) {
  const values = { clinician, patient, place: info.where || info.address || '…', phone: info.phone || '…' };
  return t('“This is {clinician}. I am in a video visit with {patient}, who needs help at {place}. I am somewhere else. Their phone number is {phone}.”', values);
}
