/** Chat: kept until the server has stored it, said again after a reconnect, counted while closed. */

import { hour } from './clock.js';
import { dot } from './dot.js';
import { h, icon, say } from './element.js';
import { t, tn } from './text.js';

const LONGEST = 4000;
const RETRY = 3000;
const ROOMY = matchMedia('(min-width: 900px)');

export class Chat {
  #socket;
  #visit;
  #notices;
  #rows = new Map();
  #unsent = new Map();
  #unread = 0;

  /**
   * @param {import('./socket.js').Socket} socket
   * @param {import('./visit.js').Visit} visit
   * @param {import('./notice.js').Notices} notices
   */
  constructor(socket, visit, notices) {
    this.#socket = socket;
    this.#visit = visit;
    this.#notices = notices;
    this.badges = new Set();
    this.opener = null;
    this.rows = h('ol');
    this.log = h('div', { class: 'log', 'data-testid': 'chat-log', role: 'log', 'aria-label': t('Messages'), tabindex: '0' }, this.rows);
    this.nothing = h('p', { class: 'nothing' }, t('Nothing written yet. What you write here is seen by everybody in the visit and kept with it.'));
    this.input = h('textarea', { id: 'chat-text', rows: '2', maxlength: LONGEST, 'data-testid': 'chat-input', onkeydown: (event) => this.#key(event) });
    this.button = h('button', { type: 'submit', class: 'button primary', 'data-testid': 'chat-send' }, icon('send'), t('Send'));
    this.buttons = h('div', { class: 'sending' }, this.button);
    const form = h('form', { onsubmit: (event) => this.#submit(event) }, h('label', { for: 'chat-text' }, t('Your message')), this.input, this.buttons);
    const shut = h('button', { type: 'button', class: 'round quiet', 'aria-label': t('Close chat'), onclick: () => this.toggle(false) }, icon('close'));
    this.element = h('aside', { class: 'chat', id: 'chat', 'aria-label': t('Chat'), hidden: true }, h('header', {}, h('h2', {}, t('Chat')), shut), this.nothing, this.log, form);
    this.element.addEventListener('keydown', (event) => event.key === 'Escape' && this.toggle(false));
    this.wanted = false;
    ROOMY.addEventListener('change', () => this.dock());
  }

  /** Where there is room the chat stands beside the picture, always open; elsewhere it is a sheet. */
  dock(wanted = this.wanted) {
    this.wanted = wanted;
    this.docked = wanted && ROOMY.matches;
    this.element.classList.toggle('docked', this.docked);
    this.element.hidden = !this.docked;
    for (const { button } of this.badges) button.setAttribute('aria-expanded', String(this.docked));
    if (this.docked) this.#count(0);
  }

  get open() {
    return !this.element.hidden;
  }

  /** A button that opens the chat and shows how much is unread. */
  opensFrom(button) {
    const badge = h('span', { class: 'badge', hidden: true });
    button.append(badge);
    button.setAttribute('aria-controls', 'chat');
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => this.toggle(!this.open, button));
    this.badges.add({ button, badge });
  }

  toggle(open = !this.open, opener = null) {
    if (this.docked) {
      this.input.focus();
      return;
    }
    if (open === this.open) return;
    this.opener = opener ?? this.opener ?? document.activeElement;
    this.element.hidden = !open;
    document.body.classList.toggle('chatting', open);
    for (const { button } of this.badges) button.setAttribute('aria-expanded', String(open));
    if (open) {
      this.#count(0);
      this.#bottom();
      this.input.focus();
    } else {
      this.opener?.focus();
      this.opener = null;
    }
  }

  /** Everything that was written, from a welcome; then what is still unsent goes again. */
  whole(messages) {
    const known = new Set(this.#rows.keys());
    for (const message of messages ?? []) this.receive(message, known.size === 0);
    for (const [id, text] of this.#unsent) this.#socket.send({ t: 'chat', id, text });
  }

  /** @param {{id: string, seat: string, name: string, text: string, at: string}} message */
  receive(message, quiet = false) {
    this.#stored(message.id, message.at);
    if (this.#rows.has(message.id)) return;
    const mine = message.seat === this.#visit.me?.seat;
    this.#add(message.id, message.name, message.text, mine, hour(Date.parse(message.at)), message.file);
    if (mine || quiet) return;
    if (this.open) this.#notices.speak(t('{name} writes: {text}', { name: message.name, text: message.text }));
    else this.#announce();
  }

  acknowledge({ id, at }) {
    this.#stored(id, at);
  }

  /** Said again when the server was only busy. Returns whether the refusal was about a message. */
  refuse({ id, why }) {
    const row = this.#rows.get(id);
    if (!row) return false;
    if (why === 'slow_down' || why === 'try_again') {
      setTimeout(() => this.#unsent.has(id) && this.#socket.send({ t: 'chat', id, text: this.#unsent.get(id) }), RETRY);
      return true;
    }
    this.#unsent.delete(id);
    row.classList.add('failed');
    say(row.lastChild, t('Not sent'));
    return true;
  }

  #announce() {
    this.#count(this.#unread + 1);
    if (!quiet()) this.#notices.show(t('A new message'));
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    const id = crypto.randomUUID();
    this.#unsent.set(id, text);
    this.#add(id, this.#visit.me?.name ?? '', text, true, t('sending…'));
    // Unready: it goes out with the next welcome, from `whole`.
    if (this.#socket.ready) this.#socket.send({ t: 'chat', id, text });
    this.input.value = '';
  }

  #stored(id, at) {
    if (!this.#unsent.delete(id)) return;
    const row = this.#rows.get(id);
    row.classList.remove('unsent');
    say(row.lastChild, t('{time}, sent', { time: hour(Date.parse(at)) }));
  }

  #add(id, name, text, mine, state, file = null) {
    const row = h('li', { class: mine ? 'mine unsent' : 'theirs' }, h('span', { class: 'who' }, mine ? t('You') : name), h('p', {}, file ? this.#link(file, text) : text), h('span', { class: 'when' }, state));
    if (mine && !this.#unsent.has(id)) row.classList.remove('unsent');
    this.#rows.set(id, row);
    this.rows.append(row);
    this.nothing.hidden = true;
    this.#bottom();
  }

  /** A file is only ever saved: its address answers with nothing that a page would show. */
  #link({ id, size }, name) {
    const words = t('{name}, {size} kB', { name, size: Math.max(1, Math.round(size / 1000)) });
    return h('a', { href: `${location.pathname.replace(/\/call$/, '')}/files/${id}`, download: name, class: 'file', 'data-testid': 'chat-file' }, icon('document'), words);
  }

  #bottom() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  #count(unread) {
    this.#unread = unread;
    dot('chat', unread > 0);
    for (const { button, badge } of this.badges) {
      badge.hidden = unread === 0;
      say(badge, String(unread));
      const words = unread ? tn('Chat, {n} unread message', 'Chat, {n} unread messages', unread) : t('Chat');
      if (button.hasAttribute('aria-label')) button.setAttribute('aria-label', words);
    }
  }

  #key(event) {
    // On a phone's keyboard Enter makes a line; there the button is under the thumb.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
    this.#submit(event);
  }
}

/** On the clinician's side, and while a screen is shared, nothing floats up: the badge and the dot say enough. */
function quiet() {
  return document.body.dataset.side === 'clinician' || document.body.classList.contains('screen');
}
