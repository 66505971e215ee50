/** The style sheet of what comes later, once. */

import { h } from './element.js';

export function dress() {
  const href = document.body.dataset.extras;
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h('link', { rel: 'stylesheet', href }));
}
