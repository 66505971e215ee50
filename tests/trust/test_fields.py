"""What is sent beside what was asked for changes nothing, and no text changes the meaning of a search."""

import os

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.cast import Cast
from tests.forms import form
from tests.live import Live
from tests.loop import run
from tests.trust.stage import Staged, staged
from webapp.people.service import NewPatient

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
CASES = form(500, 5000)
TEMPTING = [
    "role",
    "roles",
    "state",
    "patient_id",
    "clinician_id",
    "admitted",
    "signed_at",
    "kind",
    "price",
    "seat",
]
VALUES = st.one_of(
    st.booleans(), st.integers(-5, 5), st.text(max_size=20), st.sampled_from(["clinician", "admitted"])
)
EXTRA = st.dictionaries(
    st.one_of(st.sampled_from(TEMPTING), st.text(max_size=12)), VALUES, min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, "Field edits")


def test_keys_that_a_patient_adds_change_nothing(live: Live, visit: Staged) -> None:
    """A patient's own requests with keys that nobody asked for: the visit, the note and the accounts stay."""
    print(f"\nFUZZ_SEED={SEED}")
    path, _, token = visit.link.partition("#")
    before = snapshot(live, visit)
    tried = 0

    with live.visitor() as client:

        @seed(SEED)
        @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(EXTRA)
        def attempt(extra: dict[str, object]) -> None:
            nonlocal tried
            tried += 1
            if tried % 150 == 0:
                live.clock.push(seconds=11)  # past the limit of a stranger's requests
            answer = client.post(f"{path}/look", json={**extra, "token": token})
            assert answer.status_code in (200, 422, 503)

        attempt()
    assert snapshot(live, visit) == before
    print(f"extra keys tried: {tried}")
    assert tried >= CASES


def snapshot(live: Live, visit: Staged) -> object:
    elena = live.actors["elena"]
    note = live.call(live.built.records.note(elena, visit.visit_id))
    shown = live.call(live.built.visits.visit(elena, visit.visit_id))
    chart = live.call(live.built.charts.chart(elena, visit.patient.id))
    accounts = live.call(live.built.accounts.all(live.actors["ada"]))
    return note, shown.state, [(seat.id, seat.kind, seat.revoked) for seat in shown.seats], chart, accounts


PAYLOADS = [
    "' OR '1'='1",
    "'; DROP TABLE patient; --",
    '" OR 1=1 --',
    "%",
    "_",
    "%%",
    "\\",
    "a' UNION SELECT password_hash FROM account --",
    "1); DELETE FROM audit; --",
    "*",
    "NEAR(",
    "\x00",
    "\u202e",
    "a" * 5000,
    "''",
    "/**/",
    "0x27",
    "ORDER BY 1",
    "LIMIT 999999",
    "ＯＲ",
]


def test_no_text_changes_the_meaning_of_a_search(cast: Cast) -> None:
    async def story() -> int:
        await cast.people.add_patient(cast.tom, NewPatient(name="Somebody Else"))
        tried = 0
        for payload in PAYLOADS:
            for around in (
                "{}",
                "an{}",
                "{}an",
                "anna {}",
                "{} keller",
                " {} ",
                "{}{}",
                "é{}",
                "{}'",
                "({})",
            ):
                found = await cast.people.find(cast.elena, around.replace("{}", payload))
                assert {patient.name for patient in found} <= {"Anna Keller"}
                tried += 1
        return tried

    tried = run(story())
    print(f"\nsearches tried: {tried}")
    assert tried >= 200
