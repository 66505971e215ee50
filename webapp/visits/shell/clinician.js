/** The clinician's side: everything starts at once, the panel waits for the first frame. */

import { Admission } from './admission.js';
import { begin } from './call.js';
import { early } from './early.js';
import { h, icon } from './element.js';
import { Finish } from './finish.js';
import { Panel, signIn } from './panel.js';
import { Popover } from './popover.js';
import { Room } from './room.js';
import { SignedOut } from './signedout.js';
import { t } from './text.js';

const PANEL_AT_LATEST = 2500;
// Our first frame may come before theirs: the panel's load does not race with it.
const AFTER_US = 300;

class Clinician {
  constructor(data) {
    this.room = new Room(data, {
      socket: `/visits/${data.visit}/socket`,
      phone: () => this.room.visit.info.phone ?? '',
      comeBack: () => this.#comeBack(),
      refused: (tries) => tries === 4 && this.#doubt(),
      follow: () => this.#follow(),
      welcome: () => this.panel.revive(),
      ended: (why) => this.#ended(why),
      closing,
    });
    // Before a single element: the patient's picture should not wait for our buttons.
    this.room.open(early);
    this.panel = new Panel(data.visit, () => this.#signOut());
    this.finish = new Finish(this.room, this.panel);
    this.room.build([this.#photo(), this.panel.button], [this.finish.element]);
    document.querySelector('.shell').append(this.panel.element);
    const { visit, socket, notices, stage, mesh } = this.room;
    this.admission = new Admission(visit, socket, notices);
    this.signedOut = new SignedOut(this.room, this.panel);
    stage.element.append(this.admission.element);
    mesh.addEventListener('linked', () => setTimeout(() => this.panel.load(), AFTER_US));
    if (location.hash === '#chart') this.panel.load();
    else setTimeout(() => this.panel.load(), PANEL_AT_LATEST);
    this.room.enterCall();
  }

  /** Asking for a photo: the form is fetched when it is first opened, the card when there is a request. */
  #photo() {
    const load = this.room.later(() => import('./asking.js'), (asking) => asking);
    const button = h('button', { type: 'button', class: 'round', 'data-testid': 'photo-request', 'aria-label': t('Ask for a photo'), title: t('Ask for a photo') }, icon('camera'), h('span', { class: 'word' }, t('Photo')));
    const content = h('div', { class: 'photo-form' });
    const popover = new Popover(button, t('Ask for a photo'), () => [h('h2', {}, t('Ask for a photo')), content]);
    button.addEventListener('click', () => popover.open && load().then(({ askForm }) => content.replaceChildren(...askForm(this.room, () => popover.close(true)))));
    this.room.visit.addEventListener('change', () => {
      if (!this.room.visit.info.photo || this.asked) return;
      this.asked = load().then(({ Asked }) => this.room.below(new Asked(this.room).element));
    });
    return popover.element;
  }

  #comeBack() {
    this.room.open();
    this.room.enterCall();
  }

  #follow() {
    const { visit, stage, mesh, selfView } = this.room;
    selfView.name(visit.me?.name ?? '');
    // Whoever waits may be let in at once: then the panel comes after the picture.
    if (!mesh.peers.size && !visit.waiting.length) this.panel.load();
    const words = this.admission.words();
    stage.empty.replaceChildren(...(words ? [h('p', {}, words)] : []));
    document.body.classList.toggle('alone', !visit.others.some((seat) => ['admitted', 'connected'].includes(seat.state)));
    document.body.classList.toggle('queue', visit.waiting.length > 0);
  }

  #ended(why) {
    if (why === 'signed_out') {
      this.#signOut();
      return true;
    }
    if (why === 'finished' && this.finish.next) {
      location.assign(this.finish.next);
      return true;
    }
    if (why === 'finished') this.panel.toggle(true);
    return false;
  }

  /** A running call outlives the session; everything else goes to sign-in. */
  #signOut() {
    if (!this.room.mesh.peers.size) return signIn();
    this.room.socket.close('signed_out');
    return this.signedOut.begin();
  }

  /** Refused again and again: if the page itself would be sent away, we are signed out. */
  async #doubt() {
    const answer = await fetch(location.pathname, { method: 'HEAD', redirect: 'manual' }).catch(() => null);
    if (answer?.type === 'opaqueredirect' || answer?.status === 401) this.#signOut();
    else if (answer?.status === 403 || answer?.status === 404) this.room.end('not_found');
    else if (answer === null) this.room.notices.show(t('No connection to the practice’s server. A running call goes on.'));
  }
}

/** What the last page says: an icon, a heading, a sentence. */
function closing(why) {
  switch (why) {
    case 'finished': return ['check', t('The visit is finished'), t('Everybody has left. The note stays open here until it is signed.')];
    case 'left': return ['leave', t('You left the visit'), t('It is not finished: the patient can still come in, and you can return.')];
    case 'cancelled': return ['close', t('The visit was cancelled'), t('Its link says so to whoever opens it.')];
    case 'replaced': return ['screen', t('You continued on another device'), t('The visit goes on there. You can bring it back here.')];
    case 'flood': return ['warning', t('The connection was closed'), t('Something in this browser spoke too much. Please return.')];
    default: return ['information', t('This visit is not open to you'), t('It may belong to a colleague, or it does not exist.')];
  }
}

begin((data) => new Clinician(data).room);
