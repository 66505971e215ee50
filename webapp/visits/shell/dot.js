/** A dot before the page's title: something waits. Never a name or a number, because others may see the screen. */

const reasons = new Set();

/** @param {string} reason @param {boolean} on */
export function dot(reason, on) {
  if (on) reasons.add(reason);
  else reasons.delete(reason);
  const title = document.title.replace(/^• /, '');
  const shown = reasons.size ? `• ${title}` : title;
  if (document.title !== shown) document.title = shown;
}
