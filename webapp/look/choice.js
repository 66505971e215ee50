// One native check box with its words, or a group of native radio buttons under a legend.
export default {
  inheritAttrs: false,
  template: `
    <label v-if="!options" class="choice" :id="id" :class="$attrs.class">
      <input type="checkbox" :checked="inner" :disabled="disable" v-bind="rest" @change="ticked" />
      <span>{{ label }}</span>
    </label>
    <fieldset v-else class="field" :id="id" :class="$attrs.class" :aria-describedby="error ? id + '-error' : null">
      <legend class="field-label">{{ label }}</legend>
      <div class="choices">
        <label v-for="option in options" :key="option.value" class="choice">
          <input type="radio" :name="id" :value="option.value" :checked="inner === option.value"
            :disabled="disable" v-bind="rest" @change="chosen(option.value)" />
          <span>{{ option.label }}</span>
        </label>
      </div>
      <div aria-live="polite">
        <p v-if="error" class="field-error" :id="id + '-error'">
          <span class="icon icon-warning" aria-hidden="true"></span><span>{{ error }}</span>
        </p>
      </div>
    </fieldset>
  `,
  props: { id: String, value: [Boolean, String], label: String, options: Array, disable: Boolean, error: String, loopback: Boolean },
  emits: ["update:value"],
  data() {
    return { inner: this.value };
  },
  computed: {
    rest() {
      const { class: _class, style: _style, ...rest } = this.$attrs;
      return rest;
    },
  },
  watch: {
    value(fresh) {
      this.inner = fresh;
    },
  },
  methods: {
    ticked(event) {
      this.inner = event.target.checked;
      this.$emit("update:value", this.inner);
    },
    chosen(value) {
      this.inner = value;
      this.$emit("update:value", value);
    },
  },
};
