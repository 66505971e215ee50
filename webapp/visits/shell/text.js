/** The words on the screen: English is the source, the data block carries the reader's language. */

const LOCALES = { en: 'en-GB', es: 'es-ES' };

let catalog = {};
let spoken = 'en';

/**
 * Speak this language from now on.
 * @param {string} language
 * @param {Object<string, string | string[]>} words text -> text, and singular -> [one, many]
 */
export function speak(language, words) {
  spoken = language;
  catalog = words ?? {};
}

/** The locale for dates and numbers. */
export function locale() {
  return LOCALES[spoken] ?? 'en-GB';
}

/**
 * Text in the reader's language; `values` fill its `{placeholders}`. The first argument is a literal.
 * @param {string} msgid
 * @param {Object<string, unknown>} [values]
 * @returns {string}
 */
export function t(msgid, values) {
  const found = catalog[msgid];
  return fill(typeof found === 'string' ? found : msgid, values);
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
  const found = catalog[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return fill(n === 1 ? forms[0] : forms[1], { n, ...values });
}

function fill(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
