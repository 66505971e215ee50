/** Which browser this is, for the help line and for words that help when a permission is denied. */

import { t } from './text.js';

const NAMES = [[/Edg\/|EdgiOS/, 'Edge'], [/SamsungBrowser/, 'Samsung Internet'], [/OPR\//, 'Opera'], [/Firefox|FxiOS/, 'Firefox'], [/Chrom(e|ium)|CriOS/, 'Chrome'], [/Safari/, 'Safari']];
const MACHINES = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'Mac'], [/CrOS/, 'Chromebook'], [/Linux/, 'Linux']];
// Programs that open links in a browser of their own, by what their user agents say.
const APPS = [[/Orca-Android|MessengerForiOS|MessengerLite/, 'Messenger'], [/FBAN|FBAV|FB_IAB/, 'Facebook'], [/Instagram/, 'Instagram'], [/WhatsApp/, 'WhatsApp'], [/MicroMessenger/, 'WeChat'], [/\bLine\//, 'LINE'], [/Telegram/, 'Telegram'], [/Outlook/, 'Outlook'], [/LinkedInApp/, 'LinkedIn'], [/GSA\//, 'Google'], [/Snapchat/, 'Snapchat'], [/BytedanceWebview|musical_ly|TikTok/, 'TikTok'], [/Twitter for/, 'X']];
// A page inside an app: a web view of Android, or of an iPhone, which has no "Safari" to its name.
const VIEWS = [/; wv\)/, /\((?:iPhone|iPad)[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)(?!.*Safari\/)/];

/** "Safari on iPhone": a product name, the same in every language. */
export function browserName(agent = navigator.userAgent) {
  const of = (table) => table.find(([pattern]) => pattern.test(agent))?.[1];
  return [of(NAMES) ?? 'browser', of(MACHINES)].filter(Boolean).join(' on ').slice(0, 60);
}

/** The app whose own browser this is: its name, `app` where it tells none, or nothing in a real browser. */
export function inApp(agent = navigator.userAgent, able = Boolean(navigator.mediaDevices?.getUserMedia)) {
  const app = APPS.find(([pattern]) => pattern.test(agent))?.[1];
  if (app) return app;
  return VIEWS.some((pattern) => pattern.test(agent)) || !able ? 'app' : '';
}

/** A browser inside another app often has no camera. */
export function embedded(agent = navigator.userAgent) {
  return inApp(agent) !== '';
}

/** A browser on an iPhone that is not Safari: what it may use is set in the phone's own settings. Its name, or nothing. */
export function guestOnPhone(agent = navigator.userAgent) {
  return [[/CriOS/, 'Chrome'], [/FxiOS/, 'Firefox'], [/EdgiOS/, 'Edge']].find(([pattern]) => pattern.test(agent))?.[1] ?? '';
}

/** @returns {'chrome' | 'edge' | 'firefox' | 'safari-phone' | 'app-phone' | 'safari-mac' | 'samsung' | 'android'} */
export function family(agent = navigator.userAgent) {
  if (guestOnPhone(agent)) return 'app-phone';
  if (/iPhone|iPad/.test(agent)) return 'safari-phone';
  if (/SamsungBrowser/.test(agent)) return 'samsung';
  if (/Firefox/.test(agent)) return 'firefox';
  if (/Android/.test(agent)) return 'android';
  if (/Edg\//.test(agent)) return 'edge';
  return /Chrom(e|ium)/.test(agent) ? 'chrome' : 'safari-mac';
}

/** How to allow camera and microphone here. */
export function allowWords(agent = navigator.userAgent) {
  if (embedded(agent)) return t('This app has no camera of its own. Open the link in Safari or Chrome: press it for long and choose “Open in browser”.');
  const app = guestOnPhone(agent);
  if (app) return t('To allow it: open the Settings of the phone, choose {app}, and switch on Camera and Microphone.', { app });
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
