"""The pseudo-language `qps`: English in disguise, so that a text which nobody translates is seen at once."""

import re

PSEUDO = "qps"
OPEN, CLOSE = "⟦", "⟧"

_DISGUISE = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "åƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ",
)
_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")


def disguise(text: str) -> str:
    """Each letter accented, about 40 % longer, in brackets; placeholders are kept."""
    parts = _PLACEHOLDER.split(text)
    disguised = "".join(part if part.startswith("{") else part.translate(_DISGUISE) for part in parts)
    letters = sum(len(part) for part in parts if not part.startswith("{"))
    return f"{OPEN}{disguised}{' ~' * max(1, round(letters * 0.2))}{CLOSE}"
