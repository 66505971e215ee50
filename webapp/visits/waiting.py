"""Who waits: they have tapped, are here or were a short while ago, and were not let in yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from peewee import Expression

from webapp.visits.links import OVERRUN, over_at
from webapp.visits.model import Seat, Visit
from webapp.visits.states import ENDED, SeatState
from webapp.visits.views import SeatView, VisitView

NOT_ADMITTED = (SeatState.CHECKING, SeatState.WAITING, SeatState.AWAY)
GONE_AFTER = timedelta(minutes=10)  # without a living page


def may_be_waited_in(now: datetime) -> Expression:
    """Of a visit's row: somebody may wait in it. More than do: `waiting_in` says who."""
    somebody = Seat.select(Seat.visit).where(Seat.state.in_(NOT_ADMITTED))
    found: Expression = (
        Visit.state.not_in(sorted(ENDED)) & (Visit.ends_at > now - OVERRUN) & Visit.id.in_(somebody)
    )
    return found


def waiting_in(visit: VisitView, now: datetime) -> Iterator[tuple[SeatView, datetime]]:
    """Who waits in this visit, and since when."""
    if visit.state in ENDED or now >= over_at(visit.ends_at, visit.state, seated=True):
        return
    for seat in visit.seats:
        if seat.entered_at is None or seat.admitted or seat.revoked or seat.state not in NOT_ADMITTED:
            continue
        if seat.state is SeatState.WAITING or now - seat.since < GONE_AFTER:
            yield seat, seat.entered_at
