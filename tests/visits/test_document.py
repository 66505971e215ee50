"""The call shell's scripts in the reader's language, and what they weigh."""

import re

import pytest
from starlette.requests import Request

from tests.cast import Cast
from webapp.locale import LANGUAGES, catalog, speaking
from webapp.people.practice import Practice
from webapp.visits.document import FOLDER, TEXT, Shell, Words, lean, worded

WORDS: Words = {"Leave": "Salir", "{n} person": ["{n} persona", "{n} personas"]}


@pytest.fixture
def shell(cast: Cast) -> Shell:
    return Shell(
        Practice(cast.store, name="Test practice", phone="91 555 01 23", emergency="112", demo=False)
    )


def test_each_text_is_put_in_the_place_of_the_english_one() -> None:
    script = b"say(t('Leave')); tn('{n} person', '{n} people', n); t('Not \"known\"'); count('Leave');"
    assert worded(script, WORDS).decode() == (
        'say(t("Salir")); tn("{n} persona", "{n} personas", n); t("Not \\"known\\""); count(\'Leave\');'
    )


def test_no_text_of_the_shell_is_missed() -> None:
    texts = 0
    for path in FOLDER.glob("*.js"):
        script = lean(path).decode()
        if path.name != "text.js":
            texts += len(TEXT.findall(script))
            assert not re.search(r"\btn?\(", re.sub(TEXT, "", script)), path.name
    assert texts >= len(catalog("es", "visits", places="visits/shell/")) > 400


def test_a_script_speaks_the_language_of_its_address(shell: Shell) -> None:
    """Whatever the browser that asks for it prefers: it is kept for ever."""
    for told, asking in (("en", "es"), ("es", "en")):
        with speaking(told):
            name, _, version = shell.asset("closing.js").rpartition("/")[2].partition("?v=")
        with speaking(asking):
            answer = shell.file(
                Request({"type": "http", "query_string": f"v={version}".encode(), "headers": []}), name
            )
        assert "immutable" in answer.headers["Cache-Control"]
        returning = "Return to the visit" if told == "en" else catalog("es", "visits")["Return to the visit"]
        assert f't("{returning}")' in bytes(answer.body).decode()


def test_the_whole_page_is_light_in_each_language(shell: Shell) -> None:
    for side in ("patient", "clinician"):
        for language in LANGUAGES:
            with speaking(language):
                body = bytes(shell.document(side, "v" * 26).body).decode()
            assert "catalog" not in body
            print(f"\n{side}, {language}: {len(body)} bytes of document")
            assert len(body) < 6_000
