import pytest

from webapp.look.marks import initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Anna Keller", "AK"),
        ("Dr Elena Ruiz", "ER"),
        ("Dra. Lucía Gómez Prieto", "LP"),
        ("José", "J"),
        ("  ", "?"),
        ("123", "?"),
        ("Dr", "D"),
        ("María de los Ángeles Fernández-Villaverde", "MV"),
        ("李 小龙", "李小"),
    ],
)
def test_initials_are_the_first_and_last_letters_of_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters
