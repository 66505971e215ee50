// Copy to the clipboard, with a word about how it went: <button data-copy="..." data-copied="Copied">.
async function write(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http on the practice's own network has no clipboard API; a selection still works there.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    button.after(field); // a dialog lets no field outside itself have the focus
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    button.focus();
    return copied;
  }
}

export async function copyFrom(button) {
  const words = button.querySelector("span:not(.icon)") ?? button;
  const before = button.dataset.words ?? words.textContent;
  button.dataset.words = before;
  const copied = await write(button.dataset.copy, button);
  words.textContent = copied ? button.dataset.copied : button.dataset.notCopied;
  words.setAttribute("role", "status");
  clearTimeout(button.copyTimer);
  if (!copied) return copied; // stays to be read, until the next try
  button.copyTimer = setTimeout(() => {
    words.textContent = before;
  }, 2500);
  return copied;
}
