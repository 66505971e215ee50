"""What a room remembers of who sits in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp.visits.line import Line, Outbox
from webapp.visits.states import ENDED, RUNNING, SeatState, VisitState
from webapp.visits.views import SeatView, VisitView


@dataclass(slots=True)
class Presence:
    """One seat, from the first page that spoke for it."""

    instance: str = ""
    line: Line | None = None
    outbox: Outbox = field(default_factory=Outbox)
    camera: bool | None = None
    microphone: bool | None = None
    screen: bool = False
    shielded: bool = False
    writing: bool = False
    caption: str = ""
    links: set[str] = field(default_factory=set)
    gone_at: float | None = None  # since when it has no socket, until the seat is away


def shares_screen(view: VisitView, seats: Mapping[str, Presence]) -> bool:
    """Whether the clinician's own screen is seen by others: their pages name nobody meanwhile."""
    me = view.clinician_seat
    seat = seats.get(me.id)
    here = view.state in RUNNING and me.state in (SeatState.ADMITTED, SeatState.CONNECTED)
    return here and seat is not None and seat.instance == me.instance and seat.screen


def parting(view: VisitView, seat: SeatView | None) -> str:
    """Why whoever sits there may be here no more; "" if they may."""
    if seat is None or seat.revoked or seat.state is SeatState.REMOVED:
        return "removed"
    if view.state in ENDED:
        return "cancelled" if view.state == VisitState.CANCELLED else "finished"
    return ""
