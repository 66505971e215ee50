"""Visits as the practice sees them: inviting, who waits, admitting, finishing, signing."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.access import Action, Actor, Invalid, Refused, Subject, authorize, policy
from webapp.locale import N_
from webapp.people.accounts import Accounts, AccountView
from webapp.people.service import People
from webapp.post.service import Outbox
from webapp.records.service import Records
from webapp.store.database import Store
from webapp.store.sharing import Sharing
from webapp.visits.codes import Codes
from webapp.visits.desk import Desk
from webapp.visits.emergency import Emergencies
from webapp.visits.ending import Ending
from webapp.visits.facts import Facts
from webapp.visits.inviting import Inviting, Plan
from webapp.visits.ledger import Ledger, seated, who
from webapp.visits.lending import Lending
from webapp.visits.links import token_hash
from webapp.visits.mailing import NOBODY, Mailing, Sender
from webapp.visits.model import Seat, Visit
from webapp.visits.photo_requests import PhotoRequests
from webapp.visits.relay import NO_RELAY, Relay
from webapp.visits.seats import Seats
from webapp.visits.sessions import SeatSessions
from webapp.visits.states import ENDED, RUNNING, Need, NotNow, SeatMove, SeatState, VisitMove, VisitState, Who
from webapp.visits.steps import Steps
from webapp.visits.summaries import Summaries
from webapp.visits.timelines import Timelines
from webapp.visits.views import GUESTS, EventView, Invitation, Kind, VisitView, Waiting, waiting_view
from webapp.visits.waiting import may_be_waited_in, waiting_in
from webapp.visits.watching import Watching

NOW_LASTS = timedelta(minutes=60)
NAME_AT_MOST = 120
INVITED_AT_MOST = 12  # seats of a visit, over its whole length


class Visits:
    """The practice's side. `seats` is the side of those who sit in a visit, `sessions` resolves their cookies.

    `changed` tells the id of a visit, `ended_sessions` the id of a seat's session that is over.
    """

    def __init__(
        self,
        store: Store,
        people: People,
        records: Records,
        accounts: Accounts,
        relay: Relay = NO_RELAY,
        outbox: Outbox | None = None,
        sender: Sender = NOBODY,
    ) -> None:
        self.store, self.people, self.records, self.accounts = store, people, records, accounts
        self.ledger = Ledger(store, people, accounts, relay)
        self.inviting = Inviting(self.ledger)
        self.sessions = SeatSessions(self.ledger)
        self.outbox = outbox or Outbox(store, people)
        self.seats = Seats(self.ledger, posted=self.outbox.posted)
        self.lending = Lending(self.seats)
        self.photo_requests = PhotoRequests(self.ledger)
        self.steps = Steps(self.ledger)
        self.codes = Codes(self.inviting)
        self.mailing = Mailing(self.inviting, self.outbox, sender)
        self.desk = Desk(self.ledger, records, self.mailing)
        self.services = self.ledger.services
        self.facts = Facts(self.ledger, records)
        self.ending = Ending(self.ledger, records, self.waiting)
        self.emergencies = Emergencies(self.ledger)
        self.timelines = Timelines(self.ledger, self.facts, records)
        self.summaries = Summaries(self.ledger, records, self.codes, self.mailing)
        self.changed, self.ended_sessions = self.ledger.changed, self.ledger.ended_sessions
        self.watching = Watching(self.changed)
        self._shared = Sharing()
        self._waited: frozenset[tuple[str, str]] = frozenset()  # visits and seats, when last looked at

    # Inviting -------------------------------------------------------------------------------------------

    @policy(Action.VISIT_INVITE)
    async def invite_now(
        self,
        actor: Actor,
        *,
        name: str,
        contact: str,
        reason: str,
        patient_id: str | None = None,
        clinician_id: str | None = None,
        service: str = "",
        by_mail: bool = False,
    ) -> Invitation:
        """Open a visit that starts now, with a link for its patient, who is added if no id is given. Raises Invalid.

        contact: a phone number or a mail address, or nothing. by_mail: send the link to the address that is known.
        """

        def work(_: list[str]) -> tuple[str, Invitation]:
            authorize(actor, Action.VISIT_INVITE, Subject(kind="visit"))
            clinician = self.inviting.clinician(actor, clinician_id)
            now = self.store.clock.now()
            plan = Plan(
                patient_id=patient_id or self.inviting.add_patient(actor, name, contact, clinician),
                clinician=clinician,
                starts_at=now,
                ends_at=now + NOW_LASTS,
                zone=actor.zone,
                reason=reason,
                state=VisitState.OPEN,
                service=service,
            )
            visit_id, made = self.inviting.invite(actor, plan)
            if by_mail:
                self.mailing.invite_within(Visit.get_by_id(visit_id), Seat.get_by_id(made.seat_id))
            return visit_id, made

        made = await self.ledger.change(work)
        if by_mail:
            self.outbox.put(made.visit_id)
        return made

    @policy(Action.VISIT_INVITE)
    async def book(
        self,
        actor: Actor,
        *,
        patient_id: str,
        starts_at: datetime,
        minutes: int = 30,
        reason: str = "",
        clinician_id: str | None = None,
        zone: str | None = None,
        service: str = "",
    ) -> Invitation:
        """A visit at a later time. Raises Invalid."""
        if not 5 <= minutes <= 480:
            raise Invalid("minutes", N_("A visit lasts from 5 minutes to 8 hours."))

        def work(_: list[str]) -> tuple[str, Invitation]:
            authorize(actor, Action.VISIT_INVITE, Subject(kind="visit"))
            ends_at = starts_at + timedelta(minutes=minutes)
            if ends_at <= self.store.clock.now():
                raise Invalid("starts_at", N_("This time has passed."))
            plan = Plan(
                patient_id=patient_id,
                clinician=self.inviting.clinician(actor, clinician_id),
                starts_at=starts_at,
                ends_at=ends_at,
                zone=zone or actor.zone,
                reason=reason,
                state=VisitState.BOOKED,
                service=service,
            )
            return self.inviting.invite(actor, plan)

        return await self.ledger.change(work)

    @policy(Action.VISIT_INVITE)
    async def invite_guest(
        self, actor: Actor, visit_id: str, *, name: str, kind: Kind = Kind.GUEST
    ) -> Invitation:
        """A seat for a further person: a relative, an interpreter, a colleague. Raises Invalid."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_AT_MOST or not name.isprintable():
            raise Invalid("name", N_("Type the guest's name."))
        if kind not in GUESTS:
            raise Invalid("role", N_("Choose as whom they come."))

        def work(_: list[str]) -> tuple[str, Invitation]:
            visit, subject = self._invitable(actor, visit_id)
            if len(self.ledger.view(visit).seats) >= INVITED_AT_MOST:
                raise Invalid(
                    "name", N_("At most {limit} people can be invited to a visit."), limit=INVITED_AT_MOST
                )
            seat = self.inviting.seat(visit, kind, name)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, seat=seat.id)
            return visit.id, self.inviting.invitation(seat)

        return await self.ledger.change(work)

    @policy(Action.VISIT_INVITE)
    async def clinicians(self, actor: Actor) -> tuple[AccountView, ...]:
        """With whom a visit can be."""

        def work() -> tuple[AccountView, ...]:
            authorize(actor, Action.VISIT_INVITE, Subject(kind="visit"))
            return self.accounts.clinicians()

        return await self.store.read(work)

    @policy(Action.VISIT_INVITE)
    async def link(self, actor: Actor, visit_id: str, seat_id: str) -> Invitation:
        """The link of a seat, shown again. Raises NotNow if it was revoked."""

        def work() -> Invitation:
            visit, subject = self._invitable(actor, visit_id)
            seat = self._guest_seat(actor, Action.VISIT_INVITE, visit, seat_id)
            if seat.revoked:
                raise NotNow(seat.state, "link")
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, link_of=seat.id)
            return self.inviting.invitation(seat)

        return await self.store.read(work)

    @policy(Action.VISIT_INVITE)
    async def renew_link(self, actor: Actor, visit_id: str, seat_id: str) -> Invitation:
        """A new link for a seat; the old one and whoever came in by it are out."""

        def work(ended: list[str]) -> tuple[str, Invitation]:
            visit, subject = self._invitable(actor, visit_id)
            seat = self._guest_seat(actor, Action.VISIT_INVITE, visit, seat_id)
            if seat.state == SeatState.REMOVED:
                raise NotNow(seat.state, "link")
            seat.link_version, seat.revoked = seat.link_version + 1, False
            seat.link_hash = token_hash(self.inviting.token(seat))
            seat.save()
            self.ledger.end_sessions(ended, [seat.id])
            self.ledger.tell(visit.id, "link renewed", seat.id)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, renewed=seat.id)
            return visit.id, self.inviting.invitation(seat)

        return await self.ledger.change(work)

    @policy(Action.VISIT_INVITE)
    async def revoke_link(self, actor: Actor, visit_id: str, seat_id: str) -> None:
        """The link works no more, and whoever came in by it is out."""

        def work(ended: list[str]) -> tuple[str, None]:
            visit, subject = self._invitable(actor, visit_id)
            seat = self._guest_seat(actor, Action.VISIT_INVITE, visit, seat_id)
            seat.revoked = True
            seat.save()
            self.ledger.end_sessions(ended, [seat.id])
            self.ledger.tell(visit.id, "link revoked", seat.id)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, revoked=seat.id)
            return visit.id, None

        await self.ledger.change(work)

    # Looking --------------------------------------------------------------------------------------------

    @policy(Action.VISIT_LIST)
    async def waiting(self, actor: Actor) -> tuple[Waiting, ...]:
        """Who has tapped and is not admitted yet: a clinician's own, for an assistant all; the longest first.

        Whose page was closed minutes ago waits no more, nor does anybody once the visit's hours are over.
        """

        authorize(actor, Action.VISIT_LIST, Subject(kind="visit"))

        def work() -> tuple[Waiting, ...]:
            query = Visit.select().where(may_be_waited_in(self.store.clock.now()))
            found = self._waiting(actor, self.ledger.views(self.ledger.listed(actor, query)))
            return tuple(sorted(found, key=lambda one: (one.entered_at, one.seat_id)))

        return await self._shared.ask(("waiting", actor.id, actor.roles), lambda: self.store.read(work))

    @policy(Action.SYSTEM)
    async def lapse(self, actor: Actor) -> None:
        """Tell of whoever waits no more because time has passed. The system's own word."""

        def work() -> frozenset[tuple[str, str]]:
            authorize(actor, Action.SYSTEM, Subject(kind="visit"))
            now = self.store.clock.now()
            visits = self.ledger.views(Visit.select().where(may_be_waited_in(now)))
            return frozenset((visit.id, seat.id) for visit in visits for seat, _ in waiting_in(visit, now))

        before, self._waited = self._waited, await self.store.read(work)
        for visit_id in sorted({visit_id for visit_id, _ in before - self._waited}):
            self.changed.emit(visit_id)

    @policy(Action.VISIT_LIST)
    async def agenda(self, actor: Actor, day: date, zone: str) -> tuple[VisitView, ...]:
        """The visits that start on this day in this zone: a clinician's own, for an assistant all; in order."""
        there = ZoneInfo(zone)
        begin = datetime.combine(day, time(), there)
        end = datetime.combine(day + timedelta(days=1), time(), there)

        authorize(actor, Action.VISIT_LIST, Subject(kind="visit"))

        def work() -> tuple[VisitView, ...]:
            query = Visit.select().where(Visit.starts_at >= begin, Visit.starts_at < end)
            rows = query.order_by(Visit.starts_at, Visit.id)
            return self.ledger.views(self.ledger.listed(actor, rows))

        key = ("agenda", actor.id, actor.roles, day, zone)
        return await self._shared.ask(key, lambda: self.store.read(work))

    @policy(Action.VISIT_LIST)
    async def running(self, actor: Actor) -> tuple[VisitView, ...]:
        """The visits that go on now: a clinician's own, for an assistant all."""

        authorize(actor, Action.VISIT_LIST, Subject(kind="visit"))

        def work() -> tuple[VisitView, ...]:
            rows = Visit.select().where(Visit.state.in_(sorted(RUNNING))).order_by(Visit.starts_at, Visit.id)
            return self.ledger.views(self.ledger.listed(actor, rows))

        return await self._shared.ask(("running", actor.id, actor.roles), lambda: self.store.read(work))

    @policy(Action.VISIT_READ)
    async def visit(self, actor: Actor, visit_id: str) -> VisitView:
        """The whole visit; from a seat, what that seat may see."""

        def work() -> VisitView:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            self.store.audit.record(actor, Action.VISIT_READ, subject)
            view = self.ledger.view(visit)
            return view.seen_from(actor.id) if seated(actor) else view

        return await self.store.read(work)

    @policy(Action.VISIT_READ)
    async def timeline(self, actor: Actor, visit_id: str) -> tuple[EventView, ...]:
        """What happened when: for staff."""

        def work() -> tuple[EventView, ...]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            if seated(actor):
                raise Refused(actor, Action.VISIT_READ, subject)
            self.store.audit.record(actor, Action.VISIT_READ, subject)
            return self.ledger.events(visit)

        return await self.store.read(work)

    # The visit itself -----------------------------------------------------------------------------------

    @policy(Action.VISIT_ADMIT)
    async def admit(self, actor: Actor, visit_id: str, seat_id: str) -> None:
        """Let this one person in; with the first one the visit begins and has a draft note. Twice does no harm."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_ADMIT, visit_id)
            seat = self._guest_seat(actor, Action.VISIT_ADMIT, visit, seat_id)
            if seat.admitted_at is not None:
                return "", None
            if seat.kind != Kind.PATIENT and self.ledger.view(visit).full:
                raise Invalid("full", N_("Four people are in the visit: somebody must leave first."))
            seat.admitted_at = self.store.clock.now()
            self.ledger.move_seat(seat, SeatMove.ADMIT, Who.CLINICIAN)
            self.ledger.move_visit(visit, VisitMove.ADMIT, who(actor, visit), {Need.SOMEBODY_ENTERED})
            self.records.open_note_within(actor, encounter_id=visit.id, patient_id=visit.patient_id)
            self.store.audit.record(actor, Action.VISIT_ADMIT, subject, seat=seat.id)
            return visit.id, None

        await self.ledger.change(work)
        self.records.changed.emit(visit_id)

    @policy(Action.VISIT_ADMIT)
    async def remove(self, actor: Actor, visit_id: str, seat_id: str) -> None:
        """Show somebody out for good."""

        def work(ended: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_ADMIT, visit_id)
            seat = self._guest_seat(actor, Action.VISIT_ADMIT, visit, seat_id)
            seat.revoked, seat.instance = True, ""
            self.ledger.move_seat(seat, SeatMove.REMOVE, Who.CLINICIAN)
            self.ledger.end_sessions(ended, [seat.id])
            self.store.audit.record(actor, Action.VISIT_ADMIT, subject, removed=seat.id)
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.VISIT_ADMIT)
    async def running_late(self, actor: Actor, visit_id: str, minutes: int) -> None:
        """Tell everyone who waits the truth. 0 takes it back. Raises Invalid."""
        if not 0 <= minutes <= 240:
            raise Invalid("minutes", N_("Type how many minutes, at most 240."))

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_ADMIT, visit_id)
            visit.late_minutes = minutes
            visit.save()
            self.ledger.tell(visit.id, "late", minutes=str(minutes))
            self.store.audit.record(actor, Action.VISIT_ADMIT, subject, late=str(minutes))
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.VISIT_FINISH)
    async def finish(self, actor: Actor, visit_id: str) -> datetime:
        """End the visit for everybody; returns when it ended. Finishing a finished one changes nothing."""

        def work(ended: list[str]) -> tuple[str, datetime]:
            visit, subject = self._finishable(actor, visit_id)
            finished_at: datetime | None = visit.finished_at
            if finished_at is not None:
                return "", finished_at
            self.ledger.move_visit(visit, VisitMove.FINISH, who(actor, visit))
            self.records.open_note_within(actor, encounter_id=visit.id, patient_id=visit.patient_id)
            ended.extend(self.ledger.standing_sessions(visit))
            self.store.audit.record(actor, Action.VISIT_FINISH, subject)
            return visit.id, self.ledger.stamped(visit, VisitMove.FINISH)

        finished_at = await self.ledger.change(work)
        self.records.changed.emit(visit_id)
        return finished_at

    @policy(Action.NOTE_SIGN)
    async def sign(self, actor: Actor, visit_id: str, *, version: int | None = None) -> None:
        """Sign the note, and the visit with it. Raises NotNow while the visit is not finished.

        version: what the signer has read; Invalid if the note was changed since.
        """

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            if not subject.own:
                raise Refused(actor, Action.NOTE_SIGN, subject)
            self.ledger.move_visit(visit, VisitMove.SIGN, who(actor, visit), {Need.NOTE_SIGNED})
            self.records.sign_within(actor, visit.id, version=version)
            return visit.id, None

        await self.ledger.change(work)
        self.records.changed.emit(visit_id)

    @policy(Action.VISIT_CANCEL)
    async def cancel(self, actor: Actor, visit_id: str) -> None:
        await self._call_off(actor, visit_id, VisitMove.CANCEL)

    @policy(Action.VISIT_CANCEL)
    async def miss(self, actor: Actor, visit_id: str) -> None:
        """The patient did not come."""
        await self._call_off(actor, visit_id, VisitMove.MISS)

    # Steps ----------------------------------------------------------------------------------------------

    async def _call_off(self, actor: Actor, visit_id: str, move: VisitMove) -> None:
        def work(ended: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_CANCEL, visit_id)
            started = {Need.STARTED} if self.store.clock.now() >= visit.starts_at else set()
            self.ledger.move_visit(visit, move, who(actor, visit), started)
            ended.extend(self.ledger.standing_sessions(visit))
            self.store.audit.record(actor, Action.VISIT_CANCEL, subject, how=str(move))
            return visit.id, None

        await self.ledger.change(work)

    def _finishable(self, actor: Actor, visit_id: str) -> tuple[Visit, Subject]:
        visit = Visit.get_or_none(Visit.id == visit_id)
        done = visit is not None and visit.finished_at is not None and visit.clinician_id == actor.id
        return self.ledger.opened(actor, Action.VISIT_READ if done else Action.VISIT_FINISH, visit_id)

    def _invitable(self, actor: Actor, visit_id: str) -> tuple[Visit, Subject]:
        """A visit that the actor sees and may invite to. Raises Hidden, Refused, or NotNow when it has ended."""
        visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
        authorize(actor, Action.VISIT_INVITE, subject)
        if visit.state in ENDED:
            raise NotNow(visit.state, "invite")
        return visit, subject

    def _guest_seat(self, actor: Actor, action: Action, visit: Visit, seat_id: str) -> Seat:
        """A patient's or guest's seat. The clinician's own has no link and is neither admitted nor removed."""
        seat = self.ledger.seat(actor, action, visit, seat_id)
        if seat.kind == Kind.CLINICIAN:
            raise NotNow(seat.state, str(action))
        return seat

    def _waiting(self, actor: Actor, visits: Iterable[VisitView]) -> Iterator[Waiting]:
        for visit in visits:
            for seat, since in waiting_in(visit, self.store.clock.now()):
                yield waiting_view(visit, seat, since, mine=visit.clinician_id == actor.id)
