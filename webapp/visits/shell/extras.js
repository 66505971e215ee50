/** What comes after the first picture: the lesser controls of a call, fetched while nobody waits for them. */

import { checkbox } from './bar.js';
import { Captions } from './captions.js';
import { Company } from './company.js';
import { Consumption } from './consumption.js';
import { dress } from './dress.js';
import { h, icon } from './element.js';
import { Filing } from './filing.js';
import { Loud } from './loud.js';
import { Sharing } from './sharing.js';
import { shieldOf } from './shield.js';
import { afloat, float } from './afloat.js';
import { speakers } from './speakers.js';
import { t } from './text.js';

const NARROW = matchMedia('(max-width: 899px)');

export class Extras {
  #room;

  /** @param {import('./room.js').Room} room */
  constructor(room) {
    this.#room = room;
    dress();
    this.shield = shieldOf(room);
    this.captions = new Captions(room);
    this.company = new Company(room);
    this.sharing = new Sharing(room);
    this.loud = new Loud(room);
    this.consumption = new Consumption(room);
    this.filing = new Filing(room);
    speakers(room);
    room.aids.append(this.shield.button);
    room.stage.element.after(this.captions.element);
    this.lesser = [this.sharing.button, room.side === 'clinician' ? this.captions.button : null, this.company.popover.element].filter(Boolean);
    NARROW.addEventListener('change', () => this.#fit());
    this.#place();
  }

  #fit() {
    this.#place();
    this.#room.bar.more.close();
  }

  /** Each control stands in one place alone: in the bar where it has room, else in *More*. */
  #place() {
    if (NARROW.matches) for (const control of this.lesser) control.remove();
    else this.#room.bar.tools.lastElementChild.before(...this.lesser);
  }

  /** The lesser ones, where *More* lists them. */
  more() {
    const room = this.#room;
    return [
      ...this.#narrow(),
      this.loud.possible ? checkbox('louder', t('Louder'), this.loud.on, (on) => this.loud.turn(on)) : null,
      checkbox('captions-open', t('Type large words for the others'), this.captions.open, (on) => this.captions.toggle(on)),
      checkbox('writing', t('Take part in writing only'), room.part.writing, (on) => this.write(on)),
      afloat(room) ? wide('float', t('Picture in a small window'), 'float', () => float(room)) : null,
      h('p', { class: 'small' }, this.consumption.words()),
    ].filter(Boolean);
  }

  /** What has no room in a narrow bar. */
  #narrow() {
    if (!NARROW.matches) return [];
    const { box } = this.#room.bar.more;
    const share = this.sharing.button && wide('screen', this.sharing.words(), 'share-screen', () => this.sharing.turn());
    const people = wide('patients', t('Who is in the visit'), 'people', () => box.replaceChildren(...this.company.fill()));
    return [people, share || null].filter(Boolean);
  }

  /** By text alone from now on, or with voice and picture again. */
  async write(on) {
    const { bar, chat, devices } = this.#room;
    this.#room.write(on);
    bar.more.close();
    if (on) {
      await devices.turn('camera', false);
      await devices.turn('microphone', false);
    }
    chat.toggle(on);
  }

  /** The call is over or this page has left it. The shield stays: whoever is there still sees a clock. */
  end() {
    this.sharing.stop();
    this.loud.turn(false, { remember: false });
    this.captions.toggle(false);
  }
}

function wide(name, text, testid, onclick) {
  return h('button', { type: 'button', class: 'button', 'data-testid': testid, onclick }, icon(name), text);
}
