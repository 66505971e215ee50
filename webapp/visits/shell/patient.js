/** The patient's or guest's side: door, waiting room, call. */

import { begin } from './call.js';
import { Door } from './door.js';
import { say } from './element.js';
import { Entry } from './entry.js';
import { Room } from './room.js';
import { t } from './text.js';
import { Waiting } from './waiting.js';

// The picture and the waiting room come first.
const QUIETLY = 1500;

class Patient {
  constructor(data) {
    this.entry = new Entry(data.visit, () => this.begin());
    this.room = new Room(data, {
      socket: `/join/${data.visit}/socket`,
      phone: () => data.practice?.phone ?? '',
      comeBack: () => this.join(this.room.devices.wanted),
      refused: (tries) => tries >= 3 && this.#doubt(),
      trip: (ms) => this.waiting.trip(ms),
      follow: () => this.#follow(),
      welcome: () => this.#tryLine(),
      summary: () => this.entry.summary,
      closing,
    });
    this.room.build();
    this.door = new Door(this.entry, this.room.practice, (wanted) => this.#tap(wanted), () => this.#check({ seated: false, back: () => this.#outside(), lend: () => this.entry.lend() }));
    this.waiting = new Waiting(this.room, () => this.#check({ seated: true, back: () => this.#waitOn() }));
    this.waiting.photos = () => this.photos();
    this.photos = this.room.later(() => import('./photo.js'), ({ photosOf }) => photosOf(this.room));
    this.room.add('door', this.door.element);
    this.room.add('waiting', this.waiting.element);
    this.room.refresh();
    this.room.show('door');
  }

  /** Look; who was in already goes straight back. */
  async begin() {
    const found = await this.door.look();
    if (found?.status === 'ready' && found.seated && found.entered) this.#inside();
  }

  #tap(wanted) {
    this.room.devices.choose(wanted);
    this.room.write(wanted.writing);
    this.waiting.meter.start();
    this.join(wanted);
  }

  /** The exchange and the question for the camera go side by side: neither waits for the other. */
  async join(wanted) {
    const asked = this.room.devices.start();
    const entered = await this.entry.enter(wanted);
    if (entered?.ok) {
      this.#inside();
      return asked;
    }
    this.room.devices.stop();
    this.room.phase = 'checking';
    this.room.show('door');
    this.room.refresh();
    if (entered?.answer?.status) this.door.show(entered.answer);
    this.door.hint(entered?.answer?.status ? '' : t('The practice could not be reached. Please try again.'));
    return undefined;
  }

  #inside() {
    this.room.phase = 'waiting';
    this.room.selfView.mount(this.waiting.mirror, false);
    this.waiting.update();
    this.room.show('waiting');
    this.room.chat.dock(true);
    this.room.refresh();
    this.room.open();
    this.waiting.meter.start();
    // Photos that a reload left on their way go on; without any the code is not even fetched.
    if (localStorage.getItem('telepraxis.photos')) this.photos().then((photos) => this.room.below(photos.card.element)).catch(() => {});
  }

  async #check(where) {
    const { Check } = await import('./check.js');
    this.waiting.meter.stop();
    new Check(this.room, where).begin();
  }

  /** Back at the door: nothing runs before the tap. */
  #outside() {
    this.room.devices.stop();
    this.room.show('door');
  }

  #waitOn() {
    this.room.selfView.mount(this.waiting.mirror, false);
    this.room.show('waiting');
    this.waiting.meter.start();
  }

  /** While they wait the line is tried in silence, once. */
  #tryLine() {
    if (this.tried || this.room.visit.admitted) return;
    this.tried = true;
    setTimeout(async () => {
      const { network } = (await import('./network.js').catch(() => null)) ?? {};
      if (network && this.room.phase === 'waiting') this.room.result({ network: await network(`/join/${this.room.data.visit}/speed`, this.room.ice, this.room.trips) });
    }, QUIETLY);
  }

  #follow() {
    const { visit, room } = { visit: this.room.visit, room: this.room };
    room.selfView.name(visit.me?.name ?? '');
    if (visit.admitted && room.phase === 'waiting') {
      room.notices.speak(t('You are in the visit now.'));
      room.enterCall();
      this.waiting.meter.stop();
    }
    const values = { name: visit.clinicianName };
    const gone = visit.clinician?.state === 'left';
    if (visit.info.photo) this.photos().then((photos) => room.below(photos.card.element)).catch(() => {});
    say(room.stage.empty, gone ? t('{name} has left for now. Stay here: the visit goes on when {name} returns.', values) : t('{name} will be here in a moment.', values));
  }

  /** The socket is refused again and again: perhaps the visit is over or the link was replaced. */
  async #doubt() {
    const found = await this.entry.look();
    if (!found || (found.status === 'ready' && found.seated)) return;
    this.room.socket.close('refused');
    this.room.mesh.close();
    this.room.devices.stop();
    this.room.phase = 'checking';
    this.door.show(found);
    this.room.show('door');
    this.room.refresh();
  }
}

/** What the last page says: an icon, a heading, a sentence. */
function closing(why, name, promise) {
  switch (why) {
    case 'finished': return ['check', t('The visit is finished'), name ? t('Thank you, and all the best from {name}. You can close this page.', { name }) : t('Thank you. You can close this page.')];
    case 'promised': return ['bell', t('We will tell you'), promiseWords(promise)];
    case 'left': return ['leave', t('You left the visit'), t('You can return as long as the visit is not finished.')];
    case 'cancelled': return ['check', t('The visit was cancelled'), t('There is nothing more to do. If you still need it, please call us.')];
    case 'replaced': return ['screen', t('You continued on another device'), t('The visit goes on there. You can bring it back here.')];
    case 'removed': return ['information', t('This link no longer opens the visit'), t('Please look for our latest message, or call us.')];
    case 'flood': return ['warning', t('The connection was closed'), t('Something in this browser spoke too much. Please return.')];
    default: return ['information', t('We do not know this visit'), t('Please open your link again, or call us.')];
  }
}

/** What the last page says of our promise. @param {{by: string, where: string}} promise */
function promiseWords({ by, where }) {
  return by === 'mail'
    ? t('We write to {where} when it is your turn. You can also return at any time.', { where })
    : t('We call you on the number that ends in {where} when it is your turn. You can also return at any time.', { where: where.replace('…', '') });
}

begin((data) => {
  const patient = new Patient(data);
  patient.begin();
  return patient.room;
});
