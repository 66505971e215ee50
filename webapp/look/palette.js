// The command palette: Ctrl+K or / opens it, typing asks the server, arrows and Enter choose.
// Also "g" and a letter to go to a page. Single keys can be turned off and never act while somebody types.
import { isTyping, shortcutsOn } from "/assets/shortcuts.js";

export default {
  inheritAttrs: false,
  template: `
    <dialog ref="dialog" class="palette" :id="id" :aria-label="words.label" @close="closed" @click="outside">
      <div class="palette-field">
        <span class="icon icon-search" aria-hidden="true"></span>
        <input ref="input" class="palette-input" type="text" role="combobox" autocomplete="off" spellcheck="false"
          aria-expanded="true" aria-autocomplete="list" :aria-controls="id + '-list'" :aria-label="words.label"
          :aria-activedescendant="results.length ? id + '-' + place : null" :placeholder="words.label"
          maxlength="100" data-testid="palette-input" @input="typed" @keydown="key" />
        <kbd>Esc</kbd>
      </div>
      <div class="palette-list" role="listbox" :id="id + '-list'" :aria-label="words.label" tabindex="-1">
        <div v-for="(result, index) in results" :key="result.key" class="palette-option" role="option"
          :id="id + '-' + index" :aria-selected="index === place ? 'true' : 'false'" data-testid="palette-option"
          @mousemove="place = index" @click="choose(index)">
          <span class="icon" :class="'icon-' + result.icon" aria-hidden="true"></span>
          <span>
            <span class="palette-title">{{ result.title }}</span>
            <span v-if="result.detail" class="palette-detail">&ensp;{{ result.detail }}</span>
          </span>
          <kbd v-if="result.hint" class="palette-key">{{ result.hint }}</kbd>
        </div>
      </div>
      <p class="palette-none" role="status" v-show="!results.length && answered">{{ words.none }}</p>
    </dialog>
  `,
  props: { id: String, words: Object, results: Array, answered: Number, places: Object },
  emits: ["ask", "choose"],
  data() {
    return { place: 0 };
  },
  created() {
    this.asked = 0;
    this.timer = null;
    this.going = 0;
  },
  mounted() {
    document.addEventListener("keydown", this.pressed);
    document.addEventListener("click", this.clicked);
  },
  unmounted() {
    document.removeEventListener("keydown", this.pressed);
    document.removeEventListener("click", this.clicked);
    clearTimeout(this.timer);
  },
  watch: {
    results() {
      this.place = 0;
    },
  },
  methods: {
    open() {
      if (this.$refs.dialog.open) return;
      this.$refs.input.value = "";
      this.$refs.dialog.showModal();
      this.$refs.input.focus();
      this.ask();
    },
    close() {
      this.$refs.dialog.close();
    },
    closed() {
      clearTimeout(this.timer);
    },
    outside(event) {
      if (event.target === this.$refs.dialog) this.close();
    },
    clicked(event) {
      if (event.target instanceof Element && event.target.closest("[data-palette]")) this.open();
    },
    pressed(event) {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        this.open();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !shortcutsOn()) return;
      if (document.querySelector("dialog[open], [role=dialog]")) return;
      if (event.key === "/") {
        event.preventDefault();
        this.open();
      } else if (event.key === "g") {
        this.going = performance.now();
      } else if (performance.now() - this.going < 1200 && this.places[event.key]) {
        event.preventDefault();
        this.going = 0;
        window.location.assign(this.places[event.key]);
      } else {
        this.going = 0;
      }
    },
    typed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), 60);
    },
    ask() {
      this.asked += 1;
      this.$emit("ask", { text: this.$refs.input.value, turn: this.asked });
    },
    key(event) {
      const last = this.results.length - 1;
      if (event.key === "ArrowDown") this.place = this.place >= last ? 0 : this.place + 1;
      else if (event.key === "ArrowUp") this.place = this.place <= 0 ? Math.max(last, 0) : this.place - 1;
      else if (event.key === "Enter") this.choose(this.place);
      else return;
      event.preventDefault();
      this.$nextTick(() => document.getElementById(`${this.id}-${this.place}`)?.scrollIntoView({ block: "nearest" }));
    },
    choose(index) {
      // An answer to older words is not chosen by a quick Enter.
      if (this.answered !== this.asked || !this.results[index]) return;
      const { key, href } = this.results[index];
      this.close();
      if (href) window.location.assign(href);
      else this.$emit("choose", { key, turn: this.answered });
    },
  },
};
