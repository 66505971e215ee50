/** To the clipboard, where the browser lets us. */

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is there
 */
export async function copied(text) {
  return navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
}
