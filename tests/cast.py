"""The people every test knows, in a practice with a real encrypted store and a clock that the test pushes.

Elena treats Anna. Tom is her colleague and does not. Alma is the assistant, Ada the administrator.
Charlie is a stranger: a patient's seat in some other visit.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.loop import run
from webapp.access import Actor, Role, State
from webapp.clock import Clock
from webapp.people.accounts import Accounts
from webapp.people.model import Account
from webapp.people.passwords import Passwords
from webapp.people.service import NewPatient, PatientView, People
from webapp.people.sessions import Sessions, staff_actor
from webapp.people.sign_in import SignIn
from webapp.records.chart import Charts
from webapp.records.photos import Photos
from webapp.records.service import Records
from webapp.store.database import Store
from webapp.store.files import FILES, Files
from webapp.store.ids import new_id
from webapp.store.keys import Keys

T = TypeVar("T")
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
OPERATOR = Actor(id="operator", name="operator", roles=frozenset({Role.OPERATOR}), state=State.ACTIVE)
STAFF = {
    "elena": ("Dr Elena Ruiz", "clinician"),
    "tom": ("Tom Berg", "clinician"),
    "alma": ("Alma Costa", "assistant"),
    "ada": ("Ada Lind", "administrator"),
}
CHARLIE = Actor(
    id="charlie",
    name="Charlie",
    roles=frozenset({Role.PATIENT}),
    state=State.ACTIVE,
    session_id="charlie-session",
    visit_id="another-visit",
)


class PushedClock(Clock):
    """Stands still until the test pushes it."""

    def __init__(self, start: datetime = START) -> None:
        self._start, self._passed = start, timedelta()

    def now(self) -> datetime:
        return self._start + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    def push(self, **span: float) -> None:
        self._passed += timedelta(**span)

    def set_by(self, span: timedelta) -> None:
        """Somebody sets the wall clock: no time has passed."""
        self._start += span


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The practice's services and its people."""

    store: Store
    clock: PushedClock
    sessions: Sessions
    accounts: Accounts
    sign_in: SignIn
    people: People
    charts: Charts
    records: Records
    photos: Photos
    elena: Actor
    tom: Actor
    alma: Actor
    ada: Actor
    anna: PatientView
    charlie: Actor = CHARLIE

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return run(work)

    def close(self) -> None:
        self.store.close()


def assemble(folder: Path, *, clock: PushedClock | None = None) -> Cast:
    """A new practice in `folder`."""
    clock = clock or PushedClock()
    store = Store(folder, Keys.derive(b"k" * 32), clock)
    store.open()
    sessions = Sessions(store)
    accounts = Accounts(store, sessions)
    people = People(store)
    actors, anna = run(populate(store, people))
    return Cast(
        store=store,
        clock=clock,
        sessions=sessions,
        accounts=accounts,
        sign_in=SignIn(store, sessions, Passwords(cheap=True), "Test practice"),
        people=people,
        charts=Charts(store, people),
        records=Records(store, people, accounts),
        photos=Photos(store, people, Files(folder / FILES, store.keys.files)),
        anna=anna,
        **actors,
    )


async def populate(store: Store, people: People) -> tuple[dict[str, Actor], PatientView]:
    """Add the staff and Anna."""
    actors = await store.write(
        lambda: {key: _member(key, name, role, store.clock) for key, (name, role) in STAFF.items()}
    )
    anna = await people.add_patient(
        actors["elena"],
        NewPatient(name="Anna Keller", birth_date=date(1968, 3, 14), sex="female", phone="600 111 222"),
    )
    return actors, anna


def _member(key: str, name: str, role: str, clock: Clock) -> Actor:
    account = Account.create(
        id=new_id(),
        name=name,
        email=f"{key}@practice.example",
        roles=role,
        state=State.ACTIVE,
        zone="Europe/Madrid",
        created_at=clock.now(),
    )
    return staff_actor(account)
