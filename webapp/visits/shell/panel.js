/** The chart and the note beside the call: a frame of its own, whose unsaved typing is kept here in memory. */

import { h, icon } from './element.js';
import { t } from './text.js';

const SETTLED = 2000;

export class Panel {
  #drafts = new Map();
  #address;
  #signedOut;

  /** @param {string} visit the visit's id @param {() => void} signedOut the frame has lost its session */
  constructor(visit, signedOut) {
    this.#signedOut = signedOut;
    this.#address = `/visits/${visit}/panel`;
    this.frame = frame();
    this.button = h('button', { type: 'button', class: 'round', 'aria-label': t('Chart and note'), title: t('Chart and note'), 'aria-controls': 'panel', 'aria-expanded': 'true', onclick: () => this.toggle() }, icon('note'));
    const shut = h('button', { type: 'button', class: 'round quiet shut', 'aria-label': t('Hide chart and note'), onclick: () => this.toggle(false) }, icon('chevron-down'));
    this.element = h('aside', { class: 'panel', id: 'panel', 'aria-label': t('Chart and note') }, shut, this.frame);
    addEventListener('message', (event) => this.#hear(event));
    addEventListener('beforeunload', (event) => this.#drafts.size && event.preventDefault());
    if (matchMedia('(max-width: 899px)').matches) this.toggle(false);
  }

  /** Load it, once. */
  load() {
    if (!this.frame.hasAttribute('src')) this.frame.src = this.#address;
  }

  /** The server is back after a restart: a frame that failed to load in the meantime is loaded again. */
  revive() {
    if (!this.frame.hasAttribute('src')) return;
    setTimeout(() => this.#broken() && (this.frame.src = this.#address), 1500);
  }

  /** Nothing of the chart stays on this page; what was typed in it and not saved does, for when it is loaded again. */
  empty() {
    const fresh = frame();
    this.frame.replaceWith(fresh);
    this.frame = fresh;
  }

  /** This visit is not open to who is here now. */
  forget() {
    this.#drafts.clear();
  }

  /** Resolves once nothing typed in the panel is unsaved, or after a moment all the same. */
  async settled() {
    const end = performance.now() + SETTLED;
    while (this.#drafts.size && performance.now() < end) await new Promise((done) => setTimeout(done, 40));
  }

  toggle(open = this.element.classList.contains('closed')) {
    this.element.classList.toggle('closed', !open);
    this.element.toggleAttribute('inert', !open);
    document.body.classList.toggle('wide', !open);
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.load();
    else if (this.element.contains(document.activeElement)) this.button.focus();
  }

  #broken() {
    try {
      return !this.frame.contentDocument?.body?.childElementCount;
    } catch {
      return true;
    }
  }

  #hear(event) {
    if (event.origin !== location.origin || event.source !== this.frame.contentWindow) return;
    const { telepraxis, key, text, base, id } = event.data ?? {};
    if (telepraxis === 'draft' && typeof key === 'string') this.#drafts.set(key, { text, base, id });
    else if (telepraxis === 'saved') this.#drafts.delete(key);
    else if (telepraxis === 'draft?') this.#answer(key);
    else if (telepraxis === 'signed-out') this.#signedOut();
  }

  #answer(key) {
    const kept = this.#drafts.get(key) ?? { text: null, base: null };
    this.frame.contentWindow.postMessage({ telepraxis: 'draft', key, ...kept }, location.origin);
  }
}

function frame() {
  return h('iframe', { title: t('Chart and note'), 'data-testid': 'panel' });
}

/** The session has ended: the whole page goes to sign-in. */
export function signIn() {
  location.assign('/sign-in');
}
