/** Times as the reader says them, and the visit's timer on the server's clock. */

import { h, say } from './element.js';
import { locale, t, tn } from './text.js';

const DAY = 86_400_000;

/** "10:32" in an IANA zone, or where the reader is. */
export function hour(moment, zone) {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(moment);
}

/** The zone in words: "Madrid time"; as the server names it in the reader's language, where it does. */
export function zoneName(zone, named) {
  if (named) return named.replace(/ \([^)]*\)$/, '');
  if (!zone || zone === 'UTC') return 'UTC';
  return t('{city} time', { city: zone.split('/').pop().replaceAll('_', ' ') });
}

/** "Tuesday, 24 November". */
export function day(moment, zone) {
  return format(moment, zone, { weekday: 'long', day: 'numeric', month: 'long' });
}

export function weekday(moment, zone) {
  return format(moment, zone, { weekday: 'long' });
}

/** How many calendar days ahead a moment lies in its zone: 0 is today. */
export function daysAhead(moment, now, zone) {
  const date = (value) => Date.parse(new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(value));
  return Math.round((date(moment) - date(now)) / DAY);
}

/** "Today 10:00 (Madrid time)", with the reader's own time where it differs. */
export function whenWords(starts, zone, named) {
  const moment = Date.parse(starts);
  const values = { time: hour(moment, zone), zone: zoneName(zone, named), here: hour(moment), date: dateWords(moment, zone) };
  if (elsewhere(moment, zone)) return t('{date} {time} ({zone}), {here} where you are', values);
  return t('{date} {time} ({zone})', values);
}

function dateWords(moment, zone) {
  const ahead = daysAhead(moment, Date.now(), zone);
  if (ahead === 0) return t('Today');
  return ahead === 1 ? t('Tomorrow') : day(moment, zone);
}

/** "about 6 minutes late", or nothing. */
export function lateWords(minutes) {
  return minutes ? tn('about {n} minute late', 'about {n} minutes late', minutes) : '';
}

/** Does the reader's own clock show another time than the practice's? */
function elsewhere(moment, zone) {
  return hour(moment, zone) !== hour(moment);
}

/** "45 s", "4 min", "1 h 5 min". */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return t('{n} s', { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return tn('{n} min', '{n} min', minutes);
  return t('{hours} h {minutes} min', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** The time since the visit began, once a second. */
export class Timer {
  /** @param {import('./visit.js').Visit} visit */
  constructor(visit) {
    this.element = h('time', { class: 'chip timer', 'data-testid': 'timer', role: 'timer', hidden: true });
    this.visit = visit;
    this.ticker = setInterval(() => this.tick(), 1000);
    visit.addEventListener('change', () => this.tick());
  }

  tick() {
    const began = Date.parse(this.visit.info.admitted_at ?? '');
    this.element.hidden = Number.isNaN(began);
    if (!this.element.hidden) say(this.element, counted(this.visit.now() - began));
  }

  stop() {
    clearInterval(this.ticker);
  }
}

function counted(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const pad = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function format(moment, zone, options) {
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: zone }).format(moment);
}
