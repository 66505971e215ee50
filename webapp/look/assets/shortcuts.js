// Single-key shortcuts can be turned off in this browser; the choice is kept here and says nothing about anybody.
const KEY = "single-key-shortcuts";

export function shortcutsOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setShortcuts(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing keeps the shortcuts.
  }
}

export function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]:not([contenteditable='false'])") !== null;
}
