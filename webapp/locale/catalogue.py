"""A gettext catalogue in memory."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of a .po file; `texts` holds one translation, or one per plural form."""

    one: str
    many: str | None
    texts: tuple[str, ...]
    fuzzy: bool
    places: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """Translations by their English text. Untranslated and fuzzy entries are left out, so English shows."""

    single: dict[str, str] = field(default_factory=dict)
    plural: dict[str, tuple[str, str]] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)

    def update(self, other: "Catalogue") -> None:
        """Add the words of another catalogue."""
        self.single.update(other.single)
        self.plural.update(other.plural)
        self.pairs.update(other.pairs)


def read(path: Path, *, places: str = "") -> Catalogue:
    """The usable translations of one .po file; a missing file is an empty catalogue.

    places: only those of files whose path begins so.
    """
    words = Catalogue()
    for entry in entries(path):
        if not any(place.startswith(places) for place in entry.places or ("",)):
            continue
        if entry.many is not None:
            words.pairs[entry.one] = entry.many
        if entry.fuzzy or not all(entry.texts):
            continue
        if entry.many is None:
            words.single[entry.one] = entry.texts[0]
        elif len(entry.texts) == 2:
            words.plural[entry.one] = (entry.texts[0], entry.texts[1])
    return words


def entries(path: Path) -> Iterator[Entry]:
    """Every message of a .po file but its header, in order. Dead entries (`#~`) are skipped."""
    if not path.exists():
        return
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry = _entry(block)
        if entry is not None and entry.one:
            yield entry


def _entry(block: str) -> Entry | None:
    strings: dict[str, str] = {}
    places: list[str] = []
    fuzzy = False
    key = ""
    for line in block.splitlines():
        if line.startswith('"') and key:
            strings[key] += _unquote(line)
        elif line.startswith("msg"):
            key, _space, quoted = line.partition(" ")
            strings[key] = _unquote(quoted)
        elif line.startswith("#:"):
            places += line[2:].split()
        elif line.startswith("#,"):
            fuzzy = fuzzy or "fuzzy" in line
    if "msgid" not in strings:
        return None
    texts = [text for name, text in sorted(strings.items()) if name.startswith("msgstr")]
    return Entry(
        one=strings["msgid"],
        many=strings.get("msgid_plural"),
        texts=tuple(texts),
        fuzzy=fuzzy,
        places=tuple(places),
    )


def _unquote(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted.strip()[1:-1]
    return str(ast.literal_eval(quoted.strip()))
