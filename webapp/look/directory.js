// People in rows: data in, one press out.
export default {
  template: `
    <div class="rows" role="list" :aria-label="label">
      <div v-for="person in people" :key="person.key" role="listitem">
        <component :is="person.href ? 'a' : 'div'" class="row" :href="person.href || null" data-testid="patient-row">
          <span class="avatar" aria-hidden="true" data-untranslated>{{ person.initials }}</span>
          <span class="row-text">
            <span class="row-title" :title="person.name">{{ person.name }}</span>
            <span v-if="person.detail" class="row-detail">{{ person.detail }}</span>
          </span>
          <span class="row-end">
            <span v-if="person.href" class="icon icon-chevron" aria-hidden="true"></span>
            <button v-else type="button" class="button button-secondary" data-testid="edit-patient" @click="$emit('choose', person.key)">
              <span>{{ act }}</span>
            </button>
          </span>
        </component>
      </div>
    </div>
  `,
  props: { label: String, act: String, people: Array },
  emits: ["choose"],
};
