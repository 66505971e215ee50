/** What is printed of a visit: its plain facts, and what to print instead of a moving picture. Loaded before it is needed. */

import { whenWords } from './clock.js';
import { dress } from './dress.js';
import { h } from './element.js';
import { t } from './text.js';

/** @param {import('./room.js').Room} room */
export function onPaper(room) {
  dress();
  const sheet = h('section', { class: 'paper', 'aria-hidden': 'true' });
  document.body.append(sheet);
  addEventListener('beforeprint', () => sheet.replaceChildren(...(room.part.shielded ? [] : facts(room))));
}

function facts({ practice, side, visit, data }) {
  const { starts_at: starts, zone } = visit.info;
  const people = visit.seats.filter((seat) => seat.state !== 'removed').map((seat) => seat.name).join(', ');
  const rows = [
    [t('Practice'), [practice.name, practice.phone].filter(Boolean).join(', ')],
    [t('When'), starts && zone ? whenWords(starts, zone) : ''],
    [t('People'), people],
  ].filter(([, value]) => value);
  const instead = side === 'clinician'
    ? t('Picture and chat are not printed. Print the note, the summary or the timeline from the chart.')
    : t('Picture and chat are not printed. If the practice sends you a summary, you can print it from its page.');
  return [h('h1', {}, data.demo ? t('Video visit (DEMO)') : t('Video visit')), h('dl', {}, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])), h('p', {}, instead)];
}
