/** How to allow camera and microphone in this browser: a picture of its own window, and the steps beside it. */

import { family, guestOnPhone } from './browser.js';
import { dress } from './dress.js';
import { h } from './element.js';
import { t } from './text.js';

const SVG = 'http://www.w3.org/2000/svg';
// Where each family has its sign: the bar above or below, the sign at its start or end, and what the sign is.
const WINDOWS = {
  chrome: { bar: 'above', sign: 'start', mark: 'sliders' },
  edge: { bar: 'above', sign: 'start', mark: 'lock' },
  firefox: { bar: 'above', sign: 'start', mark: 'blocked' },
  'safari-mac': { bar: 'above', sign: 'start', mark: 'menu' },
  'app-phone': { bar: 'none' },
  'safari-phone': { bar: 'below', sign: 'start', mark: 'menu' },
  samsung: { bar: 'above', sign: 'start', mark: 'lock' },
  android: { bar: 'above', sign: 'start', mark: 'sliders' },
};

/** @returns {HTMLElement} */
export function permission(which = family()) {
  dress();
  const list = h('ol', { class: 'steps' }, ...steps(which).map((text) => h('li', {}, text)));
  return h('div', { class: 'permission', 'data-testid': 'permission-help', 'data-family': which }, picture(WINDOWS[which]), list);
}

function steps(which) {
  const allow = t('Set Camera and Microphone to “Allow”.');
  const again = t('Come back here and press “Try again”.');
  switch (which) {
    case 'app-phone': return [t('Open the Settings of the phone.'), t('Scroll down to {app} (it may stand under “Apps”).', { app: guestOnPhone() }), t('Switch on Camera and Microphone.'), again];
    case 'safari-phone': return [t('Tap the sign beside the address: “aA” or the small page.'), t('Tap “Website Settings”.'), allow, again];
    case 'safari-mac': return [t('In the menu at the top choose Safari, then “Settings for this website”.'), allow, again];
    case 'firefox': return [t('Click the crossed-out camera beside the address.'), t('Remove the block with the small cross.'), again];
    case 'samsung': return [t('Tap the lock beside the address.'), t('Tap “Permissions”.'), allow, again];
    case 'android': return [t('Tap the sign at the start of the address.'), t('Tap “Permissions”.'), allow, again];
    case 'edge': return [t('Click the lock beside the address.'), t('Click “Permissions for this site”.'), allow, again];
    default: return [t('Click the sign at the start of the address.'), allow, again];
  }
}

/** The phone's settings, drawn: a page with two switches. */
function settings() {
  return svg('svg', { viewBox: '0 0 240 180', class: 'window', role: 'img', 'aria-label': t('The two switches in the settings of the phone') },
    svg('rect', { x: 2, y: 2, width: 236, height: 176, rx: 12, class: 'pane' }),
    svg('rect', { x: 60, y: 20, width: 110, height: 8, rx: 4, class: 'words' }),
    svg('rect', { x: 20, y: 50, width: 190, height: 100, rx: 10, class: 'card-shape' }),
    ...row(82, 'camera'),
    ...row(118, 'microphone'));
}

/** A browser's window, drawn: the sign ringed, the two switches beneath it. */
function picture({ bar, mark }) {
  if (bar === 'none') return settings();
  const above = bar === 'above';
  const [line, card] = above ? [14, 58] : [134, 34];
  return svg('svg', { viewBox: '0 0 240 180', class: 'window', role: 'img', 'aria-label': t('Where the sign is in your browser') },
    svg('rect', { x: 2, y: 2, width: 236, height: 176, rx: 12, class: 'pane' }),
    svg('rect', { x: 14, y: line, width: 212, height: 32, rx: 16, class: 'field' }),
    svg('rect', { x: 58, y: line + 13, width: 110, height: 6, rx: 3, class: 'words' }),
    svg('circle', { cx: 34, cy: line + 16, r: 15, class: 'ring' }),
    ...marks(mark, 34, line + 16),
    svg('path', { d: above ? 'M34 50v8' : 'M34 130v-8', class: 'ring' }),
    svg('rect', { x: 20, y: card, width: 190, height: above ? 100 : 86, rx: 10, class: 'card-shape' }),
    ...row(card + 26, 'camera'),
    ...row(card + 62, 'microphone'));
}

function marks(mark, x, y) {
  const at = (d) => svg('path', { d, class: 'mark', transform: `translate(${x} ${y})` });
  switch (mark) {
    case 'lock': return [at('M-6-1H6V7H-6zM-3.5-1V-4a3.5 3.5 0 0 1 7 0v3')];
    case 'blocked': return [at('M-8-4H3V5H-8zM3 0l5-3v7L3 1M-8 8 8-8')];
    case 'menu': return [at('M-7-5H7M-7 0H7M-7 5H3')];
    default: return [at('M-7-4H7M-7 4H7M-2-6v4M3 2v4')];
  }
}

/** A device's picture and a switch that is on. */
function row(y, device) {
  const drawn = device === 'camera' ? 'M-9-5H3V6H-9zM3-1l6-4V6L3 2' : 'M-3-8h6v9h-6zM-7-1a7 7 0 0 0 14 0M0 6v4';
  return [
    svg('path', { d: drawn, class: 'mark', transform: `translate(44 ${y})` }),
    svg('rect', { x: 66, y: y - 3, width: 66, height: 6, rx: 3, class: 'words' }),
    svg('rect', { x: 160, y: y - 10, width: 36, height: 20, rx: 10, class: 'switch' }),
    svg('circle', { cx: 186, cy: y, r: 7, class: 'knob' }),
  ];
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}
