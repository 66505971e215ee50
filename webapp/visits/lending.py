"""The relay, lent at the door: credentials for the check alone, to who holds a link that leads in."""

from webapp.access import policy
from webapp.budget import Budget
from webapp.visits.model import Seat
from webapp.visits.seats import Seats
from webapp.visits.views import Status

# In ten minutes: a link is checked again and again; a household shares an address.
SEAT_TRIES, ADDRESS_TRIES, TRIES_S = 6, 30, 10 * 60.0
OPEN = (Status.READY, Status.EARLY)


class Lending:
    """Whoever could tap now, or could later, tries beforehand whether the relay answers. Nothing is kept of it.

    They last two minutes and are of a name of their own, so that the relay's quota of a name holds for all that is
    lent to one seat; who sits in a visit is given better ones over their socket.
    """

    def __init__(self, seats: Seats) -> None:
        self.seats, self.ledger, self.store = seats, seats.ledger, seats.store
        self._by_address = Budget(ADDRESS_TRIES, TRIES_S, self.store.clock)
        self._by_seat = Budget(SEAT_TRIES, TRIES_S, self.store.clock)

    @policy(None)  # the link is the permission; whatever is wrong with it, the answer is the same
    async def lend(
        self, visit_id: str, *, token: str, session: str, address: str
    ) -> dict[str, object] | None:
        """Servers and policy as a browser takes them; None for a link that leads nowhere. Raises TooMany."""
        self._by_address.spend(address)

        def work() -> tuple[str, dict[str, object]] | None:
            found = self.seats.find_within(visit_id, token, session)
            if found is None or self.seats.door_within(*found).status not in OPEN:
                return None
            return found[0].id, self._ice(found[0])

        lent = await self.store.read(work)
        if lent is None:
            return None
        self._by_seat.spend(lent[0])
        return lent[1]

    def _ice(self, seat: Seat) -> dict[str, object]:
        ledger = self.ledger
        way = ledger.way(ledger.view(seat.visit))
        return ledger.relay.ice(way, seat.visit_id, seat.id, self.store.clock.now(), check=True)
