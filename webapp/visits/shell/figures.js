/** The few figures that we use out of a stats report. */

/** What a person's connection is like now, for tests and for the help line. */
export async function snapshot(peer, person) {
  const none = { person, framesDecoded: 0, soundPackets: 0, candidateType: null, state: peer?.link?.pc.connectionState ?? 'new' };
  if (!peer?.link) return none;
  const seen = read(await peer.link.pc.getStats());
  return { ...none, framesDecoded: seen.frames, soundPackets: seen.sound, candidateType: seen.local?.candidateType ?? null };
}

/**
 * @param {RTCStatsReport} stats
 * @returns {{frames: number, sound: number, received: number, bytes: number, missing: number, trip: number,
 *   delays: {id: string, times: number, seconds?: number, asked?: boolean}[], lost: number, told: number, available: number | null, limited: boolean,
 *   pictured: number, target: number, rate: number, local: object | null, remote: object | null}}
 *   pictures, packets of sound, packets, bytes of any kind, lost packets so far; seconds there and back; each way of
 *   measuring them: its id, how often it has measured, what, and whether it asks the line itself; share of our sound
 *   lost, and when they said so; bits per second on offer; whether the browser says that our picture wants more than it
 *   gets; bytes of it so far; bits per second that it may take; pictures a second that our camera makes, 0 where nobody
 *   says
 */
export function read(stats) {
  const seen = { frames: 0, sound: 0, received: 0, bytes: 0, missing: 0, trip: 0, delays: [], lost: 0, told: 0, available: null, limited: true, pictured: 0, target: 0, rate: 0, local: null, remote: null };
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp') arrived(seen, entry);
    else if (entry.type === 'transport') seen.bytes += entry.bytesReceived ?? 0;
    else if (entry.type === 'outbound-rtp' && entry.kind === 'video') pictured(seen, entry);
    else if (entry.type === 'media-source' && entry.kind === 'video') seen.rate = Math.max(seen.rate, entry.framesPerSecond ?? 0);
    else if (entry.type === 'remote-inbound-rtp') {
      seen.delays.push({ id: entry.id, times: entry.roundTripTimeMeasurements ?? entry.timestamp, seconds: entry.roundTripTime });
      if (entry.kind === 'audio') [seen.lost, seen.told] = [entry.fractionLost ?? 0, entry.timestamp];
    }
  }
  seen.bytes ||= seen.received;
  const pair = selected(stats);
  if (!pair) return seen;
  seen.trip = pair.currentRoundTripTime ?? 0;
  seen.delays.push({ id: pair.id, times: pair.responsesReceived ?? pair.timestamp, seconds: pair.currentRoundTripTime, asked: true });
  seen.available = pair.availableOutgoingBitrate || null;
  seen.local = stats.get(pair.localCandidateId) ?? null;
  seen.remote = stats.get(pair.remoteCandidateId) ?? null;
  return seen;
}

function pictured(seen, entry) {
  seen.limited = (entry.qualityLimitationReason ?? 'bandwidth') === 'bandwidth';
  seen.pictured += entry.bytesSent ?? 0;
  seen.target += entry.targetBitrate ?? 0;
}

function arrived(seen, entry) {
  seen.frames += entry.framesDecoded ?? 0;
  seen.received += entry.packetsReceived ?? 0;
  seen.missing += entry.packetsLost ?? 0;
  if (entry.kind === 'audio') seen.sound += entry.packetsReceived ?? 0;
}

function selected(stats) {
  const entries = [...stats.values()];
  const transport = entries.find((entry) => entry.type === 'transport' && entry.selectedCandidatePairId);
  if (transport) return stats.get(transport.selectedCandidatePairId) ?? null;
  return entries.find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded') ?? null;
}
