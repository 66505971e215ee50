"""Templates, and the parts that a note is read as."""

import pytest

from webapp.locale import LANGUAGES
from webapp.records.outlines import WANTED, Part, heading, missing, outlines, parts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_five_templates(language: str) -> None:
    made = outlines(language)
    assert [outline.key for outline in made] == ["soap", "dap", "physiotherapy", "phone", "free"]
    assert made[-1].text == ""
    for outline in made[:-1]:
        assert set(WANTED) <= {part for part, _words in outline.headings}, outline.key
        assert missing(outline.text) == WANTED, "a heading with nothing below it is still missing"
        written = outline.text.replace(": ", ": something")
        assert set(parts(written)) == {part for part, _words in outline.headings}
    assert [heading(part, language) for part in Part]


def test_a_note_is_read_by_its_headings_in_any_language() -> None:
    found = parts(
        "Sore throat.\nA: viral\nPLAN: rest,\nfluids\n\nSeguimiento: en 3 días\nNot a heading: but part of it"
    )
    assert found == {
        Part.ASSESSMENT: "viral",
        Part.PLAN: "rest,\nfluids",
        Part.FOLLOW_UP: "en 3 días\nNot a heading: but part of it",
    }
    assert missing("Sore throat.\nA: viral\nPlan: rest") == (Part.FOLLOW_UP,)
    assert missing("Only words.") == WANTED


def test_marks_are_no_part_of_it() -> None:
    text = "✓ Consent to video: agreed (10:02)\n↺ Plan: rest\n⟪ 1 · Elena ⟫\n↺ fluids\n⟪ ⟫"
    assert parts(text) == {Part.PLAN: "rest\nfluids"}
