/**
 * The clinician's first hello, said while the page's other scripts are still read: it imports nothing
 * and runs first. `Socket` goes on with what it began.
 */

const HANDED = 'telepraxis.admit'; // somebody was admitted on the page before this one: we come with that word

const seat = sessionStorage.getItem(HANDED);
sessionStorage.removeItem(HANDED);

const address = new URL('socket', location.href);
address.protocol = address.protocol.replace('http', 'ws');
const instance = crypto.randomUUID();
const brought = seat ? { admit: seat } : {};
const socket = new WebSocket(address);
/** @type {string[]} */
const heard = [];
socket.onopen = () => socket.send(JSON.stringify({ t: 'hello', instance, epoch: null, last: 0, ...brought }));
socket.onmessage = ({ data }) => heard.push(data);

export const early = { instance, brought, socket, heard };
