"""The blocks of an after-visit summary: drafted from the note, in plain words."""

import re
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path

from webapp.locale import LANGUAGES, N_
from webapp.records.outlines import Part, parts

PLAIN = Path(__file__).parent / "plain_words.toml"


class Block(StrEnum):
    FOUND = "found"
    DO = "do"
    MEDICINES = "medicines"
    WORRY = "worry"
    NEXT = "next"


HEADINGS = {
    Block.FOUND: N_("What we found"),
    Block.DO: N_("What to do"),
    Block.MEDICINES: N_("Your medicines"),
    Block.WORRY: N_("When to worry"),
    Block.NEXT: N_("What comes next"),
}
FROM = {
    Block.FOUND: Part.ASSESSMENT,
    Block.DO: Part.PLAN,
    Block.MEDICINES: Part.MEDICINES,
    Block.WORRY: Part.WORRY,
    Block.NEXT: Part.FOLLOW_UP,
}


def drafted(note: str) -> dict[Block, str]:
    """What the note says for each block, with the abbreviations that have one meaning only written out."""
    found = parts(note)
    return {block: plain(found.get(part, "")) for block, part in FROM.items()}


def plain(text: str) -> str:
    """Write out abbreviations. Nothing else is changed: the clinician reads and edits it before anybody else does."""
    return _pattern().sub(lambda match: _words()[match[0].casefold()], text)


@cache
def _words() -> dict[str, str]:
    """Of every language: an abbreviation that means different things in two of them stands in none."""
    kept: dict[str, dict[str, str]] = tomllib.loads(PLAIN.read_text(encoding="utf-8"))
    return {short.casefold(): words for language in LANGUAGES for short, words in kept[language].items()}


@cache
def _pattern() -> re.Pattern[str]:
    shorts = sorted(_words(), key=len, reverse=True)
    return re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, shorts)) + r")(?![\w])", re.IGNORECASE)
