"""The two state machines of a visit, as tables: what may follow what, who may cause it, and what it needs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from webapp.access import Invalid
from webapp.locale import N_


class VisitState(StrEnum):
    BOOKED = "booked"
    OPEN = "open"  # the waiting room is open
    IN_VISIT = "in_visit"
    INTERRUPTED = "interrupted"  # one side is away
    FINISHED = "finished"
    SIGNED = "signed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class SeatState(StrEnum):
    INVITED = "invited"
    CHECKING = "checking"  # has tapped; not heard of over the socket yet
    WAITING = "waiting"
    ADMITTED = "admitted"
    CONNECTED = "connected"  # picture or sound flows
    AWAY = "away"
    LEFT = "left"
    REMOVED = "removed"


class VisitMove(StrEnum):
    OPEN = "open"
    ADMIT = "admit"
    INTERRUPT = "interrupt"
    RESUME = "resume"
    FINISH = "finish"
    SIGN = "sign"
    CANCEL = "cancel"
    MISS = "miss"


class SeatMove(StrEnum):
    ENTER = "enter"  # the tap that exchanges the link for a session
    ARRIVE = "arrive"  # the socket of a seat that was not admitted yet
    RETURN = "return"  # the socket of an admitted one, or of the clinician
    ADMIT = "admit"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    DROP = "drop"
    LEAVE = "leave"
    REMOVE = "remove"


class Who(StrEnum):
    CLINICIAN = "clinician"  # the visit's own
    DESK = "desk"
    SEAT = "seat"  # whoever sits in it
    SYSTEM = "system"  # the clock and the sockets


class Need(StrEnum):
    SOMEBODY_ENTERED = "somebody entered"  # a patient's or guest's seat has been entered by tap
    BOTH_PRESENT = "both present"
    SIDE_AWAY = "a side is away"
    NOTE_SIGNED = "note signed"
    WINDOW = "window"  # the link works now
    ADMITTED = "admitted"
    NOT_ADMITTED = "not admitted"
    STARTED = "started"  # the planned start has passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition: the new state, who may cause it, what must be true."""

    to: str
    who: frozenset[Who]
    needs: frozenset[Need] = field(default_factory=frozenset)


class NotNow(Invalid):
    """The state does not allow it, or something is missing. Nothing was changed."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__("state", N_("This cannot be done now."))
        self.state, self.event = state, event


Table = Mapping[tuple[str, str], Step]


def after(table: Table, state: str, event: str, who: Who, facts: Collection[Need] = ()) -> str:
    """The state that follows. Raises NotNow."""
    step = table.get((state, event))
    if step is None or who not in step.who or not step.needs.issubset(facts):
        raise NotNow(state, event)
    return step.to


def _steps(froms: str, event: str, to: str, who: str, *needs: Need) -> Iterator[tuple[tuple[str, str], Step]]:
    """One row for many states: names separated by blanks; `to` of "=" keeps the state."""
    makers = frozenset(Who(name) for name in who.split())
    for state in froms.split():
        yield (state, event), Step(to=state if to == "=" else to, who=makers, needs=frozenset(needs))


VISIT: Table = dict(
    row
    for rows in (
        _steps("booked", "open", "open", "seat clinician"),
        _steps("open", "open", "=", "seat clinician"),
        _steps("booked open in_visit interrupted", "admit", "in_visit", "clinician", Need.SOMEBODY_ENTERED),
        _steps("in_visit", "interrupt", "interrupted", "system", Need.SIDE_AWAY),
        _steps("interrupted", "resume", "in_visit", "system", Need.BOTH_PRESENT),
        _steps("booked open in_visit interrupted", "finish", "finished", "clinician"),
        _steps("finished", "sign", "signed", "clinician", Need.NOTE_SIGNED),
        _steps("booked open", "cancel", "cancelled", "desk clinician seat"),
        _steps("booked open", "miss", "no_show", "desk clinician", Need.STARTED),
    )
    for row in rows
)

SEAT: Table = dict(
    row
    for rows in (
        _steps("invited", "enter", "checking", "seat", Need.WINDOW),
        _steps("checking waiting admitted connected away left", "enter", "=", "seat", Need.WINDOW),
        _steps("invited checking waiting away left", "arrive", "waiting", "seat", Need.NOT_ADMITTED),
        _steps("invited admitted away left", "return", "admitted", "seat", Need.ADMITTED),
        _steps("connected", "return", "=", "seat", Need.ADMITTED),
        _steps("checking waiting", "admit", "admitted", "clinician"),
        _steps("admitted connected away", "admit", "=", "clinician"),
        _steps("admitted connected", "connect", "connected", "seat"),
        _steps("admitted connected", "disconnect", "admitted", "seat"),
        _steps("checking waiting admitted connected away", "drop", "away", "system"),
        _steps("checking waiting admitted connected away left", "leave", "left", "seat system"),
        _steps("invited checking waiting admitted connected away left", "remove", "removed", "clinician"),
    )
    for row in rows
)

ENDED = frozenset(
    {
        VisitState.FINISHED,
        VisitState.SIGNED,
        VisitState.CANCELLED,
        VisitState.NO_SHOW,
    }
)
RUNNING = frozenset({VisitState.IN_VISIT, VisitState.INTERRUPTED})
PRESENT = frozenset({SeatState.ADMITTED, SeatState.CONNECTED})
