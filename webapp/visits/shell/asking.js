/** The clinician asks for a photo: which place, which side, and how far it has come. Loaded when first needed. */

import { h, icon, say } from './element.js';
import { PlacePicker, placeWords } from './place.js';
import { t } from './text.js';

const SHOWN_DONE = 12_000;

/** What the popover holds. @param {import('./room.js').Room} room @param {() => void} close */
export function askForm(room, close) {
  const picker = new PlacePicker(room.data.places ?? [], t('Photo of which place?'));
  const ask = () => {
    const place = picker.value;
    if (!place) return;
    room.socket.send({ t: 'photo-ask', ...place });
    close();
  };
  return [
    picker.element,
    h('p', { class: 'small' }, t('The patient takes it with the rear camera. It goes into the chart, beside the last one of that place.')),
    h('button', { type: 'button', class: 'button primary', 'data-testid': 'photo-ask', onclick: ask }, t('Ask for the photo')),
  ];
}

/** How far the photo has come, below the picture. */
export class Asked {
  #room;
  #shown = '';
  #hider = 0;

  constructor(room) {
    this.#room = room;
    this.text = h('p', {});
    this.withdraw = h('button', { type: 'button', class: 'button', 'data-testid': 'photo-withdraw', onclick: () => this.#withdraw() }, t('Withdraw'));
    this.element = h('section', { class: 'below', 'data-testid': 'photo-state', 'aria-label': t('Photo'), hidden: true }, icon('camera'), h('div', {}, this.text), h('div', { class: 'row' }, this.withdraw));
    room.visit.addEventListener('change', () => this.update());
    this.update();
  }

  update() {
    const request = this.#room.visit.info.photo;
    const step = request ? `${request.id} ${request.state}` : '';
    if (step === this.#shown) return;
    const first = !this.#shown;
    this.#shown = step;
    clearTimeout(this.#hider);
    // What was over before this page was loaded is no news.
    const over = !request || !['asked', 'taking', 'sending'].includes(request.state);
    this.element.hidden = !request || (over && first);
    if (this.element.hidden) return;
    this.element.dataset.state = request.state;
    say(this.text, this.#words(request));
    this.withdraw.hidden = over;
    this.#room.notices.speak(this.text.textContent);
    if (over) this.#hider = setTimeout(() => (this.element.hidden = true), SHOWN_DONE);
  }

  #withdraw() {
    const id = this.#room.visit.info.photo?.id;
    if (id) this.#room.socket.send({ t: 'photo-withdraw', id });
  }

  #words({ site, side, state }) {
    const place = placeWords(this.#room.data.places ?? [], site, side);
    const name = this.#room.visit.seats.find((seat) => seat.kind === 'patient')?.name ?? '';
    switch (state) {
      case 'sending': return t('The photo is on its way: {place}', { place });
      case 'done': return t('The photo is in the chart: {place}', { place });
      case 'declined': return t('{name} will not send a photo now.', { name });
      default: return t('Asked for a photo of: {place}', { place });
    }
  }
}
