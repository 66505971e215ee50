/** As whom somebody takes part, in words. */

import { t } from './text.js';

/** Empty for a guest of no kind. @param {{kind: string}} seat */
export function roleWords({ kind }) {
  switch (kind) {
    case 'clinician': return t('clinician');
    case 'patient': return t('patient');
    case 'relative': return t('relative');
    case 'interpreter': return t('interpreter');
    case 'colleague': return t('colleague');
    default: return t('guest');
  }
}
