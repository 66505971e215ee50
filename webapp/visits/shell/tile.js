/** One other person on the stage: picture and sound, or initials; frozen while the line is away. */

import { h, icon, initials, say } from './element.js';
import { dial } from './footer.js';
import { pathWord } from './hearing.js';
import { roleWords } from './role.js';
import { t } from './text.js';

export class Tile {
  #peer = null;
  #shown = null;
  #photo = false;

  /**
   * @param {{seat: string, name: string}} seat
   * @param {{phone: () => string}} help the number on screen when the line is lost
   */
  constructor(seat, help) {
    this.seat = seat.seat;
    this.help = help;
    this.video = h('video', { 'data-testid': 'remote-video', 'data-person': seat.name, autoplay: true, playsinline: true, 'aria-label': seat.name });
    this.frozen = h('canvas', { class: 'frozen', hidden: true, 'aria-hidden': 'true' });
    this.word = h('span');
    this.blank = h('div', { class: 'blank' }, h('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(seat.name)), this.word);
    this.silent = h('span', { class: 'chip silent', hidden: true }, icon('mic-off'), t('Muted'));
    this.quality = h('span', { class: 'chip', 'data-testid': 'quality', hidden: true });
    this.path = h('span', { class: 'chip path', 'data-testid': 'path', hidden: true });
    this.hear = h('button', { type: 'button', class: 'button primary hear', hidden: true, onclick: () => this.#play() }, t('Tap to hear'));
    this.trouble = h('div', { class: 'trouble', hidden: true });
    const line = h('div', { class: 'line' }, h('strong', {}, seat.name), h('span', { class: 'role' }, roleWords(seat)), this.silent, this.quality, this.path);
    this.element = h('article', { class: 'tile', 'aria-label': seat.name }, this.video, this.frozen, this.blank, line, this.hear, this.trouble);
    this.video.addEventListener('resize', () => this.fit());
  }

  /** Follow this peer from now on; the last picture of the one before stays until a new one has come. */
  follow(peer) {
    this.#peer = peer;
    peer.addEventListener('stream', () => this.#peer === peer && this.#attach(peer));
    peer.addEventListener('state', () => this.#peer === peer && this.show());
  }

  forget(peer) {
    if (this.#peer !== peer) return;
    this.freeze();
    this.#peer = null;
  }

  /** What the server says of them. */
  update(seat) {
    this.person = seat;
    this.show();
  }

  show() {
    const camera = this.person?.camera;
    this.silent.hidden = this.person?.microphone !== false;
    if (this.person?.photo) this.freeze();
    else if (this.#photo && this.#peer?.state === 'connected') this.#thaw();
    this.#photo = Boolean(this.person?.photo);
    this.blank.hidden = Boolean(camera) && (this.video.videoWidth > 0 || !this.frozen.hidden);
    say(this.word, this.#status(camera));
    this.#troubles();
  }

  /** Silent for now; *louder* has a voice of its own, which takes the place of ours. @param {boolean} on */
  mute(on) {
    this.video.muted = on || this.video.dataset.loud === 'on';
  }

  /** Which way their media goes, once a pair is chosen. @param {string} path 'direct', 'relayed' or '' */
  pathed(path) {
    this.way = path;
    this.path.hidden = !path;
    say(this.path, pathWord(path));
  }

  /** Keep what is seen now while the stream beneath changes. */
  freeze() {
    if (!this.video.videoWidth || !this.frozen.hidden) return;
    this.frozen.width = this.video.videoWidth;
    this.frozen.height = this.video.videoHeight;
    this.frozen.getContext('2d').drawImage(this.video, 0, 0);
    this.frozen.hidden = false;
  }

  /** Fill the box unless that would cut too much away; on a tall phone a wide picture fills a part of it. */
  fit() {
    const box = this.element.getBoundingClientRect();
    if (!this.video.videoWidth || !box.height) return;
    const ratio = this.video.videoWidth / this.video.videoHeight / (box.width / box.height);
    const free = document.body.dataset.side === 'patient' || innerWidth < 900;
    const kept = this.element.closest('.whole') ? 1 : free ? 0.45 : 0.66;
    this.element.classList.toggle('fill', Math.min(ratio, 1 / ratio) >= kept);
    this.element.classList.toggle('part', kept === 0.45 && ratio > 1 / kept);
    this.show();
  }

  /** They are back from their camera app: what was frozen goes with the next frame. */
  #thaw() {
    const stream = this.video.srcObject;
    const seen = () => this.video.srcObject === stream && !this.#photo && (this.frozen.hidden = true);
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(seen);
    else seen();
  }

  #attach(peer) {
    if (this.video.srcObject === peer.stream) return;
    if (this.video.srcObject) this.freeze();
    this.video.srcObject = peer.stream;
    this.#play();
    this.#first(peer);
  }

  #first(peer) {
    const stream = peer.stream;
    const seen = () => {
      if (this.video.srcObject !== stream) return;
      this.frozen.hidden = true;
      this.#shown = stream;
      peer.seen();
      this.fit();
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(seen);
    else this.video.addEventListener('loadeddata', seen, { once: true });
  }

  #play() {
    this.hear.hidden = true;
    this.video.play().catch((error) => {
      if (error.name === 'NotAllowedError') this.hear.hidden = false;
    });
  }

  #status(camera) {
    if (this.person?.shielded) return t('Somebody is with {name}: picture and sound are off', { name: this.person.name });
    if (this.person?.writing) return t('{name} takes part in writing', { name: this.person.name });
    if (this.#peer?.state === 'connected' || this.#shown) return camera ? t('The picture is coming') : t('Camera is off');
    return t('Connecting…');
  }

  #troubles() {
    // A page behind its own camera app is silent by our leave: nothing is wrong with the line.
    const state = this.person?.photo ? 'photo' : this.#peer?.state;
    this.element.dataset.state = state ?? 'connecting';
    this.trouble.hidden = !['reconnecting', 'lost', 'photo'].includes(state);
    // What was measured before the line went says nothing now.
    if (!this.trouble.hidden) this.quality.hidden = this.path.hidden = true;
    if (this.trouble.dataset.state === state) return;
    this.trouble.dataset.state = state ?? '';
    if (state === 'reconnecting') this.trouble.replaceChildren(h('span', { class: 'pill' }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), t('Reconnecting…')));
    if (state === 'photo') this.trouble.replaceChildren(h('span', { class: 'pill' }, icon('camera'), t('{name} is taking a photo; the picture will return.', { name: this.person.name })));
    if (state === 'lost') this.trouble.replaceChildren(...this.#lost());
  }

  #lost() {
    const phone = this.help.phone();
    return [
      h('h2', {}, t('The line is gone')),
      h('p', {}, phone ? t('We keep trying to connect you. If it takes too long, go on by phone:') : t('We keep trying to connect you. If it takes too long, go on by phone.')),
      phone ? h('a', { class: 'button primary', href: dial(phone) }, icon('phone'), t('Call {phone}', { phone })) : null,
      h('button', { type: 'button', class: 'button', 'data-testid': 'try-again', onclick: () => this.#peer?.retry() }, icon('refresh'), t('Try again now')),
    ].filter(Boolean);
  }
}
