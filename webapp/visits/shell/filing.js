/** Files into the chat: chosen or dropped, sent with their progress, said in words where they cannot be taken. */

import { h, icon, say } from './element.js';
import { t } from './text.js';

const BYTES_AT_MOST = 10 * 1024 * 1024;
const KINDS = ['application/pdf', 'image/jpeg', 'image/png'];

export class Filing {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    this.input = h('input', { type: 'file', accept: '.pdf,.jpg,.jpeg,.png', hidden: true, 'data-testid': 'chat-file-input', onchange: () => this.#chosen() });
    this.button = h('button', { type: 'button', class: 'round quiet', 'data-testid': 'chat-attach', 'aria-label': t('Send a file: PDF, JPEG or PNG, at most 10 MB'), title: t('Send a file: PDF, JPEG or PNG, at most 10 MB'), onclick: () => this.input.click() }, icon('attach'));
    this.state = h('p', { class: 'filing', role: 'status', 'data-testid': 'filing', hidden: true });
    const { chat } = room;
    chat.buttons.prepend(this.input, this.button);
    chat.log.after(this.state);
    chat.element.addEventListener('dragover', (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault());
    chat.element.addEventListener('drop', (event) => this.#dropped(event));
  }

  #chosen() {
    const [file] = this.input.files;
    this.input.value = '';
    if (file) this.send(file);
  }

  #dropped(event) {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this.send(file);
  }

  /** @param {File} file */
  send(file) {
    if (!KINDS.includes(file.type)) return this.#say(t('Send a PDF, or a picture as JPEG or PNG.'));
    if (file.size > BYTES_AT_MOST) return this.#say(t('A file has at most 10 MB. This one has {n}.', { n: Math.ceil(file.size / 1024 / 1024) }));
    return this.#send(file, crypto.randomUUID());
  }

  /** The same id each time, so that a file that was stored already comes once. */
  #send(file, id) {
    const request = new XMLHttpRequest();
    request.open('POST', `${location.pathname.replace(/\/call$/, '')}/files/${id}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
    this.#owes(1);
    const stop = h('button', { type: 'button', class: 'link', onclick: () => request.abort() }, t('Stop'));
    request.upload.onprogress = ({ loaded, total }) => this.#say(t('Sending {name}: {n} %', { name: file.name, n: Math.round((loaded / total) * 100) }), stop);
    request.onload = () => (request.status === 200 ? this.#over() : this.#refused(request));
    request.onerror = () => this.#say(t('{name} was not sent: the line is away.', { name: file.name }), h('button', { type: 'button', class: 'link', onclick: () => this.#send(file, id) }, t('Try again')));
    request.onabort = () => this.#over();
    request.send(file);
  }

  #over() {
    this.#owes(0);
    this.state.hidden = true;
  }

  /** Only the last one that was sent stands here. */
  #owes(count) {
    this.#room.owes('files', count);
  }

  #refused(request) {
    // What cannot be taken, or not so soon, is no file on its way.
    if ([422, 429].includes(request.status)) this.#owes(0);
    if (request.status === 422) this.#say(JSON.parse(request.responseText).text);
    else if (request.status === 429) this.#say(t('That was too much at once. Try again in a minute.'));
    else this.#say(t('That is not possible just now.'));
  }

  #say(text, ...more) {
    this.state.hidden = false;
    if (this.words?.isConnected && this.state.childElementCount === 1 + more.length && more.every((one, place) => this.state.children[place + 1] === one)) return say(this.words, text);
    this.words = h('span', {}, text);
    return this.state.replaceChildren(this.words, ...more);
  }
}
