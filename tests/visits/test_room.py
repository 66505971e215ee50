"""What a room reads, how often, and in which order it tells of it."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.cast import Cast
from tests.visits.calling import Call, story
from webapp.access import Actor
from webapp.store.errors import Full
from webapp.visits.views import ChatView, VisitView


class Reading:
    """The reading of whole visits, counted; the next one may be held back once it is done."""

    def __init__(self, call: Call, patch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        self.hold = False
        self.held, self.go = asyncio.Event(), asyncio.Event()
        self._read = call.server.visits.seats.room
        patch.setattr(call.server.visits.seats, "room", self)

    async def __call__(self, actor: Actor, visit_id: str) -> VisitView | None:
        self.counts[visit_id] += 1
        view = await self._read(actor, visit_id)
        if self.hold:
            self.hold = False
            self.held.set()
            await self.go.wait()
        return view


def known(message: dict[str, Any]) -> set[tuple[str, str]]:
    """Names and states of those who sit in the visit."""
    return {(seat["name"], seat["state"]) for seat in message.get("seats", ())}


def test_a_change_in_one_visit_reads_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sits in ten visits a morning must not have all ten read at each knock."""

    async def told(call: Call) -> None:
        other = await call.server.visits.invite_now(cast.elena, name="Ben", contact="", reason="")
        ben = await (await call.server.patient(other)).open()
        await ben.answered()
        reading = Reading(call, monkeypatch)
        await call.together()
        while not (await ben.hear("state"))["visit"]["busy"]:
            pass
        assert reading.counts[call.invitation.visit_id] > 0
        assert reading.counts[other.visit_id] == 0

    story(cast, told)


def test_what_is_read_late_gives_way_to_what_is_known(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(call: Call) -> None:
        await call.together()
        guest = await call.guest("An interpreter")
        await call.elena.answered()
        reading = Reading(call, monkeypatch)
        reading.hold = True
        await call.anna.say("caption", text="One moment")
        await reading.held.wait()
        await guest.open()
        await call.elena.sees(guest.seat, "waiting")
        call.elena.heard.clear()
        reading.go.set()
        await call.elena.say("caption", text="Good morning")
        await call.elena.hear("state")
        states = [message for message in call.elena.heard if message["t"] == "state"]
        assert all(("An interpreter", "waiting") in known(state) for state in states)

    story(cast, told)


def test_an_arrival_that_fails_is_seen_by_the_others(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(call: Call) -> None:
        await call.together()
        guest = await call.guest("An interpreter")
        await call.elena.answered()
        seats = call.server.visits.seats
        since = seats.chat_since

        async def full(actor: Actor, visit_id: str) -> tuple[ChatView, ...]:
            if actor.id not in (call.elena.seat, call.anna.seat, cast.elena.id):
                raise Full("no space")
            return await since(actor, visit_id)

        monkeypatch.setattr(seats, "chat_since", full)
        assert (await guest.knock())[0] == ""
        while ("An interpreter", "waiting") not in known(call.elena.heard[-1]):
            await call.elena.hear("state")

    story(cast, told)
