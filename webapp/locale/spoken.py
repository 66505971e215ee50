"""Translation of the words on the screen: one language per task, English as the source."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from webapp.locale.catalogue import Catalogue, read
from webapp.locale.pseudo import PSEUDO, disguise

LANGUAGES = ("en", "es")
FOLDER = Path(__file__).parent

_spoken: ContextVar[str] = ContextVar("language", default="en")
_offered: list[str] = list(LANGUAGES)


def _(text: str, /, **values: object) -> str:
    """Text in the current language; `values` fill its `{placeholders}`.

    The text is a literal, or a name that holds a literal marked with `N_`: the extractor reads the source.
    """
    if not text:
        return ""
    spoken = _spoken.get()
    if spoken != "en":
        text = disguise(text) if spoken == PSEUDO else _catalogue(spoken).single.get(text, text)
    return text.format(**values) if values else text


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """The singular or plural form for `n`, which fills `{n}`; `values` fill the other placeholders."""
    spoken = _spoken.get()
    forms: tuple[str, str] = (one, many)
    if spoken == PSEUDO:
        forms = (disguise(one), disguise(many))
    elif spoken != "en":
        forms = _catalogue(spoken).plural.get(one, forms)
    text = forms[0] if n == 1 else forms[1]
    return text.format(**{"n": n, **values}) if values or "{n}" in text else text


def N_(text: str, /) -> str:  # noqa: N802
    """Mark a literal for the catalogue; `_` translates it later, when the reader is known."""
    return text


def use(language: str) -> None:
    """Speak this language in the current task from now on; a language that is not offered means English."""
    _spoken.set(language if language in _offered else "en")


def language() -> str:
    """The language of the current task: 'en', 'es', or 'qps' where that is enabled."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language within the block."""
    token = _spoken.set(language if language in _offered else "en")
    try:
        yield
    finally:
        _spoken.reset(token)


def load(*, pseudo: bool = False) -> None:
    """Read every catalogue now rather than at the first word.

    `pseudo` also offers the test language "qps"."""
    _offered[:] = [*LANGUAGES, PSEUDO] if pseudo else LANGUAGES
    for spoken in LANGUAGES:
        _catalogue(spoken)


def languages() -> tuple[str, ...]:
    """The languages that `use` accepts."""
    return tuple(_offered)


def best(accept_language: str | None, allowed: Sequence[str] = LANGUAGES) -> str:
    """The allowed language that an Accept-Language header likes most; else the first one allowed."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept_language or "")[:400].split(",")):
        tag, _semicolon, weight = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if primary in allowed and quality > 0:
            ranked.append((-quality, place, primary))
    return min(ranked)[2] if ranked else allowed[0]


def catalog(language: str, slice: str, *, places: str = "") -> dict[str, str | list[str]]:
    """The words of one slice for a page's own JavaScript: text -> text, and singular -> [one, many].

    English is the source and therefore empty. places: only what stands in files whose path begins so.
    """
    if language == "en" or language not in _offered:
        return {}
    source = "es" if language == PSEUDO else language
    words = read(FOLDER / source / f"{slice}.po", places=places)
    if language == PSEUDO:
        return {
            **{text: disguise(text) for text in words.single},
            **{one: [disguise(one), disguise(many)] for one, many in words.pairs.items()},
        }
    return {**words.single, **{one: list(forms) for one, forms in words.plural.items()}}


@cache
def _catalogue(language: str) -> Catalogue:
    words = Catalogue()
    for path in sorted((FOLDER / language).glob("*.po")):
        words.update(read(path))
    return words
