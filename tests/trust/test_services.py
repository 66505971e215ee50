"""Every service method, by everybody and in every state: generated from the services, so a new one is covered."""

import dataclasses
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from tests.cast import Cast
from tests.records.test_photos import taken
from webapp.access import Action, Actor, Invalid, Refused, Role, State
from webapp.people.accounts import NewAccount
from webapp.people.service import NewPatient
from webapp.records.chart import EntryKind

# Who is not refused, with Elena's patient, her visit and her note as the objects. Everybody else must be.
OPEN_TO = {
    "Accounts.all": "elena tom alma ada",
    "Accounts.add": "ada",
    "Accounts.disable": "ada",
    "Accounts.enable": "ada",
    "Accounts.set_roles": "ada",
    "Accounts.reset_factor": "ada",
    "Accounts.set_language": "elena tom alma ada charlie",
    "Accounts.set_zone": "elena tom alma ada charlie",
    "People.add_patient": "elena tom alma",
    "People.find": "elena tom alma",
    "People.patient": "elena alma",
    "People.edit_patient": "elena alma",
    "People.treating": "elena alma",
    "People.share": "elena alma",
    "People.break_glass": "elena tom",
    "People.glass_notices": "elena tom",
    "People.acknowledge_glass": "",
    "Charts.chart": "elena",
    "Charts.add": "elena",
    "Charts.end": "elena",
    "Charts.restore": "elena",
    "Photos.photos": "elena",
    "Photos.photo": "elena",
    "Photos.picture": "elena",
    "Records.note": "elena",
    "Records.notes": "elena",
    "Records.unsigned": "elena tom",
    "Records.last_time": "elena",
    "Snippets.mine": "elena tom",
    "Snippets.keep": "elena tom",
    "Snippets.remove": "elena tom",
    "Records.save_draft": "elena",
    "Records.amend": "",  # the note of the matrix is a draft
}
SERVICES = ("accounts", "people", "charts", "records", "photos")  # visits: in tests/visits


@dataclasses.dataclass(frozen=True)
class Method:
    name: str
    policy: Action | str
    call: Callable[..., Any]


def methods(cast: Cast) -> Iterator[Method]:
    for service in (*(getattr(cast, field) for field in SERVICES), cast.records.snippets):
        for name, call in inspect.getmembers(service, inspect.iscoroutinefunction):
            if not name.startswith("_"):
                yield Method(f"{type(service).__name__}.{name}", getattr(call, "__policy__", ""), call)


def prepare(cast: Cast) -> dict[str, Any]:
    """An argument for every parameter name, all of them Elena's."""

    def note() -> None:
        cast.records.open_note_within(cast.elena, encounter_id="encounter", patient_id=cast.anna.id)

    cast.run(cast.store.write(note))
    entry = cast.run(cast.charts.add(cast.elena, cast.anna.id, EntryKind.PROBLEM, "Hypertension"))
    return {
        "patient_id": cast.anna.id,
        "encounter_id": "encounter",
        "photo_id": cast.run(taken(cast)),
        "small": True,
        "entry_id": entry.id,
        "account_id": cast.tom.id,
        "clinician_id": cast.elena.id,
        "glass_id": "unknown",
        "kind": EntryKind.ALLERGY,
        "text": "Penicillin",
        "detail": "rash",
        "base": 0,
        "save_id": "page-1",
        "name": "Anna Keller",
        "birth_date": date(1968, 3, 14),
        "reason": "an emergency on the phone",
        "roles": frozenset({Role.ASSISTANT}),
        "language": "es",
        "zone": "Europe/Madrid",
        "visit_id": "",
        "first": False,
    }


def arguments(method: Method, given: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for name in list(inspect.signature(method.call).parameters)[1:]:
        if name == "new":
            account = method.name.startswith("Accounts")
            made[name] = (
                NewAccount(name="N", email="n@x.example", roles=frozenset({Role.ASSISTANT}))
                if account
                else NewPatient(name="Anna Keller")
            )
        elif name != "clinician_id" or method.name == "People.share":
            assert name in given, f"{method.name}: say what to try for its parameter {name!r}"
            made[name] = given[name]
    if method.name == "People.add_patient":
        made["clinician_id"] = given["clinician_id"]
    return made


def allowed(cast: Cast, method: Method, actor: Actor, given: dict[str, Any]) -> bool:
    try:
        cast.run(method.call(actor, **arguments(method, given)))
    except Refused:
        return False
    except Invalid:
        return True  # let in, and told what is wrong with the input
    return True


def test_every_public_method_declares_its_policy(cast: Cast) -> None:
    found = list(methods(cast))
    assert not [method.name for method in found if not method.policy]
    assert {method.name for method in found} == set(OPEN_TO), "say who may use a new method"


@pytest.mark.parametrize("name", sorted(OPEN_TO))
def test_only_those_who_may_get_an_answer(cast: Cast, name: str) -> None:
    given = prepare(cast)
    method = next(method for method in methods(cast) if method.name == name)
    everybody = {key: getattr(cast, key) for key in ("elena", "tom", "alma", "ada", "charlie")}
    for key in ("charlie", "ada", "alma", "tom", "elena"):
        may = key in OPEN_TO[name].split()
        assert allowed(cast, method, everybody[key], given) == may, f"{key}: {name}"


def test_nobody_acts_in_a_state_that_is_not_active(cast: Cast) -> None:
    given, counts = prepare(cast), Counter[str]()
    for method in methods(cast):
        for key in ("elena", "tom", "alma", "ada", "charlie"):
            for state in (State.INVITED, State.DISABLED, State.EXPIRED, State.REVOKED):
                actor = dataclasses.replace(getattr(cast, key), state=state)
                assert not allowed(cast, method, actor, given), f"{key} {state}: {method.name}"
                counts["refused"] += 1
    print(f"\nstates tried: {counts['refused']}")
    assert counts["refused"] == 20 * len(OPEN_TO)


def test_whoever_may_not_act_spends_nobodys_tries(cast: Cast) -> None:
    """A page that still holds its Actor after the account was disabled leaves the five tries of an hour alone."""
    born, why = cast.anna.birth_date, "an emergency on the phone"
    gone = dataclasses.replace(cast.tom, state=State.DISABLED)
    for _ in range(6):
        with pytest.raises(Refused):
            cast.run(cast.people.break_glass(gone, "Anna Keller", born, why))
    assert cast.run(cast.people.break_glass(cast.tom, "Anna Keller", born, why)) == cast.anna.id
