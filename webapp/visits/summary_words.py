"""The blocks of an after-visit summary: drafted from the note, in plain words."""

import re
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path

from webapp.locale import N_
from webapp.records.outlines import Part, language_of, parts

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


def drafted(note: str, usual: str) -> dict[Block, str]:
    """What the note says for each block, as a sentence, its abbreviations that have one meaning only written out.

    usual: the language that its writer works in, for a note whose headings do not tell its language.
    """
    found, language = parts(note), language_of(note, usual)
    return {block: sentence(plain(found.get(part, ""), language)) for block, part in FROM.items()}


def sentence(text: str) -> str:
    """Begun with a capital, unless the first word has its own spelling ("pH", "2 tablets")."""
    first = text.split(maxsplit=1)[0].rstrip(".,;:!?") if text.strip() else ""
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def plain(text: str, language: str) -> str:
    """Write out this language's abbreviations. Nothing else is changed: the clinician reads it before anybody else."""
    words = _words().get(language, {})
    return _pattern(language).sub(lambda match: words[match[0].casefold()], text) if words else text


@cache
def _words() -> dict[str, dict[str, str]]:
    """By language. The same letters may mean something else in another one, so none borrows from it."""
    kept: dict[str, dict[str, str]] = tomllib.loads(PLAIN.read_text(encoding="utf-8"))
    return {
        language: {short.casefold(): words for short, words in table.items()}
        for language, table in kept.items()
    }


@cache
def _pattern(language: str) -> re.Pattern[str]:
    shorts = sorted(_words()[language], key=len, reverse=True)
    return re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, shorts)) + r")(?![\w])", re.IGNORECASE)
