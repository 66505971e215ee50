"""Two texts that grew from one, joined paragraph by paragraph; where both changed the same one, both are kept.

A paragraph is a line. What two people made of one paragraph stands one below the other between marks:

    ⟪ 1 · Dr Elena Ruiz ⟫
    the text that was saved first
    ⟪ 2 · Tom Berg ⟫
    the text that was saved second
    ⟪ ⟫
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial

OPEN, CLOSE = "⟪", "⟫"
COMPARED_AT_MOST = (
    400  # paragraphs that are compared one by one; of more, the stretch that differs counts as one
)

Lines = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The joined text, and how many paragraphs stand in it twice."""

    text: str
    clashes: int


@dataclass(frozen=True, slots=True)
class Change:
    """The paragraphs `begin` to `end` of what both grew from became `now`."""

    begin: int
    end: int
    now: tuple[str, ...]


def merge(base: str | None, first: str, second: str, *, names: tuple[str, str]) -> Merged:
    """Join `first` and `second`, which both grew from `base`; None: it is not known from what.

    names: who wrote the first and the second, for the marks.
    """
    kept = partial(_kept, names=names)
    if first == second:
        return Merged(text=first, clashes=0)
    if base is None:
        return _side_by_side(first.split("\n"), second.split("\n"), kept)
    lines = base.split("\n")
    out: list[str] = []
    clashes, at = 0, 0
    for begin, end, ours, theirs in _regions(
        changes(lines, first.split("\n")), changes(lines, second.split("\n"))
    ):
        out += lines[at:begin]
        one, other = (_applied(lines, begin, end, made) for made in (ours, theirs))
        if not theirs:
            out += one
        elif not ours:
            out += other
        else:
            joined, clash = kept(lines[begin:end], one, other)
            out += joined
            clashes += clash
        at = end
    return Merged(text="\n".join([*out, *lines[at:]]), clashes=clashes)


def marked(text: str) -> bool:
    """Whether two versions of a paragraph still stand in this text."""
    return any(line.startswith(OPEN) for line in text.split("\n"))


def changes(before: Lines, after: Lines) -> list[Change]:
    """What was done to `before` to make it `after`, in order."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if not old and not new:
        return []
    if max(len(old), len(new)) > COMPARED_AT_MOST:
        return [Change(head, head + len(old), tuple(new))]
    matched = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    found = (Change(head + i, head + j, tuple(new[m:n])) for tag, i, j, m, n in matched if tag != "equal")
    return [part for change in found for part in _singly(change)]


def _singly(change: Change) -> Iterator[Change]:
    """As many paragraphs as before: each stands for itself."""
    if change.end - change.begin != len(change.now):
        yield change
        return
    for number, line in enumerate(change.now):
        yield Change(change.begin + number, change.begin + number + 1, (line,))


def _regions(
    ours: list[Change], theirs: list[Change]
) -> Iterator[tuple[int, int, list[Change], list[Change]]]:
    """Stretches of the base with the changes of each side; changes that touch alone stand in regions of their own."""
    waiting = sorted(
        [(change, 0) for change in ours] + [(change, 1) for change in theirs],
        key=lambda one: (one[0].begin, one[0].end, one[1]),
    )
    while waiting:
        change, side = waiting.pop(0)
        begin, end = change.begin, change.end
        sides: tuple[list[Change], list[Change]] = ([], [])
        sides[side].append(change)
        while waiting and _meets(begin, end, waiting[0][0]):
            change, side = waiting.pop(0)
            sides[side].append(change)
            end = max(end, change.end)
        yield begin, end, *sides


def _meets(begin: int, end: int, change: Change) -> bool:
    """Whether a change that begins no earlier falls on the same paragraphs, or on the same gap between two."""
    if begin == end:
        return change.begin == change.end == begin
    return change.begin < end


def _applied(lines: Lines, begin: int, end: int, made: list[Change]) -> list[str]:
    """What one side made of this stretch."""
    out: list[str] = []
    at = begin
    for change in made:
        out += [*lines[at : change.begin], *change.now]
        at = change.end
    return [*out, *lines[at:end]]


def _kept(base: Lines, one: list[str], other: list[str], *, names: tuple[str, str]) -> tuple[list[str], int]:
    """Both versions of a stretch; 1 where they need marks to be told apart."""
    if one == other:
        return one, 0
    if not _words(one) or not _words(other):
        return (one if _words(one) else other), 0
    if not _words(base):  # both wrote where nothing stood: two paragraphs, not two versions of one
        return [*one, *other], 0
    first, second = names
    marks = (f"{OPEN} 1 · {first} {CLOSE}", f"{OPEN} 2 · {second} {CLOSE}", f"{OPEN} {CLOSE}")
    return [marks[0], *one, marks[1], *other, marks[2]], 1


def _side_by_side(one: Lines, other: Lines, kept: "partial[tuple[list[str], int]]") -> Merged:
    """Without knowing what they grew from: what is the same once, what differs both."""
    out: list[str] = []
    clashes, at = 0, 0
    for change in changes(one, other):
        out += one[at : change.begin]
        old = list(one[change.begin : change.end])
        joined, clash = kept(["?"], old, list(change.now))
        out += joined
        clashes += clash
        at = change.end
    return Merged(text="\n".join([*out, *one[at:]]), clashes=clashes)


def _words(lines: Lines) -> bool:
    return any(line.strip() for line in lines)


def _common(one: Lines, other: Lines) -> int:
    """How many lines at the head are the same."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
