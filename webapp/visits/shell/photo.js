/** The patient's photos: chosen while waiting, or taken when the clinician asks. Loaded when first needed. */

import { arrange, h, icon, kept, say } from './element.js';
import { PlacePicker, placeWords } from './place.js';
import { t } from './text.js';
import { Uploads } from './upload.js';

const ACCEPTED = 'image/jpeg,image/png,image/heic,image/heif,image/webp';
const SHOWN_DONE = 8000;
// Some browsers never say that a chooser was closed without a choice: the page in front again says it for them.
const CLOSED_AFTER = 1000;

let made = null;

/** One for each page. @param {import('./room.js').Room} room */
export function photosOf(room) {
  made ??= new Photos(room);
  return made;
}

class Photos {
  #room;
  #closing = 0;

  constructor(room) {
    this.#room = room;
    this.uploads = new Uploads(room.data.visit);
    this.form = new Form(this);
    this.card = new Card(this);
    this.uploads.addEventListener('change', () => {
      this.form.update();
      this.card.update();
      room.owes('photos', this.uploads.all.filter((one) => !one.over || one.again).length);
    });
    room.visit.addEventListener('change', () => this.card.update());
    this.uploads.resume();
    this.#returned();
  }

  get places() {
    return this.#room.data.places ?? [];
  }

  get request() {
    return this.#room.visit.info.photo ?? null;
  }

  get clinician() {
    return this.#room.visit.clinicianName;
  }

  say(text) {
    this.#room.notices.speak(text);
  }

  /**
   * A button that opens the camera or the list of photos; the choice comes to `take`.
   * On a phone the camera app takes camera and page: our camera rests until it is back.
   */
  chooser({ words, testid, capture, primary, before, take }) {
    const input = h('input', { type: 'file', accept: capture ? 'image/*' : ACCEPTED, capture: capture ? 'environment' : null, multiple: !capture, hidden: true, 'data-testid': testid });
    const press = () => {
      if (before && !before()) return;
      if (capture) this.#leave();
      input.value = '';
      input.click();
    };
    input.addEventListener('change', () => {
      this.#back();
      if (input.files.length) take([...input.files]);
    });
    input.addEventListener('cancel', () => this.#back());
    const button = h('button', { type: 'button', class: primary ? 'button primary' : 'button', 'data-testid': `${testid}-open`, onclick: press }, icon('camera'), words);
    return [button, input];
  }

  answer(state, request = this.request) {
    if (request) this.#room.socket.send({ t: 'photo-answer', id: request.id, state });
  }

  #leave() {
    this.away = true;
    this.answer('taking');
    this.#room.devices.rest();
    const seen = () => {
      if (document.hidden || !this.away) return;
      clearTimeout(this.#closing);
      this.#closing = setTimeout(() => this.#back(), CLOSED_AFTER);
    };
    this.seen = seen;
    addEventListener('focus', seen);
    document.addEventListener('visibilitychange', seen);
  }

  #back() {
    clearTimeout(this.#closing);
    removeEventListener('focus', this.seen);
    document.removeEventListener('visibilitychange', this.seen);
    this.#room.devices.wake();
    if (!this.away) return;
    this.away = false;
    if (this.request?.state === 'taking') this.answer('asked');
  }

  /** The camera app may have ended this page: whoever is here again takes no photo any more. */
  #returned() {
    if (this.request?.state === 'taking') this.answer('asked');
  }
}

/** In the waiting room: which place, then the camera or a photo that is there already. */
class Form {
  #photos;
  #rows = new WeakMap();

  constructor(photos) {
    this.#photos = photos;
    this.picker = new PlacePicker(photos.places, t('Which place does it show?'));
    const take = (files) => this.#take(files);
    const before = () => (this.chosen = this.picker.value) !== null;
    this.list = h('ul', { class: 'sending', 'aria-live': 'polite' });
    this.element = h('div', { class: 'photo-form' },
      this.picker.element,
      h('div', { class: 'row' },
        ...photos.chooser({ words: t('Take a photo'), testid: 'photo-camera', capture: true, primary: true, before, take }),
        ...photos.chooser({ words: t('Choose a photo'), testid: 'photo-file', capture: false, before, take })),
      h('p', { class: 'small' }, t('Up to 30 MB each: JPEG, PNG or HEIC. Where it was taken is removed. {name} sees it in your record.', { name: photos.clinician })),
      this.list);
    this.update();
  }

  update() {
    arrange(this.list, this.#photos.uploads.all.map((upload) => upload.state !== 'cancelled' && this.#row(upload)));
  }

  #take(files) {
    for (const file of files) this.#photos.uploads.send(file, this.chosen);
  }

  #row(upload) {
    const { site, side } = upload.wish;
    const begun = () => h('li', { 'data-testid': 'photo-upload' }, h('strong', {}, placeWords(this.#photos.places, site, side)));
    return kept(this.#rows, upload, () => new Row(begun(), upload)).update();
  }
}

/** In the call: what is asked for, one button, and how far the photo has come. It stands below the picture. */
class Card {
  #photos;
  #rows = new WeakMap();
  #before = new WeakMap();
  #shown = '';
  #hider = 0;

  constructor(photos) {
    this.#photos = photos;
    this.text = h('p', {});
    this.detail = h('div');
    this.asked = h('div', {}, this.text, this.detail);
    this.earlier = h('div', {});
    const take = (files) => this.#take(files);
    const before = () => Boolean((this.request = photos.request));
    this.ways = h('div', { class: 'row' },
      ...photos.chooser({ words: t('Open the camera'), testid: 'photo-take', capture: true, primary: true, before, take }),
      ...photos.chooser({ words: t('Choose a photo'), testid: 'photo-choose', capture: false, before, take }),
      h('button', { type: 'button', class: 'button', 'data-testid': 'photo-decline', onclick: () => photos.answer('declined') }, t('Not now')));
    this.element = h('section', { class: 'below', 'data-testid': 'photo-asked', 'aria-label': t('Photo'), hidden: true }, icon('camera'), h('div', {}, this.asked, this.earlier), this.ways);
    this.update();
  }

  update() {
    const request = this.#photos.request;
    // What was taken for an earlier request goes on under the place that was asked for then.
    const earlier = this.#photos.uploads.all.filter((one) => one.wish.request && one.wish.request !== request?.id && (!one.over || one.again));
    arrange(this.earlier, earlier.map((one) => this.#earlier(one)));
    this.asked.hidden = this.ways.hidden = !request;
    if (!request) {
      this.element.hidden = !earlier.length;
      this.element.dataset.state = '';
      this.#shown = '';
      return;
    }
    const uploads = this.#photos.uploads.all.filter((one) => one.wish.request === request.id && one.state !== 'cancelled');
    const upload = uploads.find((one) => !one.over) ?? uploads.at(-1);
    const failed = upload?.state === 'failed';
    const going = Boolean(upload) && !upload.over;
    say(this.text, this.#words(request, upload));
    arrange(this.detail, [upload && upload.state !== 'done' && this.#row(upload)]);
    this.ways.hidden = going || (!['asked', 'taking'].includes(request.state) && !failed);
    this.#appear(request, upload);
    if (earlier.length) this.element.hidden = false;
  }

  #row(upload) {
    return kept(this.#rows, upload, () => new Row(h('div'), upload)).update();
  }

  #earlier(upload) {
    const place = placeWords(this.#photos.places, upload.wish.site, upload.wish.side);
    const begun = () => h('div', { 'data-testid': 'photo-earlier' }, h('p', {}, t('Your photo goes into your record as: {place}', { place })));
    return kept(this.#before, upload, () => new Row(begun(), upload)).update();
  }

  #words(request, upload) {
    const { clinician: name, places } = this.#photos;
    const place = placeWords(places, request.site, request.side);
    if (request.state === 'done') return t('The photo has arrived. Thank you.');
    if (request.state === 'declined') return t('{name} knows that there will be no photo now.', { name });
    if (upload && !upload.over) return t('Your photo is on its way: {place}', { place });
    if (request.state === 'taking') return t('You are taking a photo of: {place}. Your picture returns by itself.', { place });
    return t('{name} asks for a photo of: {place}', { name, place });
  }

  /** What is over goes after a moment; each step is read out once. */
  #appear(request, upload) {
    const step = `${request.id} ${request.state} ${upload?.state ?? ''}`;
    if (step === this.#shown) return;
    this.#shown = step;
    this.element.hidden = false;
    this.element.dataset.state = request.state;
    this.#photos.say(this.text.textContent);
    clearTimeout(this.#hider);
    if (['done', 'declined'].includes(request.state)) this.#hider = setTimeout(() => (this.element.hidden = true), SHOWN_DONE);
  }

  /** It answers the request that stood at the press, whatever is asked for by now. */
  #take(files) {
    const { id, site, side } = this.request;
    for (const file of files) this.#photos.uploads.send(file, { site, side, request: id });
  }
}

/** How far a photo has come, and what its sender may do about it: pressed while it is on its way, it stays the same. */
class Row {
  #upload;

  constructor(element, upload) {
    this.#upload = upload;
    this.element = element;
    this.head = [...element.children];
    this.bar = h('progress', { max: '100', 'aria-label': t('How far the photo has come') });
    this.words = h('span');
    this.far = h('span', { class: 'far' });
    this.stop = h('button', { type: 'button', class: 'link', 'data-testid': 'photo-stop', onclick: () => upload.cancel() }, t('Stop'));
    this.again = h('button', { type: 'button', class: 'link', 'data-testid': 'photo-again', onclick: () => upload.retry() }, t('Try again'));
  }

  update() {
    const { state, share, over, again, words } = this.#upload;
    const percent = Math.floor(share * 100);
    this.element.dataset.state = state;
    this.bar.value = percent;
    say(this.words, { queued: t('Waits for its turn'), sending: t('{percent} % sent', { percent }), waiting: t('The line is away. It goes on by itself.'), done: t('Arrived'), failed: words, cancelled: '' }[state]);
    arrange(this.far, [!over && this.bar, this.words]);
    arrange(this.element, [...this.head, this.far, !over && this.stop, again && this.again]);
    return this.element;
  }
}
