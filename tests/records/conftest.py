"""Notes to write in, of the practice that is being served."""

from collections.abc import Callable
from itertools import count

import pytest

from tests.live import Live

_encounters = count(1)
NewNote = Callable[..., str]


@pytest.fixture
def new_note(live: Live) -> NewNote:
    """new_note(text="", patient_id=Anna's) -> the encounter of a new draft of Elena's."""
    elena, records = live.actors["elena"], live.built.records

    def made(text: str = "", patient_id: str = live.anna.id) -> str:
        encounter = f"encounter-{next(_encounters)}"
        begin = lambda: records.open_note_within(elena, encounter_id=encounter, patient_id=patient_id)  # noqa: E731
        live.call(live.store.write(begin))
        if text:
            live.call(records.save_draft(elena, encounter, text, base=0))
        return encounter

    return made
