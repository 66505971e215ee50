"""A visit's fixtures on top of the cast."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.cast import Cast
from webapp.access import Actor
from webapp.visits.service import Visits
from webapp.visits.views import Entered, Invitation


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The visits of the cast's practice, and steps that many tests begin with."""

    cast: Cast
    visits: Visits

    async def invited(self) -> Invitation:
        """Anna is invited by Elena to a visit that starts now."""
        return await self.visits.invite_now(
            self.cast.elena, name="", contact="", reason="Knee", patient_id=self.cast.anna.id
        )

    async def booked(self, **later: float) -> Invitation:
        starts_at = self.cast.clock.now() + timedelta(**later)
        return await self.visits.book(self.cast.elena, patient_id=self.cast.anna.id, starts_at=starts_at)

    async def tapped(self, invitation: Invitation) -> Actor:
        """Whoever holds the link taps: the actor of the seat."""
        return await self.resolved(
            await self.visits.seats.enter(invitation.visit_id, token=token(invitation))
        )

    async def waits(self, invitation: Invitation, instance: str = "phone") -> Actor:
        actor = await self.tapped(invitation)
        await self.visits.seats.arrive(actor, invitation.visit_id, instance)
        return actor

    async def admitted(self, invitation: Invitation) -> Actor:
        """The holder of the link and Elena are both in the visit."""
        actor = await self.waits(invitation)
        await self.visits.seats.arrive(self.cast.elena, invitation.visit_id, "desk")
        await self.visits.admit(self.cast.elena, invitation.visit_id, invitation.seat_id)
        return actor

    async def resolved(self, entered: Entered) -> Actor:
        actor = await self.visits.sessions.resolve(entered.token)
        assert actor is not None
        return actor

    async def state(self, visit_id: str) -> str:
        return (await self.visits.visit(self.cast.elena, visit_id)).state

    async def seat_state(self, invitation: Invitation) -> str:
        seat = (await self.visits.visit(self.cast.elena, invitation.visit_id)).seat(invitation.seat_id)
        assert seat is not None
        return seat.state


def token(invitation: Invitation) -> str:
    return invitation.path.partition("#")[2]


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return Stage(cast=cast, visits=Visits(cast.store, cast.people, cast.records, cast.accounts))
