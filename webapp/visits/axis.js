// A visit on one axis: a lane for each person and kind, stretches as bars, moments as marks. One slider goes through the
// moments by arrow key, press or drag; it says each aloud, and the list below shows the same.
export default {
  template: `
    <div class="axis" :id="id">
      <div class="axis-now" data-testid="axis-now">
        <button type="button" class="button button-secondary button-icon" :aria-label="words.back" :title="words.back" :disabled="at <= 0" @click="go(at - 1)"><span class="icon icon-chevron axis-turned" aria-hidden="true"></span></button>
        <p aria-hidden="true"><span class="muted tabular">{{ moments[at]?.when }}</span> {{ moments[at]?.words ?? words.nothing }}</p>
        <button type="button" class="button button-secondary button-icon" :aria-label="words.on" :title="words.on" :disabled="at >= moments.length - 1" @click="go(at + 1)"><span class="icon icon-chevron" aria-hidden="true"></span></button>
      </div>
      <div class="axis-field" ref="field" role="slider" tabindex="0" data-testid="axis" :aria-label="words.label" aria-valuemin="1"
        :aria-valuemax="Math.max(moments.length, 1)" :aria-valuenow="at + 1" :aria-valuetext="said" @keydown="key" @pointerdown="press">
        <div v-for="(lane, number) in lanes" :key="number" class="axis-lane" :class="{ 'axis-lane-now': moments[at]?.lane === number }">
          <span class="axis-name">{{ lane.name }}</span>
          <div class="axis-track">
            <span v-for="(bar, index) in lane.bars" :key="'b' + index" class="axis-bar" :class="'axis-' + bar[2]" :style="{ insetInlineStart: bar[0] * 100 + '%', inlineSize: Math.max(bar[1] - bar[0], 0.002) * 100 + '%' }"></span>
            <span v-for="(mark, index) in lane.marks" :key="'m' + index" class="axis-mark" :class="'axis-mark-' + mark[1]" :style="{ insetInlineStart: mark[0] * 100 + '%' }"></span>
            <span v-if="moments[at]" class="axis-cursor" :style="{ insetInlineStart: moments[at].at * 100 + '%' }"></span>
          </div>
        </div>
        <div class="axis-lane axis-ticks"><span class="axis-name"></span><div class="axis-track">
          <span v-for="tick in ticks" :key="tick.at" class="axis-tick" :style="{ insetInlineStart: tick.at * 100 + '%' }">{{ tick.words }}</span>
        </div></div>
      </div>
      <ul class="axis-legend small muted"><li v-for="[look, what] in words.legend" :key="look"><span class="axis-bar" :class="'axis-' + look"></span>{{ what }}</li></ul>
      <ol class="axis-list" data-testid="timeline">
        <li v-for="(moment, index) in moments" :key="index" :aria-current="index === at ? 'true' : null">
          <button type="button" @click="go(index, true)"><time>{{ moment.when }}</time><span>{{ moment.words }}</span></button>
        </li>
      </ol>
    </div>
  `,
  props: { id: String, lanes: Array, moments: Array, ticks: Array, words: Object },
  data() {
    return { at: 0 };
  },
  computed: {
    said() {
      const moment = this.moments[this.at];
      return moment ? `${moment.when}, ${this.lanes[moment.lane].name}: ${moment.words}` : this.words.nothing;
    },
  },
  methods: {
    go(to, quiet = false) {
      this.at = Math.max(0, Math.min(this.moments.length - 1, to));
      if (quiet) return;
      const list = this.$el.querySelector(".axis-list");
      const line = list.children[this.at];
      if (line) list.scrollTo({ top: line.offsetTop - list.clientHeight / 2 });
    },
    key(event) {
      const lane = this.moments[this.at]?.lane;
      const to = {
        ArrowRight: () => this.at + 1,
        ArrowLeft: () => this.at - 1,
        PageDown: () => this.at + 10,
        PageUp: () => this.at - 10,
        Home: () => 0,
        End: () => this.moments.length - 1,
        ArrowDown: () => this.inLane(lane + 1, 1),
        ArrowUp: () => this.inLane(lane - 1, -1),
      }[event.key];
      if (!to) return;
      event.preventDefault();
      this.go(to());
    },
    // The moment nearest in time in the next lane that has one.
    inLane(lane, by) {
      if (!this.lanes[lane]) return this.at;
      const here = this.moments[this.at].at;
      const there = this.moments.map((moment, index) => [moment, index]).filter(([moment]) => moment.lane === lane);
      if (!there.length) return this.inLane(lane + by, by);
      return there.reduce((best, each) => (Math.abs(each[0].at - here) < Math.abs(best[0].at - here) ? each : best))[1];
    },
    press(event) {
      this.$refs.field.setPointerCapture(event.pointerId);
      this.drag(event);
      this.$refs.field.onpointermove = (moved) => this.drag(moved);
      this.$refs.field.onpointerup = () => (this.$refs.field.onpointermove = null);
    },
    drag(event) {
      const track = this.$el.querySelector(".axis-track").getBoundingClientRect();
      const part = (event.clientX - track.left) / track.width;
      const lane = [...this.$el.querySelectorAll(".axis-lane")].findIndex((each) => {
        const box = each.getBoundingClientRect();
        return event.clientY >= box.top && event.clientY < box.bottom;
      });
      const far = (moment) => Math.abs(moment.at - part) + (moment.lane === lane ? 0 : 0.02);
      let best = this.at;
      this.moments.forEach((moment, index) => far(moment) < far(this.moments[best]) && (best = index));
      this.go(best);
    },
  },
};
