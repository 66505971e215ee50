/** Everybody in the visit by name and role; for the clinician also one more person, by link, and showing one out. */

import { control, label } from './bar.js';
import { copied } from './copying.js';
import { arrange, h, icon, kept, say } from './element.js';
import { Popover } from './popover.js';
import { roleWords } from './role.js';
import { t, tn } from './text.js';

const ROLES = ['relative', 'interpreter', 'colleague', 'guest'];
const IN = ['admitted', 'connected'];
const AT_MOST = 4;
const PATIENCE = 6000;
const LONGEST = 120;

export class Company {
  #room;
  #links = new Map();
  #shown = new Map();

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.host = room.side === 'clinician';
    const button = control('patients', 'people');
    this.count = h('span', { class: 'count', 'aria-hidden': 'true' });
    button.append(this.count);
    label(button, t('People'), t('Who is in the visit'));
    this.popover = new Popover(button, t('Who is in the visit'), () => this.fill());
    this.popover.box.dataset.testid = 'people-box';
    room.visit.addEventListener('change', () => this.#follow());
    this.#follow();
  }

  #follow() {
    const { visit } = this.#room;
    const here = visit.seats.filter((seat) => IN.includes(seat.state));
    say(this.count, String(here.length));
    const words = tn('Who is in the visit: {n} person', 'Who is in the visit: {n} people', here.length);
    this.popover.button.setAttribute('aria-label', words);
    if (this.list?.isConnected) arrange(this.list, this.#rows());
  }

  /** The list, for a box that shows it. */
  fill() {
    this.#shown.clear();
    this.list = h('ul', { class: 'people' }, ...this.#rows());
    return [h('h2', {}, t('Who is in the visit')), this.list, ...(this.host ? this.#inviting() : [])];
  }

  #rows() {
    return this.#room.visit.seats.filter((seat) => seat.state !== 'removed').map((seat) => this.#row(seat));
  }

  /** One row for each seat, whatever becomes of it. */
  #row(seat) {
    const { row, name, about } = kept(this.#shown, seat.seat, () => this.#made(seat));
    say(name, seat.seat === this.#room.visit.me?.seat ? t('{name} (you)', { name: seat.name }) : seat.name);
    say(about, `${roleWords(seat)} · ${stateWords(seat)}`);
    return row;
  }

  #made(seat) {
    const [name, about] = [h('strong'), h('span')];
    const guest = this.host && ROLES.includes(seat.kind);
    const ways = guest ? h('div', { class: 'row' }, this.#linkButton(seat), this.#removeButton(seat)) : null;
    return { row: h('li', { 'data-testid': 'person', 'data-seat': seat.seat }, h('div', {}, name, about), ways), name, about };
  }

  #linkButton(seat) {
    return h('button', { type: 'button', class: 'button', 'data-testid': 'person-link', onclick: (event) => this.#copy(event.currentTarget, seat) }, icon('copy'), t('Copy the link'));
  }

  /** The second press does it: nobody is shown out by a slip. */
  #removeButton(seat) {
    const button = h('button', { type: 'button', class: 'button', 'data-testid': 'person-remove', onclick: () => {
      if (button.dataset.sure) return this.#room.ask({ t: 'remove', seat: seat.seat });
      button.dataset.sure = 'yes';
      return say(button, t('Really show out?'));
    } }, t('Show out'));
    return button;
  }

  async #copy(button, seat) {
    const path = this.#links.get(seat.seat) ?? (await this.#room.ask({ t: 'link', seat: seat.seat })).path;
    if (!path) return this.#room.notices.show(t('That is not possible just now.'));
    this.#links.set(seat.seat, path);
    const link = location.origin + path;
    if (await copied(link)) return say(button, t('Copied'));
    this.made.replaceChildren(...linkField(link));
    return this.made.querySelector('input').focus();
  }

  #inviting() {
    const name = h('input', { id: 'guest-name', type: 'text', maxlength: LONGEST, autocomplete: 'off', 'data-testid': 'guest-name' });
    const role = h('select', { id: 'guest-role', 'data-testid': 'guest-role' }, ...ROLES.map((kind) => h('option', { value: kind }, roleWords({ kind }))));
    const note = h('p', { role: 'alert', class: 'hint', hidden: true });
    this.made = h('div', { class: 'made', role: 'status' });
    const form = h('form', { onsubmit: (event) => this.#invite(event, { name, role, note }) },
      h('h3', {}, t('Invite one more person')),
      h('div', { class: 'field' }, h('label', { for: 'guest-name' }, t('Name')), name),
      h('div', { class: 'field' }, h('label', { for: 'guest-role' }, t('As')), role),
      note,
      h('button', { type: 'submit', class: 'button primary', 'data-testid': 'guest-add' }, icon('link'), t('Make the link')));
    return [form, this.made];
  }

  async #invite(event, { name, role, note }) {
    event.preventDefault();
    const wrong = name.value.trim() ? '' : t('Type the name of whom you invite.');
    note.hidden = !wrong;
    say(note, wrong);
    if (wrong) return name.focus();
    const late = new Promise((give) => setTimeout(give, PATIENCE, {}));
    const made = await Promise.race([this.#room.ask({ t: 'invite', name: name.value.trim(), role: role.value }), late]);
    if (!made.path) {
      note.hidden = false;
      return say(note, t('The link could not be made. Please try again.'));
    }
    this.#links.set(made.seat, made.path);
    const link = location.origin + made.path;
    this.made.replaceChildren(h('p', {}, t('Send this link to {name}. They wait until you let them in, and see no chart.', { name: name.value.trim() })), ...linkField(link));
    if (this.#room.visit.seats.filter((seat) => IN.includes(seat.state)).length >= AT_MOST) this.made.append(h('p', { class: 'hint' }, t('Four people are in the visit. Somebody must leave before another comes in.')));
    name.value = '';
    return this.made.querySelector('input').focus();
  }
}

function stateWords(seat) {
  switch (seat.state) {
    case 'invited': return t('has not opened the link');
    case 'checking': return t('is getting ready');
    case 'waiting': return t('is waiting');
    case 'away': return t('away for a moment');
    case 'left': return t('has left');
    default: return seat.shielded ? t('not alone now') : t('in the visit');
  }
}

/** A link to be read, selected by a touch, and copied. */
function linkField(link) {
  const shown = h('input', { id: 'guest-link', type: 'text', readonly: true, value: link, 'data-testid': 'guest-link', onfocus: () => shown.select() });
  const copy = h('button', { type: 'button', class: 'button', 'data-testid': 'guest-copy', onclick: async () => {
    const done = await copied(link);
    say(copy, done ? t('Copied') : t('Not copied: select the text and copy it'));
    if (!done) shown.focus();
  } }, t('Copy the link'));
  return [h('div', { class: 'field' }, h('label', { for: 'guest-link' }, t('Link')), shown), copy];
}
