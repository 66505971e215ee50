// The words of a page's own script, from <script type="application/json" id="words">{"...": "..."}</script>.
let words = {};

const block = document.getElementById("words");
if (block) words = JSON.parse(block.textContent);

function fill(text, values) {
  return text.replace(/\{(\w+)\}/gu, (all, name) => (name in values ? String(values[name]) : all));
}

export function t(text, values = {}) {
  return fill(words[text] ?? text, values);
}

export function tn(one, many, n, values = {}) {
  const forms = words[one] ?? [one, many];
  return fill(n === 1 ? forms[0] : forms[1], { n, ...values });
}
