/** One's own picture: mirrored, large while waiting, small and movable in the call. */

import { h, icon, initials, say } from './element.js';
import { t } from './text.js';

const CORNERS = ['bottom-end', 'bottom-start', 'top-start', 'top-end'];

export class SelfView {
  #devices;
  #word = h('span');
  #start = null;

  /** @param {import('./devices.js').Devices} devices */
  constructor(devices) {
    this.#devices = devices;
    this.video = h('video', { 'data-testid': 'self-video', autoplay: true, playsinline: true, 'aria-label': t('Your own picture') });
    this.video.muted = true;
    this.letters = h('span', { class: 'avatar', 'aria-hidden': 'true' });
    this.blank = h('div', { class: 'blank' }, this.letters, this.#word);
    this.move = h('button', { type: 'button', class: 'move', 'aria-label': t('Move your picture to another corner'), title: t('Move your picture to another corner'), onclick: () => this.#next(), onkeydown: (event) => this.#arrow(event) }, icon('undo'));
    this.label = h('span', { class: 'chip you' });
    this.element = h('figure', { class: 'self', 'data-corner': CORNERS[0] }, this.video, this.blank, this.label, this.move);
    this.element.addEventListener('pointerdown', (event) => this.#grab(event));
    this.element.addEventListener('pointermove', (event) => this.#drag(event));
    for (const name of ['pointerup', 'pointercancel']) this.element.addEventListener(name, (event) => this.#drop(event));
    devices.addEventListener('track', () => this.#show());
    devices.addEventListener('change', () => this.#show());
    this.#show();
  }

  /** Put it into the waiting room or onto the stage. */
  mount(container, small) {
    container.append(this.element);
    this.element.classList.toggle('small', small);
    say(this.label, small ? t('You') : t('This is you'));
    if (this.video.srcObject) this.video.play().catch(() => {});
  }

  name(text) {
    say(this.letters, initials(text));
  }

  #show() {
    const track = this.#devices.camera;
    const shown = this.video.srcObject?.getVideoTracks()[0] ?? null;
    if (track !== shown) this.video.srcObject = track ? new MediaStream([track]) : null;
    this.video.hidden = !track;
    this.blank.hidden = Boolean(track);
    say(this.#word, this.#devices.resting ? t('Your picture returns after the photo') : this.#devices.asking ? t('Starting your camera…') : t('Your camera is off'));
  }

  #next() {
    const corner = CORNERS.indexOf(this.element.dataset.corner);
    this.element.dataset.corner = CORNERS[(corner + 1) % CORNERS.length];
  }

  #arrow(event) {
    let [block, inline] = this.element.dataset.corner.split('-');
    const forward = getComputedStyle(this.element).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (event.key === 'ArrowUp') block = 'top';
    else if (event.key === 'ArrowDown') block = 'bottom';
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') inline = event.key === forward ? 'end' : 'start';
    else return;
    event.preventDefault();
    this.element.dataset.corner = `${block}-${inline}`;
  }

  #grab(event) {
    if (!this.element.classList.contains('small') || event.target.closest('button')) return;
    this.#start = { x: event.clientX, y: event.clientY };
    this.element.setPointerCapture(event.pointerId);
    this.element.classList.add('dragged');
  }

  #drag(event) {
    if (!this.#start) return;
    this.element.style.transform = `translate(${event.clientX - this.#start.x}px, ${event.clientY - this.#start.y}px)`;
  }

  /** It falls into the nearest corner. */
  #drop(event) {
    if (!this.#start) return;
    this.#start = null;
    const stage = this.element.parentElement.getBoundingClientRect();
    const rtl = getComputedStyle(this.element).direction === 'rtl';
    const left = event.clientX < stage.left + stage.width / 2;
    const block = event.clientY < stage.top + stage.height / 2 ? 'top' : 'bottom';
    this.element.style.transform = '';
    this.element.classList.remove('dragged');
    this.element.dataset.corner = `${block}-${left === rtl ? 'end' : 'start'}`;
  }
}
