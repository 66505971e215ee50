"""Visits from a seat: the door, coming and going, chat. Patients, guests and the visit's clinician."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from webapp.access import Action, Actor, Invalid, State, Subject, authorize, policy
from webapp.locale import N_
from webapp.store.ids import new_id, new_token
from webapp.visits.chats import chat_view, hears
from webapp.visits.emergency import times_within
from webapp.visits.facts import where_within
from webapp.visits.ledger import Ledger, device_view
from webapp.visits.links import opens_at, over_at, token_hash
from webapp.visits.model import Chat, ChatFile, Seat, SeatFact, SeatSession, Visit
from webapp.visits.promise import phone_end, promised
from webapp.visits.sessions import ROLES
from webapp.visits.states import (
    ENDED,
    Need,
    NotNow,
    SeatMove,
    SeatState,
    VisitMove,
    VisitState,
    Who,
)
from webapp.visits.views import GUESTS, ChatView, Device, Door, Entered, Kind, Status, VisitView

TEXT_AT_MOST = 4000
CHAT_AT_MOST = 500  # messages that a welcome carries
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
OUTSIDE = (SeatState.INVITED, SeatState.LEFT, SeatState.REMOVED)
GONE = (*OUTSIDE, SeatState.AWAY)
CLOSED = {
    VisitState.FINISHED: Status.FINISHED,
    VisitState.SIGNED: Status.FINISHED,
    VisitState.CANCELLED: Status.CANCELLED,
    VisitState.NO_SHOW: Status.OVER,
}


class NotReady(Exception):
    """The door does not open now. `door` says why, in facts."""

    def __init__(self, door: Door) -> None:
        super().__init__(door.status)
        self.door = door


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The stored message and the seats that may read it. `new` is False when it had been stored before."""

    chat: ChatView
    hearers: frozenset[str]
    new: bool


class Seats:
    """What whoever sits in a visit may do there."""

    def __init__(self, ledger: Ledger, *, posted: bool = False) -> None:
        """posted: whether the practice has a mail server."""
        self.ledger, self.store, self.posted = ledger, ledger.store, posted

    # The door -------------------------------------------------------------------------------------------

    @policy(None)  # the link is the permission; an unknown one learns nothing
    async def look(self, visit_id: str, *, token: str = "", session: str = "") -> Door:
        """What the page says before the tap. Changes nothing."""

        def work() -> Door:
            found = self.find_within(visit_id, token, session)
            return Door(status=Status.UNKNOWN) if found is None else self.door_within(*found)

        return await self.store.read(work)

    @policy(None)  # as look
    async def enter(
        self,
        visit_id: str,
        *,
        token: str = "",
        session: str = "",
        camera: bool = True,
        microphone: bool = True,
    ) -> Entered:
        """The tap: a new session for the seat, ending its earlier one. Raises NotReady.

        camera, microphone: whether they come with it, for the timeline.
        """

        def work(ended: list[str]) -> tuple[str, Entered]:
            found = self.find_within(visit_id, token, session)
            door = Door(status=Status.UNKNOWN) if found is None else self.door_within(*found)
            if found is None or door.status is not Status.READY:
                raise NotReady(door)
            seat, _ = found
            self.ledger.end_sessions(ended, [seat.id])
            made = self._sit_down(seat)
            self.ledger.tell(
                seat.visit_id, "tapped", seat.id, camera=_yes(camera), microphone=_yes(microphone)
            )
            return seat.visit_id, made

        return await self.ledger.change(work)

    def find_within(self, visit_id: str, token: str, session: str) -> tuple[Seat, bool] | None:
        """The seat behind a link's token or a cookie's, and whether the cookie is its current one; while reading."""
        cookie = self._by_cookie(visit_id, session) if session else None
        if not token:
            return None if cookie is None else (cookie, True)
        rows = Seat.select(Seat, Visit).join(Visit)
        seat = rows.where(
            Seat.link_hash == token_hash(token),
            Visit.id == visit_id,
            Seat.revoked == False,  # noqa: E712  # a peewee expression
            Seat.state != SeatState.REMOVED,
        ).get_or_none()
        return None if seat is None else (seat, cookie is not None and cookie.id == seat.id)

    def _by_cookie(self, visit_id: str, session: str) -> Seat | None:
        row = (
            SeatSession.select(SeatSession, Seat, Visit)
            .join(Seat)
            .join(Visit)
            .where(
                SeatSession.hash == token_hash(session),
                SeatSession.replaced_at.is_null(),
                Visit.id == visit_id,
                Seat.revoked == False,  # noqa: E712  # a peewee expression
                Seat.state != SeatState.REMOVED,
            )
            .get_or_none()
        )
        return None if row is None else row.seat

    def door_within(self, seat: Seat, current: bool) -> Door:
        """What the page says to who holds this seat's link."""
        visit, now = seat.visit, self.store.clock.now()
        status = CLOSED.get(VisitState(visit.state), Status.READY)
        seated_now = current and seat.admitted_at is not None
        early = now < opens_at(visit.starts_at)
        if status is Status.READY and early and not seated_now:
            status = Status.EARLY
        if status is Status.READY and now >= over_at(visit.ends_at, visit.state, seated=seated_now):
            status = Status.OVER
        clinician = Seat.select(Seat.name).where(Seat.visit == visit.id, Seat.kind == Kind.CLINICIAN).get()
        return Door(
            status=status,
            clinician=clinician.name,
            name=seat.name,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            zone=visit.zone,
            late_minutes=self.ledger.lateness(visit),
            seated=current,
            entered=seat.entered_at is not None,
            phone_end=self._phone_end(seat),
            summary=status is Status.FINISHED and seat.kind == Kind.PATIENT,
        )

    def _phone_end(self, seat: Seat) -> str:
        """Of the number that will be called, where the visit goes on by telephone."""
        if seat.kind != Kind.PATIENT or self.ledger.fact_of(seat.visit_id).by_phone_at is None:
            return ""
        return phone_end(self.ledger.people.view(seat.visit.patient_id).phone)

    def _sit_down(self, seat: Seat) -> Entered:
        token, now = new_token(), self.store.clock.now()
        session = SeatSession.create(id=new_id(), hash=token_hash(token), seat=seat.id, created_at=now)
        visit = seat.visit
        seat.entered_at = seat.entered_at or now
        SeatFact.update(asked_at=None, told_at=None).where(SeatFact.seat == seat.id).execute()
        self.ledger.move_seat(seat, SeatMove.ENTER, Who.SEAT, {Need.WINDOW})
        self.ledger.tell_late(visit)
        if visit.state in (VisitState.BOOKED, VisitState.OPEN):
            self.ledger.move_visit(visit, VisitMove.OPEN, Who.SEAT)
        actor = Actor(
            id=seat.id,
            name=seat.name,
            roles=frozenset({ROLES[Kind(seat.kind)]}),
            state=State.ACTIVE,
            session_id=session.id,
            visit_id=visit.id,
        )
        subject = self.ledger.subject(actor, visit)
        authorize(actor, Action.VISIT_JOIN, subject)
        self.store.audit.record(actor, Action.VISIT_JOIN, subject)
        return Entered(seat_id=seat.id, token=token)

    # Coming and going, told by the socket ---------------------------------------------------------------

    @policy(Action.VISIT_JOIN)
    async def arrive(self, actor: Actor, visit_id: str, instance: str) -> str:
        """The actor's page load `instance` speaks for their seat, whose id returns. Raises Hidden or Refused."""

        def work(_: list[str]) -> tuple[str, str]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_JOIN, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_JOIN, visit)
            if instance != seat.instance:
                seat.instance = instance
                if seat.state == SeatState.CONNECTED:
                    self.ledger.move_seat(seat, SeatMove.DISCONNECT, Who.SEAT)
            if seat.kind == Kind.CLINICIAN:
                self._open_the_waiting_room(visit)
            self._yield_place(visit, seat)
            inside = seat.kind == Kind.CLINICIAN or seat.admitted_at is not None
            move, fact = (SeatMove.RETURN, Need.ADMITTED) if inside else (SeatMove.ARRIVE, Need.NOT_ADMITTED)
            self.ledger.move_seat(seat, move, Who.SEAT, {fact})
            self._settle(visit)
            self.store.audit.record(actor, Action.VISIT_JOIN, subject, seat=seat.id)
            return visit.id, seat.id

        return await self.ledger.change(work)

    @policy(Action.VISIT_SIGNAL)
    async def may_signal(self, actor: Actor, visit_id: str, to_seat: str) -> bool:
        """Whether a signal may go from the actor's seat to that one: both admitted, in a visit that goes on."""

        def work() -> bool:
            visit, _ = self.ledger.opened(actor, Action.VISIT_SIGNAL, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_SIGNAL, visit)
            other = Seat.get_or_none(Seat.id == to_seat, Seat.visit == visit.id)
            return other is not None and other.id != seat.id and is_inside(seat) and is_inside(other)

        return await self.store.read(work)

    @policy(Action.VISIT_SIGNAL)
    async def connect(self, actor: Actor, visit_id: str, *, flows: bool) -> None:
        """Picture or sound flows to this seat from another, or no more."""
        move = SeatMove.CONNECT if flows else SeatMove.DISCONNECT

        def work(_: list[str]) -> tuple[str, None]:
            visit, _subject = self.ledger.opened(actor, Action.VISIT_SIGNAL, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_SIGNAL, visit)
            before = seat.state
            self.ledger.move_seat(seat, move, Who.SEAT)
            return (visit.id if seat.state != before else ""), None

        await self.ledger.change(work)

    @policy(Action.VISIT_JOIN)
    async def show_device(self, actor: Actor, visit_id: str, device: Device) -> None:
        """The result of the device check, beside the name."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, _subject = self.ledger.opened(actor, Action.VISIT_JOIN, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_JOIN, visit)
            text = json.dumps(asdict(device), sort_keys=True)
            if text == seat.device:
                return "", None
            told = device_view(seat.device)
            seat.device = text
            seat.save()
            if told is None or replace(told, network=None) != replace(device, network=None):
                names = {"camera": device.camera, "microphone": device.microphone, "browser": device.browser}
                self.ledger.tell(visit.id, "device", seat.id, **names)
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.VISIT_LEAVE)
    async def leave(self, actor: Actor, visit_id: str) -> None:
        """The actor goes, and may come back as often as they like. It ends nothing."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_LEAVE, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_LEAVE, visit)
            if seat.state == SeatState.LEFT:
                return "", None
            seat.instance = ""
            self.ledger.move_seat(seat, SeatMove.LEAVE, Who.SEAT)
            self.store.audit.record(actor, Action.VISIT_LEAVE, subject, seat=seat.id)
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def drop(self, actor: Actor, visit_id: str, seat_id: str) -> None:
        """The seat's socket is gone. The system's own word."""

        def work(_: list[str]) -> tuple[str, None]:
            authorize(actor, Action.SYSTEM, Subject(kind="seat", id=seat_id))
            seat = Seat.get_or_none(Seat.id == seat_id, Seat.visit == visit_id)
            if seat is None or seat.state in GONE:
                return "", None
            self.ledger.move_seat(seat, SeatMove.DROP, Who.SYSTEM)
            return visit_id, None

        await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def shut_out(self, actor: Actor, visit_id: str) -> None:
        """A clinician who may treat no more has left: nobody sends them anything. The system's own word."""

        def work(_: list[str]) -> tuple[str, None]:
            authorize(actor, Action.SYSTEM, Subject(kind="visit", id=visit_id))
            seat = Seat.get_or_none(Seat.visit == visit_id, Seat.kind == Kind.CLINICIAN)
            treating = {account.id for account in self.ledger.accounts.clinicians()}
            if seat is None or seat.account_id in treating or seat.state in OUTSIDE:
                return "", None
            seat.instance = ""
            self.ledger.move_seat(seat, SeatMove.LEAVE, Who.SYSTEM)
            return visit_id, None

        await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def interrupt(self, actor: Actor, visit_id: str) -> None:
        """One side has been away for a minute. The system's own word; a side that is back undoes nothing."""

        def work(_: list[str]) -> tuple[str, None]:
            authorize(actor, Action.SYSTEM, Subject(kind="visit", id=visit_id))
            visit = Visit.get_or_none(Visit.id == visit_id, Visit.state == VisitState.IN_VISIT)
            if visit is None or self._together(visit):
                return "", None
            self.ledger.move_visit(visit, VisitMove.INTERRUPT, Who.SYSTEM, {Need.SIDE_AWAY})
            return visit_id, None

        await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def recover(self, actor: Actor) -> tuple[str, ...]:
        """After a restart: whoever was here is away until their socket returns. The ids of visits that go on."""

        def work(_: list[str]) -> tuple[str, tuple[str, ...]]:
            authorize(actor, Action.SYSTEM, Subject(kind="seat"))
            here = Seat.select().join(Visit).where(Visit.state.not_in(sorted(ENDED)), Seat.state.not_in(GONE))
            for seat in list(here):
                self.ledger.move_seat(seat, SeatMove.DROP, Who.SYSTEM)
            going = Visit.select(Visit.id).where(Visit.state == VisitState.IN_VISIT)
            return "", tuple(row.id for row in going)

        return await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def room(self, actor: Actor, visit_id: str) -> VisitView | None:
        """The whole visit, for the room that shows each seat its part of it."""

        def work() -> VisitView | None:
            authorize(actor, Action.SYSTEM, Subject(kind="visit", id=visit_id))
            visit = Visit.get_or_none(Visit.id == visit_id)
            if visit is None:
                return None
            patient = self.ledger.people.view(visit.patient_id)
            view = self.ledger.view(visit)
            people = sum(not seat.revoked for seat in view.seats)
            return replace(
                view,
                phone=patient.phone,
                address=patient.address,
                where=where_within(visit.id),
                emergency=times_within(visit.id),
                way=self.ledger.way(view),
                many=people > 2,
                told_by=promised(patient, posted=self.posted).by,
                phone_end=phone_end(patient.phone),
                portrait=self.ledger.has_portrait(visit.clinician_id),
            )

        return await self.store.read(work)

    # Chat -----------------------------------------------------------------------------------------------

    @policy(Action.VISIT_CHAT)
    async def say(self, actor: Actor, visit_id: str, message_id: str, text: str, *, to: str = "") -> Said:
        """Store a message, once however often it is sent. Raises Invalid or NotNow.

        to: a seat that the clinician answers privately, somebody who waits.
        """
        return await self.ledger.change(
            lambda _: ("", self.say_within(actor, visit_id, message_id, text, to))
        )

    def say_within(
        self,
        actor: Actor,
        visit_id: str,
        message_id: str,
        text: str,
        to: str = "",
        attach: Callable[[Chat], object] | None = None,
    ) -> Said:
        """As `say`, inside the caller's write; `attach` adds what a new message brings along."""
        if not MESSAGE_ID.fullmatch(message_id):
            raise Invalid("id", N_("This message cannot be taken."))
        if not text.strip() or len(text) > TEXT_AT_MOST:
            raise Invalid("text", N_("A message has at most {limit} characters."), limit=TEXT_AT_MOST)
        visit, _subject = self.ledger.opened(actor, Action.VISIT_CHAT, visit_id)
        seat = self.ledger.own_seat(actor, Action.VISIT_CHAT, visit)
        row = Chat.get_or_none(Chat.visit == visit.id, Chat.message_id == message_id)
        if row is not None:
            if row.seat_id != seat.id:
                raise Invalid("id", N_("This message cannot be taken."))
            return self._said(row, seat, new=False)
        if visit.state in ENDED:
            raise NotNow(visit.state, "say")
        row = Chat.create(
            visit=visit.id,
            message_id=message_id,
            seat=seat.id,
            audience=self._audience(actor, visit, seat, to),
            text=text,
            at=self._moment(visit),
        )
        if attach is not None:
            attach(row)
        return self._said(row, seat, new=True)

    @policy(Action.VISIT_CHAT_READ)
    async def chat_since(
        self, actor: Actor, visit_id: str, since: datetime | None = None
    ) -> tuple[ChatView, ...]:
        """What the actor may see of the chat, oldest first: the last 500, or those after `since`."""

        def work() -> tuple[ChatView, ...]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_CHAT_READ, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_CHAT_READ, visit)
            self.store.audit.record(actor, Action.VISIT_CHAT_READ, subject)
            names = self.ledger.seat_names(visit)
            query = Chat.select().where(Chat.visit == visit.id)
            if since is not None:
                query = query.where(Chat.at > since)
            rows = list(query.order_by(Chat.id.desc()).limit(CHAT_AT_MOST))
            files = {row.chat_id: row for row in ChatFile.select().where(ChatFile.visit == visit.id)}
            views = (chat_view(row, names[row.seat_id], files.get(row.id)) for row in reversed(rows))
            return tuple(view for view in views if hears(view, seat))

        return await self.store.read(work)

    def _said(self, row: Chat, seat: Seat, *, new: bool) -> Said:
        chat = chat_view(row, seat.name, ChatFile.get_or_none(ChatFile.chat == row.id))
        seats = Seat.select().where(Seat.visit == row.visit_id)
        return Said(chat=chat, hearers=frozenset(one.id for one in seats if hears(chat, one)), new=new)

    def _moment(self, visit: Visit) -> datetime:
        """Now, but never before somebody came or was let in: the clock may have been set back since."""
        seats = Seat.select(Seat.entered_at, Seat.admitted_at).where(Seat.visit == visit.id)
        known: list[datetime] = [
            at for seat in seats for at in (seat.entered_at, seat.admitted_at) if at is not None
        ]
        return max([self.store.clock.now(), *known])

    def _audience(self, actor: Actor, visit: Visit, seat: Seat, to: str) -> str:
        if seat.kind != Kind.CLINICIAN:
            return "room" if is_inside(seat) else "clinician"
        if to:
            return str(self.ledger.seat(actor, Action.VISIT_CHAT, visit, to).id)
        inside = Seat.select().where(
            Seat.visit == visit.id, Seat.kind != Kind.CLINICIAN, Seat.admitted_at.is_null(False)
        )
        return "room" if inside.exists() else "everyone"

    # Steps ----------------------------------------------------------------------------------------------

    def _open_the_waiting_room(self, visit: Visit) -> None:
        if visit.state == VisitState.BOOKED and self.store.clock.now() >= opens_at(visit.starts_at):
            self.ledger.move_visit(visit, VisitMove.OPEN, Who.CLINICIAN)

    def _yield_place(self, visit: Visit, seat: Seat) -> None:
        """A guest who had left and finds four people in the visit waits again."""
        if seat.kind in GUESTS and seat.state == SeatState.LEFT and self.ledger.view(visit).full:
            seat.admitted_at = None

    def _settle(self, visit: Visit) -> None:
        if visit.state == VisitState.INTERRUPTED and self._together(visit):
            self.ledger.move_visit(visit, VisitMove.RESUME, Who.SYSTEM, {Need.BOTH_PRESENT})

    def _together(self, visit: Visit) -> bool:
        return self.ledger.view(visit).together


def is_inside(seat: Seat) -> bool:
    """Admitted, or the clinician; and neither gone nor shown out."""
    if seat.state in OUTSIDE or seat.revoked:
        return False
    return seat.kind == Kind.CLINICIAN or seat.admitted_at is not None


def _yes(value: bool) -> str:
    return "yes" if value else "no"
