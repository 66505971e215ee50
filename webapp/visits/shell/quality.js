/** How good the line is, in words; and the last step before the phone: sound without picture. */

import { t } from './text.js';

const EVERY = 2000;
const STARVED = 90_000;
const REST = 20_000;

/** What a person's connection is like now, for tests and for the help line. */
export async function snapshot(peer, person) {
  const none = { person, framesDecoded: 0, candidateType: null, state: peer?.link?.pc.connectionState ?? 'new' };
  if (!peer?.link) return none;
  const seen = read(await peer.link.pc.getStats());
  return { ...none, framesDecoded: seen.frames, candidateType: seen.local?.candidateType ?? null };
}

export class Quality {
  #mesh;
  #visit;
  #show;
  #before = new Map();
  #resting = 0;
  #starved = 0;

  /**
   * @param {import('./mesh.js').Mesh} mesh
   * @param {import('./visit.js').Visit} visit
   * @param {(seat: string, found: {word: string, weak: boolean, direct: boolean}) => void} show
   */
  constructor(mesh, visit, show) {
    this.#mesh = mesh;
    this.#visit = visit;
    this.#show = show;
    mesh.addEventListener('linked', (event) => setTimeout(() => this.#look(event.detail), 300));
    setInterval(() => this.#all(), EVERY);
  }

  #all() {
    for (const peer of this.#mesh.peers.values()) if (peer.state === 'connected') this.#look(peer);
  }

  async #look(peer) {
    if (!peer.link) return;
    const now = { ...read(await peer.link.pc.getStats()), at: performance.now() };
    const before = this.#before.get(peer) ?? null;
    this.#before.set(peer, now);
    if (peer.state === 'connected') this.#show(peer.seat, this.#judge(peer, now, before));
    this.#spare(peer, now);
  }

  #judge(peer, now, before) {
    const relayed = now.local?.candidateType === 'relay' || now.remote?.candidateType === 'relay';
    const direct = Boolean(now.local) && !relayed;
    if (!before || now.at - before.at < EVERY / 2) return { word: t('Good'), weak: false, direct };
    const camera = this.#visit.seat(peer.seat)?.camera;
    if (camera && now.frames === before.frames) return { word: t('Audio only'), weak: true, direct };
    const packets = now.received - before.received;
    const missing = now.missing - before.missing;
    const weak = missing > 0.08 * (packets + missing) || now.trip > 0.5;
    const lowered = now.limited === 'bandwidth';
    if (weak) return { word: lowered ? t('Weak - video lowered') : t('Weak'), weak: true, direct };
    return { word: t('Good'), weak: false, direct };
  }

  /** Sound is never given up for the picture: when there is room for one only, the picture rests. */
  #spare(peer, now) {
    this.#starved = now.outgoing !== null && now.outgoing < STARVED ? this.#starved + 1 : 0;
    if (this.#starved < 3 || performance.now() < this.#resting) return;
    this.#resting = performance.now() + REST;
    this.#send(peer, false);
    setTimeout(() => this.#send(peer, true), REST);
  }

  #send(peer, active) {
    const sender = peer.link?.sender('video');
    const parameters = sender?.getParameters();
    if (!parameters?.encodings?.length) return;
    parameters.encodings[0].active = active;
    sender.setParameters(parameters).catch(() => {});
  }
}

/** The few figures we use out of a stats report. */
function read(stats) {
  const seen = { frames: 0, received: 0, missing: 0, trip: 0, outgoing: null, limited: 'none', local: null, remote: null };
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp') {
      seen.frames += entry.framesDecoded ?? 0;
      seen.received += entry.packetsReceived ?? 0;
      seen.missing += entry.packetsLost ?? 0;
    } else if (entry.type === 'outbound-rtp' && entry.kind === 'video') {
      seen.limited = entry.qualityLimitationReason ?? 'none';
    }
  }
  const pair = nominated(stats);
  if (!pair) return seen;
  seen.trip = pair.currentRoundTripTime ?? 0;
  seen.outgoing = pair.availableOutgoingBitrate ?? null;
  seen.local = stats.get(pair.localCandidateId) ?? null;
  seen.remote = stats.get(pair.remoteCandidateId) ?? null;
  return seen;
}

function nominated(stats) {
  const entries = [...stats.values()];
  const transport = entries.find((entry) => entry.type === 'transport' && entry.selectedCandidatePairId);
  if (transport) return stats.get(transport.selectedCandidatePairId) ?? null;
  return entries.find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded') ?? null;
}
