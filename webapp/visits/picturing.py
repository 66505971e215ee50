"""What is said over the socket of pictures: photos that are asked for, and how much of the video a line carries."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from webapp.visits.line import Line
from webapp.visits.messages import LADDER, AnswerPhoto, AskPhoto, TellStep, WithdrawPhoto
from webapp.visits.photo_requests import RequestState

if TYPE_CHECKING:
    from webapp.visits.room import Room


async def ask(room: "Room", line: Line, message: AskPhoto) -> None:
    await room.visits.photo_requests.ask(line.actor, room.visit_id, message.site, message.side)


async def withdraw(room: "Room", line: Line, message: WithdrawPhoto) -> None:
    await room.visits.photo_requests.withdraw(line.actor, room.visit_id, message.id)


async def answer(room: "Room", line: Line, message: AnswerPhoto) -> None:
    state = RequestState(message.state)
    await room.visits.photo_requests.answer(line.actor, room.visit_id, message.id, state)


async def step(room: "Room", line: Line, message: TellStep) -> None:
    """Who is sent less hears why, and it stands in the timeline."""
    name = LADDER[message.step]
    if await room.visits.steps.note(line.actor, room.visit_id, message.other, name):
        room.post(message.other, {"t": "step", "from": line.seat_id, "step": message.step})


PICTURED: dict[type, Callable[["Room", Line, Any], Awaitable[None]]] = {
    AskPhoto: ask,
    WithdrawPhoto: withdraw,
    AnswerPhoto: answer,
    TellStep: step,
}
