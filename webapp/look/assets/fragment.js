// A secret that came after the "#" goes into the form that waits for it, and out of the address bar.
// Nothing after the "#" is ever sent with a GET, so no log and no scanner has seen it.
const secret = window.location.hash.slice(1);
const fields = [...document.querySelectorAll("input[data-fragment]")];

if (secret) {
  for (const field of fields) field.value = secret;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

// Whoever chooses another language comes back to this page, and the secret with them.
for (const form of document.querySelectorAll("form[action='/language']")) {
  form.addEventListener("submit", () => {
    form.action = `/language#${fields[0]?.value ?? ""}`;
  });
}
