/** The document: what both sides share, and which of its views is shown. */

import { Bar } from './bar.js';
import { browserName } from './browser.js';
import { Chat } from './chat.js';
import { Closing } from './closing.js';
import { Devices } from './devices.js';
import { dot } from './dot.js';
import { h, say } from './element.js';
import { snapshot } from './figures.js';
import { Keys } from './keys.js';
import { Mesh } from './mesh.js';
import { Notices } from './notice.js';
import { SelfView } from './selfview.js';
import { Socket } from './socket.js';
import { Stage, stateWords } from './stage.js';
import { t } from './text.js';
import { Visit } from './visit.js';
import { awake } from './wake.js';

const OVER = ['finished', 'signed'];
// The clinician's page shows the patient first; the patient waits anyway.
const FURNISH_AFTER = { patient: 300, clinician: 1200 };
const AID_AFTER = 600;
const JUDGE_AFTER = 500; // the first picture comes first

export class Room {
  #views = {};
  #told = {};
  #asked = new Map();
  #furnishing = null;

  /**
   * @param {object} data the page's data block
   * @param {{phone: () => string, comeBack: () => void, phase?: (phase: string) => void,
   *          refused?: (tries: number) => void, trip?: (ms: number) => void}} side
   */
  constructor(data, side) {
    this.data = data;
    this.side = data.side;
    this.practice = data.practice ?? {};
    this.home = data.home ?? '/';
    this.phase = 'checking';
    /** How we take part beside camera and microphone. */
    this.part = { screen: false, shielded: this.#kept('shielded'), writing: this.#kept('writing') };
    /** @type {{sound?: string, network?: object}} what the check found beside the devices */
    this.checked = {};
    /** Of ours, not arrived yet. */
    this.owed = { photos: 0, files: 0 };
    /** @type {{servers: object[], policy: string} | null} */
    this.ice = null;
    /** @type {number[]} the last round trips to the server, in milliseconds */
    this.trips = [];
    /** What came after the first picture; null until then. */
    this.extra = null;
    /** @type {HTMLElement[]} more controls for the bar */
    this.extras = [];
    /** @type {HTMLElement[]} more ways to end, beside leaving */
    this.ways = [];
    this.hooks = side;
    this.phone = side.phone;
    this.visit = new Visit();
    this.devices = new Devices(data.visit, this.part.shielded);
    this.socket = new Socket(side.socket, crypto.randomUUID(), {
      message: (message) => this.#hear(message),
      away: () => this.#away(),
      refused: (tries) => side.refused?.(tries),
      ended: (why) => this.end(why),
      trip: (ms) => this.#trip(ms),
    });
    this.mesh = new Mesh(this.visit, this.socket);
    this.devices.addEventListener('track', ({ detail }) => this.mesh.setTrack(detail.kind === 'camera' ? 'video' : 'audio', detail.track));
    this.devices.addEventListener('change', () => this.#tell());
  }

  /** Build what is seen. The socket and the camera may be on their way already. */
  build(extras = [], ways = []) {
    this.extras = extras;
    this.ways = ways;
    this.notices = new Notices();
    this.chat = new Chat(this.socket, this.visit, this.notices);
    this.selfView = new SelfView(this.devices);
    this.stage = new Stage(this.visit, this.mesh, { phone: this.phone });
    this.stage.hush(this.part.shielded);
    this.bar = new Bar(this);
    this.closing = new Closing(this);
    this.keys = new Keys({ m: () => this.bar.toggle('microphone'), v: () => this.bar.toggle('camera'), c: () => this.chat.toggle() });
    this.state = h('p', { class: 'call-state', 'data-testid': 'call-state', role: 'status' });
    this.callHeading = h('h1', { class: 'unseen', tabindex: '-1' }, t('Visit'));
    const call = h('section', { class: 'call', hidden: true }, this.callHeading, this.stage.element, this.bar.element);
    /** Before and after the call: whose page this is, and the emergency card; in the call it stands on the stage. */
    this.top = h('header', { class: 'top' }, h('span', {}, this.practice.name ?? ''), this.data.demo ? demo() : '');
    this.aids = h('div', { class: 'aids' });
    this.stage.element.append(this.aids, this.data.demo ? demo() : '');
    this.main = h('main', {}, this.state, this.top);
    setTimeout(() => this.#aid(), AID_AFTER);
    this.add('call', call);
    this.add('closing', this.closing.element);
    document.body.append(h('div', { class: 'shell' }, this.main, this.chat.element), this.notices.element);
    this.quality = this.later(() => import('./quality.js'), ({ Quality }) => this.#judged(Quality));
    this.mesh.addEventListener('peer', () => setTimeout(() => this.quality().catch(() => {}), JUDGE_AFTER), { once: true });
    this.weakLine = this.later(() => import('./weakline.js'), ({ WeakLine }) => new WeakLine(this));
    for (const name of ['state', 'peer', 'drop', 'linked']) this.mesh.addEventListener(name, () => this.refresh());
    this.visit.addEventListener('change', () => this.#follow());
    document.title = t('Visit – Telepraxis');
    this.takePart({});
    if (this.part.shielded) this.#behind();
  }

  #judged(Quality) {
    const tell = (seat, step) => this.socket.keep(`step ${seat}`, step === null ? null : { t: 'step', with: seat, step });
    const quality = new Quality(this.mesh, this.visit, (seat, found) => this.#shows(seat, found, quality.hopeless), tell);
    return quality;
  }

  /** How good the line to somebody is; with no hope left, the phone. */
  #shows(seat, found, hopeless) {
    this.stage.quality(seat, found);
    if (!hopeless && !this.weak) return;
    this.weak = hopeless;
    this.weakLine().then((weakLine) => {
      this.below(weakLine.element);
      if (weakLine.show(hopeless)) this.notices.speak(weakLine.words);
    }).catch(() => {});
  }

  /** Something that is not needed from the start: fetched at its first use, and again after a failure. */
  later(load, use) {
    let loading = null;
    return () => {
      loading ??= load().then(use).catch((error) => {
        loading = null;
        this.notices.show(t('That is not possible just now.'));
        throw error;
      });
      return loading;
    };
  }

  /** A card between the picture and the bar, where it covers nobody's face. */
  below(element) {
    if (!element.isConnected) this.bar.element.before(element);
  }

  add(view, element) {
    this.#views[view] = element;
    this.main.append(element);
  }

  /** Show a view; the reader's place moves to its heading. */
  show(view) {
    if (document.body.dataset.view === view) return;
    const first = !document.body.dataset.view;
    document.body.dataset.view = view;
    for (const [name, element] of Object.entries(this.#views)) element.hidden = name !== view;
    this.#atHand();
    if (!first) this.#views[view].querySelector('h1')?.focus({ preventScroll: true });
  }

  /** Into the call: from the waiting room, or straight back after a reload. */
  enterCall() {
    if (this.phase === 'call') return;
    this.phase = 'call';
    this.selfView.mount(this.stage.element, true);
    this.selfView.name(this.visit.me?.name ?? '');
    this.show('call');
    this.chat.dock(true);
    this.stage.fit();
    if (this.part.writing) this.chat.toggle(true);
    this.refresh();
  }

  /** The call's state in words, for eyes, screen readers and tests. */
  refresh() {
    const state = this.phase === 'call' ? this.stage.state() : this.phase;
    this.state.dataset.state = state;
    const [other] = this.visit.others.filter((seat) => this.mesh.peers.has(seat.seat));
    say(this.state, stateWords(state, other?.name));
  }

  /** Leave, to return whenever one likes. */
  leave() {
    this.socket.send({ t: 'leave' });
    this.end('left');
  }

  /** Take part in another way from now on: {screen, shielded, writing}. */
  takePart(ways) {
    Object.assign(this.part, ways);
    for (const [name, on] of Object.entries(this.part)) document.body.classList.toggle(name, on);
    this.#tell();
  }

  /** By text alone, also after a reload of this tab. */
  write(on) {
    this.#keep('writing', on);
    this.takePart({ writing: on });
  }

  /** Nothing is seen or heard, in neither direction, also after a reload of this tab. */
  shield(on) {
    this.#keep('shielded', on);
    this.devices.shield(on);
    this.stage.hush(on);
    this.takePart({ shielded: on });
  }

  /** The emergency card is there in every state, and loaded before anybody needs it: tried until it has come. */
  async #aid() {
    const [found, paper] = await Promise.all([import('./emergency.js'), import('./paper.js')]).catch(() => []);
    if (!paper) return setTimeout(() => this.#aid(), 1000);
    paper.onPaper(this);
    this.emergency = new found.EmergencyCard(this).popover;
    return this.#atHand();
  }

  #atHand() {
    const place = document.body.dataset.view === 'call' ? this.aids : this.top;
    if (!this.emergency || this.emergency.element.parentElement === place) return;
    this.emergency.close();
    if (place === this.aids) place.prepend(this.emergency.element);
    else place.append(this.emergency.element);
  }

  /** This page was loaded behind the shield: it stays blank until the shield stands, whatever the line does. */
  #behind() {
    import('./shield.js').then(({ shieldOf }) => shieldOf(this), () => setTimeout(() => this.#behind(), 1000));
  }

  #kept(name) {
    return sessionStorage.getItem(`telepraxis.${this.data.visit}.${name}`) === 'yes';
  }

  #keep(name, on) {
    sessionStorage.setItem(`telepraxis.${this.data.visit}.${name}`, on ? 'yes' : '');
  }

  /** A further result of the check, for those who wait for us. */
  result(found) {
    Object.assign(this.checked, found);
    this.#tell();
  }

  /** So many photos or files of ours have not arrived yet: nobody loses them without a word. */
  owes(what, count) {
    this.owed[what] = count;
    this.#once('owes', { t: 'owes', ...this.owed });
    this.closing.update();
  }

  /** Ask the server for something that it answers. @returns {Promise<object>} its answer, or a refusal */
  ask(message) {
    const id = crypto.randomUUID();
    return new Promise((answered) => {
      this.#asked.set(id, answered);
      this.socket.send({ ...message, id });
    });
  }

  /** The line is gone: whether the server heard what was asked nobody knows. Whoever asked may ask again. */
  #away() {
    for (const answered of this.#asked.values()) answered({ t: 'refused', why: 'away' });
    this.#asked.clear();
    this.visit.away();
  }

  /** Fetch what the first picture did not need; again after a line that was too weak. */
  furnish() {
    this.#furnishing ??= import('./extras.js').then(
      ({ Extras }) => {
        this.extra = new Extras(this);
        this.bar.more.refill();
      },
      () => (this.#furnishing = null),
    );
    return this.#furnishing;
  }

  /** End the visit for everybody: said again until the server has heard it. */
  finish() {
    this.socket.keep('finish', { t: 'finish', id: crypto.randomUUID() });
  }

  /** The socket has said its last word, or we have. */
  end(why) {
    if (this.hooks.ended?.(why)) return;
    this.extra?.end();
    this.phase = why;
    this.socket.keep('finish', null);
    this.socket.close(why);
    this.mesh.close();
    this.devices.stop();
    this.chat.dock(false);
    this.chat.toggle(false);
    awake(false);
    this.closing.show(why);
    this.show('closing');
    document.body.dataset.over = why;
    this.refresh();
  }

  /** Return after leaving, or take the visit back from another device. */
  comeBack() {
    this.phase = 'checking';
    delete document.body.dataset.over;
    this.hooks.comeBack();
  }

  /** Start everything that needs nobody: socket, camera, a connection object. `early`: the socket that is open already. */
  open(early = null) {
    if (early) this.socket.adopt(early);
    else this.socket.open(crypto.randomUUID());
    const asked = this.devices.start();
    this.mesh.prepare();
    awake(true);
    return asked;
  }

  stats() {
    return Promise.all(this.visit.others.map((seat) => snapshot(this.mesh.peers.get(seat.seat), seat.name)));
  }

  get participants() {
    return this.visit.seats.map(({ name, kind, state }) => ({ person: name, kind, state }));
  }

  #hear(message) {
    const answered = this.#asked.get(message.id);
    if (answered) {
      this.#asked.delete(message.id);
      answered(message);
      return;
    }
    switch (message.t) {
      case 'ice': this.#way(message.ice); break;
      case 'welcome':
        if (message.ice) this.#way(message.ice);
        this.visit.apply(message);
        this.mesh.revive();
        this.chat.whole(message.chat);
        this.hooks.welcome?.(message);
        setTimeout(() => this.furnish(), FURNISH_AFTER[this.side]);
        break;
      case 'state': this.visit.apply(message); break;
      case 'signal': this.mesh.signal(message); break;
      case 'step': this.quality().then((quality) => quality.told(message.from, message.step)).catch(() => {}); break;
      case 'chat': this.chat.receive(message); break;
      case 'ack': this.chat.acknowledge(message); break;
      case 'refused':
        if (!this.chat.refuse(message)) this.notices.show(message.why === 'full' ? t('Four people are in the visit. Somebody must leave before another comes in.') : t('That is not possible just now.'));
        break;
      default:
    }
  }

  #way(ice) {
    this.ice = ice;
    this.mesh.configure(ice);
  }

  #trip(ms) {
    this.trips = [...this.trips, ms].slice(-5);
    this.hooks.trip?.(ms);
  }

  #follow() {
    dot('elsewhere', Boolean(this.visit.info.elsewhere));
    if (OVER.includes(this.visit.info.state) && this.phase !== 'finished') this.end('finished');
    else this.hooks.follow?.();
    this.refresh();
  }

  /** What our own camera and microphone are doing, once the browser has decided. */
  #tell() {
    const { state, wanted, camera, microphone } = this.devices;
    if (['new', 'asking'].includes(state.camera) || ['new', 'asking'].includes(state.microphone)) return;
    const of = (kind, track) => (this.part.shielded ? false : track ? this.devices.on[kind] : wanted[kind] && state[kind] === 'off' ? false : null);
    this.#once('media', { t: 'media', camera: of('camera', camera), microphone: of('microphone', microphone), ...this.part });
    this.#once('device', { t: 'device', camera: state.camera, microphone: state.microphone, browser: browserName(), ...this.checked });
  }

  #once(key, message) {
    const text = JSON.stringify(message);
    if (this.#told[key] === text) return;
    this.#told[key] = text;
    this.socket.keep(key, message);
  }
}

/** Nothing that is entered here is about anybody. */
function demo() {
  return h('span', { class: 'chip demo', 'data-testid': 'demo' }, t('DEMO'));
}
