/** The choice of camera and microphone, as two plain lists that follow what is plugged in. */

import { h } from './element.js';
import { t } from './text.js';

let number = 0;

/**
 * @param {import('./devices.js').Devices} devices
 * @returns {HTMLElement[]} labelled lists, filled when the browser has answered
 */
export function pickers(devices) {
  const lists = [picker(devices, 'camera', t('Camera')), picker(devices, 'microphone', t('Microphone'))];
  if ('setSinkId' in HTMLMediaElement.prototype) lists.push(picker(devices, 'speaker', t('Loudspeaker')));
  return lists;
}

function picker(devices, kind, label) {
  number += 1;
  const id = `picker-${number}`;
  const select = h('select', { id, 'data-testid': `${kind}-picker`, onchange: () => devices.pick(kind, select.value) });
  const fill = async () => {
    const found = (await devices.list())[kind];
    if (document.activeElement === select) return;
    select.replaceChildren(...found.map((device, place) => option(device, place, devices.current(kind))));
    if (!found.length) select.append(h('option', { value: '' }, t('None found')));
    select.disabled = found.length < 1;
  };
  devices.addEventListener('change', fill);
  fill();
  return h('div', { class: 'field' }, h('label', { for: id }, label), select);
}

function option(device, place, current) {
  const name = device.label || t('Device {n}', { n: place + 1 });
  return h('option', { value: device.deviceId, selected: device.deviceId === current }, name);
}
