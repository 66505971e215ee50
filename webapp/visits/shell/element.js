/** Elements from names: text only ever becomes text, so nothing that people write can become markup. */

/**
 * Build an element. Functions become listeners, `true` an empty attribute; null, undefined and false nothing.
 * @param {string} tag
 * @param {Object<string, unknown>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** One of the look's line icons, which takes the colour of the text. */
export function icon(name) {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  picture.append(document.createElementNS(SVG, 'use'));
  reicon(picture, name);
  return picture;
}

/** Change an icon in place. */
export function reicon(picture, name) {
  picture.firstChild.setAttribute('href', `${document.body.dataset.icons}#${name}`);
}

/** Set the text only when it differs, so that a screen reader does not repeat it. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Give an element these children, in this order, but for what is null or false. What stays is not touched: a finger on
 * it, the focus, or a question that it asks is not lost.
 */
export function arrange(element, children) {
  const wanted = children.filter(Boolean);
  for (const child of [...element.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, place) => element.children[place] === child || element.insertBefore(child, element.children[place] ?? null));
}

/** What was made for this before, else what is made of it now: an element that stays the same one is not lost either. */
export function kept(made, key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

/** The initials that stand for a person without a picture: "Dr Elena Ruiz" -> "ER". */
export function initials(name) {
  const words = (name ?? '').split(/[\s-]+/).filter((word) => word && !TITLES.test(word));
  if (!words.length) return '?';
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join('');
}

const TITLES = /^(dr|dra|prof|mr|mrs|ms|sr|sra|d|dña)\.?$/i;
