"""How good the line was: each step that one seat takes down or up towards another stands in the timeline."""

from webapp.access import Action, Actor, policy
from webapp.visits.ledger import Ledger
from webapp.visits.model import Seat
from webapp.visits.seats import is_inside


class Steps:
    """What the pages say of the picture that they send."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @policy(Action.VISIT_SIGNAL)
    async def note(self, actor: Actor, visit_id: str, to_seat: str, step: str) -> bool:
        """The actor's seat sends that one a picture of this step. False where the two are not in the visit."""

        def work(_: list[str]) -> tuple[str, bool]:
            visit, _subject = self.ledger.opened(actor, Action.VISIT_SIGNAL, visit_id)
            seat = self.ledger.own_seat(actor, Action.VISIT_SIGNAL, visit)
            other = Seat.get_or_none(Seat.id == to_seat, Seat.visit == visit.id)
            if other is None or other.id == seat.id or not is_inside(seat) or not is_inside(other):
                return "", False
            self.ledger.tell(visit.id, "quality", seat.id, step=step, to=other.id)
            return "", True

        return await self.ledger.change(work)
