// The note: a real <textarea>. What is typed goes to the server while it is typed and is kept until it is saved.
//
// One save is under way at a time; what is typed meanwhile goes next, and a save without an answer is sent again,
// which the server knows by its id. What was saved elsewhere meanwhile comes back joined with ours. The unsaved text
// outlives this page: the text itself under the note's key, the save on its way under "<key>#sent". The tab keeps it,
// encrypted with a key that the server alone has and gives to whoever may write in the note; inside the visit's frame
// the window around it keeps it too, at once.
const IDLE_MS = 600;
const MOST_MS = 1500;
const ANSWER_MS = 4000;
const RETRY_MS = 5000;
const TOLD_MS = 30000;
const UNREAD_MS = 3000;
const MARK = /^⟪/m;
const COPIED = "↺ ";
const SNIPPET = /(?:^|\s)\.([\p{L}\p{N}][\p{L}\p{N}_-]*)\s$/u;

export default {
  inheritAttrs: false,
  template: `
    <div class="note-field" :id="id">
      <div class="note-field-head">
        <label class="field-label" :for="id + '-input'">{{ words.label }}</label>
        <span class="note-field-state small" :class="trouble ? 'is-urgent' : 'muted'" :role="trouble ? 'alert' : null">
          <span v-if="trouble" class="icon icon-warning icon-small" aria-hidden="true"></span>
          <span data-testid="note-saved">{{ trouble || (busy ? words.saving : when || words.nothing) }}</span>
        </span>
      </div>
      <div v-if="twice" class="notice notice-attention" role="status" data-testid="note-twice">
        <span class="icon icon-warning" aria-hidden="true"></span>
        <div class="notice-text"><p class="notice-title">{{ words.twice }}</p><p>{{ words.choose }}</p></div>
      </div>
      <textarea ref="input" class="control note-field-input" :id="id + '-input'" rows="8" :placeholder="words.hint"
        :aria-label="words.label" :aria-invalid="trouble ? 'true' : null" data-testid="note-input" spellcheck="true"
        @input="typed" @blur="flush"></textarea>
      <p class="small muted note-field-told" role="status" data-testid="note-told">{{ told }}</p>
    </div>
  `,
  props: { id: String, note: String, text: String, version: Number, saved: String, limit: Number, words: Object, snippets: Object, keeping: String },
  emits: ["save"],
  data() {
    return { trouble: "", busy: false, when: this.saved, twice: false, told: "" };
  },
  created() {
    this.typedText = this.stored = this.text;
    this.base = this.version;
    this.sent = null;
    this.page = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("");
    this.turn = 0;
    this.since = 0;
    this.keptSent = null;
    this.older = null;
    this.copied = new Set();
    this.unreadUntil = 0;
    this.missed = null;
    this.kept = {};
    this.framed = window.parent !== window;
  },
  mounted() {
    this.write(this.typedText);
    this.watching = setInterval(() => this.watch(), 500);
    window.addEventListener("pagehide", this.flush);
    document.addEventListener("visibilitychange", this.flush);
    window.addEventListener("beforeunload", this.leaving);
    if (!this.framed) {
      this.recall();
      return;
    }
    window.addEventListener("message", this.toldByFrame);
    this.tellFrame({ telepraxis: "draft?", key: this.sentKey() });
    this.tellFrame({ telepraxis: "draft?", key: this.note });
  },
  beforeUnmount() {
    clearInterval(this.watching);
    clearTimeout(this.timer);
    clearTimeout(this.forgetting);
    window.removeEventListener("pagehide", this.flush);
    document.removeEventListener("visibilitychange", this.flush);
    window.removeEventListener("beforeunload", this.leaving);
    window.removeEventListener("message", this.toldByFrame);
  },
  methods: {
    // Typing and sending
    typed() {
      this.expand();
      this.unmark();
      this.typedText = this.$refs.input.value;
      this.twice = MARK.test(this.typedText);
      this.grow();
      this.keep();
      this.busy = true;
      const now = performance.now();
      this.since ||= now;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(IDLE_MS, this.since + MOST_MS - now)));
    },
    flush() {
      clearTimeout(this.timer);
      this.timer = null;
      this.since = 0;
      if (this.sent) return;
      if (this.older) {
        this.post(this.older);
        this.older = null;
        return;
      }
      if (!this.unsaved()) {
        this.busy = false;
        this.trouble = "";
        if (this.missed) this.heard(this.missed);
        return;
      }
      if (this.typedText.length > this.limit) {
        this.complain(this.words.long);
        return;
      }
      this.post({ id: this.nextId(), text: this.typedText, base: this.base });
    },
    // `aside`: a text from before this page, which is saved without being what is typed here.
    post({ id, text, base, aside = false }) {
      this.sent = { id, text, base, aside, at: 0 };
      this.hold({ telepraxis: "draft", key: this.sentKey(), text, base, id });
      this.send();
    },
    send() {
      if (!this.connected()) {
        this.complain(this.words.offline);
        return;
      }
      this.busy = true;
      this.sent.at = performance.now();
      this.$emit("save", { text: this.sent.text, base: this.sent.base, id: this.sent.id });
    },
    nextId() {
      this.turn += 1;
      return `${this.page}-${this.turn}`;
    },
    watch() {
      if (this.sent && !this.connected()) {
        this.sent.at = 0;
        this.complain(this.words.offline);
      } else if (this.sent && !this.sent.at) {
        this.send();
      } else if (this.sent && performance.now() - this.sent.at > ANSWER_MS) {
        this.complain(this.words.silent);
        this.send();
      } else if (this.retryAt && performance.now() > this.retryAt) {
        this.retryAt = 0;
        this.flush();
      }
    },
    // What the server says; called by name
    answered(answer) {
      if (answer.id !== this.sent?.id) return;
      const { text, aside } = this.sent;
      this.sent = null;
      this.hold({ telepraxis: "saved", key: this.sentKey() });
      if (answer.outcome !== "saved") {
        this.complain(answer.why);
        this.retryAt = answer.again ? performance.now() + RETRY_MS : 0;
        return;
      }
      this.tell(answer.told, answer.foreign);
      // What was sent stands at version `mine`; the note may be further by now, joined with what others wrote.
      const { mine, version, when } = answer;
      const now = version === mine ? text : answer.text;
      if (!aside) this.stands(text, mine, when);
      if (!this.unsaved() && now !== this.typedText) this.write(now);
      if (this.typedText === now) this.stands(now, version, when);
      if ((this.older || this.unsaved()) && !this.timer) this.flush();
    },
    heard(news) {
      const { text, version, when, told, foreign } = news;
      this.missed = null;
      if (version <= this.base) return;
      if (this.sent || this.unsaved()) {
        this.missed = news; // the next save joins it; nothing else would show it where what was typed is undone
        return;
      }
      this.write(text);
      this.stands(text, version, when);
      this.tell(told, foreign);
    },
    tell(words, foreign) {
      if (!words) return;
      this.told = words;
      if (foreign) this.unreadUntil = performance.now() + UNREAD_MS;
      clearTimeout(this.forgetting);
      this.forgetting = setTimeout(() => (this.told = ""), TOLD_MS);
    },
    // ".name" and a blank become the snippet's words.
    expand() {
      const input = this.$refs.input;
      const at = input.selectionStart;
      const name = SNIPPET.exec(input.value.slice(0, at))?.[1].toLowerCase();
      if (!name || !Object.hasOwn(this.snippets, name)) return;
      input.setRangeText(this.snippets[name] + input.value[at - 1], at - name.length - 2, at, "end");
    },
    // A line that was copied and then edited is the writer's own: it loses its mark.
    unmark() {
      const input = this.$refs.input;
      if (!input.value.includes(COPIED)) return;
      const lines = input.value.split("\n");
      const own = lines.map((line) => (line.startsWith(COPIED) && !this.copied.has(line) ? line.slice(COPIED.length) : line));
      const text = own.join("\n");
      if (text !== input.value) this.put(text);
    },
    begin(text) {
      const input = this.$refs.input;
      if (!text) {
        input.focus();
        input.setSelectionRange(input.value.length, input.value.length);
        return;
      }
      const before = input.value.replace(/\s+$/, "");
      this.put(before ? `${before}\n\n${text}` : text);
      const at = before ? before.length + 2 : 0;
      input.focus();
      input.setSelectionRange(at + text.indexOf(": ") + 2, at + text.indexOf(": ") + 2);
      this.typed();
    },
    insert(text) {
      const input = this.$refs.input;
      this.remember(text);
      input.focus();
      const before = input.value.slice(0, input.selectionStart);
      const gap = before && !before.endsWith("\n") && text.includes("\n") ? "\n" : "";
      input.setRangeText(gap + text, input.selectionStart, input.selectionEnd, "end");
      this.typed();
    },
    // Saved, and as it stands here: which version that is, and whether nobody can have read all of it yet.
    async settle() {
      this.flush();
      const end = performance.now() + RETRY_MS;
      while (performance.now() < end && (this.sent || this.unsaved())) {
        if (this.trouble) return {};
        await new Promise((resolve) => setTimeout(resolve, 25));
        if (!this.sent) this.flush();
      }
      if (this.sent || this.unsaved()) return {};
      const unread = performance.now() < this.unreadUntil;
      this.unreadUntil = 0; // whoever presses again has been told
      return { version: this.base, unread };
    },
    left() {
      return this.unsaved() ? this.typedText : "";
    },
    focus() {
      this.$refs.input.focus();
    },
    // What stands and what does not
    stands(text, version, when) {
      this.stored = text;
      this.base = version;
      this.when = when;
      this.trouble = "";
      this.busy = this.unsaved();
      this.keep();
    },
    complain(why) {
      this.busy = false;
      this.trouble = why;
    },
    unsaved() {
      return this.typedText !== this.stored;
    },
    connected() {
      return Boolean(window.socket?.connected && window.did_handshake);
    },
    leaving(event) {
      this.flush();
      if (!this.framed && this.unsaved()) event.preventDefault();
    },
    // Until it is saved: the window around this page, and the tab
    keep() {
      if (this.unsaved()) this.hold({ telepraxis: "draft", key: this.note, text: this.typedText, base: this.base });
      else this.hold({ telepraxis: "saved", key: this.note });
    },
    hold(message) {
      this.tellFrame(message);
      this.keepHere(message);
    },
    tellFrame(message) {
      if (this.framed) window.parent.postMessage(message, window.location.origin);
    },
    async keepHere(message) {
      const place = `telepraxis ${message.key}`;
      const turn = (this.kept[place] = (this.kept[place] ?? 0) + 1);
      if (message.telepraxis === "saved") sessionStorage.removeItem(place);
      else if (message.telepraxis === "draft" && crypto.subtle) {
        const sealed = await seal(this.keeping, JSON.stringify(message));
        if (turn === this.kept[place]) sessionStorage.setItem(place, sealed);
      }
    },
    async recall() {
      const [sent, draft] = await Promise.all([this.sentKey(), this.note].map((key) => this.keptHere(key)));
      if (sent) this.keptSent = sent;
      if (draft) this.recover(draft);
    },
    async keptHere(key) {
      const sealed = sessionStorage.getItem(`telepraxis ${key}`);
      if (!sealed || !crypto.subtle) return null;
      const text = await unseal(this.keeping, sealed).catch(() => null);
      return text && JSON.parse(text);
    },
    toldByFrame({ origin, source, data }) {
      if (origin !== window.location.origin || source !== window.parent || data?.telepraxis !== "draft") return;
      if (data.key === this.sentKey()) this.keptSent = data;
      else if (data.key === this.note && typeof data.text === "string") this.recover(data);
      else if (data.key === this.note) this.recall(); // that window is new, as after a reload of the call
    },
    // What was typed before this page was loaded: the save whose answer was lost is asked for again, then the rest.
    recover(kept) {
      if (this.unsaved()) {
        this.older = { id: this.nextId(), text: kept.text, base: kept.base, aside: true };
        this.flush();
        return;
      }
      if (kept.text === this.stored) {
        this.keep();
        return;
      }
      this.write(kept.text);
      this.base = kept.base;
      this.busy = true;
      this.keep();
      if (typeof this.keptSent?.id === "string") this.post(this.keptSent);
      else this.flush();
    },
    sentKey() {
      return `${this.note}#sent`;
    },
    write(text) {
      this.remember(text);
      this.put(text);
      this.typedText = text;
      this.twice = MARK.test(text);
      this.grow();
    },
    // The cursor stays where it stood in the text, not where it stood in the count.
    put(text) {
      const input = this.$refs.input;
      const [from, to] = [input.selectionStart, input.selectionEnd].map((at) => moved(at, input.value, text));
      input.value = text;
      if (document.activeElement === input) input.setSelectionRange(from, to);
    },
    remember(text) {
      for (const line of text.split("\n")) if (line.startsWith(COPIED)) this.copied.add(line);
    },
    grow() {
      if (CSS.supports("field-sizing", "content")) return;
      const input = this.$refs.input;
      input.style.blockSize = "auto";
      input.style.blockSize = `${input.scrollHeight + 2}px`;
    },
  },
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const aes = (key) => crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"]);

async function seal(key, text) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await aes(key), new TextEncoder().encode(text));
  return btoa(Array.from([...iv, ...new Uint8Array(sealed)], (byte) => String.fromCharCode(byte)).join(""));
}

async function unseal(key, sealed) {
  const whole = bytes(sealed);
  const iv = whole.slice(0, 12);
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await aes(key), whole.slice(12)));
}

function moved(at, before, after) {
  let tail = 0;
  const most = Math.min(before.length, after.length);
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return at >= before.length - tail ? at + after.length - before.length : Math.min(at, after.length);
}
