"""Small marks of state: pills, avatars, notices, empty states, skeletons, values with their age."""

import datetime as dt

from nicegui import ui

from webapp.locale import _, duration
from webapp.look.design import KIND_ICONS, Kind
from webapp.look.layout import Holder, Text, element, icon


def pill(kind: Kind, words: str, *, picture: str | None = None, testid: str = "") -> ui.element:
    """A word on a coloured ground. `picture=None` chooses the kind's own where colour alone would speak."""
    if picture is None:
        picture = KIND_ICONS[kind] if kind in ("good", "attention", "urgent") else ""
    with element("span", f"pill pill-{kind}", testid=testid) as made:
        if picture:
            icon(picture)
        Text(words, tag="span")
    return made


def avatar(name: str, *, size: str = "") -> ui.element:
    """Initials in a circle; `size` is "", "small" or "large". Silent, for the name stands beside it."""
    classes = f"avatar avatar-{size}" if size else "avatar"
    made = Text(initials(name), classes, tag="span")
    made.props["aria-hidden"] = "true"
    made.props["data-untranslated"] = ""
    return made


def initials(name: str) -> str:
    """First letters of the first and last word that begin with a letter; titles such as "Dr" are passed over."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    if len(words) > 1 and words[0].rstrip(".").lower() in ("dr", "dra", "prof", "mr", "mrs", "ms"):
        words = words[1:]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def notice(kind: Kind, words: str, *, title: str = "", testid: str = "") -> Holder:
    """A line that stays: what is so, what to do. What is built inside, such as a button, stands below it."""
    made = Holder("div", f"notice notice-{kind}", testid=testid)
    made.props["role"] = "alert" if kind in ("urgent", "attention") else "status"
    with made:
        icon(KIND_ICONS[kind])
        with element("div", "notice-text stack stack-small") as inside, element("div"):
            if title:
                Text(title, "notice-title")
            Text(words)
    made.inside = inside
    return made


def empty_state(words: str, *, testid: str = "") -> ui.element:
    """What will be here; build the first step inside."""
    with element("div", "empty", testid=testid) as made:
        Text(words)
    return made


def skeleton(height: str = "56px", width: str = "100%", *, count: int = 1) -> ui.element:
    """Stands for what is still on its way, in its size, so that nothing jumps."""
    with element("div", "stack stack-small", aria_busy="true") as made:
        Text(_("Loading"), "visually-hidden", tag="span")
        for _each in range(count):
            element("span", "skeleton", aria_hidden="true").style(f"block-size:{height};inline-size:{width}")
    return made


def since(moment: dt.datetime, now: dt.datetime, words: str = "{elapsed}", *, testid: str = "") -> ui.element:
    """How long ago, counting on in the browser: "waits 4 min". `words` is translated and holds `{elapsed}`."""
    span = now - moment
    elapsed = duration(span) if span >= dt.timedelta(minutes=1) else _("under 1 min")
    made = Text(words.format(elapsed=elapsed), tag="span", testid=testid)
    made.props["data-since"] = moment.isoformat()
    made.props["data-at"] = now.isoformat()
    made.props["data-words"] = words
    made.props["data-new"] = _("under 1 min")
    made.props["data-minutes"] = _("{n} min")
    made.props["data-hours"] = _("{hours} h {minutes} min")
    return made


def reading(
    value: str,
    unit: str,
    *,
    taken: dt.datetime,
    now: dt.datetime,
    label: str = "",
    stale: bool = False,
    testid: str = "",
) -> ui.element:
    """A measured value with its age; a stale one is grey and says so."""
    with element("span", f"reading {'reading-stale' if stale else ''}", testid=testid) as made:
        if label:
            Text(label, "small muted", tag="span")
        with element("span", "reading-value"):
            Text(value, tag="span")
            Text(f" {unit}", tag="small")
        since(taken, now, _("old: {elapsed} ago") if stale else _("{elapsed} ago")).classes("reading-age")
    return made


def saved_mark(words: str = "", *, testid: str = "saved") -> Text:
    """The line that says "Saved 10:32:05", announced politely; `set_text` when it changes."""
    made = Text(words, "small muted", tag="span", testid=testid)
    made.props["role"] = "status"
    return made
