/** Starts the call shell: waiting room and call are this one document. */

/**
 * Read the data block and hand it to one side.
 * @param {(data: object) => import('./room.js').Room} start
 */
export function begin(start) {
  const data = JSON.parse(document.getElementById('telepraxis-data').textContent);
  const room = start(data);

  /** What this page sees, for tests and for the help line. */
  window.telepraxis = {
    stats: () => room.stats(),
    get participants() {
      return room.participants;
    },
  };
}
