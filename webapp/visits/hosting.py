"""What is asked of a visit over the socket by whoever holds it: guests, their links, an emergency's times."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from webapp.visits.line import Line
from webapp.visits.messages import AskLink, Emergency, Invite, Remove

if TYPE_CHECKING:
    from webapp.visits.room import Room


async def invite(room: "Room", line: Line, message: Invite) -> None:
    """A seat for one more person; whoever asked gets its link."""
    made = await room.visits.invite_guest(line.actor, room.visit_id, name=message.name, kind=message.kind)
    line.send({"t": "invited", "id": message.id, "seat": made.seat_id, "path": made.path})


async def link(room: "Room", line: Line, message: AskLink) -> None:
    made = await room.visits.link(line.actor, room.visit_id, message.seat)
    line.send({"t": "invited", "id": message.id, "seat": made.seat_id, "path": made.path})


async def remove(room: "Room", line: Line, message: Remove) -> None:
    await room.visits.remove(line.actor, room.visit_id, message.seat)
    line.send({"t": "ack", "id": message.id, "at": room.clock.now().isoformat()})


async def emergency(room: "Room", line: Line, message: Emergency) -> None:
    """The first time of each step counts, and whoever holds the visit sees it."""
    await room.visits.emergencies.mark(line.actor, room.visit_id, message.step)


HOSTED: dict[type, Callable[["Room", Line, Any], Awaitable[None]]] = {
    Invite: invite,
    AskLink: link,
    Remove: remove,
    Emergency: emergency,
}
