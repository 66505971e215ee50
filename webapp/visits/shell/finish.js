/** Finishing for everybody: asks once for what the note lacks, leaves a moment to take it back, and goes on by itself. */

import { sharing } from './admission.js';
import { h, say } from './element.js';
import { Popover } from './popover.js';
import { t, tn } from './text.js';

const GRACE = 4000;
const GRACE_ASKED = 8000;
const LONG = 15_000;
const HERE = ['admitted', 'connected', 'waiting', 'away'];

export class Finish {
  #room;
  #panel;
  #timer = 0;
  #asked = false;
  #fields = [];

  /**
   * @param {import('./room.js').Room} room
   * @param {import('./panel.js').Panel} panel
   */
  constructor(room, panel) {
    this.#room = room;
    this.#panel = panel;
    const button = h('button', { type: 'button', class: 'button primary', 'data-testid': 'finish' }, t('Finish visit'));
    this.popover = new Popover(button, t('The visit is being finished'), () => this.#open());
    this.element = this.popover.element;
    this.coming = h('p', { class: 'hint', 'data-testid': 'finish-photo', role: 'status', hidden: true });
    this.confirm = h('button', { type: 'button', class: 'button primary', 'data-testid': 'finish-confirm', onclick: () => this.#go('') });
    this.back = h('button', { type: 'button', class: 'button', 'data-testid': 'finish-back', onclick: () => this.popover.close(true) });
    room.visit.addEventListener('change', () => this.#wait());
  }

  /** Where to go once the visit is finished: the call of who waits next, or nowhere. */
  next = '';

  #open() {
    clearTimeout(this.#timer);
    this.coming.hidden = true;
    say(this.coming, '');
    const place = h('div', { class: 'ending' }, h('p', { role: 'status' }, t('One moment…')));
    this.#fill(place);
    return [h('h2', {}, t('The visit is being finished')), place];
  }

  async #fill(place) {
    await this.#panel.settled();
    const { missing, next } = (await this.#ask()) ?? { missing: [], next: null };
    if (!this.popover.open || !place.isConnected) return;
    const asks = this.#asked ? [] : missing;
    this.#fields = asks.map(({ part, name }) => field(part, name));
    place.replaceChildren(
      ...(asks.length ? [h('p', {}, t('The note says nothing about this. Fill it in, or pass it over:')), h('div', { class: 'ending-asks' }, ...this.#fields.map(({ element }) => element))] : []),
      h('div', { class: asks.length ? 'grace grace-asked' : 'grace' }),
      h('p', {}, this.#who()),
      this.coming,
      h('p', { class: 'ending-trouble', role: 'alert' }),
      h('div', { class: 'row' },
        this.confirm,
        next === null ? '' : h('button', { type: 'button', class: 'button', 'data-testid': 'finish-next', onclick: () => this.#go(next.visit) }, sharing() ? t('Finish and next') : t('Finish and next: {name}', { name: next.name })),
        this.back),
    );
    // Whoever closes the box has taken it back; a box that is opened again has its whole time again.
    this.#timer = setTimeout(() => this.popover.open && place.isConnected && this.#room.phase === 'call' && this.#go(''), asks.length ? GRACE_ASKED : GRACE);
    this.#wait();
    if (!asks.length) return;
    this.#asked = true;
    this.#fields[0].input.focus();
    // Whoever answers has all the time they need.
    place.addEventListener('input', () => {
      clearTimeout(this.#timer);
      place.querySelector('.grace')?.remove();
    }, { once: true });
  }

  /** What the note lacks and who is next; null while the server is away. */
  async #ask() {
    const answer = await fetch(this.#address()).catch(() => null);
    return answer?.ok ? answer.json().catch(() => null) : null;
  }

  /** What has not arrived yet would be lost: then nothing ends by itself. */
  #wait() {
    const words = comingWords(this.#room.visit.info);
    // Whoever waited for it reads that it is there.
    if (words || !this.coming.hidden) say(this.coming, words || t('Everything has arrived.'));
    this.coming.hidden = !this.coming.textContent;
    say(this.confirm, words ? t('Finish all the same') : t('Finish now'));
    say(this.back, words ? t('Wait') : t('Go on'));
    if (!words) return;
    clearTimeout(this.#timer);
    this.popover.box.querySelector('.grace')?.remove();
  }

  #who() {
    const names = this.#room.visit.others.filter((seat) => HERE.includes(seat.state)).map((seat) => seat.name);
    if (!names.length) return t('In a moment the visit ends, and the link stops working.');
    const listed = new Intl.ListFormat(document.documentElement.lang === 'es' ? 'es' : 'en').format(names);
    return t('In a moment the visit ends for {names}, and the link stops working.', { names: listed });
  }

  async #go(next) {
    const { notices, socket } = this.#room;
    clearTimeout(this.#timer);
    const trouble = await this.#complete();
    if (trouble) {
      this.popover.box.querySelector('.ending-trouble').textContent = trouble;
      return;
    }
    this.popover.close(true);
    this.next = next ? `/visits/${next}/call#chart` : '';
    this.#room.finish();
    if (!socket.ready) notices.show(t('The server is away. The visit ends as soon as it is back.'), LONG);
  }

  /** Put what was answered into the note; says what went wrong, and then nothing is lost. */
  async #complete() {
    const answers = Object.fromEntries(this.#fields.map(({ part, input }) => [part, input.value]));
    if (!Object.values(answers).some((words) => words.trim())) return '';
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(this.#address(), { method: 'POST', headers, body: JSON.stringify(answers) }).catch(() => null);
    if (answer?.ok) {
      this.#fields = [];
      return '';
    }
    const why = await answer?.json().catch(() => null);
    return why?.why ?? t('The server is away: this is not in the note yet. Try again in a moment.');
  }

  #address() {
    return `/visits/${this.#room.visit.info.id}/ending`;
  }
}

/** How much is on its way; '' for nothing. */
function comingWords({ photo, coming = {} }) {
  const photos = Math.max(coming.photos ?? 0, ['taking', 'sending'].includes(photo?.state) ? 1 : 0);
  return [
    photos ? tn('{n} photo is still on its way. If the visit ends now, it does not arrive.', '{n} photos are still on their way. If the visit ends now, they do not arrive.', photos) : '',
    coming.files ? tn('{n} file is still on its way. If the visit ends now, it does not arrive.', '{n} files are still on their way. If the visit ends now, they do not arrive.', coming.files) : '',
  ].filter(Boolean).join(' ');
}

function field(part, name) {
  const input = h('textarea', { id: `ending-${part}`, rows: '1', maxlength: '2000', 'data-testid': `ending-${part}` });
  return { part, input, element: h('div', { class: 'field' }, h('label', { for: input.id }, name), input) };
}
