"""Lists of rows, facts in pairs, and the person at the head of a chart."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from nicegui import ui

from webapp.look.design import Kind
from webapp.look.layout import Holder, Text, element
from webapp.look.marks import avatar, pill

T = TypeVar("T")
When = Literal["", "now", "past"]


def rows(label: str = "", *, testid: str = "") -> ui.element:
    """A list of `row`s between hairlines. Build an `empty_state` instead when there is nothing to list."""
    made = element("div", "rows", role="list", testid=testid)
    if label:
        made.props["aria-label"] = label
    return made


def row(
    title: str,
    detail: str = "",
    *,
    time: str = "",
    when: When = "",
    href: str = "",
    person: bool = False,
    mark: tuple[Kind, str] | None = None,
    testid: str = "",
) -> Holder:
    """One line of a list; what is built inside stands at its end: pills, then one button.

    `time` adds the agenda's column and bar; `when` marks the current or a past line. With `href` the whole
    row is a link and holds no button. `person=True` shows the title's initials, `mark` a pill before the title.
    """
    with element("div", role="listitem"):
        made = Holder("a" if href else "div", f"row {f'row-{when}' if when else ''}", testid=testid)
    if href:
        made.props["href"] = href
    with made:
        if time:
            Text(time, "row-time", tag="span")
            element("span", "row-bar", aria_hidden="true")
        if person:
            avatar(title)
        if mark:
            pill(*mark)
        with element("span", "row-text"):
            Text(title, "row-title", tag="span").props["title"] = title
            if detail:
                Text(detail, "row-detail", tag="span")
        made.inside = element("span", "row-end")
    return made


def mend_rows(
    rows: ui.element,
    old: Sequence[tuple[str, T]],
    new: Sequence[tuple[str, T]],
    build: Callable[[T], object],
) -> bool:
    """Bring a list that shows `old` to `new`: pairs of a key and what its row shows. What stays is left alone.

    Returns False, and does nothing, where the rows that stay stand in another order.
    """
    before, after = dict(old), dict(new)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        return False
    children = rows.default_slot.children
    for child, key in zip(list(children), before, strict=True):
        if key not in after:
            child.delete()
    for place, (key, value) in enumerate(new):
        if key in before:
            if before[key] == value:
                continue
            children[place].delete()
        with rows:
            build(value)
        children[-1].move(target_index=place)
    return True


def facts(pairs: dict[str, str], *, testid: str = "") -> ui.element:
    """Names and values side by side: a description list."""
    with element("dl", "facts", testid=testid) as made:
        for name, value in pairs.items():
            Text(name, tag="dt")
            Text(value, tag="dd")
    return made


def person_header(name: str, detail: str = "", *, level: int = 1, testid: str = "") -> Holder:
    """Who this is about: initials, name, "58 y · female · 14 Mar 1968"; build the pills inside.

    `level` is the heading's: 1 on a chart, 2 or 3 in a card.
    """
    made = Holder("div", "stack stack-small", testid=testid)
    with made:
        with element("div", "person"):
            avatar(name)
            with element("div", "person-text"):
                Text(name, "person-name", tag=f"h{level}")
                if detail:
                    Text(detail, "person-detail")
        made.inside = element("div", "person-marks")
    return made
