"""Elena's visit with Anna, served: what the tests of the sockets begin with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.cast import Cast
from tests.visits.call_server import CallServer, Person
from webapp.visits.relay import NO_RELAY, Relay
from webapp.visits.views import Invitation


@dataclass(kw_only=True)
class Call:
    """Elena's visit with Anna, served."""

    cast: Cast
    server: CallServer
    invitation: Invitation
    elena: Person
    anna: Person

    async def both(self) -> None:
        """Elena is there, Anna waits."""
        await self.elena.open()
        await self.anna.open()

    async def together(self) -> None:
        """Anna is let in, over the wire."""
        await self.both()
        await self.elena.sees(self.invitation.seat_id, "waiting")
        await self.elena.say("admit", seat=self.invitation.seat_id)
        await self.elena.sees(self.invitation.seat_id, "admitted")
        await self.anna.sees(self.invitation.seat_id, "admitted")

    async def state(self) -> str:
        return (await self.server.visits.visit(self.cast.elena, self.invitation.visit_id)).state

    async def guest(self, name: str) -> Person:
        made = await self.server.visits.invite_guest(self.cast.elena, self.invitation.visit_id, name=name)
        return await self.server.patient(made)

    async def tick(self, **span: float) -> None:
        self.cast.clock.push(**span)
        await self.server.rooms.tick()


def signal(person: Person, to: Person, number: int, link: int = 1) -> dict[str, Any]:
    description = {"type": "offer", "sdp": f"v=0 {number}"}
    return {"to": to.seat, "to_instance": to.instance, "link": link, "description": description}


@asynccontextmanager
async def served(cast: Cast, relay: Relay = NO_RELAY, service: str = "") -> AsyncIterator[Call]:
    server = CallServer(cast.store, relay)
    await server.start()
    made = await server.visits.invite_now(
        cast.elena, name="", contact="", reason="Knee", patient_id=cast.anna.id, service=service
    )
    elena = await server.clinician(cast.elena, made.visit_id)
    call = Call(cast=cast, server=server, invitation=made, elena=elena, anna=await server.patient(made))
    try:
        yield call
    finally:
        await server.stop()
    left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("visit")]
    assert not left, f"tasks outlive the server: {left}"


def story(
    cast: Cast, told: Callable[[Call], Awaitable[None]], relay: Relay = NO_RELAY, service: str = ""
) -> None:
    async def whole() -> None:
        async with served(cast, relay, service) as call:
            await told(call)

    cast.run(whole())


async def to_nobody(sender: Person, receiver: Person) -> None:
    """What `sender` said last has not come to `receiver`."""
    await sender.answered()
    await receiver.answered()
    assert not [message for message in receiver.heard if message.get("from") == sender.seat]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)
