/** The practice's number, and the one warning that belongs on every page. */

import { h } from './element.js';
import { t } from './text.js';

/** @param {{phone?: string, emergency?: string}} practice */
export function footer({ phone, emergency }) {
  const help = phone ? [t('Trouble? Call'), ' ', h('a', { href: dial(phone) }, phone), ' · '] : [];
  const danger = emergency ? ['. ', t('In an emergency call'), ' ', h('a', { href: dial(emergency) }, emergency)] : [];
  return h('p', { class: 'foot' }, ...help, t('This is not for emergencies'), ...danger);
}

/** The address that makes a phone ring. */
export function dial(phone) {
  return `tel:${phone.replace(/[^+\d]/g, '')}`;
}
