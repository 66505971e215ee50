"""Two texts that grew from one: nothing that somebody wrote is lost, and marks stand only where they are needed."""

import os
import random
import time

from webapp.records.merging import COMPARED_AT_MOST, marked, merge

NAMES = ("Elena", "Tom")
BASE = "Throat.\nPlan.\nSafety."


def joined(base: str | None, first: str, second: str) -> tuple[str, int]:
    made = merge(base, first, second, names=NAMES)
    return made.text, made.clashes


def test_different_paragraphs_are_joined_without_a_word() -> None:
    text, clashes = joined(BASE, "Throat red.\nPlan.\nSafety.", "Throat.\nPlan.\nSafety net given.")
    assert (text, clashes) == ("Throat red.\nPlan.\nSafety net given.", 0)
    assert not marked(text)


def test_neighbours_are_no_clash() -> None:
    assert joined(BASE, "Throat red.\nPlan.\nSafety.", "Throat.\nPlan: rest.\nSafety.") == (
        "Throat red.\nPlan: rest.\nSafety.",
        0,
    )


def test_one_paragraph_changed_by_both_stands_twice_between_marks() -> None:
    text, clashes = joined(BASE, "Throat.\nPlan: rest.\nSafety.", "Throat.\nPlan: fluids.\nSafety.")
    assert clashes == 1
    assert text.split("\n") == [
        "Throat.",
        "⟪ 1 · Elena ⟫",
        "Plan: rest.",
        "⟪ 2 · Tom ⟫",
        "Plan: fluids.",
        "⟪ ⟫",
        "Safety.",
    ]
    assert marked(text)


def test_who_types_on_in_their_version_meets_no_second_clash() -> None:
    clashed, _ = joined("P", "P one", "P two")
    on, clashes = joined("P one", clashed, "P one and more")
    assert clashes == 0 and "P one and more\n" in on and "P two" in on
    on, clashes = joined("P two", clashed, "P two and more")
    assert clashes == 0 and "P one\n" in on and "P two and more" in on


def test_the_same_change_by_both_stands_once() -> None:
    assert joined(BASE, "Throat red.\nPlan.\nSafety.", "Throat red.\nPlan.\nSafety.") == (
        "Throat red.\nPlan.\nSafety.",
        0,
    )
    assert joined("a\nb", "a1\nb1", "a1\nb") == ("a1\nb1", 0)


def test_what_both_add_in_one_place_follows_each_other() -> None:
    assert joined("a", "a\nmine", "a\nyours") == ("a\nmine\nyours", 0)
    assert joined("", "mine", "yours") == ("mine\nyours", 0)


def test_a_paragraph_that_one_removed_and_the_other_changed_stays() -> None:
    assert joined("a\nb\nc", "a\nc", "a\nb changed\nc") == ("a\nb changed\nc", 0)


def test_without_a_known_beginning_the_same_stands_once_and_the_rest_twice() -> None:
    text, clashes = joined(None, "a\nb\nc", "a\nx\nc")
    assert clashes == 1
    assert text.startswith("a\n") and text.endswith("\nc") and "b" in text and "x" in text


def test_every_word_of_both_is_there_whatever_they_did() -> None:
    seed = int(os.environ.get("FUZZ_SEED", random.randrange(2**32)))
    print(f"FUZZ_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(2000):
        base = [f"p{n}" for n in range(dice.randrange(6))]
        texts = [edited(base, who, dice) for who in ("one", "two")]
        made = merge("\n".join(base), *("\n".join(text) for text in texts), names=NAMES)
        for who, text in zip(("one", "two"), texts, strict=True):
            for line in text:
                if who in line:
                    assert line in made.text.split("\n"), (base, texts, made)
        assert made.clashes == 0 or marked(made.text)


def edited(base: list[str], who: str, dice: random.Random) -> list[str]:
    lines = list(base)
    for number in range(dice.randrange(4)):
        at = dice.randrange(len(lines) + 1)
        match dice.randrange(3):
            case 0:
                lines.insert(at, f"{who} adds {number}")
            case 1 if at < len(lines):
                lines[at] += f" {who} changes {number}"
            case 2 if at < len(lines) and who not in lines[at]:
                del lines[at]
    return lines


def test_a_text_of_empty_lines_takes_no_time() -> None:
    base, begun = "\n" * 49_000, time.process_time()
    made = merge(base, "x" + "\n" * 48_000 + "y", "z" + base, names=NAMES)
    assert "x" in made.text and "y" in made.text and "z" in made.text
    merge("\n".join("a" * COMPARED_AT_MOST), "\n".join("ab" * 190), "\n".join("ba" * 190), names=NAMES)
    assert time.process_time() - begun < 5
