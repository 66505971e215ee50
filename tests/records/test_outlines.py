"""Templates, and the parts that a note is read as."""

import pytest

from webapp.locale import LANGUAGES
from webapp.records.outlines import WANTED, Part, heading, language_of, missing, outlines, parts


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


def test_a_note_on_one_line_has_parts_too() -> None:
    found = parts("Sore throat; Assessment: well. Plan: rest. Follow-up: none.")
    assert found == {Part.ASSESSMENT: "well.", Part.PLAN: "rest.", Part.FOLLOW_UP: "none."}
    assert parts("PLAN: rest. F/U: in a week") == {Part.PLAN: "rest.", Part.FOLLOW_UP: "in a week"}
    assert parts("A: viral. P: rest") == {Part.ASSESSMENT: "viral.", Part.PLAN: "rest"}
    assert parts("Assessment: low vit. D: 30 ng/ml") == {Part.ASSESSMENT: "low vit. D: 30 ng/ml"}
    assert parts("Plan: see the next plan: rest") == {Part.PLAN: "see the next plan: rest"}
    assert language_of("Valoración: bien. Plan: reposo.", "en") == "es"


def test_marks_are_no_part_of_it() -> None:
    text = "✓ Consent to video: agreed (10:02)\n↺ Plan: rest\n⟪ 1 · Elena ⟫\n↺ fluids\n⟪ ⟫"
    assert parts(text) == {Part.PLAN: "rest\nfluids"}
