"""Guests of a visit, by role: what a relative, an interpreter and a colleague may do, and that nothing else leaks."""

import dataclasses
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.live import Live
from tests.trust.stage import Staged, staged
from tests.trust.surface import addresses
from tests.trust.test_services import allowed, methods, prepare
from tests.visits.conftest import Stage
from tests.visits.conftest import stage as visit_stage
from tests.visits.test_attachments import PDF, attachments
from tests.visits.test_service import METHODS
from webapp.access import Actor, Invalid, Refused, State
from webapp.guard import Kind as Cookie
from webapp.visits.views import Invitation, Kind

stage = visit_stage
ROLES = [Kind.RELATIVE, Kind.INTERPRETER, Kind.COLLEAGUE]
# What whoever sits in a visit does there. Everything else of every service is refused to a guest.
OPEN = {
    "visit",
    "arrive",
    "may_signal",
    "connect",
    "show_device",
    "leave",
    "say",
    "chat_since",
    "mark opened",
}
SECRETS = ("Chronic", "Penicillin")


async def guest_of(stage: Stage, kind: Kind) -> tuple[Actor, Invitation]:
    """Somebody whom Elena has let into her visit with Anna."""
    invitation = await stage.invited()
    await stage.admitted(invitation)
    made = await stage.visits.invite_guest(stage.cast.elena, invitation.visit_id, name="A guest", kind=kind)
    actor = await stage.waits(made, "guest-page")
    await stage.visits.admit(stage.cast.elena, invitation.visit_id, made.seat_id)
    return actor, invitation


@pytest.mark.parametrize("kind", ROLES)
def test_a_guest_does_what_a_seat_does_and_nothing_else(stage: Stage, kind: Kind) -> None:
    cast, counts = stage.cast, Counter[str]()

    async def story() -> None:
        guest, invitation = await guest_of(stage, kind)
        for name, call in METHODS.items():
            try:
                await call(stage, guest, invitation)
                done = True
            except Refused:
                done = False
            except Invalid:
                done = True
            assert done == (name in OPEN), f"{kind}: {name}"
            counts["open" if done else "refused"] += 1
            for state in (State.REVOKED, State.EXPIRED, State.DISABLED):
                if name in OPEN:
                    continue
                with pytest.raises(Refused):
                    await call(stage, dataclasses.replace(guest, state=state), invitation)
                counts["refused"] += 1

    cast.run(story())
    print(f"\n{kind}: {dict(counts)}")
    assert counts["open"] == len(OPEN)
    assert counts["refused"] >= 92


@pytest.mark.parametrize("kind", ROLES)
def test_a_guest_reads_no_chart_note_patient_or_account(stage: Stage, kind: Kind) -> None:
    cast = stage.cast
    given = prepare(cast)
    guest, _ = cast.run(guest_of(stage, kind))
    tried = 0
    for method in methods(cast):
        if method.name in ("Accounts.set_language", "Accounts.set_zone"):
            continue  # one's own account: a seat has none, and nothing is changed
        assert not allowed(cast, method, guest, given), f"{kind}: {method.name}"
        tried += 1
    print(f"\n{kind}: {tried} methods refused")
    assert tried >= 31


@pytest.mark.parametrize("kind", ROLES)
def test_a_guest_sees_no_past_chat_and_no_reason(stage: Stage, kind: Kind) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        where = invitation.visit_id
        await visits.seats.say(anna, where, "m1", "said before")
        await visits.seats.say(cast.elena, where, "m2", "said before, too")
        made = await visits.invite_guest(cast.elena, where, name="A guest", kind=kind)
        guest = await stage.waits(made, "guest-page")
        assert await visits.seats.chat_since(guest, where) == ()
        cast.clock.push(seconds=1)
        await visits.admit(cast.elena, where, made.seat_id)
        await visits.seats.say(anna, where, "m3", "said since")
        assert [chat.text for chat in await visits.seats.chat_since(guest, where)] == ["said since"]
        seen = await visits.visit(guest, where)
        assert (seen.reason, seen.patient, seen.patient_id, seen.phone, seen.address) == ("", "", "", "", "")
        assert all(seat.device is None for seat in seen.seats if seat.id != made.seat_id)

    cast.run(story())


@pytest.mark.parametrize("kind", ROLES)
def test_a_guest_sees_nothing_that_was_said_to_all_who_waited_before_they_came(
    stage: Stage, kind: Kind
) -> None:
    """The clinician writes and hands over a file before anybody is let in; the guest is invited afterwards."""
    cast, visits, made = stage.cast, stage.visits, attachments(stage)

    async def story() -> None:
        invitation = await stage.invited()
        where = invitation.visit_id
        await visits.seats.say(cast.elena, where, "m0", "To Anna alone")  # nobody has come yet
        cast.clock.push(seconds=1)
        first = await visits.invite_guest(cast.elena, where, name="First", kind=kind)
        early = await stage.waits(first, "early-page")
        anna = await stage.waits(invitation)
        await visits.seats.say(cast.elena, where, "m1", "A private word")
        handed = (await made.attach(cast.elena, where, "m2", "Results.pdf", PDF)).chat.file
        assert handed is not None
        cast.clock.push(seconds=1)
        second = await visits.invite_guest(cast.elena, where, name="Second", kind=kind)
        late = await stage.waits(second, "late-page")
        for admitted in (False, True):
            assert await visits.seats.chat_since(late, where) == ()
            with pytest.raises(Refused):
                await made.attachment(late, where, handed.id)
            if not admitted:
                await visits.admit(cast.elena, where, second.seat_id)
        for reader in (anna, early, cast.elena):
            read = [chat.text for chat in await visits.seats.chat_since(reader, where)]
            assert read[-2:] == ["A private word", "Results.pdf"]
            assert ("To Anna alone" in read) == (reader is not early)
            assert (await made.attachment(reader, where, handed.id)).data == PDF
        said = await visits.seats.say(cast.elena, where, "m3", "Welcome")
        assert second.seat_id in said.hearers

    cast.run(story())


@pytest.fixture(scope="module")
def hall(live: Live) -> Staged:
    return staged(live, "Chronic Penicillin")


@pytest.fixture(scope="module")
def guests(live: Live, hall: Staged) -> Iterator[dict[Kind, httpx.Client]]:
    """A browser for each role, in by its own link; two at once, and the third waits."""
    clients: dict[Kind, httpx.Client] = {}
    for kind in ROLES:
        made = live.call(
            live.built.visits.invite_guest(live.actors["elena"], hall.visit_id, name=kind, kind=kind)
        )
        client = live.visitor()
        answer = client.post(f"/join/{hall.visit_id}/enter", json={"token": made.path.partition("#")[2]})
        assert answer.status_code == 200
        clients[kind] = client
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("kind", ROLES)
def test_no_address_gives_a_guest_anything_of_the_practice(
    live: Live, hall: Staged, guests: dict[Kind, httpx.Client], kind: Kind
) -> None:
    """With the cookie of their seat: pages of staff send them away, and no answer holds a word of the chart."""
    counts: Counter[str] = Counter()
    for address in addresses(live.built.inner.routes):
        if address.static or address.socket or address.path in ("/sign-out", "/language"):
            continue
        assert address.policy is not None
        for method in address.methods - {"HEAD", "OPTIONS"}:
            if address.path.endswith("/enter"):
                continue
            answer = guests[kind].request(method, hall.at(address))
            staff = address.policy.kind is Cookie.STAFF
            if staff:
                assert answer.status_code in (303, 401, 403, 404, 405), f"{kind}: {method} {address.path}"
            for secret in SECRETS:
                assert secret not in answer.text, f"{kind}: {method} {address.path}"
            counts["staff" if staff else "open"] += 1
    print(f"\n{kind}: {dict(counts)}, leaks: 0")
    assert counts == {"open": 29, "staff": 28}
