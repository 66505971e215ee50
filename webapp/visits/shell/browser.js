/** Which browser this is, for the help line and for words that help when a permission is denied. */

import { t } from './text.js';

const NAMES = [[/Edg\//, 'Edge'], [/SamsungBrowser/, 'Samsung Internet'], [/OPR\//, 'Opera'], [/Firefox|FxiOS/, 'Firefox'], [/Chrom(e|ium)|CriOS/, 'Chrome'], [/Safari/, 'Safari']];
const MACHINES = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'Mac'], [/CrOS/, 'Chromebook'], [/Linux/, 'Linux']];
const EMBEDDED = /FBAN|FBAV|Instagram|GSA\/|Line\/|; wv\)|LinkedInApp/;

/** "Safari on iPhone": a product name, the same in every language. */
export function browserName(agent = navigator.userAgent) {
  const of = (table) => table.find(([pattern]) => pattern.test(agent))?.[1];
  return [of(NAMES) ?? 'browser', of(MACHINES)].filter(Boolean).join(' on ').slice(0, 60);
}

/** A browser inside another app often has no camera. */
export function embedded(agent = navigator.userAgent) {
  return EMBEDDED.test(agent) || !navigator.mediaDevices?.getUserMedia;
}

/** How to allow camera and microphone here. */
export function allowWords(agent = navigator.userAgent) {
  if (embedded(agent)) return t('This app has no camera of its own. Open the link in Safari or Chrome: press it for long and choose “Open in browser”.');
  if (/iPhone|iPad/.test(agent)) return t('To allow it: tap “aA” beside the address, then Website Settings, then Camera and Microphone.');
  if (/Firefox/.test(agent)) return t('To allow it: tap the crossed-out camera beside the address and remove the block.');
  return t('To allow it: tap the sign at the left of the address, then allow camera and microphone.');
}

/** Which of camera and microphone were wanted and did not come. */
export function failing(state) {
  return ['camera', 'microphone'].filter((kind) => ['denied', 'none', 'in_use'].includes(state[kind]));
}

/** What happened to them. */
export function failureWords(state) {
  if (state.camera === 'denied' && state.microphone === 'denied') return t('The browser allows neither camera nor microphone.');
  return failing(state).map((kind) => (kind === 'camera' ? cameraFailure(state[kind]) : microphoneFailure(state[kind]))).join(' ');
}

function cameraFailure(state) {
  if (state === 'denied') return t('The browser does not allow the camera.');
  return state === 'none' ? t('We found no camera.') : t('Another app uses the camera.');
}

function microphoneFailure(state) {
  if (state === 'denied') return t('The browser does not allow the microphone.');
  return state === 'none' ? t('We found no microphone.') : t('Another app uses the microphone.');
}
