"""The sessions of those who sit in a visit: a cookie's token resolved to an Actor, from memory."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from webapp.access import Actor, Role, State, policy
from webapp.visits.ledger import Ledger
from webapp.visits.links import over_at, token_hash
from webapp.visits.model import Seat, SeatSession, Visit
from webapp.visits.states import ENDED, SeatState
from webapp.visits.views import GUESTS, Kind

REMEMBERED = 5000
TOKEN_LENGTH = 43
ROLES = {Kind.PATIENT: Role.PATIENT, **dict.fromkeys(GUESTS, Role.GUEST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """The facts of one session."""

    session_id: str
    seat_id: str
    visit_id: str
    patient_id: str
    name: str
    role: Role
    zone: str
    gone: bool  # replaced, revoked or removed
    ended: bool  # the visit
    over_at: datetime

    def actor(self, now: datetime) -> Actor:
        expired = self.ended or now >= self.over_at
        return Actor(
            id=self.seat_id,
            name=self.name,
            roles=frozenset({self.role}),
            state=State.REVOKED if self.gone else State.EXPIRED if expired else State.ACTIVE,
            session_id=self.session_id,
            visit_id=self.visit_id,
            patient_id=self.patient_id if self.role is Role.PATIENT else "",
            zone=self.zone,
        )


class SeatSessions:
    """Coherent: what a change of a visit touches is forgotten before anybody is told of it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[str, Sitting] = OrderedDict()  # by the token's hash
        self._changes = 0
        ledger.changed.listen(self._forget)

    @policy(None)  # who holds the token is who it says
    async def resolve(self, token: str) -> Actor | None:
        """Who holds this token, with the state that their seat has now; None for an unknown one."""
        if len(token) != TOKEN_LENGTH:
            return None
        key = token_hash(token)
        sitting = self._known.get(key)
        if sitting is None:
            changes = self._changes
            sitting = await self._ledger.store.read(lambda: load(key))
            if sitting is None:
                return None
            if changes == self._changes:
                self._keep(key, sitting)
        return sitting.actor(self._ledger.store.clock.now())

    def knows(self, token: str) -> bool:
        """Whether this token was shown and found good since the start, and still is; costs nothing."""
        sitting = self._known.get(token_hash(token))
        return sitting is not None and sitting.actor(self._ledger.store.clock.now()).state is State.ACTIVE

    def touch(self, token: str) -> None:
        """A seat does not idle: its session ends with the visit."""

    def _keep(self, key: str, sitting: Sitting) -> None:
        self._known[key] = sitting
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _forget(self, visit_id: str) -> None:
        self._changes += 1
        for key in [key for key, sitting in self._known.items() if sitting.visit_id == visit_id]:
            del self._known[key]


def load(key: str) -> Sitting | None:
    row = (
        SeatSession.select(SeatSession, Seat, Visit)
        .join(Seat)
        .join(Visit)
        .where(SeatSession.hash == key)
        .get_or_none()
    )
    if row is None:
        return None
    seat, visit = row.seat, row.seat.visit
    return Sitting(
        session_id=row.id,
        seat_id=seat.id,
        visit_id=visit.id,
        patient_id=visit.patient_id,
        name=seat.name,
        role=ROLES[Kind(seat.kind)],
        zone=visit.zone,
        gone=row.replaced_at is not None or seat.revoked or seat.state == SeatState.REMOVED,
        ended=visit.state in ENDED,
        over_at=over_at(visit.ends_at, visit.state, seated=True),
    )
