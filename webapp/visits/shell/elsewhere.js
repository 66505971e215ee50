/** Inside another app: which one this is, how to open the real browser, and the link to take along. */

import { copied } from './copying.js';
import { h, icon, say } from './element.js';
import { t } from './text.js';
import { dress } from './dress.js';

/**
 * @param {string} app its name, or `app`
 * @param {string} address the whole link, to be copied
 * @returns {HTMLElement}
 */
export function elsewhere(app, address) {
  dress();
  const phone = /iPhone|iPad/.test(navigator.userAgent);
  const copy = h('button', { type: 'button', class: 'button', 'data-testid': 'copy-address', onclick: async () => {
    if (await copied(address)) return say(words, t('Copied'));
    shown.hidden = false;
    return shown.select();
  } });
  const words = h('span', {}, t('Copy the link'));
  copy.append(icon('copy'), words);
  const shown = h('input', { type: 'text', readonly: true, value: address, hidden: true, 'aria-label': t('Link') });
  return h('div', { class: 'hint elsewhere', 'data-testid': 'in-app', 'data-app': app },
    h('strong', {}, app === 'app' ? t('This page is open inside another app') : t('This page is open inside {app}', { app })),
    h('p', {}, t('There the camera often fails. Open it in your browser:')),
    h('ol', { class: 'steps' }, ...steps(phone).map((text) => h('li', {}, text))),
    h('p', {}, t('Or copy the link and paste it into the address line of your browser.')),
    copy, shown);
}

function steps(phone) {
  if (phone) return [t('Tap the compass or the three dots at the edge of the screen.'), t('Choose “Open in Safari” or “Open in browser”.')];
  return [t('Tap the three dots at the top.'), t('Choose “Open in Chrome” or “Open in browser”.')];
}
