"""Filling the demo practice: through the same services as everything else, with a clock that stands in the past."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

import pyotp

from webapp.access import Actor, Invalid, Role
from webapp.clock import Clock
from webapp.command.office import OPERATOR
from webapp.demo.cases import CASES, DRAFT, STAFF, By, Case, Past
from webapp.people.accounts import Accounts, AccountView, NewAccount
from webapp.people.passwords import Passwords
from webapp.people.service import NewPatient, People
from webapp.people.sessions import Sessions
from webapp.people.sign_in import SignIn
from webapp.records.chart import Charts, EntryKind
from webapp.records.service import Records
from webapp.store.database import Store
from webapp.visits.service import Visits
from webapp.visits.states import VisitState

Step = tuple[datetime, Callable[[], Awaitable[object]]]
# Today's other visits: minutes from now, who, with whom, why.
AGENDA: tuple[tuple[int, str, By, str], ...] = (
    (35, "James Okafor", "gp", "Asthma, after six weeks"),
    (75, "Lucía Fernández Ortega", "gp", "Migraine, ferritin result"),
    (40, "Grace Lindqvist", "physio", "Right shoulder, third visit"),
    (90, "Tomasz Zielinski", "physio", "Left knee, month four"),
)


class PastClock(Clock):
    """Stands where the story is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, kw_only=True)
class Services:
    """What a story is told with."""

    accounts: Accounts
    sessions: Sessions
    sign_in: SignIn
    people: People
    charts: Charts
    records: Records
    visits: Visits

    @classmethod
    def over(cls, store: Store) -> "Services":
        sessions = Sessions(store)
        accounts, people = Accounts(store, sessions), People(store)
        records = Records(store, people, accounts)
        return cls(
            accounts=accounts,
            sessions=sessions,
            sign_in=SignIn(store, sessions, Passwords(cheap=True), "Demo"),
            people=people,
            charts=Charts(store, people),
            records=records,
            visits=Visits(store, people, records, accounts),
        )


class Story:
    """The practice's past year, told in the order in which it happened."""

    def __init__(self, store: Store, clock: PastClock, zone: str) -> None:
        self.services, self.clock, self.zone = Services.over(store), clock, zone
        self.now = clock.at
        self.staff: dict[str, Actor] = {}
        self.patients: dict[str, str] = {}

    async def tell(self) -> Mapping[str, Actor]:
        """Everything up to now. Returns the staff by their part."""
        self.clock.at = self.now - timedelta(days=400)
        for part in STAFF:
            self.staff[part] = await self._member(part)
        for at, step in sorted(self._steps(), key=itemgetter(0)):
            self.clock.at = at
            await step()
        self.clock.at = self.now
        return self.staff

    async def _member(self, part: str) -> Actor:
        """Somebody of the staff, set up as anybody would be; nobody knows their password or second factor."""
        name, email, roles = STAFF[part]
        new = NewAccount(name=name, email=email, roles=frozenset(map(Role, roles)), zone=self.zone)
        added = await self.services.accounts.add(OPERATOR, new)
        sign_in = self.services.sign_in
        half = await sign_in.set_up(added.token, name=name, email=email, password=secrets.token_urlsafe(24))
        assert half is not None
        enrolment = await sign_in.enrolment(half)
        assert enrolment is not None
        code = pyotp.TOTP(enrolment.secret).at(self.clock.now())
        done = await sign_in.confirm(half, code, device="")
        assert done is not None
        await sign_in.sign_out(done.session)
        return actor_of(next(one for one in await self.services.accounts.all(OPERATOR) if one.email == email))

    def _steps(self) -> list[Step]:
        steps: list[Step] = []
        for case in CASES:
            first = max((past.days_ago for past in case.history), default=30)
            steps.append((self._ago(first + 5), lambda case=case: self._register(case)))  # type: ignore[misc]
            for number, past in enumerate(case.history):
                at = self._ago(past.days_ago, number)
                steps.append((at, lambda case=case, past=past, at=at: self._hold(case, past, at)))  # type: ignore[misc]
        steps.append((self.now - timedelta(minutes=55), self._unsigned))
        return steps

    def _ago(self, days: int, number: int = 0) -> datetime:
        """A moment of that day in the practice's mornings."""
        day = (self.now - timedelta(days=days)).astimezone(ZoneInfo(self.zone))
        return day.replace(hour=9 + (days + number) % 4, minute=0, second=0, microsecond=0)

    async def _register(self, case: Case) -> None:
        doctor = self.staff[case.by]
        new = NewPatient(
            name=case.name,
            birth_date=case.birth_date,
            sex=case.sex,
            phone=case.phone,
            address=case.address,
            language=case.language,
            zone=self.zone,
        )
        patient = await self.services.people.add_patient(self.staff["desk"], new, clinician_id=doctor.id)
        self.patients[case.name] = patient.id
        if case.shared:
            other = self.staff["physio" if case.by == "gp" else "gp"]
            await self.services.people.share(doctor, patient.id, other.id)
        for kind, text, detail in case.lines:
            await self.services.charts.add(doctor, patient.id, EntryKind(kind), text, detail)

    async def _hold(self, case: Case, past: Past, at: datetime) -> None:
        visit_id = await self._meet(case.name, past.by, past.reason, at)
        doctor = self.staff[past.by]
        self.clock.at = at + timedelta(minutes=17)
        await self.services.records.save_draft(doctor, visit_id, past.text, base=0)
        await self.services.visits.finish(doctor, visit_id)
        self.clock.at = at + timedelta(minutes=21)
        await self.services.visits.sign(doctor, visit_id)

    async def _meet(self, name: str, by: By, reason: str, at: datetime) -> str:
        """A visit that began: invited, entered, admitted."""
        doctor, visits = self.staff[by], self.services.visits
        invitation = await visits.invite_now(
            doctor, name="", contact="", reason=reason, patient_id=self.patients[name]
        )
        token = invitation.path.partition("#")[2]
        await visits.seats.enter(invitation.visit_id, token=token)
        self.clock.at = at + timedelta(minutes=1)
        await visits.admit(doctor, invitation.visit_id, invitation.seat_id)
        return invitation.visit_id

    async def _unsigned(self) -> None:
        """Earlier today: finished, and the note still waits."""
        at = self.clock.at
        visit_id = await self._meet("Ruth Abel", "gp", "Tiredness", at)
        self.clock.at = at + timedelta(minutes=18)
        doctor = self.staff["gp"]
        await self.services.records.save_draft(doctor, visit_id, DRAFT, base=0)
        await self.services.visits.finish(doctor, visit_id)


def actor_of(account: AccountView) -> Actor:
    return Actor(id=account.id, name=account.name, roles=frozenset(account.roles), state=account.state)


async def fill_today(services: Services, staff: Mapping[str, Actor], now: datetime) -> None:
    """An agenda around now, and one visit of tomorrow, unless they are there."""
    if (
        "desk" not in staff
        or await _booked(services, staff["desk"], now, timedelta(hours=2)) >= len(AGENDA) - 1
    ):
        return
    rounded = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    for minutes, name, by, reason in AGENDA:
        await _book(services, staff, name, by, rounded + timedelta(minutes=minutes), reason)
    tomorrow = (rounded + timedelta(days=1)).replace(minute=0)
    await _book(services, staff, "Antonio Vidal Serra", "gp", tomorrow, "Cough, after three weeks")


async def _booked(services: Services, desk: Actor, now: datetime, span: timedelta) -> int:
    """How many visits are booked for the next hours."""
    days = sorted({now.date(), (now + span).date()})
    agenda = [visit for day in days for visit in await services.visits.agenda(desk, day, "UTC")]
    return sum(visit.state == VisitState.BOOKED and now <= visit.starts_at <= now + span for visit in agenda)


async def _book(
    services: Services, staff: Mapping[str, Actor], name: str, by: By, starts_at: datetime, reason: str
) -> None:
    """Whoever tried the demo may have renamed a patient or disabled a clinician: then this visit is left out."""
    desk = staff["desk"]
    found = await services.people.find(desk, name)
    if found and by in staff:
        with suppress(Invalid):
            await services.visits.book(
                desk,
                patient_id=found[0].id,
                starts_at=starts_at,
                minutes=20,
                reason=reason,
                clinician_id=staff[by].id,
            )
