// A token behind the # of the address never leaves the browser with a GET. It is moved into the form that posts
// it, and out of the address bar.
const field = document.querySelector('input[data-fragment]');
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}
