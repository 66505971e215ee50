// A secret that came after the "#" goes into the form that waits for it, and out of the address bar.
// Nothing after the "#" is ever sent with a GET, so no log and no scanner has seen it.
const secret = window.location.hash.slice(1);

if (secret) {
  for (const field of document.querySelectorAll("input[data-fragment]")) field.value = secret;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}
