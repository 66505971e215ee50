/** The way in: what the page may know before the tap, and the tap's exchange. The token lives in memory only. */

import { browserName, inApp } from './browser.js';

export class Entry {
  #token = null;
  #base;

  /** @param {string} visit @param {() => void} renewed a new link was opened in this tab */
  constructor(visit, renewed) {
    this.#base = `/join/${visit}`;
    this.#takeToken();
    addEventListener('hashchange', () => this.#takeToken() && renewed());
  }

  get hasToken() {
    return this.#token !== null;
  }

  /** The whole link, for a browser that is a better one than this. */
  get address() {
    return location.origin + location.pathname + (this.#token ? `#${this.#token}` : '');
  }

  /** Where the summary stands: behind this link, and digits that its page asks for. */
  get summary() {
    return `${this.#base}/summary` + (this.#token ? `#${this.#token}` : '');
  }

  /** Put the link back where "open in browser" takes it from. */
  expose() {
    history.replaceState(null, '', this.address);
  }

  /** @returns {Promise<object | null>} null when the server does not answer */
  async look() {
    return (await this.#post('look', { browser: browserName(), inside: inApp() }))?.answer ?? null;
  }

  /** @returns {Promise<{ok: boolean, answer: object} | null>} null when the server does not answer */
  enter(wanted) {
    return this.#post('enter', wanted);
  }

  /** The relay, for the check alone. @returns {Promise<{servers: object[], policy: string} | null>} */
  async lend() {
    const lent = await this.#post('relay', {});
    return lent?.ok ? lent.answer : null;
  }

  /** Out of the address bar at once: no history, screenshot or copied address carries it. */
  #takeToken() {
    const token = location.hash.slice(1);
    if (!token) return false;
    this.#token = token;
    history.replaceState(null, '', location.pathname + location.search);
    return true;
  }

  async #post(what, body) {
    const token = this.#token === null ? {} : { token: this.#token };
    try {
      const response = await fetch(`${this.#base}/${what}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...token, ...body }),
      });
      return { ok: response.ok, answer: await response.json() };
    } catch {
      return null;
    }
  }
}
