/** Keep the screen awake while somebody waits or talks. */

let wanted = false;
let lock = null;
let asking = false;

/** @param {boolean} on */
export function awake(on) {
  wanted = on;
  if (on) request();
  else lock?.release().catch(() => {});
}

async function request() {
  if (!wanted || asking || document.hidden || (lock && !lock.released)) return;
  asking = true;
  lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
  asking = false;
  // It may come when the visit is over already.
  if (!wanted) awake(false);
}

// The browser lets go of the lock whenever the page is hidden.
document.addEventListener('visibilitychange', request);
