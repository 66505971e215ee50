/** What a browser hears of the way to the other side beyond what they say of it: pure, so that it can be tried alone. */

const WAY = /a=ice-ufrag:(\S+)/;
const VP8 = /a=rtpmap:(\d+) VP8\/90000\r\n/g; // which carries no parameters of its own
const CANDIDATE = /a=candidate:[^\r\n]*/g;
const NETWORK = / network-id \d+/;
const NETWORKS = 65_000; // Chromium counts them in two bytes
const LITTLE = 100; // kbit/s that a line is taken to carry then

/** The name of the way that a description is about: each new way has a new one. */
export function wayOf(sdp) {
  return WAY.exec(sdp)?.[1] ?? '';
}

/**
 * A description of theirs after sound was left alone. Chromium keeps what it believed of a line through a restart of
 * ICE, and after the loss that a restart is, it fills up what it sends to that: 40 kB in two seconds, on a line of
 * 60 kbit/s. Where the network changed it begins anew; so each way is a network of its own, and thought to be a slow one.
 * @param {RTCSessionDescriptionInit} description
 */
export function afresh({ type, sdp }) {
  const way = wayOf(sdp);
  const told = sdp.replace(VP8, `$&a=fmtp:$1 x-google-start-bitrate=${LITTLE}\r\n`);
  return { type, sdp: told.replace(CANDIDATE, (line) => onNetwork(line, way)) };
}

/** A candidate of theirs, then. @param {RTCIceCandidateInit} candidate */
export function apart(candidate) {
  return { ...candidate, candidate: onNetwork(candidate.candidate, candidate.usernameFragment ?? '') };
}

function onNetwork(line, way) {
  const number = [...way].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % NETWORKS, 0);
  return line && `${line.replace(NETWORK, '')} network-id ${number + 1}`;
}
