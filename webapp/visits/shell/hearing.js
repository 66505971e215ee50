/** Who can hear a visit, in words that are true for the way its media goes. */

import { t } from './text.js';

/**
 * @param {'direct' | 'relayed' | 'mixed' | ''} path what the nominated pairs show; '' before anything flows
 * @param {'direct' | 'fallback' | 'only'} way what the practice has chosen for this visit
 * @param {boolean} many are more than two people invited
 */
export function hearingWords(path, way, many) {
  if (!way) return '';
  if (way === 'only') {
    return many
      ? t('Only the people in this visit can hear it. It passes our relay, so nobody sees another’s internet address.')
      : t('Only you two can hear this. It passes our relay, so neither sees the other’s internet address.');
  }
  if (path === 'relayed') {
    return many
      ? t('Only the people in this visit can hear it. It passes our relay, which cannot listen.')
      : t('Only you two can hear this. It passes our relay, which cannot listen.');
  }
  if (path === 'direct' || way === 'direct') {
    return many
      ? t('Only the people in this visit can hear it. It goes directly between your devices.')
      : t('Only you two can hear this. Your call goes directly between your two devices.');
  }
  return many
    ? t('Only the people in this visit can hear it. It goes directly between your devices, or through our relay where that does not work.')
    : t('Only you two can hear this. It goes directly between your two devices, or through our relay where that does not work.');
}

/** In short, beside a picture. @param {'direct' | 'relayed' | ''} path */
export function pathWord(path) {
  switch (path) {
    case 'direct': return t('Directly between your devices');
    case 'relayed': return t('Through our relay');
    default: return '';
  }
}
