import asyncio
import time

import pytest

from tests.loop import run
from webapp.locale import N_, _, best, catalog, language, languages, load, ngettext, speaking, use
from webapp.locale.catalogue import read
from webapp.locale.pseudo import disguise
from webapp.locale.spoken import FOLDER, LANGUAGES


def test_english_is_the_source() -> None:
    assert _("Sign out") == "Sign out"
    assert _("Wait {minutes} min and try again. Nothing is lost.", minutes=2).startswith("Wait 2 min")
    assert N_("Sign out") == "Sign out"
    assert _("") == ""


def test_spanish_is_spoken_within_its_block() -> None:
    with speaking("es"):
        assert language() == "es"
        assert _("Sign out") == "Cerrar sesión"
    assert _("Sign out") == "Sign out"


def test_a_text_without_translation_stays_english() -> None:
    with speaking("es"):
        assert _("this text is in no catalogue") == "this text is in no catalogue"


def test_a_plural_follows_the_number() -> None:
    assert [ngettext("{n} day", "{n} days", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    with speaking("es"):
        assert [ngettext("{n} day", "{n} days", n) for n in (1, 2)] == ["1 día", "2 días"]


def test_a_language_that_is_not_offered_means_english() -> None:
    with speaking("tlh"):
        assert language() == "en"
    with speaking("qps"):
        assert language() == "en"


def test_two_tasks_speak_their_own_language() -> None:
    async def speak(spoken: str) -> str:
        use(spoken)
        await asyncio.sleep(0)
        return _("Sign out")

    async def both() -> list[str]:
        return list(await asyncio.gather(speak("es"), speak("en")))

    assert run(both()) == ["Cerrar sesión", "Sign out"]


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("es-ES,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,es;q=0.9", "en"),
        ("de,es;q=0.4,en;q=0.6", "en"),
        ("de-DE", "en"),
        ("es;q=0", "en"),
        ("es;q=x, es;q=0.1", "es"),
        ("", "en"),
        (None, "en"),
        ("," * 10_000, "en"),
    ],
)
def test_the_browser_chooses_the_first_language(header: str | None, spoken: str) -> None:
    assert best(header, LANGUAGES) == spoken


def test_the_pseudo_language_is_there_only_when_asked_for() -> None:
    assert "qps" not in languages()
    load(pseudo=True)
    with speaking("qps"):
        assert _("Sign out {name}", name="Anna") == "⟦Šîĝñ öûţ Anna ~ ~⟧"
        assert catalog("qps", "look")["Sign out"] == disguise("Sign out")
    load()
    assert catalog("qps", "look") == {}


def test_a_disguised_text_is_longer_and_keeps_its_placeholders() -> None:
    text = "Find a patient or {kind} action"
    assert "{kind}" in disguise(text)
    assert len(disguise(text)) >= 1.35 * len(text)


def test_a_script_gets_the_words_of_its_slice() -> None:
    words = catalog("es", "look")
    assert words["Sign out"] == "Cerrar sesión"
    assert words["{n} day"] == ["{n} día", "{n} días"]
    assert catalog("en", "look") == {}
    assert catalog("es", "no such slice") == {}


def test_the_catalogues_load_fast() -> None:
    began = time.process_time()
    for path in sorted((FOLDER / "es").glob("*.po")):
        read(path)
    assert time.process_time() - began < 0.08
