// Elapsed times that count on by themselves: <span data-since data-at data-words="waits {elapsed}" ...>.
// The server's clock at render time is the reference, so a wrong clock on this device does no harm.
const seen = new WeakMap();

export function elapsedWords(seconds, words) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return words.new;
  if (minutes < 60) return words.minutes.replace("{n}", minutes);
  return words.hours.replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
}

export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function secondsOf(element) {
  let start = seen.get(element);
  if (!start || start.key !== element.dataset.since + element.dataset.at) {
    const before = (Date.parse(element.dataset.at) - Date.parse(element.dataset.since)) / 1000;
    start = { key: element.dataset.since + element.dataset.at, before, at: performance.now() };
    seen.set(element, start);
  }
  return start.before + (performance.now() - start.at) / 1000;
}

export function tick(root = document) {
  for (const element of root.querySelectorAll("[data-since]")) {
    const seconds = secondsOf(element);
    const { words, minutes, hours, new: fresh } = element.dataset;
    const text = words
      ? words.replace("{elapsed}", elapsedWords(seconds, { new: fresh, minutes, hours }))
      : stopwatch(seconds);
    if (element.textContent !== text) element.textContent = text;
  }
}

export function startTicking() {
  tick();
  setInterval(tick, 1000);
}
