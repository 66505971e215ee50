"""What a room remembers of who sits in it."""

from collections.abc import Iterable, Mapping
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
    photos: int = 0  # that this page has yet to send
    files: int = 0
    links: set[str] = field(default_factory=set)
    gone_at: float | None = None  # since when it has no socket, until the seat is away

    def turn(self, instance: str) -> None:
        """Another page speaks for the seat: nothing of the one before holds."""
        self.outbox.clear()
        self.links.clear()
        self.camera = self.microphone = None
        self.screen = self.shielded = self.writing = False
        self.caption, self.instance = "", instance
        self.photos = self.files = 0


def on_its_way(seats: Iterable[Presence], *, photos: int, files: int) -> dict[str, int]:
    """What would not arrive if the visit ended now: what has begun to come, or what the pages say if that is more."""
    here = [seat for seat in seats if seat.line is not None]
    return {
        "photos": max(photos, sum(seat.photos for seat in here)),
        "files": max(files, sum(seat.files for seat in here)),
    }


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
