// Sound and title badge of one page, told by the server who waits.
import { setBadge } from "/assets/badge.js";
import { Chime } from "/assets/chime.js";

export default {
  template: `<span :id="id" class="small muted" data-testid="chime-silent" v-show="on && silent && !quiet">{{ hint }}</span>`,
  props: { id: String, waiting: Array, on: Boolean, quiet: Boolean, hint: String },
  data: () => ({ silent: false }),
  created() {
    this.known = new Set();
    this.chime = new Chime((silent) => (this.silent = silent));
  },
  mounted() {
    this.heed();
  },
  unmounted() {
    this.chime.close();
    setBadge(0);
  },
  watch: {
    waiting: "heed",
    on: "heed",
    quiet: "heed",
  },
  methods: {
    // Whoever comes, or came in a quiet hour, is heard at once, though the chime may rest between two rings.
    heed() {
      const fresh = this.waiting.some((each) => !this.known.has(each)) || (this.chime.quiet && !this.quiet);
      this.known = new Set(this.waiting);
      this.chime.quiet = this.quiet;
      if (this.on) this.chime.prepare();
      if (fresh || !this.on || !this.waiting.length) this.chime.stop();
      if (this.on && this.waiting.length) this.chime.start();
      setBadge(this.waiting.length, this.quiet);
    },
  },
};
