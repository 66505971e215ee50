"""What leaves the service: frozen values, never rows."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from webapp.visits.relay import Way
from webapp.visits.states import SeatState


class Kind(StrEnum):
    PATIENT = "patient"
    RELATIVE = "relative"
    INTERPRETER = "interpreter"
    COLLEAGUE = "colleague"
    GUEST = "guest"  # somebody else
    CLINICIAN = "clinician"


GUESTS = (Kind.RELATIVE, Kind.INTERPRETER, Kind.COLLEAGUE, Kind.GUEST)
SEATS_AT_MOST = 4  # people at once in a visit: each sends to each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the check found of the network. direct, relay: '' unknown, 'ok', 'none', or 'unset' where none is set up.

    up_kbit, down_kbit: kbit/s, 0 where it could not be told.
    """

    trip_ms: int
    up_kbit: int
    down_kbit: int
    direct: str
    relay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The result of the check: 'ok', 'none', 'denied', 'in_use' or 'off'; and the browser's short name.

    sound: whether they heard ours: 'ok', 'none', or '' where nobody asked.
    """

    camera: str
    microphone: str
    browser: str
    sound: str = ""
    network: Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    id: str
    kind: Kind
    name: str
    state: SeatState
    since: datetime
    entered_at: datetime | None
    admitted: bool
    admitted_at: datetime | None
    instance: str
    device: Device | None
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    id: str
    patient_id: str
    patient: str
    clinician_id: str
    clinician: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: str
    late_minutes: int
    opened_at: datetime | None
    admitted_at: datetime | None
    finished_at: datetime | None
    signed_at: datetime | None
    seats: tuple[SeatView, ...]
    phone: str = ""  # the patient's, as their address, where the room's own clinician reads it
    address: str = ""
    where: str = ""  # the patient is now, as it was established
    emergency: tuple[tuple[str, datetime], ...] = ()  # the steps that were taken, and when
    service: str = ""  # the key of a service
    by_phone_at: datetime | None = None  # it goes on by telephone since
    way: Way = Way.DIRECT  # how its media may go, where the room reads it
    told_by: str = ""  # how its patient can be told something once they have left: "mail", "phone" or ""
    phone_end: str = ""  # "…1234": the patient's number as they know it
    portrait: bool = False  # there is a picture of its clinician
    many: bool = False  # more than two people may come in

    def seat(self, seat_id: str) -> SeatView | None:
        return next((seat for seat in self.seats if seat.id == seat_id), None)

    @property
    def patient_seat(self) -> SeatView:
        return next(seat for seat in self.seats if seat.kind is Kind.PATIENT)

    @property
    def clinician_seat(self) -> SeatView:
        return next(seat for seat in self.seats if seat.kind is Kind.CLINICIAN)

    @property
    def full(self) -> bool:
        """Whether nobody more fits in. The clinician and the patient keep their places; a guest's is free once left."""
        return 2 + sum(1 for seat in self.seats if _takes_a_place(seat)) >= SEATS_AT_MOST

    @property
    def together(self) -> bool:
        """Whether the clinician and an admitted patient or guest are both here."""
        here = [seat for seat in self.seats if seat.state in (SeatState.ADMITTED, SeatState.CONNECTED)]
        kinds = {seat.kind is Kind.CLINICIAN for seat in here}
        return len(kinds) == 2

    def seen_from(self, seat_id: str) -> "VisitView":
        """What this seat may see: who waits sees themself and the clinician alone, and no reason for the visit."""
        me = self.seat(seat_id)
        if me is not None and me.kind is Kind.CLINICIAN:
            return self
        shown = tuple(seat for seat in self.seats if me is not None and _shows(seat, me))
        bare = tuple(seat if seat.id == seat_id else replace(seat, device=None) for seat in shown)
        patient = me is not None and me.kind is Kind.PATIENT
        seen = replace(
            self, seats=bare, reason="", patient_id="", phone="", address="", where="", emergency=()
        )
        return seen if patient else replace(seen, patient="", told_by="", phone_end="")


def _takes_a_place(seat: SeatView) -> bool:
    gone = seat.state in (SeatState.LEFT, SeatState.REMOVED) or seat.revoked
    return seat.kind in GUESTS and seat.admitted and not gone


def _shows(seat: SeatView, me: SeatView) -> bool:
    if seat.id == me.id or seat.kind is Kind.CLINICIAN:
        return True
    return me.admitted and seat.admitted and seat.state is not SeatState.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    visit_id: str
    seat_id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who has tapped and was not admitted yet."""

    visit_id: str
    seat_id: str
    kind: Kind
    name: str
    patient_id: str
    clinician_id: str
    clinician: str
    reason: str
    state: SeatState
    entered_at: datetime
    starts_at: datetime
    zone: str
    device: Device | None
    mine: bool  # the actor is this visit's clinician and may admit
    late_minutes: int  # what they were told

    @property
    def here(self) -> bool:
        """Their page is open now: somebody to ring for."""
        return self.state is SeatState.WAITING


class Status(StrEnum):
    READY = "ready"
    EARLY = "early"
    OVER = "over"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a join link says before the tap. An unknown one says nothing else."""

    status: Status
    clinician: str = ""
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str = ""
    late_minutes: int = 0
    seated: bool = False
    entered: bool = False
    phone_end: str = ""  # it goes on by telephone, on the number that ends so
    summary: bool = False  # it is over, and what is sent of it is for this seat to read


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The seat, and the token of its new session for the cookie."""

    seat_id: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """What a message brought along: "pdf", "jpeg" or "png", and its size in bytes. Its name is the message."""

    id: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatView:
    id: str
    seat_id: str
    name: str
    text: str
    at: datetime
    audience: str
    file: FileView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A line of the timeline. `name` is whose seat it is about, or empty."""

    at: datetime
    kind: str
    name: str
    detail: tuple[tuple[str, str], ...]
    seat_id: str = ""


def waiting_view(visit: VisitView, seat: SeatView, entered_at: datetime, *, mine: bool) -> Waiting:
    return Waiting(
        visit_id=visit.id,
        seat_id=seat.id,
        kind=seat.kind,
        name=seat.name,
        patient_id=visit.patient_id,
        clinician_id=visit.clinician_id,
        clinician=visit.clinician,
        reason=visit.reason,
        state=seat.state,
        entered_at=entered_at,
        starts_at=visit.starts_at,
        zone=visit.zone,
        device=seat.device,
        mine=mine,
        late_minutes=visit.late_minutes,
    )
