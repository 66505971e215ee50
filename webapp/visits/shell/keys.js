/** Single keys for the call: M, V, C. Never in a field, and switched off by whoever wants. */

const MEMORY = 'telepraxis.keys';

export class Keys {
  /** @param {Object<string, () => void>} actions by lower-case letter */
  constructor(actions) {
    this.actions = actions;
    this.on = localStorage.getItem(MEMORY) !== 'off';
    document.addEventListener('keydown', (event) => this.#press(event));
  }

  turn(on) {
    this.on = on;
    localStorage.setItem(MEMORY, on ? 'on' : 'off');
  }

  #press(event) {
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.('input, textarea, select, [contenteditable]')) return;
    const action = this.actions[event.key.toLowerCase()];
    if (!action || document.body.dataset.view !== 'call' || document.body.classList.contains('shielded')) return;
    event.preventDefault();
    action();
  }
}
