/** What the server has said of the visit: the only truth about who is here and what state it is in. */

const IN = ['admitted', 'connected'];

export class Visit extends EventTarget {
  constructor() {
    super();
    /** @type {{seat: string, name: string, kind: string} | null} */
    this.me = null;
    this.info = {};
    /** @type {object[]} */
    this.seats = [];
    this.online = false;
    this.#offset = 0;
  }

  #offset;
  #latest = 0;

  /** Take in a welcome or a state. A state that is replayed after its welcome is older than that. */
  apply(message) {
    if (message.t !== 'welcome' && message.n < this.#latest) return;
    this.#latest = message.n ?? 0;
    if (message.you) this.me = message.you;
    if (message.now) this.#offset = Date.parse(message.now) - Date.now();
    this.info = message.visit ?? this.info;
    this.seats = message.seats ?? this.seats;
    this.online = true;
    this.dispatchEvent(new Event('change'));
  }

  /** The socket is gone; what we know may be old. */
  away() {
    this.online = false;
    this.dispatchEvent(new Event('change'));
  }

  /** The server's time in milliseconds: a patient's own clock may be wrong. */
  now() {
    return Date.now() + this.#offset;
  }

  seat(id) {
    return this.seats.find((seat) => seat.seat === id) ?? null;
  }

  get mine() {
    return this.me && this.seat(this.me.seat);
  }

  get others() {
    return this.seats.filter((seat) => seat.seat !== this.me?.seat);
  }

  get admitted() {
    return this.mine?.admitted ?? IN.includes(this.mine?.state);
  }

  get clinician() {
    return this.seats.find((seat) => seat.kind === 'clinician') ?? null;
  }

  /** The clinician's name as the patient reads it. */
  get clinicianName() {
    const named = this.info.clinician;
    return (typeof named === 'string' ? named : named?.name) ?? this.clinician?.name ?? '';
  }

  /** Those who wait for the clinician's word. */
  get waiting() {
    return this.others.filter((seat) => seat.state === 'waiting');
  }
}
