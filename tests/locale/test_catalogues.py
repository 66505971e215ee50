"""Every text of the product is translated, whole and alive. Mend it with: python -m webapp.locale SLICE."""

import ast
from pathlib import Path

import pytest

from webapp.locale.catalogue import Entry, entries, read
from webapp.locale.extraction import Found, extract, slices
from webapp.locale.spoken import FOLDER, LANGUAGES
from webapp.locale.writing import merge, problems, write

SLICES = slices()


def test_the_extractor_still_sees_the_product() -> None:
    assert {"look"} <= set(SLICES)
    assert len(SLICES["look"].texts) >= 45


@pytest.mark.parametrize("name", sorted(SLICES))
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated(name: str, language: str) -> None:
    said = problems(FOLDER / language / f"{name}.po", SLICES[name].texts)
    assert not said, "\n".join(said)


def test_one_text_has_one_translation() -> None:
    """All slices share one catalogue at run time, so two translations would hide each other."""
    for language in LANGUAGES[1:]:
        known: dict[str, set[object]] = {}
        for path in (FOLDER / language).glob("*.po"):
            words = read(path)
            for text, translated in [*words.single.items(), *words.plural.items()]:
                known.setdefault(f"{type(translated).__name__} {text}", set()).add(translated)
        assert {text: found for text, found in known.items() if len(found) > 1} == {}


def test_no_text_is_put_together() -> None:
    faults = [fault for found in SLICES.values() for fault in found.faults]
    assert not faults, "\n".join(faults)


def test_no_catalogue_is_left_without_a_slice() -> None:
    kept = {path.stem for language in LANGUAGES[1:] for path in (FOLDER / language).glob("*.po")}
    assert kept <= set(SLICES)


def found_in(tmp_path: Path, name: str, source: str) -> Found:
    path, found = tmp_path / name, Found()
    path.write_text(source, encoding="utf-8")
    extract(path, name, found)
    return found


def test_python_is_read(tmp_path: Path) -> None:
    source = '_("One"); N_("Two"); ngettext("{n} day", "{n} days", 3); Invalid("name", "Three"); _(label)'
    found = found_in(tmp_path, "a.py", source)
    assert [text.one for text in found.texts] == ["One", "Two", "{n} day", "Three"]
    assert found.texts[2].many == "{n} days"
    assert not found.faults


def test_javascript_and_templates_are_read(tmp_path: Path) -> None:
    script = found_in(tmp_path, "a.js", 't("Join"); tn("{n} person", "{n} people", n); s("no");')
    assert [(text.one, text.many) for text in script.texts] == [("Join", None), ("{n} person", "{n} people")]
    page = found_in(tmp_path, "a.html", '{{ _("Join") }}{{ ngettext("{n} a", "{n} b", 2) }}')
    assert [(text.one, text.many) for text in page.texts] == [("Join", None), ("{n} a", "{n} b")]


@pytest.mark.parametrize("call", ['_(f"Hello {name}")', '_("Hello " + name)', '_("Hello {}".format(name))'])
def test_a_text_that_is_put_together_is_a_fault(tmp_path: Path, call: str) -> None:
    found = found_in(tmp_path, "a.py", call)
    assert len(found.faults) == 1
    assert ast.parse(call)


def test_a_merge_keeps_translations_and_drops_the_dead(tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    old = found_in(tmp_path, "a.py", '_("Stay"); _("Go"); ngettext("{n} day", "{n} days", 1)').texts
    translated = [
        Entry(one="Stay", many=None, texts=('Se "queda"\n',), fuzzy=False, places=()),
        Entry(one="Go", many=None, texts=("Se va",), fuzzy=False, places=()),
        Entry(one="{n} day", many="{n} days", texts=("{n} día", "{n} días"), fuzzy=False, places=()),
    ]
    write(path, "es", merge(translated, old))
    new = found_in(tmp_path, "a.py", '_("Stay"); _("Fresh"); ngettext("{n} day", "{n} days", 1)').texts
    assert sorted(problems(path, new)) == ["a.po: dead: 'Go'", "a.po: untranslated: 'Fresh' (a.py)"]
    write(path, "es", merge(entries(path), new))
    assert problems(path, new) == ["a.po: untranslated: 'Fresh' (a.py)"]
    words = read(path)
    assert words.single == {"Stay": 'Se "queda"\n'}
    assert words.plural == {"{n} day": ("{n} día", "{n} días")}


def test_differing_placeholders_and_fuzzy_entries_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    sources = found_in(tmp_path, "a.py", '_("Hello {name}"); _("Bye")').texts
    bad = [
        Entry(one="Hello {name}", many=None, texts=("Hola {nombre}",), fuzzy=False, places=()),
        Entry(one="Bye", many=None, texts=("Adiós",), fuzzy=True, places=()),
    ]
    write(path, "es", bad)
    said = problems(path, sources)
    assert any("placeholders differ" in line for line in said)
    assert any("fuzzy" in line for line in said)
    assert read(path).single == {"Hello {name}": "Hola {nombre}"}
