/** Keep the screen awake while somebody waits or talks. */

let wanted = false;
let lock = null;

/** @param {boolean} on */
export function awake(on) {
  wanted = on;
  if (on) request();
  else lock?.release().catch(() => {});
}

async function request() {
  if (!wanted || document.hidden || (lock && !lock.released)) return;
  lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
}

// The browser lets go of the lock whenever the page is hidden.
document.addEventListener('visibilitychange', request);
