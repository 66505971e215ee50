"""The tables of defences describe the code as it is; `make defences` turns each of them off."""

from tests.defences import defences

FLOOR = 210
ROWS = {*range(24), 27, 29, 32, 34, *range(46, 51)}  # of the trust tests' list; 0 is the lock itself


def test_every_entry_names_a_defence_and_a_test_that_are_there() -> None:
    found = defences()
    assert not [problem for defence in found if (problem := defence.problem())]
    names = [defence.name for defence in found]
    assert len(names) == len(set(names))
    rows = {row for defence in found for row in defence.row}
    print(f"\ndefences: {len(found)} for {len(rows)} rows")
    assert rows >= ROWS
    assert len(found) >= FLOOR
