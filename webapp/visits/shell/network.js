/** The line, tried in silence: how long a word takes, how much passes each way, and which roads are open. */

const SMALL = 16 * 1024;
const LARGE = 160 * 1024;
const QUICK = 1500;
const PATIENCE = 8000;
const GATHERING = 4000;

/**
 * @param {string} address the seat's own endpoint
 * @param {{servers: object[], policy: string} | null} ice STUN and TURN, as the call will use them
 * @param {number[]} trips round trips over the socket, in milliseconds
 * @returns {Promise<{trip_ms: number, up_kbit: number, down_kbit: number, direct: string, relay: string}>}
 */
export async function network(address, ice, trips) {
  const roads = reach(ice?.servers ?? [], ice?.policy === 'relay');
  // One after the other: two at once would each find half.
  const down = await pace((bytes, signal) => fetched(`${address}?size=${bytes}`, signal));
  const up = await pace((bytes, signal) => sent(address, bytes, signal));
  return { trip_ms: middle(trips), up_kbit: up, down_kbit: down, ...(await roads) };
}

/**
 * At the door, where nobody takes our bytes yet: this page's own files, once more, and the relay, lent for the check.
 * @param {() => Promise<{servers: object[], policy: string} | null>} lend null where it is not known which there is
 * @returns {Promise<{trip_ms: number, up_kbit: null, down_kbit: number, direct: string, relay: string}>}
 */
export async function glance(lend) {
  const roads = lend().then(async (ice) => ({ ...(await reach(ice?.servers ?? [], ice?.policy === 'relay')), ...(ice ? {} : { relay: '' }) }));
  const files = performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(`${location.origin}/shell/`));
  const trips = [];
  for (let tries = 0; files.length && tries < 3; tries += 1) {
    const tried = await timed(0, (_, signal) => fetched(files[0].name, signal));
    if (tried) trips.push(tried.spent);
  }
  const bytes = files.reduce((sum, file) => sum + file.encodedBodySize, 0);
  const down = await timed(bytes, async (_, signal) => {
    const begun = performance.now();
    await Promise.all(files.map(({ name }) => fetched(name, signal)));
    return performance.now() - begun;
  });
  return { trip_ms: middle(trips), up_kbit: null, down_kbit: down?.rate ?? 0, ...(await roads) };
}

function middle(trips) {
  return Math.round([...trips].sort((a, b) => a - b)[Math.floor(trips.length / 2)] ?? 0);
}

/** kbit/s: a small piece first, and a large one where that was quick. 0 where nothing passed. */
async function pace(move) {
  const first = await timed(SMALL, move);
  if (!first || first.spent > QUICK) return first?.rate ?? 0;
  return (await timed(LARGE, move))?.rate ?? first.rate;
}

async function timed(bytes, move) {
  const given = new AbortController();
  const late = setTimeout(() => given.abort(), PATIENCE);
  try {
    const spent = await move(bytes, given.signal);
    return { spent, rate: Math.round((bytes * 8) / Math.max(1, spent)) };
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

async function fetched(address, signal) {
  const begun = performance.now();
  const answer = await fetch(address, { signal, cache: 'no-store' });
  if (!answer.ok) throw new Error('busy');
  await answer.arrayBuffer();
  return performance.now() - begun;
}

async function sent(address, bytes, signal) {
  const body = new Uint8Array(bytes);
  for (let place = 0; place < bytes; place += 65536) crypto.getRandomValues(body.subarray(place, place + 65536));
  const begun = performance.now();
  const answer = await fetch(address, { method: 'POST', body, signal, headers: { 'Content-Type': 'application/octet-stream' } });
  if (!answer.ok) throw new Error('busy');
  return performance.now() - begun;
}

/**
 * Which candidates the browser gathers: from the world's side of a router, and from the relay. Without a server to ask,
 * only whether it gathers any at all: then a direct way is first tried by the call itself.
 */
async function reach(servers, only = false) {
  const urls = servers.flatMap((server) => server.urls);
  const found = await gathered(servers);
  const turn = urls.some((url) => url.startsWith('turn'));
  const relay = turn ? (found.has('relay') ? 'ok' : 'none') : 'unset';
  // A machine with an address of the world's own gathers no reflexive one, and needs none.
  const direct = only ? 'none' : found.has('srflx') ? 'ok' : found.size ? '' : 'none';
  return { direct, relay };
}

async function gathered(servers) {
  const found = new Set();
  const pc = new RTCPeerConnection({ iceServers: servers });
  try {
    const over = new Promise((done) => {
      setTimeout(done, GATHERING);
      pc.onicecandidate = ({ candidate }) => (candidate ? found.add(candidate.type) : done());
    });
    pc.createDataChannel('reach');
    await pc.setLocalDescription();
    await over;
  } catch {
    // Nothing is gathered: that is the answer.
  } finally {
    pc.close();
  }
  return found;
}
