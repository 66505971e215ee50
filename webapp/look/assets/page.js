// What every page does by itself: times that count on, copying, menus that close, tabs by arrow key,
// and a word that a link hands to the page it leads to.
import { copyFrom } from "./copying.js";
import { setShortcuts, shortcutsOn } from "./shortcuts.js";
import { startTicking } from "./ticking.js";

function wordShortcuts(button) {
  const on = shortcutsOn();
  button.setAttribute("aria-pressed", on ? "true" : "false");
  const words = button.querySelector("span:not(.icon)");
  if (words) words.textContent = on ? button.dataset.on : button.dataset.off;
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const copy = event.target.closest("[data-copy]");
  if (copy) copyFrom(copy);
  const toggle = event.target.closest("[data-shortcuts]");
  if (toggle) {
    setShortcuts(!shortcutsOn());
    wordShortcuts(toggle);
  }
  const hands = event.target.closest("[data-hand]");
  if (hands) sessionStorage.setItem(hands.dataset.hand, hands.dataset.value);
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const chosen = event.target.closest(".menu-item:not([data-shortcuts])");
    if (!menu.contains(event.target) || chosen) menu.open = false;
  }
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target instanceof HTMLDetailsElement && event.target.open) {
      event.target.querySelectorAll("[data-shortcuts]").forEach(wordShortcuts);
    }
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  }
  const tab = event.target instanceof Element ? event.target.closest("[role=tab]") : null;
  if (tab) moveTab(event, tab);
  if (event.key === "Tab") keepInside(event);
});

// Tab goes round inside the topmost dialog, never to the page below it.
function keepInside(event) {
  const dialog = [...document.querySelectorAll("[role=dialog]")].pop();
  if (!dialog) return;
  const stops = [...dialog.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")].filter(
    (each) => !each.disabled && each.checkVisibility(),
  );
  if (!stops.length) return;
  const at = stops.indexOf(document.activeElement);
  const edge = event.shiftKey ? 0 : stops.length - 1;
  if (at !== -1 && at !== edge) return;
  event.preventDefault();
  stops[event.shiftKey ? stops.length - 1 : 0].focus();
}

function moveTab(event, tab) {
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const forward = getComputedStyle(tab).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const steps = { [forward]: 1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: -1 };
  let next;
  if (event.key in steps) next = tabs[(tabs.indexOf(tab) + steps[event.key] + tabs.length) % tabs.length];
  else if (event.key === "Home") next = tabs[0];
  else if (event.key === "End") next = tabs[tabs.length - 1];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
}

for (const field of document.querySelectorAll("input[data-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
startTicking();
document.documentElement.dataset.ready = "";
