/** How much data the visit has used, and what half an hour of it comes to. */

import { t } from './text.js';

const EVERY = 5000;
const HALF_AN_HOUR = 1800_000;
const ENOUGH = 15_000;

export class Consumption {
  #room;
  #links = new Map();
  #gone = 0;
  #began = 0;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    setInterval(() => this.#look(), EVERY);
  }

  /** "So far 84 MB. About 350 MB for half an hour." */
  words() {
    const used = this.bytes;
    const lasted = this.#began ? performance.now() - this.#began : 0;
    if (lasted < ENOUGH) return t('How much data this visit uses is told in a moment.');
    const values = { used: megabytes(used), whole: megabytes((used / lasted) * HALF_AN_HOUR) };
    return t('So far {used} MB of data; about {whole} MB for half an hour.', values);
  }

  get bytes() {
    return [...this.#links.values()].reduce((sum, bytes) => sum + bytes, this.#gone);
  }

  async #look() {
    const here = new Set();
    for (const peer of this.#room.mesh.peers.values()) {
      const pc = peer.link?.pc;
      if (!pc) continue;
      here.add(pc);
      this.#began ||= performance.now();
      this.#links.set(pc, Math.max(this.#links.get(pc) ?? 0, await moved(pc)));
    }
    for (const [pc, bytes] of this.#links) {
      if (here.has(pc)) continue;
      this.#gone += bytes;
      this.#links.delete(pc);
    }
  }
}

/** Everything that passed, both ways. */
async function moved(pc) {
  const entries = [...(await pc.getStats()).values()].filter((entry) => entry.type === 'transport');
  return entries.reduce((sum, entry) => sum + (entry.bytesSent ?? 0) + (entry.bytesReceived ?? 0), 0);
}

/** Two figures that count: nobody needs "352". */
function megabytes(bytes) {
  const whole = bytes / 1_000_000;
  return whole < 20 ? Math.max(1, Math.round(whole)) : Math.round(whole / 10) * 10;
}
