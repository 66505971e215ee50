"""The rows of visits: facts for decisions, transitions, the timeline. Used inside the services' transactions."""

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from webapp.access import Action, Actor, Hidden, Role, State, Subject, authorize
from webapp.people.accounts import Accounts
from webapp.people.service import People
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.visits.links import over_at
from webapp.visits.model import Late, Seat, SeatSession, Visit, VisitEvent, VisitFact
from webapp.visits.relay import NO_RELAY, Relay, Way
from webapp.visits.services import GENERAL, Services
from webapp.visits.states import (
    ENDED,
    SEAT,
    VISIT,
    Need,
    SeatMove,
    SeatState,
    VisitMove,
    VisitState,
    Who,
    after,
)
from webapp.visits.views import Device, EventView, Kind, Network, SeatView, VisitView

T = TypeVar("T")
ID_AT_MOST = 40

STAMPS = {
    VisitMove.OPEN: "opened_at",
    VisitMove.ADMIT: "admitted_at",
    VisitMove.FINISH: "finished_at",
    VisitMove.SIGN: "signed_at",
}


class Ledger:
    """One per process. `changed` tells the id of a visit, `ended_sessions` the id of a seat's session."""

    def __init__(self, store: Store, people: People, accounts: Accounts, relay: Relay = NO_RELAY) -> None:
        self.store, self.people, self.accounts, self.relay = store, people, accounts, relay
        self.services = Services(store)
        self.has_portrait: Callable[[str], bool] = lambda _account_id: False
        self.changed: Signal[str] = Signal()
        self.ended_sessions: Signal[str] = Signal()
        self.arriving: Counter[str] = Counter()  # files of a visit whose bytes are coming in now
        self._running: set[asyncio.Task[object]] = set()

    async def change(self, work: Callable[[list[str]], tuple[str, T]]) -> T:
        """Write, then tell. `work` gets a list for the sessions it ends and returns (visit id, result).

        A caller that is cancelled meanwhile does not keep the change from being told.
        """
        task = asyncio.ensure_future(self._change(work))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def _change(self, work: Callable[[list[str]], tuple[str, T]]) -> T:
        ended: list[str] = []
        visit_id, result = await self.store.write(lambda: work(ended))
        if visit_id:
            self.changed.emit(visit_id)
        for session_id in ended:
            self.ended_sessions.emit(session_id)
        return result

    def _forget(self, task: "asyncio.Task[object]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # the caller has it, unless the caller is gone

    # Facts and decisions --------------------------------------------------------------------------------

    def opened(self, actor: Actor, action: Action, visit_id: str) -> tuple[Visit, Subject]:
        """The visit, if `actor` may do `action` to it. Raises Hidden or Refused."""
        visit = Visit.get_or_none(Visit.id == visit_id)
        if visit is None:
            raise Hidden(actor, action, Subject(kind="visit", id=visit_id[:ID_AT_MOST]))
        subject = self.subject(actor, visit)
        authorize(self.fresh(actor), action, subject)
        return visit, subject

    def subject(self, actor: Actor, visit: Visit) -> Subject:
        return Subject(
            kind="visit",
            id=visit.id,
            state=visit.state,
            patient_id=visit.patient_id,
            visit_id=visit.id,
            own=visit.clinician_id == actor.id,
            treating=self.people.treats(actor, visit.patient_id),
        )

    def fresh(self, actor: Actor) -> Actor:
        """Whoever acts from a seat, with the state that their session has now."""
        if not seated(actor) or actor.state is not State.ACTIVE:
            return actor
        row = (
            SeatSession.select(SeatSession, Seat, Visit)
            .join(Seat)
            .join(Visit)
            .where(SeatSession.id == actor.session_id, Seat.id == actor.id)
            .get_or_none()
        )
        state = State.REVOKED if row is None else session_state(row, self.store.clock.now())
        return replace(actor, state=state)

    def listed(self, actor: Actor, visits: Iterable[Visit]) -> list[Visit]:
        """Those that belong on the actor's lists: an assistant's hold all, a clinician's their own."""
        if actor.has(Role.ASSISTANT):
            return list(visits)
        own = [visit for visit in visits if visit.clinician_id == actor.id]
        treated = self.people.treated_of(actor, {visit.patient_id for visit in own}) if own else frozenset()
        return [visit for visit in own if visit.patient_id in treated]

    def seat(self, actor: Actor, action: Action, visit: Visit, seat_id: str) -> Seat:
        """A seat of this very visit. Raises Hidden."""
        seat = Seat.get_or_none(Seat.id == seat_id, Seat.visit == visit.id)
        if seat is None:
            raise Hidden(actor, action, Subject(kind="seat", id=seat_id[:ID_AT_MOST], visit_id=visit.id))
        return seat

    def own_seat(self, actor: Actor, action: Action, visit: Visit) -> Seat:
        """Where the actor sits in this visit. Raises Hidden."""
        if seated(actor):
            return self.seat(actor, action, visit, actor.id)
        seat = Seat.get_or_none(
            Seat.visit == visit.id, Seat.kind == Kind.CLINICIAN, Seat.account_id == actor.id
        )
        if seat is None:
            raise Hidden(actor, action, Subject(kind="seat", visit_id=visit.id))
        return seat

    # Transitions ----------------------------------------------------------------------------------------

    def move_visit(self, visit: Visit, move: VisitMove, who: Who, facts: Iterable[Need] = ()) -> None:
        """Raises NotNow. A new state stands in the timeline."""
        state = after(VISIT, visit.state, move, who, frozenset(facts))
        if state == visit.state:
            return
        visit.state = state
        stamp = STAMPS.get(move)
        if stamp is not None and getattr(visit, stamp) is None:
            setattr(visit, stamp, self.store.clock.now())
        visit.save()
        self.tell(visit.id, state)

    def stamped(self, visit: Visit, move: VisitMove) -> datetime:
        """When this move was made."""
        at: datetime = getattr(visit, STAMPS[move])
        return at

    def move_seat(self, seat: Seat, move: SeatMove, who: Who, facts: Iterable[Need] = ()) -> None:
        """Raises NotNow. The caller may have changed other columns: they are saved too."""
        state = after(SEAT, seat.state, move, who, frozenset(facts))
        if state != seat.state:
            seat.state, seat.since = state, self.store.clock.now()
            self.tell(seat.visit_id, f"seat {state}", seat.id)
        seat.save()

    def tell(self, visit_id: str, kind: str, seat_id: str = "", **detail: str) -> None:
        """A line in the timeline."""
        VisitEvent.create(
            visit=visit_id,
            at=self.store.clock.now(),
            seat_id=seat_id,
            kind=kind,
            detail=json.dumps(detail, sort_keys=True),
        )

    def lateness(self, visit: Visit) -> int:
        """Minutes: what this visit was told, or what is true while its clinician has told all who wait."""
        now = self.store.clock.now()
        if visit.late_minutes or visit.state not in (VisitState.BOOKED, VisitState.OPEN):
            return int(visit.late_minutes)
        late = Late.get_or_none(Late.clinician_id == visit.clinician_id)
        wait: timedelta = (late.free_at if late else now) - max(visit.starts_at, now)
        return max(0, math.ceil(wait.total_seconds() / 60))

    def tell_late(self, visit: Visit) -> None:
        """Whoever comes now learns what those who wait were told."""
        minutes = self.lateness(visit)
        if minutes != visit.late_minutes:
            visit.late_minutes = minutes
            visit.save()
            self.tell(visit.id, "late", minutes=str(minutes))

    def end_sessions(self, ended: list[str], seat_ids: Iterable[str]) -> None:
        """The sessions of these seats that stand are replaced by nothing; their ids join `ended`."""
        standing = SeatSession.select(SeatSession.id).where(
            SeatSession.seat.in_(list(seat_ids)), SeatSession.replaced_at.is_null()
        )
        ids = [row.id for row in standing]
        SeatSession.update(replaced_at=self.store.clock.now()).where(SeatSession.id.in_(ids)).execute()
        ended.extend(ids)

    def standing_sessions(self, visit: Visit) -> list[str]:
        rows = SeatSession.select(SeatSession.id).join(Seat)
        return [row.id for row in rows.where(Seat.visit == visit.id, SeatSession.replaced_at.is_null())]

    # Views ----------------------------------------------------------------------------------------------

    def views(self, visits: Iterable[Visit]) -> tuple[VisitView, ...]:
        """Whole visits, for a caller that has authorised each."""
        rows = list(visits)
        names = self.people.names(sorted({row.patient_id for row in rows}))
        seats: dict[str, list[SeatView]] = {row.id: [] for row in rows}
        for seat in Seat.select().where(Seat.visit.in_(list(seats))).order_by(Seat.id):
            seats[seat.visit_id].append(seat_view(seat))
        facts = {fact.visit_id: fact for fact in VisitFact.select().where(VisitFact.visit.in_(list(seats)))}
        return tuple(
            with_fact(visit_view(row, names.get(row.patient_id, ""), seats[row.id]), facts.get(row.id))
            for row in rows
        )

    def way(self, view: VisitView) -> Way:
        """How the media of this visit may go."""
        return self.relay.way(only=self.services.facts()[view.service].relay_only)

    def fact(self, visit: Visit) -> VisitFact:
        """The visit's row of facts, made where there is none."""
        row = VisitFact.get_or_none(VisitFact.visit == visit.id)
        return row or VisitFact.create(visit=visit.id, service=GENERAL)

    def fact_of(self, visit_id: str) -> VisitFact:
        """The visit's facts to read; those that stand by default where there is no row."""
        return VisitFact.get_or_none(VisitFact.visit == visit_id) or VisitFact(visit=visit_id)

    def view(self, visit: Visit) -> VisitView:
        return self.views([visit])[0]

    def seat_names(self, visit: Visit) -> dict[str, str]:
        return {seat.id: seat.name for seat in Seat.select(Seat.id, Seat.name).where(Seat.visit == visit.id)}

    def events(self, visit: Visit) -> tuple[EventView, ...]:
        names = self.seat_names(visit)
        rows = VisitEvent.select().where(VisitEvent.visit == visit.id).order_by(VisitEvent.id)
        return tuple(
            EventView(
                at=row.at,
                kind=row.kind,
                name=names.get(row.seat_id, ""),
                detail=tuple(sorted(json.loads(row.detail).items())),
                seat_id=row.seat_id,
            )
            for row in rows
        )


def seated(actor: Actor) -> bool:
    """Whether the actor is a patient or guest in a seat rather than staff."""
    return actor.has(Role.PATIENT, Role.GUEST)


def who(actor: Actor, visit: Visit) -> Who:
    """In which capacity the actor causes a transition."""
    if actor.has(Role.OPERATOR):
        return Who.SYSTEM
    if seated(actor):
        return Who.SEAT
    return Who.CLINICIAN if visit.clinician_id == actor.id else Who.DESK


def session_state(session: SeatSession, now: datetime) -> State:
    """Whether a seat's session may act. Its seat and visit are joined."""
    seat, visit = session.seat, session.seat.visit
    if session.replaced_at is not None or seat.revoked or seat.state == SeatState.REMOVED:
        return State.REVOKED
    if visit.state in ENDED or now >= over_at(visit.ends_at, visit.state, seated=True):
        return State.EXPIRED
    return State.ACTIVE


def seat_view(row: Seat) -> SeatView:
    return SeatView(
        id=row.id,
        kind=Kind(row.kind),
        name=row.name,
        state=SeatState(row.state),
        since=row.since,
        entered_at=row.entered_at,
        admitted=row.kind == Kind.CLINICIAN or row.admitted_at is not None,
        admitted_at=row.admitted_at,
        instance=row.instance,
        device=device_view(row.device),
        revoked=row.revoked,
    )


def device_view(text: str) -> Device | None:
    """As `show_device` kept it."""
    if not text:
        return None
    kept = json.loads(text)
    network = kept.pop("network", None)
    return Device(**kept, network=Network(**network) if network else None)


def visit_view(row: Visit, patient: str, seats: list[SeatView]) -> VisitView:
    return VisitView(
        id=row.id,
        patient_id=row.patient_id,
        patient=patient,
        clinician_id=row.clinician_id,
        clinician=next((seat.name for seat in seats if seat.kind is Kind.CLINICIAN), ""),
        reason=row.reason,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=row.zone,
        state=VisitState(row.state),
        late_minutes=row.late_minutes,
        opened_at=row.opened_at,
        admitted_at=row.admitted_at,
        finished_at=row.finished_at,
        signed_at=row.signed_at,
        seats=tuple(seats),
    )


def with_fact(view: VisitView, fact: VisitFact | None) -> VisitView:
    if fact is None:
        return replace(view, service=GENERAL)
    return replace(view, service=fact.service or GENERAL, by_phone_at=fact.by_phone_at)
