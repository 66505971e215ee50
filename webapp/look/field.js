// A labelled field around a native control: text, date, code, several lines, or one of a few.
const HALF = "?"; // no date, and not empty

export default {
  inheritAttrs: false,
  template: `
    <div class="field" :id="id" :class="$attrs.class" :style="$attrs.style">
      <label class="field-label" :for="control">{{ label }}</label>
      <p v-if="hint" class="field-hint" :id="control + '-hint'">{{ hint }}</p>
      <div :class="{ 'control-affixed': suffix }">
        <select v-if="options" ref="control" class="control" :id="control" :value="inner" :disabled="disable"
          :aria-invalid="error ? 'true' : null" :aria-describedby="described" v-bind="rest" @change="typed">
          <option v-for="option in options" :key="option.value" :value="option.value">{{ option.label }}</option>
        </select>
        <textarea v-else-if="type === 'textarea'" ref="control" class="control" :id="control" :value="inner"
          :rows="rows" :placeholder="placeholder" :disabled="disable" :aria-invalid="error ? 'true' : null"
          :aria-describedby="described" v-bind="rest" @input="typed"></textarea>
        <input v-else ref="control" class="control" :class="{ 'control-code': code }" :id="control" :type="type"
          :value="inner" :placeholder="placeholder" :disabled="disable" :aria-invalid="error ? 'true' : null"
          :aria-describedby="described" v-bind="rest" @input="typed" @keydown="halfTyped" @blur="halfTyped" />
        <span v-if="suffix" class="affix" aria-hidden="true">{{ suffix }}</span>
      </div>
      <div aria-live="polite">
        <p v-if="error && errorMessage" class="field-error" :id="control + '-error'">
          <span class="icon icon-warning" aria-hidden="true"></span><span>{{ errorMessage }}</span>
        </p>
      </div>
    </div>
  `,
  props: {
    id: String,
    value: String,
    label: String,
    hint: String,
    type: { type: String, default: "text" },
    options: Array,
    rows: { type: Number, default: 3 },
    placeholder: String,
    suffix: String,
    code: Boolean,
    error: Boolean,
    errorMessage: String,
    disable: Boolean,
    for: String,
    _autocomplete: Array,
    loopback: Boolean,
  },
  emits: ["update:value"],
  data() {
    return { inner: this.value ?? "", half: false };
  },
  computed: {
    control() {
      return `${this.id}-control`;
    },
    described() {
      const ids = [];
      if (this.hint) ids.push(`${this.control}-hint`);
      if (this.error && this.errorMessage) ids.push(`${this.control}-error`);
      return ids.join(" ") || null;
    },
    rest() {
      const { class: _class, style: _style, ...rest } = this.$attrs;
      return rest;
    },
  },
  watch: {
    value(fresh) {
      if (fresh !== HALF) this.inner = fresh ?? "";
    },
  },
  beforeUnmount() {
    const element = window.mounted_app?.elements?.[this.id.slice(1)];
    if (element) element.props.value = this.inner;
  },
  methods: {
    typed(event) {
      this.inner = event.target.value;
      this.$emit("update:value", this.inner);
    },
    // A browser gives an empty value for half a date: without this it would be lost without a word.
    halfTyped() {
      const half = this.$refs.control.validity.badInput;
      if (half === this.half) return;
      this.half = half;
      this.$emit("update:value", half ? HALF : this.inner);
    },
    updateValue() {
      if (this.value !== HALF) this.inner = this.value ?? "";
    },
    focus() {
      this.$refs.control.focus();
    },
  },
};
