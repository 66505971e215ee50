"""Bring a .po file in line with the source: new texts come in, dead ones go, translations stay."""

import json
from collections.abc import Iterable
from pathlib import Path

from webapp.locale.catalogue import Entry, entries
from webapp.locale.extraction import Source, placeholders

_HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def merge(known: Iterable[Entry], sources: Iterable[Source]) -> list[Entry]:
    """The entries that the sources need, in alphabetical order, each with the translation that is known."""
    translated = {(entry.one, entry.many): entry for entry in known}
    places: dict[tuple[str, str | None], set[str]] = {}
    for source in sources:
        places.setdefault((source.one, source.many), set()).add(source.place)
    merged = []
    for (one, many), found_in in places.items():
        before = translated.get((one, many))
        untranslated = ("",) if many is None else ("", "")
        merged.append(
            Entry(
                one=one,
                many=many,
                texts=before.texts if before else untranslated,
                fuzzy=before.fuzzy if before else False,
                places=tuple(sorted(found_in)),
            )
        )
    return sorted(merged, key=lambda entry: (entry.one.casefold(), entry.one))


def write(path: Path, language: str, merged: Iterable[Entry]) -> None:
    """Write a .po file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = [_HEADER.format(language=language), *(_block(entry) for entry in merged)]
    path.write_text("\n".join(blocks), encoding="utf-8")


def problems(path: Path, sources: Iterable[Source]) -> list[str]:
    """What keeps a .po file from being whole: untranslated, fuzzy and dead entries, differing placeholders."""
    known = {(entry.one, entry.many): entry for entry in entries(path)}
    needed = {(source.one, source.many): source.place for source in sources}
    said = [f"{path.name}: dead: {one!r}" for one, many in known if (one, many) not in needed]
    for key, place in needed.items():
        entry = known.get(key)
        if entry is None or not all(entry.texts) or len(entry.texts) != (1 if key[1] is None else 2):
            said.append(f"{path.name}: untranslated: {key[0]!r} ({place})")
            continue
        if entry.fuzzy:
            said.append(f"{path.name}: fuzzy: {key[0]!r}")
        wanted = placeholders(key[1] or key[0])
        # A singular may say "one" in words, so it may leave placeholders out, never add any.
        wrong = [text for text in entry.texts[-1:] if placeholders(text) != wanted]
        wrong += [text for text in entry.texts[:-1] if not placeholders(text) <= wanted]
        said += [f"{path.name}: placeholders differ: {key[0]!r} and {text!r}" for text in wrong]
    return said


def _block(entry: Entry) -> str:
    lines = [f"#: {' '.join(entry.places)}"] if entry.places else []
    if entry.fuzzy:
        lines.append("#, fuzzy")
    lines.append(f"msgid {_quote(entry.one)}")
    if entry.many is None:
        lines.append(f"msgstr {_quote(entry.texts[0])}")
    else:
        lines.append(f"msgid_plural {_quote(entry.many)}")
        lines += [f"msgstr[{number}] {_quote(text)}" for number, text in enumerate(entry.texts)]
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
