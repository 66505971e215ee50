"""Every method of every service, found by walking them: who is in no state to act, and who may not even learn."""

import dataclasses
import inspect
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.live import Live
from tests.trust.stage import PDF, Staged, picture, staged
from tests.trust.surface import methods
from webapp.access import Action, Actor, Hidden, Refused, Role, Standing, State
from webapp.budget import TooMany
from webapp.build import Services
from webapp.people.accounts import NewAccount
from webapp.people.model import Account
from webapp.people.service import NewPatient
from webapp.people.sessions import staff_actor
from webapp.post.letters import Problem
from webapp.records.chart import EntryKind
from webapp.records.outlines import WANTED
from webapp.store.ids import new_id
from webapp.visits.facts import FactKind
from webapp.visits.links import OVERRUN
from webapp.visits.model import Seat, Visit
from webapp.visits.photo_requests import RequestState
from webapp.visits.services import After, ServiceView
from webapp.visits.summary_words import Block
from webapp.visits.views import Device, Kind

# What serves the services and is handed to no page: it is asked after a service has authorised, or asks for the door.
MACHINERY = {"Courier", "Images", "Ledger", "Passwords", "Rooms", "Sessions", "Store"}
OWN = {Action.OWN_ACCOUNT}  # whoever acts is its object
NOT_ACTIVE = (State.INVITED, State.DISABLED, State.EXPIRED, State.REVOKED)
IDS = {
    "patient_id", "visit_id", "encounter_id", "seat_id", "to_seat", "photo_id", "entry_id", "upload_id", "file_id",
    "fact_id", "request_id", "letter_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, "For every method")


@pytest.fixture(scope="module")
def charlie(live: Live) -> Actor:
    """Another patient of Elena's, in a visit of his own."""
    return sitting(live, staged(live, "Charlie"))


@pytest.fixture(scope="module")
def offered(live: Live) -> dict[str, Callable[..., Any]]:
    """What takes an actor: the methods that a page may call for somebody."""
    found = dict(methods(services(live)))
    return {name: call for name, call in found.items() if "actor" in inspect.signature(call).parameters}


def services(live: Live) -> Services:
    return Services(**{field.name: getattr(live.built, field.name) for field in dataclasses.fields(Services)})


def test_every_method_declares_its_policy(live: Live) -> None:
    found = dict(methods(services(live)))
    undeclared = {name.partition(".")[0] for name, call in found.items() if not hasattr(call, "__policy__")}
    assert undeclared == MACHINERY
    declared = {name for name, call in found.items() if hasattr(call, "__policy__")}
    print(
        f"\nmethods with a policy: {len(declared)} of {len({name.partition('.')[0] for name in declared})} services"
    )
    assert len(declared) >= 125
    assert not [name for name in declared if name.partition(".")[0] in MACHINERY]


def given(live: Live, visit: Staged, call: Callable[..., Any], **ids: str) -> dict[str, Any]:
    """An argument for each parameter, all of them what Elena would give for her patient's running visit."""
    by_name: dict[str, Any] = {
        **visit.ids,
        "account_id": live.actors["tom"].id,
        "clinician_id": live.actors["elena"].id,
        "glass_id": new_id(),
        "to_seat": visit.seat_id,
        "birth_date": date(1950, 1, 1),
        "reason": "an emergency on the phone",
        "name": "A name",
        "contact": "",
        "text": "Some text",
        "detail": "",
        "how": "agreed by word",
        "zone": "Europe/Madrid",
        "language": "es",
        "day": live.clock.now().date(),
        "starts_at": live.clock.now(),
        "minutes": 10,
        "instance": "page",
        "device": Device(camera="ok", microphone="ok", browser="Safari"),
        "step": "called",
        "block": Block.DO,
        "was": "",
        "shown": {},
        "data": picture() if "Portraits" in call.__qualname__ else PDF,
        "base": 0,
        "first": False,
        "roles": frozenset({Role.ASSISTANT}),
        "last": "0000",
        "on": False,
        "flows": True,
        "small": True,
        "key": "k" * 32,
        "size": 9,
        "site": "knee",
        "side": "left",
        "start": 0,
        "piece": b"123456789",
        "sha256": "0" * 64,
        "state": RequestState.DECLINED,
        "answers": dict.fromkeys(WANTED, "words"),
        "visits": (),
        "problem": Problem.NONE,
        "kind": FactKind.PRIVACY if "Facts" in call.__qualname__ else EntryKind.ALLERGY,
        **ids,
    }  # fmt: skip
    made = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if name == "new":
            made[name] = new(call)
        elif name != "actor" and (
            parameter.default is inspect.Parameter.empty or name in ("visit_id", "patient_id")
        ):
            assert name in by_name, f"{call.__qualname__}: say what to try for its parameter {name!r}"
            made[name] = by_name[name]
    return made


def new(call: Callable[..., Any]) -> object:
    if call.__qualname__.startswith("Accounts"):
        return NewAccount(name="N", email=f"{new_id()}@x.example", roles=frozenset({Role.ASSISTANT}))
    if call.__qualname__.startswith("People"):
        return NewPatient(name="A name")
    return ServiceView(key="general", name="A service", relay_only=False, after=After.BY_HAND, offered=True)


def tried(live: Live, call: Callable[..., Any], actor: Actor, arguments: dict[str, Any]) -> object:
    """What came of it: the answer, or the fault."""
    try:
        return live.call(call(actor, **arguments))
    except (Refused, ValueError, TooMany) as fault:
        return fault


def sitting(live: Live, visit: Staged, cookies: str = "seats") -> Actor:
    token = getattr(visit, cookies)[live.built.door.cookie("seat", visit.visit_id)]
    actor = live.call(live.built.visits.sessions.resolve(token))
    assert actor is not None
    return actor


def test_nobody_acts_in_a_state_that_is_not_active(
    live: Live, visit: Staged, offered: dict[str, Callable[..., Any]]
) -> None:
    """Staff of each role, and the seats of a patient and of a guest, with the visit's own ids."""
    seats = {"patient": sitting(live, visit), "guest": sitting(live, visit, "guests")}
    counts: Counter[str] = Counter()
    for name, call in offered.items():
        arguments = given(live, visit, call)
        for who, actor in {**live.actors, **seats}.items():
            over = dataclasses.replace(actor, standing=Standing())
            over.standing.over = True
            for one in (over, *(dataclasses.replace(actor, state=state) for state in NOT_ACTIVE)):
                came = tried(live, call, one, arguments)
                assert isinstance(came, Refused), f"{who}, {one.state}: {name}: {came!r}"
                counts["session over" if one is over else one.state] += 1
    print(
        f"\nmethods by four of staff and two seats in states that may not act: {sum(counts.values())} refused"
    )
    assert sum(counts.values()) == len(offered) * 6 * 5
    assert len(offered) >= 109


def test_a_clinician_does_in_one_state_what_they_do_in_no_other(
    live: Live, offered: dict[str, Callable[..., Any]]
) -> None:
    """The visit's own, who treats the patient: an account in each state, the active one last."""
    visit = staged(live, "In each state")
    came: Counter[str] = Counter()
    for state in (*NOT_ACTIVE, State.ACTIVE):
        actor = doctor_of(live, visit, state)
        for name, call in offered.items():
            refused = isinstance(tried(live, call, actor, given(live, visit, call)), Refused)
            assert refused or state is State.ACTIVE, f"{state}: {name}"
            came[state] += not refused
    for state in (*NOT_ACTIVE, State.ACTIVE):
        print(f"\nmethods open to the visit's clinician, {state}: {came[state]} of {len(offered)}")
    assert came[State.ACTIVE] >= 66


def doctor_of(live: Live, visit: Staged, state: State) -> Actor:
    """Another account in this state, whose the visit is from now on."""
    mark = new_id()

    def made() -> Account:
        account = Account.create(
            id=mark,
            name="Dr Each State",
            email=f"{mark}@practice.example",
            roles=Role.CLINICIAN,
            state=State.ACTIVE,
            created_at=live.clock.now(),
        )
        Visit.update(clinician_id=mark).where(Visit.id == visit.visit_id).execute()
        Seat.update(account_id=mark).where(
            Seat.visit == visit.visit_id, Seat.kind == Kind.CLINICIAN
        ).execute()
        return account

    account = live.call(live.store.write(made))
    live.call(live.built.people.share(live.actors["elena"], visit.patient.id, mark))
    live.call(live.store.write(lambda: Account.update(state=state).where(Account.id == mark).execute()))
    account.state = state
    return staff_actor(account)


@pytest.mark.parametrize("how", ["replaced", "revoked", "removed", "finished", "expired"])
def test_a_seat_that_is_over_does_nothing(
    live: Live, offered: dict[str, Callable[..., Any]], how: str
) -> None:
    """An Actor that a page still holds, after its seat has ended for good, by every method."""
    visit, elena, visits = staged(live, f"A seat that is {how}"), live.actors["elena"], live.built.visits
    seat = sitting(live, visit)
    token = visit.link.partition("#")[2]
    ways: dict[str, Callable[[], Any]] = {
        "replaced": lambda: visits.seats.enter(visit.visit_id, token=token),
        "revoked": lambda: visits.revoke_link(elena, visit.visit_id, visit.seat_id),
        "removed": lambda: visits.remove(elena, visit.visit_id, visit.seat_id),
        "finished": lambda: visits.finish(elena, visit.visit_id),
        "expired": lambda: live.store.write(lambda: long_over(live, visit)),
    }
    assert not isinstance(tried(live, visits.visit, seat, {"visit_id": visit.visit_id}), Refused)
    live.call(ways[how]())
    refused = refused_by_all(live, visit, seat, offered, but=OWN)
    print(f"\nmethods refused to a seat that is {how}: {refused}")
    assert refused >= 103


def long_over(live: Live, visit: Staged) -> None:
    """The hours of the visit have passed, and nobody has finished it."""
    past = live.clock.now() - OVERRUN
    Visit.update(ends_at=past).where(Visit.id == visit.visit_id).execute()


def refused_by_all(
    live: Live, visit: Staged, actor: Actor, offered: dict[str, Callable[..., Any]], but: set[Action]
) -> int:
    """How many methods refused the actor; one that did not, unless its policy is among `but`, fails."""
    refused = 0
    for name, call in offered.items():
        if call.__policy__ in but:  # type: ignore[attr-defined]
            continue
        came = tried(live, call, actor, given(live, visit, call))
        assert isinstance(came, Refused), f"{name}: {came!r}"
        refused += 1
    return refused


def test_a_stranger_is_refused_by_every_method(
    live: Live, visit: Staged, charlie: Actor, offered: dict[str, Callable[..., Any]]
) -> None:
    """Charlie sits in another visit: no method that is not about himself lets him in."""
    refused = refused_by_all(live, visit, charlie, offered, but=OWN | {Action.PORTRAIT_READ})
    print(f"\nmethods that refuse a stranger: {refused}")
    assert refused >= 102


def test_what_is_anothers_is_as_unknown_as_what_is_not(
    live: Live, visit: Staged, charlie: Actor, offered: dict[str, Callable[..., Any]]
) -> None:
    """For each method that takes an id: Tom and Charlie learn from Elena's patient's ids what they learn from none."""
    compared = 0
    for name, call in offered.items():
        taken = IDS & set(given(live, visit, call))
        for actor in (live.actors["tom"], charlie):
            if taken and call.__policy__ is not Action.PORTRAIT_READ:  # type: ignore[attr-defined]
                theirs = tried(live, call, actor, given(live, visit, call))
                nobodys = tried(live, call, actor, given(live, visit, call, **dict.fromkeys(taken, new_id())))
                if name == "Records.note":  # None where none was begun: its page says the same to both
                    assert (type(theirs), nobodys) == (Hidden, None)
                    continue
                assert type(theirs) is type(nobodys), f"{actor.name}: {name}: {theirs!r} and {nobodys!r}"
                assert isinstance(theirs, Refused), f"{actor.name}: {name}: {theirs!r}"
                compared += 1
    print(f"\nmethods asked for what is another's and for what is not: {compared} answers alike")
    assert compared >= 140
