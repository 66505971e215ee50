// A count before the tab's title: "(2) Today". Quiet mode shows only a dot, never how many.
const BADGE = /^(\(\d+\)|•) /u;

export function setBadge(count, quiet = false) {
  const title = document.title.replace(BADGE, "");
  const badge = count > 0 ? (quiet ? "• " : `(${count}) `) : "";
  if (document.title !== badge + title) document.title = badge + title;
}
