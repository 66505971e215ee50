"""A signed note: every way that writes in a note is refused, by whoever tries; what is added stands beside it."""

import contextlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.cast import Cast
from webapp.access import Refused
from webapp.records.model import Note

SIGNED = "Knee better. Go on with the exercises."
READS = {"standing_within", "saves_within"}
BEGINS = "open_note_within"  # where there is one, it leaves it as it is


def ways(cast: Cast) -> dict[str, Callable[..., Any]]:
    """Every step that the slices above may take within their own transaction, found by its name."""
    found = inspect.getmembers(cast.records, inspect.ismethod)
    return {name: way for name, way in found if name.endswith("_within") and name not in READS}


@pytest.fixture
def signed(cast: Cast) -> Cast:
    def work() -> None:
        cast.records.open_note_within(cast.elena, encounter_id="visit", patient_id=cast.anna.id)
        cast.records.add_within(cast.elena, "visit", SIGNED)
        cast.records.sign_within(cast.elena, "visit")

    cast.run(cast.people.share(cast.elena, cast.anna.id, cast.tom.id))
    cast.run(cast.store.write(work))
    return cast


def stands(cast: Cast) -> tuple[object, ...]:
    def row() -> tuple[object, ...]:
        note = Note.get(Note.encounter_id == "visit")
        return note.text, note.version, note.state, note.seal, note.signed_at

    return cast.run(cast.store.read(row))


def test_every_way_to_write_in_it_is_refused(signed: Cast) -> None:
    cast, before, refused = signed, stands(signed), 0
    given = {"line": "Added later.", "text": "Added later.", "version": None, "patient_id": cast.anna.id}
    for name, way in ways(cast).items():
        for actor in (cast.elena, cast.tom, cast.alma, cast.ada, cast.charlie):
            wanted = set(inspect.signature(way).parameters) - {"actor", "encounter_id"}
            arguments = {"encounter_id": "visit", **{key: given[key] for key in wanted}}
            with pytest.raises(Refused) if name != BEGINS else _nothing():
                cast.run(cast.store.write(partial(way, actor, **arguments)))
            refused += 1
    for actor in (cast.elena, cast.tom, cast.alma, cast.ada, cast.charlie):
        for base in (0, 1, 99):
            with pytest.raises(Refused):
                cast.run(cast.records.save_draft(actor, "visit", "Rewritten.", base=base, save_id=f"s{base}"))
            refused += 1
    print(f"\nways into a signed note: {refused} refused, by {sorted(ways(cast))} and save_draft")
    assert stands(cast) == before
    assert refused >= 40


def test_only_who_treats_the_patient_adds_beside_it(signed: Cast) -> None:
    cast, before = signed, stands(signed)
    for actor in (cast.alma, cast.ada, cast.charlie):
        with pytest.raises(Refused):
            cast.run(cast.records.amend(actor, "visit", "Left knee."))
    for actor in (cast.elena, cast.tom):
        cast.run(cast.records.amend(actor, "visit", "Left knee."))
    assert stands(cast) == before
    note = cast.run(cast.records.note(cast.elena, "visit"))
    assert note is not None
    assert [amendment.text for amendment in note.amendments] == ["Left knee."] * 2


def _nothing() -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()
