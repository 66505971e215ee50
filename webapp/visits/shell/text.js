/** The words on the screen: English is the source; the server puts the reader's language in its place. */

const LOCALES = { en: 'en-GB', es: 'es-ES' };

/** The locale for dates and numbers. */
export function locale() {
  return LOCALES[document.documentElement.lang] ?? 'en-GB';
}

/**
 * Text in the reader's language; `values` fill its `{placeholders}`. The first argument is a literal in single quotes.
 * @param {string} text
 * @param {Object<string, unknown>} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * The singular or plural for `n`, which fills `{n}`. Both texts are literals.
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Object<string, unknown>} [values]
 * @returns {string}
 */
export function tn(one, many, n, values) {
  return t(n === 1 ? one : many, { n, ...values });
}
