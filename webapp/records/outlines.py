"""Templates of notes, and the parts that a note is read as: headings that end with a colon, in any of our languages."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from webapp.locale import LANGUAGES, N_
from webapp.records.merging import OPEN

FOLDER = Path(__file__).parent / "outline_files"
HEADING = re.compile(r"\s*([^\W\d][^:\n]{0,60}?)\s*:\s*(.*)")
HEAD = "✓ "  # with what a line at the head of a note begins that says what was established
COPIED = "↺ "  # with what a line begins that was copied from an earlier note, until somebody edits it


class Part(StrEnum):
    """What a stretch of a note is for."""

    SUBJECTIVE = "subjective"
    OBJECTIVE = "objective"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    MEDICINES = "medicines"
    WORRY = "worry"
    FOLLOW_UP = "follow_up"


# What a note should not be without when its visit ends.
WANTED = (Part.ASSESSMENT, Part.PLAN, Part.FOLLOW_UP)
# What an earlier note is asked for by "as last time".
LASTING = (Part.ASSESSMENT, Part.PLAN, Part.MEDICINES, Part.WORRY, Part.FOLLOW_UP)
NAMES = {
    Part.ASSESSMENT: N_("Assessment"),
    Part.PLAN: N_("Plan"),
    Part.MEDICINES: N_("Medicines"),
    Part.WORRY: N_("When to worry"),
    Part.FOLLOW_UP: N_("Follow-up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A template: its name, and the headings that it begins a note with."""

    key: str
    name: str
    headings: tuple[tuple[Part, str], ...]

    @property
    def text(self) -> str:
        return "\n\n".join(f"{heading}: " for _part, heading in self.headings)


def outlines(language: str) -> tuple[Outline, ...]:
    """The templates in a language; in English where we have none of it."""
    return _read(language if language in LANGUAGES else "en")


def heading(part: Part, language: str) -> str:
    """The usual heading of a part."""
    return next(words for key, words in outlines(language)[0].headings if key is part)


def parts(text: str) -> dict[Part, str]:
    """What stands under each heading, without the heading. A text without headings has no parts."""
    found: dict[Part, list[str]] = {}
    under: Part | None = None
    for line in _pieces(text):
        if line.startswith((OPEN, HEAD)):
            continue
        match = _heading(line)
        part = _headings().get(match[1].casefold()) if match else None
        if part is not None and match is not None:
            under = part
            line = match[2]
        if under is not None:
            found.setdefault(under, []).append(line.removeprefix(COPIED).strip())
    made = {part: "\n".join(lines).strip() for part, lines in found.items()}
    return {part: words for part, words in made.items() if words}


def missing(text: str) -> tuple[Part, ...]:
    """Of what a note should not be without, what this one is."""
    there = parts(text)
    return tuple(part for part in WANTED if part not in there)


def language_of(text: str, usual: str) -> str:
    """The language whose headings a text has: `usual` where they fit several, "" where they fit none."""
    found = {match[1].casefold() for line in _pieces(text) if (match := _heading(line))}
    found &= _headings().keys()
    fitting = [language for language in LANGUAGES if found <= _headings_of(language).keys()]
    return usual if usual in fitting else next(iter(fitting), "")


@cache
def _read(language: str) -> tuple[Outline, ...]:
    return tuple(
        Outline(
            key=each["key"],
            name=each["name"],
            headings=tuple((Part(part["is"]), part["heading"]) for part in each["parts"]),
        )
        for each in _file(language)
    )


@cache
def _headings() -> dict[str, Part]:
    """Every heading of every language."""
    return {words: part for language in LANGUAGES for words, part in _headings_of(language).items()}


@cache
def _headings_of(language: str) -> dict[str, Part]:
    return {
        words.casefold(): Part(part["is"])
        for each in _file(language)
        for part in each["parts"]
        for words in (part["heading"], *part.get("also", ()))
    }


def _pieces(text: str) -> Iterator[str]:
    """The lines of a note, cut also where a heading follows the end of a sentence: "A: viral. P: rest."

    A heading of one letter counts there only on a line that begins with one: "vit. D: low" has none.
    """
    for line in text.split("\n"):
        first = _heading(line)
        letters = first is not None and len(first[1]) == 1
        inner = (match for match in _within().finditer(line) if letters or len(match[1]) > 1)
        cuts = [0, *(match.start(1) for match in inner if match[1][0].isupper()), len(line)]
        yield from (line[start:end] for start, end in pairwise(cuts))


@cache
def _within() -> re.Pattern[str]:
    each = "|".join(re.escape(words) for words in sorted(_headings(), key=len, reverse=True))
    return re.compile(rf"(?<=[.;!?])\s+({each})\s*:", re.IGNORECASE)


def _heading(line: str) -> re.Match[str] | None:
    return HEADING.fullmatch(line.removeprefix(COPIED))


def _file(language: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))[
        "template"
    ]
    return found
