"""An emergency during a visit: when its card was opened, when help was called and when it came."""

from datetime import datetime

from webapp.access import Action, Actor, Refused, policy
from webapp.visits.ledger import Ledger, seated
from webapp.visits.model import VisitEvent

KIND = "emergency "
OPENED = "opened"  # by anybody in the visit; the other steps are the clinician's


class Emergencies:
    """Its times stand in the visit's timeline."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.store = ledger, ledger.store

    @policy(Action.VISIT_JOIN)
    async def mark(self, actor: Actor, visit_id: str, step: str) -> datetime:
        """This step is taken now: `opened`, `called` or `arrived`. The first time counts, and returns."""
        kind = f"{KIND}{step}"

        def work(_: list[str]) -> tuple[str, datetime]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_JOIN, visit_id)
            if step != OPENED and seated(actor):
                raise Refused(actor, Action.VISIT_JOIN, subject)
            seat = self.ledger.own_seat(actor, Action.VISIT_JOIN, visit)
            event = VisitEvent.get_or_none(VisitEvent.visit == visit.id, VisitEvent.kind == kind)
            if event is not None:
                return "", event.at
            self.ledger.tell(visit.id, kind, seat.id)
            self.store.audit.record(actor, Action.VISIT_JOIN, subject, emergency=step)
            return visit.id, self.store.clock.now()

        return await self.ledger.change(work)


def times_within(visit_id: str) -> tuple[tuple[str, datetime], ...]:
    """Which steps were taken, and when."""
    rows = VisitEvent.select().where(VisitEvent.visit == visit_id, VisitEvent.kind.startswith(KIND))
    return tuple((row.kind.removeprefix(KIND), row.at) for row in rows.order_by(VisitEvent.id))
