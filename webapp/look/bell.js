// Sound and title badge of one page, told by the server how many wait.
import { setBadge } from "/assets/badge.js";
import { Chime } from "/assets/chime.js";

export default {
  template: `<span hidden :id="id"></span>`,
  props: { id: String, waiting: Number, ringing: Boolean, quiet: Boolean },
  created() {
    this.chime = new Chime();
  },
  mounted() {
    this.heed();
  },
  unmounted() {
    this.chime.stop();
    setBadge(0);
  },
  watch: {
    waiting: "heed",
    ringing: "heed",
    quiet: "heed",
  },
  methods: {
    heed() {
      this.chime.quiet = this.quiet;
      if (this.ringing) this.chime.start();
      else this.chime.stop();
      setBadge(this.waiting, this.quiet);
    },
  },
};
