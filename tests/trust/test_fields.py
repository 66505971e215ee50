"""What is sent beside what was asked for changes nothing, and no text changes the meaning of a search."""

import contextlib
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from nicegui import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tests.cast import Cast
from tests.forms import form
from tests.live import Live
from tests.loop import run
from tests.trust.stage import Staged, staged
from tests.trust.surface import addresses
from webapp.guard import Kind
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


def test_keys_that_a_patient_adds_to_a_request_change_nothing(live: Live, visit: Staged) -> None:
    """Every address that the patient's page writes to, with keys that nobody asked for, in body and query."""
    print(f"\nFUZZ_SEED={SEED}")
    path, _, token = visit.link.partition("#")
    past = f"/join/{visit.past_id}"
    edits: list[tuple[str, dict[str, object]]] = [
        (f"{path}/look", {"token": token}),
        (f"{path}/photos", {"key": "k" * 32, "size": 9, "site": "knee", "side": "left"}),
        (f"{path}/photos/{visit.ids['upload_id']}/finish", {"sha256": "0" * 64}),
        (f"{past}/feedback", {"worked": "yes", "helped": "yes"}),
        (f"{past}/summary", {"code": "000000"}),
        ("/language", {"language": "en"}),
    ]
    before = snapshot(live, visit)
    tried: Counter[str] = Counter()

    with live.visitor(cookies=dict(visit.seats)) as client:

        @seed(SEED)
        @settings(
            max_examples=CASES // 2, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(EXTRA, st.sampled_from(edits))
        def attempt(extra: dict[str, object], edit: tuple[str, dict[str, object]]) -> None:
            address, own = edit
            tried[address.rpartition("/")[2]] += 1
            if tried.total() % 5 == 0:
                live.clock.push(seconds=0.5)  # past what a stranger may ask
            forms = address.endswith(("feedback", "summary", "language"))
            sent = {"data": {**_texts(extra), **own}} if forms else {"json": {**extra, **own}}
            query = {
                key: value for key, value in _texts(extra).items() if key.isascii() and key.isidentifier()
            }
            answer = client.post(address, params=query, **sent)  # type: ignore[arg-type]
            assert answer.status_code in (200, 303, 404, 409, 422, 429, 503), (
                f"{address}: {answer.status_code}"
            )

        attempt()
    assert snapshot(live, visit) == before
    print(f"requests with extra keys: {dict(tried)}")
    assert tried.total() >= CASES // 2
    assert len(tried) == len(edits)


def _texts(extra: dict[str, object]) -> dict[str, str]:
    return {key: str(value).encode(errors="replace").decode() for key, value in extra.items()}


def test_keys_that_a_patient_adds_to_a_message_change_nothing(live: Live, visit: Staged) -> None:
    """Over the visit's socket: what a seat may say, with more in it, and what it may not say at all."""
    print(f"\nFUZZ_SEED={SEED}")
    chance = random.Random(SEED)
    messages: list[dict[str, object]] = [
        {"t": "media", "camera": True, "microphone": True},
        {"t": "owes", "photos": 1, "files": 1},
        {"t": "device", "camera": "ok", "microphone": "ok", "browser": "Safari"},
        {"t": "ping"},
        {"t": "admit", "seat": visit.seat_id},
        {"t": "remove", "id": "r1", "seat": visit.seat_id},
        {"t": "finish", "id": "f1"},
        {"t": "invite", "id": "i1", "name": "A friend", "role": "relative"},
        {"t": "photo-ask", "site": "knee", "side": "left"},
        {"t": "step", "with": visit.seat_id, "step": 1},
    ]
    before = snapshot(live, visit)

    async def story() -> int:
        said = 0
        while said < CASES // 2:
            async with seated(live, visit) as socket:
                with contextlib.suppress(ConnectionClosed):  # too much that is not for a seat closes it
                    for _ in range(10):
                        extra = {chance.choice(TEMPTING): chance.choice(TEMPTED) for _ in range(3)}
                        await socket.send(json.dumps({**extra, **chance.choice(messages)}))
                        said += 1
                    await socket.send(json.dumps({"t": "ping"}))
                    while json.loads(await socket.recv())["t"] != "pong":
                        pass
            live.clock.push(seconds=2)
        return said

    said = run(story())
    assert snapshot(live, visit) == before
    print(f"messages with extra keys: {said}")
    assert said >= CASES // 2


TEMPTED: list[object] = [
    "clinician",
    "admitted",
    "signed",
    True,
    1,
    None,
    ["clinician"],
    {"role": "clinician"},
]


@contextlib.asynccontextmanager
async def seated(live: Live, visit: Staged) -> AsyncIterator[ClientConnection]:
    """The patient's own socket, greeted."""
    address = live.url.replace("http", "ws") + f"/join/{visit.visit_id}/socket"
    cookie = "; ".join(f"{name}={value}" for name, value in visit.seats.items())
    async with connect(address, origin=Origin(live.url), additional_headers={"Cookie": cookie}) as socket:
        await socket.send(json.dumps({"t": "hello", "instance": "page", "epoch": None, "last": 0}))
        assert json.loads(await socket.recv())["t"] == "welcome"
        yield socket


def snapshot(live: Live, visit: Staged) -> object:
    elena = live.actors["elena"]
    found = []
    for visit_id in (visit.visit_id, visit.past_id):
        shown = live.call(live.built.visits.visit(elena, visit_id))
        seats = sorted((seat.id, seat.kind, seat.name, seat.revoked, seat.admitted) for seat in shown.seats)
        found += [live.call(live.built.records.note(elena, visit_id)), shown.state, seats]
    summary = live.call(live.built.visits.summaries.summary(elena, visit.past_id))
    chart = live.call(live.built.charts.chart(elena, visit.patient.id))
    patient = live.call(live.built.people.patient(elena, visit.patient.id))
    accounts = live.call(live.built.accounts.all(live.actors["ada"]))
    return found, summary.blocks, chart, patient, accounts


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


def test_no_query_changes_what_a_page_shows(live: Live) -> None:
    """Every address that staff may ask, with payloads as the values of sort, filter and search, and of its own keys."""
    other = live.call(live.built.people.add_patient(live.actors["tom"], NewPatient(name="Nobodys Business")))
    keys, tried = ("sort", "_sort", "order", "filter", "q", "add", "edit", "done", "start", "bytes"), 0
    with live.visitor(live.actors["elena"]) as client:
        for address in addresses(live.built.inner.routes):
            staff = address.policy is not None and address.policy.kind is Kind.STAFF
            if address.socket or not staff or "{" in address.path or "GET" not in address.methods:
                continue
            for payload in PAYLOADS:
                answer = client.get(address.path, params=dict.fromkeys(keys, payload))
                assert answer.status_code in (200, 303, 404, 422), f"{address.path}: {payload[:20]!r}"
                assert other.name not in answer.text
                assert "syntax error" not in answer.text
                tried += 1
            built = [one for one in Client.instances.values() if not one.has_socket_connection]
            live.call(_forgotten(built))
    print(f"\nqueries tried: {tried}")
    assert tried >= 8 * len(PAYLOADS)


async def _forgotten(clients: list[Client]) -> None:
    for client in clients:
        client.delete()


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
