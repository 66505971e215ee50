// The note: a real <textarea>. What is typed goes to the server while it is typed and is kept until it is saved.
//
// One save is under way at a time; what is typed meanwhile goes next, and a save without an answer is sent again,
// which the server takes for the same one. Inside the visit's frame the unsaved text is also kept by the window
// around it, so that it outlives this page: the text itself under the note's key, and what was sent last under
// "<key>#sent", which tells a save whose answer was lost from a change made elsewhere.
const IDLE_MS = 600;
const MOST_MS = 1500;
const ANSWER_MS = 4000;
const RETRY_MS = 5000;
const TAKEN_BACK_MS = 10000;

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
      <div v-if="other" class="notice notice-attention" data-testid="note-conflict">
        <span class="icon icon-warning" aria-hidden="true"></span>
        <div class="notice-text"><p class="notice-title">{{ words.twice }}</p><p>{{ words.choose }}</p></div>
      </div>
      <div :class="{ 'note-field-two': other }">
        <div class="stack stack-small">
          <p v-if="other" class="field-label">{{ words.mine }}</p>
          <textarea ref="input" class="control note-field-input" :id="id + '-input'" rows="8" :placeholder="words.hint"
            :aria-label="words.label" :aria-invalid="trouble ? 'true' : null" data-testid="note-input" spellcheck="true"
            @input="typed" @blur="flush"></textarea>
          <button v-if="other" type="button" class="button button-secondary" data-testid="note-use-mine" @click="useMine">{{ words.useMine }}</button>
        </div>
        <div v-if="other" class="stack stack-small">
          <p class="field-label">{{ words.theirs }}<template v-if="other.when"> · {{ other.when }}</template></p>
          <div class="note-field-other" tabindex="0" role="region" :aria-label="words.theirs" data-testid="note-other">{{ other.text }}</div>
          <button type="button" class="button button-secondary" data-testid="note-take-other" @click="takeOther">{{ words.takeOther }}</button>
        </div>
      </div>
      <div v-if="laidAside !== null" class="line" role="status">
        <span class="small muted">{{ words.aside }}</span>
        <button type="button" class="button button-quiet" data-testid="note-bring-back" @click="bringBack">{{ words.bringBack }}</button>
      </div>
    </div>
  `,
  props: { id: String, note: String, text: String, version: Number, saved: String, limit: Number, words: Object },
  emits: ["save"],
  data() {
    return { trouble: "", busy: false, when: this.saved, other: null, laidAside: null };
  },
  created() {
    this.typedText = this.stored = this.text;
    this.base = this.version;
    this.sent = null;
    this.turn = 0;
    this.since = 0;
    this.keptSent = null;
    this.framed = window.parent !== window;
  },
  mounted() {
    this.write(this.typedText);
    this.watching = setInterval(() => this.watch(), 500);
    window.addEventListener("pagehide", this.flush);
    document.addEventListener("visibilitychange", this.flush);
    window.addEventListener("beforeunload", this.leaving);
    if (!this.framed) return;
    window.addEventListener("message", this.told);
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
    window.removeEventListener("message", this.told);
  },
  methods: {
    // Typing and sending
    typed() {
      this.typedText = this.$refs.input.value;
      this.grow();
      this.keep();
      if (this.other) return;
      this.laidAside = null;
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
      if (this.other || this.sent) return;
      if (!this.unsaved()) {
        this.busy = false;
        this.trouble = "";
        return;
      }
      if (this.typedText.length > this.limit) {
        this.complain(this.words.long);
        return;
      }
      this.turn += 1;
      this.sent = { turn: this.turn, text: this.typedText, base: this.base, at: 0 };
      this.tellFrame({ telepraxis: "draft", key: this.sentKey(), text: this.sent.text, base: this.sent.base });
      this.send();
    },
    send() {
      if (!this.connected()) {
        this.complain(this.words.offline);
        return;
      }
      this.busy = true;
      this.sent.at = performance.now();
      this.$emit("save", { text: this.sent.text, base: this.sent.base, turn: this.sent.turn });
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
      if (answer.turn !== this.sent?.turn) return;
      const text = this.sent.text;
      this.sent = null;
      this.tellFrame({ telepraxis: "saved", key: this.sentKey() });
      if (answer.outcome === "saved") {
        this.stands(text, answer.version, answer.when);
        if (this.unsaved() && !this.timer) this.flush();
      } else if (answer.outcome === "stale") {
        this.differs(answer);
      } else {
        this.complain(answer.why);
        this.retryAt = answer.again ? performance.now() + RETRY_MS : 0;
      }
    },
    heard(fresh) {
      if (this.other) {
        if (fresh.version > this.other.version) this.other = fresh;
        return;
      }
      if (fresh.version <= this.base || this.sent || this.unsaved()) return;
      this.write(fresh.text);
      this.stands(fresh.text, fresh.version, fresh.when);
    },
    async settle() {
      this.flush();
      const end = performance.now() + RETRY_MS;
      while (performance.now() < end && (this.sent || this.unsaved())) {
        if (this.trouble || this.other) return false;
        await new Promise((resolve) => setTimeout(resolve, 25));
        if (!this.sent) this.flush();
      }
      return !this.sent && !this.unsaved();
    },
    left() {
      return this.unsaved() || this.other ? this.typedText : "";
    },
    focus() {
      this.$refs.input.focus();
    },
    // Two texts
    // `loose`: the other text was typed here and never stored.
    differs({ text, version, when, loose = false }) {
      this.other = { text, version, when, loose };
      this.complain(this.words.stale);
    },
    useMine() {
      const { text, version, when, loose } = this.other;
      this.other = null;
      if (!loose) this.stands(text, version, when);
      this.trouble = "";
      this.typed();
      this.flush();
    },
    takeOther() {
      this.laidAside = this.typedText;
      clearTimeout(this.forgetting);
      this.forgetting = setTimeout(() => (this.laidAside = null), TAKEN_BACK_MS);
      const { text, version, when, loose } = this.other;
      this.other = null;
      this.write(text);
      if (!loose) this.stands(text, version, when);
      else this.flush();
    },
    bringBack() {
      this.write(this.laidAside);
      this.laidAside = null;
      this.typed();
      this.flush();
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
    // The window around this page
    keep() {
      if (this.unsaved()) this.tellFrame({ telepraxis: "draft", key: this.note, text: this.typedText, base: this.base });
      else this.tellFrame({ telepraxis: "saved", key: this.note });
    },
    tellFrame(message) {
      if (this.framed) window.parent.postMessage(message, window.location.origin);
    },
    told({ origin, source, data }) {
      if (origin !== window.location.origin || source !== window.parent || data?.telepraxis !== "draft") return;
      if (data.key === this.sentKey()) this.keptSent = data;
      else if (data.key === this.note && typeof data.text === "string") this.recover(data);
    },
    recover(kept) {
      if (kept.text === this.stored && !this.unsaved()) {
        this.keep();
        return;
      }
      // A save whose answer was lost stands as ours; anything else that stands came from elsewhere.
      const sent = this.keptSent;
      const ours = sent?.text === this.stored && sent.base === kept.base && this.base === sent.base + 1;
      if (this.unsaved() || !(kept.base === this.base || ours)) {
        const loose = this.unsaved();
        this.differs({ text: loose ? this.typedText : this.stored, version: this.base, when: this.when, loose });
        this.write(kept.text);
      } else {
        this.write(kept.text);
        this.busy = true;
        this.keep();
        this.flush();
      }
    },
    sentKey() {
      return `${this.note}#sent`;
    },
    // The control
    write(text) {
      const input = this.$refs.input;
      const { selectionStart, selectionEnd } = input;
      this.typedText = text;
      input.value = text;
      if (document.activeElement === input) input.setSelectionRange(selectionStart, selectionEnd);
      this.grow();
    },
    grow() {
      if (CSS.supports("field-sizing", "content")) return;
      const input = this.$refs.input;
      input.style.blockSize = "auto";
      input.style.blockSize = `${input.scrollHeight + 2}px`;
    },
  },
};
