"""What a waiting patient asks over the socket who cannot wait: to be told when it is their turn, or to call it off."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from webapp.visits.line import Line
from webapp.visits.messages import CallOff, TellMe

if TYPE_CHECKING:
    from webapp.visits.room import Room


async def tell_me(room: "Room", line: Line, message: TellMe) -> None:
    """They leave, with our word how they will hear of us."""
    promise = await room.visits.desk.tell_me(line.actor, room.visit_id)
    room.left(line)
    line.send({"t": "promised", "id": message.id, "by": promise.by, "where": promise.where})


async def call_off(room: "Room", line: Line, message: CallOff) -> None:
    await room.visits.cancel(line.actor, room.visit_id)
    line.send({"t": "ack", "id": message.id, "at": room.clock.now().isoformat()})


GOING: dict[type, Callable[["Room", Line, Any], Awaitable[None]]] = {TellMe: tell_me, CallOff: call_off}
