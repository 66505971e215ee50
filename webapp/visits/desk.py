"""The desk's side of a visit: how far each patient has come, and what helps whoever does not come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.access import Action, Actor, Invalid, Subject, authorize, policy
from webapp.locale import N_
from webapp.people.service import PatientView
from webapp.post.letters import LetterView
from webapp.records.service import Records
from webapp.visits.ledger import Ledger
from webapp.visits.links import token_hash
from webapp.visits.mailing import READY, Mailing
from webapp.visits.messages import BROWSER_AT_MOST
from webapp.visits.model import Late, Seat, SeatFact, Visit
from webapp.visits.promise import Promise, promised
from webapp.visits.states import ENDED, RUNNING, NotNow, SeatMove, SeatState, VisitState, Who
from webapp.visits.views import Kind, SeatView, VisitView

MINUTES_AT_MOST = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a visit's patient is. inside: the app whose own browser shows the link, if it is one's own browser."""

    visit: VisitView
    seat: SeatView
    opened_at: datetime | None = None
    browser: str = ""
    inside: str = ""
    asked_at: datetime | None = None  # they left and want to be told when it is their turn
    told_at: datetime | None = None
    phone: str = ""
    mail: bool = False  # an address is known
    told_by: str = ""  # how they are told: "mail", "phone" or ""
    letter: LetterView | None = None  # that it is their turn, since they asked


class Desk:
    """What staff do about a visit before it begins, and what a waiting patient asks them for."""

    def __init__(self, ledger: Ledger, records: Records, mailing: Mailing) -> None:
        self.ledger, self.records, self.mailing = ledger, records, mailing
        self.store = ledger.store

    # Seen by staff ----------------------------------------------------------------------------------------

    @policy(Action.VISIT_LIST)
    async def standings(self, actor: Actor, visits: Iterable[VisitView]) -> tuple[Standing, ...]:
        """Where the patients of these visits are, in their order; of those that the actor may see."""
        wanted = {visit.id: visit for visit in visits}

        def work() -> tuple[Standing, ...]:
            authorize(actor, Action.VISIT_LIST, Subject(kind="visit"))
            rows = Visit.select().where(Visit.id.in_(list(wanted)))
            listed = {row.id for row in self.ledger.listed(actor, rows)}
            seen = [visit for visit in wanted.values() if visit.id in listed]
            patients = self.ledger.people.views({visit.patient_id for visit in seen})
            seats = [visit.patient_seat.id for visit in seen]
            facts = {fact.seat_id: fact for fact in SeatFact.select().where(SeatFact.seat.in_(seats))}
            asked = [seat for seat, fact in facts.items() if fact.told_at is not None]
            letters = self.mailing.outbox.last_within(asked, READY)
            return tuple(
                self._standing(visit, patients[visit.patient_id], facts.get(seat), letters.get(seat))
                for visit, seat in zip(seen, seats, strict=True)
            )

        return await self.store.read(work)

    # Done by staff ----------------------------------------------------------------------------------------

    @policy(Action.VISIT_PHONE)
    async def by_phone(self, actor: Actor, visit_id: str, *, on: bool = True) -> None:
        """It goes on by telephone, or not after all; everybody who has it open is told. Raises Invalid, NotNow."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_PHONE, visit_id)
            if on and not self.ledger.people.view(visit.patient_id).phone:
                raise Invalid("phone", N_("No phone number is known. Type it into the patient's data first."))
            fact = self.ledger.fact(visit)
            if (fact.by_phone_at is not None) == on:
                return "", None
            fact.by_phone_at = self.store.clock.now() if on else None
            fact.save()
            self.ledger.tell(visit.id, "by phone" if on else "not by phone")
            self.store.audit.record(actor, Action.VISIT_PHONE, subject, on=str(on))
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.VISIT_ADMIT)
    async def calling(self, actor: Actor, visit_id: str) -> None:
        """The visit's clinician takes up the telephone: the note is there to be written. Raises NotNow."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_ADMIT, visit_id)
            if self.ledger.fact(visit).by_phone_at is None:
                raise NotNow(visit.state, "call")
            self.records.open_note_within(actor, encounter_id=visit.id, patient_id=visit.patient_id)
            self.ledger.tell(visit.id, "called")
            self.store.audit.record(actor, Action.VISIT_ADMIT, subject, by="phone")
            return visit.id, None

        await self.ledger.change(work)
        self.records.changed.emit(visit_id)

    @policy(Action.VISIT_INVITE)
    async def ready(self, actor: Actor, visit_id: str) -> Promise:
        """The clinician is ready for somebody who left to be told: by a letter, or the desk calls. Raises NotNow."""

        def work(_: list[str]) -> tuple[str, Promise]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            authorize(actor, Action.VISIT_INVITE, subject)
            seat = Seat.get(Seat.visit == visit.id, Seat.kind == Kind.PATIENT)
            fact = SeatFact.get_or_none(SeatFact.seat == seat.id)
            if visit.state in ENDED or fact is None or fact.asked_at is None:
                raise NotNow(visit.state, "ready")
            promise = self._promise(visit)
            if fact.told_at is None and promise.by == "mail":
                self.mailing.ready_within(visit, seat)
            fact.told_at = fact.told_at or self.store.clock.now()
            fact.save()
            self.ledger.tell(visit.id, "told", seat.id, by=promise.by)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, told=seat.id)
            return visit.id, promise

        promise = await self.ledger.change(work)
        self.mailing.outbox.put(visit_id)
        return promise

    @policy(Action.VISIT_LIST)
    async def running_late(self, actor: Actor, minutes: int) -> int:
        """Tell everybody who waits for the actor, and whoever comes within that time, the truth; how many visits.

        0 takes it back. Raises Invalid.
        """
        if not 0 <= minutes <= MINUTES_AT_MOST:
            raise Invalid("minutes", N_("Type how many minutes, at most 240."))

        def work() -> list[str]:
            authorize(actor, Action.VISIT_LIST, Subject(kind="visit"))
            told = []
            for visit in self._not_begun(actor):
                subject = self.ledger.subject(actor, visit)
                if visit.late_minutes == minutes or not (self._waits(visit) or self._soon(visit, minutes)):
                    continue
                authorize(actor, Action.VISIT_ADMIT, subject)
                visit.late_minutes = minutes
                visit.save()
                self.ledger.tell(visit.id, "late", minutes=str(minutes))
                self.store.audit.record(actor, Action.VISIT_ADMIT, subject, late=str(minutes))
                told.append(visit.id)
            free_at = self.store.clock.now() + timedelta(minutes=minutes)
            Late.insert(clinician_id=actor.id, free_at=free_at).on_conflict_replace().execute()
            return told

        told = await self.store.write(work)
        for visit_id in told:
            self.ledger.changed.emit(visit_id)
        return len(told)

    def _not_begun(self, actor: Actor) -> list[Visit]:
        """The actor's own visits of today, before they begin, with a patient whom they still treat."""
        there = ZoneInfo(actor.zone)
        today: date = self.store.clock.now().astimezone(there).date()
        states = (VisitState.BOOKED, VisitState.OPEN)
        own = Visit.select().where(Visit.clinician_id == actor.id, Visit.state.in_(states))
        rows = own.order_by(Visit.starts_at, Visit.id)
        return self.ledger.listed(
            actor, [visit for visit in rows if visit.starts_at.astimezone(there).date() == today]
        )

    def _waits(self, visit: Visit) -> bool:
        here = (SeatState.CHECKING, SeatState.WAITING, SeatState.AWAY)
        seats = Seat.select().where(Seat.visit == visit.id, Seat.kind != Kind.CLINICIAN)
        return bool(seats.where(Seat.state.in_(here), Seat.entered_at.is_null(False)).exists())

    def _soon(self, visit: Visit, minutes: int) -> bool:
        """Begins before the actor is free again; with 0, was told so before."""
        ahead = (visit.starts_at - self.store.clock.now()).total_seconds() / 60
        return bool(ahead <= max(minutes, visit.late_minutes))

    # Asked by a patient, from their browser ---------------------------------------------------------------

    @policy(None)  # the link is the permission, as for looking
    async def opened(self, visit_id: str, *, token: str, browser: str = "", inside: str = "") -> None:
        """A browser shows the page of this link: when first, and which one. An unknown link leaves no trace."""
        if not (_shown(browser) and _shown(inside)):
            return

        def work(_: list[str]) -> tuple[str, None]:
            found = Seat.select(Seat, Visit).join(Visit).where(Visit.id == visit_id, ~Seat.revoked)
            seat = found.where(Seat.link_hash == token_hash(token)).get_or_none()
            if seat is None or seat.state == SeatState.REMOVED:
                return "", None
            fact = SeatFact.get_or_none(SeatFact.seat == seat.id)
            if fact is None:
                fact = SeatFact.create(seat=seat.id)
            if fact.opened_at is not None and (fact.browser, fact.inside) == (browser, inside):
                return "", None
            if fact.opened_at is None:
                fact.opened_at = self.store.clock.now()
                self.ledger.tell(visit_id, "link opened", seat.id, browser=browser)
            fact.browser, fact.inside = browser, inside
            fact.save()
            return visit_id, None

        await self.ledger.change(work)

    @policy(Action.VISIT_LEAVE)
    async def tell_me(self, actor: Actor, visit_id: str) -> Promise:
        """The patient leaves the waiting room and is told when it is their turn. Raises NotNow, Invalid."""

        def work(_: list[str]) -> tuple[str, Promise]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_LEAVE, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_LEAVE, visit)
            if seat.kind != Kind.PATIENT or seat.admitted_at is not None or visit.state in ENDED | RUNNING:
                raise NotNow(visit.state, "tell me")
            promise = self._promise(visit)
            if not promise.by:
                raise Invalid("contact", N_("We know neither your phone number nor your mail address."))
            fact = SeatFact.get_or_none(SeatFact.seat == seat.id) or SeatFact.create(seat=seat.id)
            fact.asked_at, fact.told_at = self.store.clock.now(), None
            fact.save()
            seat.instance = ""
            self.ledger.move_seat(seat, SeatMove.LEAVE, Who.SEAT)
            self.ledger.tell(visit.id, "asked", seat.id, by=promise.by)
            self.store.audit.record(actor, Action.VISIT_LEAVE, subject, seat=seat.id, tell_by=promise.by)
            return visit.id, promise

        return await self.ledger.change(work)

    def _promise(self, visit: Visit) -> Promise:
        return promised(self.ledger.people.view(visit.patient_id), posted=self.mailing.outbox.posted)

    def _standing(
        self, visit: VisitView, patient: PatientView, fact: SeatFact | None, letter: LetterView | None
    ) -> Standing:
        fact = fact or SeatFact()
        since = letter is not None and fact.asked_at is not None and letter.made_at >= fact.asked_at
        return Standing(
            visit=visit,
            seat=visit.patient_seat,
            phone=patient.phone,
            mail=bool(patient.email),
            told_by=promised(patient, posted=self.mailing.outbox.posted).by,
            letter=letter if since else None,
            opened_at=fact.opened_at,
            browser=fact.browser,
            inside=fact.inside,
            asked_at=fact.asked_at,
            told_at=fact.told_at,
        )


def _shown(name: str) -> bool:
    return len(name) <= BROWSER_AT_MOST and (name.isprintable() or not name)
