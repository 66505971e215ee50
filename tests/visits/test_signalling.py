"""The rooms over real sockets: resuming, replacing, refusing, limits, and clocks that the test pushes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.cast import Cast
from tests.visits.call_server import CallServer, Person
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
async def served(cast: Cast) -> AsyncIterator[Call]:
    server = CallServer(cast.store)
    await server.start()
    made = await server.visits.invite_now(
        cast.elena, name="", contact="", reason="Knee", patient_id=cast.anna.id
    )
    elena = await server.clinician(cast.elena, made.visit_id)
    call = Call(cast=cast, server=server, invitation=made, elena=elena, anna=await server.patient(made))
    try:
        yield call
    finally:
        await server.stop()
    left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("visit")]
    assert not left, f"tasks outlive the server: {left}"


def story(cast: Cast, told: Callable[[Call], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with served(cast) as call:
            await told(call)

    cast.run(whole())


def test_a_patient_waits_is_admitted_and_both_speak(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    async def told(call: Call) -> None:
        await call.together()
        visit = (
            (await call.elena.hear("state"))["visit"]
            if not call.elena.heard
            else call.elena.heard[-1]["visit"]
        )
        assert (visit["state"], visit["clinician"]) == ("in_visit", "Dr Elena Ruiz")
        assert visit["patient"]["name"] == "Anna Keller"
        assert visit["phone"] == "600 111 222"
        assert "phone" not in call.anna.welcome["visit"]
        for sender, receiver in ((call.elena, call.anna), (call.anna, call.elena)):
            await sender.say("signal", **signal(sender, receiver, 1))
            heard = await receiver.hear("signal")
            assert (heard["from"], heard["from_instance"], heard["link"]) == (sender.seat, sender.instance, 1)
            assert heard["description"] == {"type": "offer", "sdp": "v=0 1"}

    story(cast, told)
    logged = capsys.readouterr()
    assert "visit socket opened" in logged.out
    for secret in ("Anna", "Keller", "Elena", "600 111", "Knee", "#"):
        assert secret not in logged.out + logged.err


def test_who_waits_sees_nobody_but_the_clinician(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        guest = await (await call.guest("An interpreter")).open()
        names = {seat["name"] for seat in guest.welcome["seats"]}
        assert names == {"An interpreter", "Dr Elena Ruiz"}
        await call.elena.sees(guest.seat, "waiting")
        await call.anna.answered()
        assert guest.seat not in json.dumps(call.anna.heard)
        for to in (call.elena, call.anna):
            await guest.say("signal", **signal(guest, to, 1))
            await to_nobody(guest, to)
        await call.elena.say("admit", seat=guest.seat)
        await call.anna.sees(guest.seat, "admitted")
        await guest.sees(call.anna.seat, "admitted")

    story(cast, told)


async def to_nobody(sender: Person, receiver: Person) -> None:
    """What `sender` said last has not come to `receiver`."""
    await sender.answered()
    await receiver.answered()
    assert not [message for message in receiver.heard if message.get("from") == sender.seat]


def test_a_line_that_dropped_gets_what_it_missed_once(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.elena.say("signal", **signal(call.elena, call.anna, 0))
        await call.anna.hear("signal")
        for turn in range(3):
            await call.anna.drop()
            for number in range(5):
                await call.elena.say("signal", **signal(call.elena, call.anna, turn * 10 + number))
            await call.elena.say("chat", id=f"m{turn}", text="Are you there?")
            await call.elena.hear("ack", id=f"m{turn}")
            call.anna.heard.clear()
            await call.anna.open()
            assert call.anna.welcome["replayed"]
            await call.anna.hear("chat", id=f"m{turn}")
            numbers = [m["description"]["sdp"] for m in call.anna.heard if m["t"] == "signal"]
            assert numbers == [f"v=0 {turn * 10 + number}" for number in range(5)]
            assert [m["id"] for m in call.anna.welcome["chat"]] == [f"m{n}" for n in range(turn + 1)]
        assert await call.state() == "in_visit"

    story(cast, told)


def test_a_reload_is_whole_at_once_and_gets_no_old_signals(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.anna.drop()
        await call.elena.say("signal", **signal(call.elena, call.anna, 1))
        await call.elena.answered()
        call.anna.instance, call.anna.epoch, call.anna.last = "page-2", None, 0
        call.anna.heard.clear()
        await call.anna.open()
        assert not call.anna.welcome["replayed"]
        seats = {seat["seat"]: seat for seat in call.anna.welcome["seats"]}
        assert seats[call.anna.seat]["state"] == "admitted"
        assert seats[call.elena.seat]["instance"] == "page-1"
        await call.elena.say("signal", **{**signal(call.elena, call.anna, 2), "to_instance": "page-1"})
        await call.elena.say("signal", **signal(call.elena, call.anna, 3))
        assert (await call.anna.hear("signal"))["description"]["sdp"] == "v=0 3"
        assert call.server.rooms.counts["stale"] == 1

    story(cast, told)


def test_a_restart_of_the_server_leaves_the_visit_as_it_was(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        epoch, seat = call.anna.epoch, call.anna.seat
        await call.elena.say("chat", id="before", text="Hello")
        await call.anna.hear("chat", id="before")
        await call.server.stop()
        again = CallServer(cast.store)
        await again.start()
        seen = await again.visits.visit(cast.elena, call.invitation.visit_id)
        assert (seen.state, {one.state for one in seen.seats}) == ("in_visit", {"away"})
        for person in (call.elena, call.anna):
            person.server = again
        await call.elena.open()
        # Anna is not back yet: what is sent to her page waits, though the new room has never seen her.
        await call.elena.say("signal", **signal(call.elena, call.anna, 7))
        await call.elena.answered()
        call.anna.last = 99
        await call.anna.connect()
        await call.anna.say("hello", instance=call.anna.instance, epoch=epoch, last=99)
        call.anna.welcome = await call.anna.hear("welcome")
        assert call.anna.welcome["epoch"] != epoch
        assert not call.anna.welcome["replayed"]
        assert [one["id"] for one in call.anna.welcome["chat"]] == ["before"]
        call.anna.last = call.anna.welcome["n"]
        assert (await call.anna.hear("signal"))["description"]["sdp"] == "v=0 7"
        await call.elena.sees(seat, "admitted")
        await again.stop()
        await call.server.start()  # for the end of the story

    story(cast, told)


def test_a_second_device_replaces_the_first(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        phone = await call.server.patient(call.invitation)
        phone.instance = "phone"
        assert await call.anna.farewell() == ("replaced", 4001)
        await phone.open()
        await call.elena.sees(call.invitation.seat_id, "admitted")
        assert await call.anna.knock() == ("replaced", 4001)
        await phone.answered()

    story(cast, told)


def test_a_second_tab_replaces_the_first(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        for person in (call.elena, call.anna):
            tab = await Person(call.server, person.path, person.cookie, instance="page-2").open()
            assert await person.farewell() == ("replaced", 4001)
            await tab.answered()

    story(cast, told)


def test_each_end_says_why(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        guest = await (await call.guest("Somebody")).open()
        await call.server.visits.remove(cast.elena, call.invitation.visit_id, guest.seat)
        assert await guest.farewell() == ("removed", 4002)
        assert await guest.knock() == ("removed", 4002)
        await call.elena.say("finish", id="f1")
        await call.elena.hear("ack", id="f1")
        for person in (call.elena, call.anna):
            assert await person.farewell() == ("finished", 4003)
            assert [m for m in person.heard if m["t"] == "state"][-1]["visit"]["state"] == "finished"
            assert await person.knock() == ("finished", 4003)
        assert len(call.server.rooms) == 0

    story(cast, told)


def test_strangers_hear_that_there_is_nothing(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        visit_id = call.invitation.visit_id
        other = await call.server.visits.invite_now(cast.elena, name="Ben", contact="", reason="")
        name, _, value = (await call.server.seat_cookie(other)).partition("=")
        strangers = [
            (f"/join/{visit_id}/socket", "", "not_found", 4040),
            (
                f"/join/{visit_id}/socket",
                f"{name.replace(other.visit_id, visit_id)}={value}",
                "not_found",
                4040,
            ),
            (f"/visits/{visit_id}/socket", call.anna.cookie, "signed_out", 4004),
            (f"/visits/{visit_id}/socket", await call.server.staff_cookie(cast.tom), "not_found", 4040),
            (f"/visits/{visit_id}/socket", await call.server.staff_cookie(cast.alma), "not_found", 4040),
            ("/visits/nowhere/socket", call.elena.cookie, "not_found", 4040),
        ]
        for path, cookie, why, code in strangers:
            stranger = Person(call.server, path, cookie)
            assert await stranger.knock() == (why, code), path
            assert [message["t"] for message in stranger.heard] == ["bye"]
        await call.anna.answered()

    story(cast, told)


def test_a_foreign_origin_gets_no_socket(cast: Cast) -> None:
    async def told(call: Call) -> None:
        from websockets.asyncio.client import connect

        address = call.server.url.replace("http", "ws") + call.anna.path
        for origin in ("https://evil.example", None):
            with pytest.raises(InvalidStatus):
                await connect(address, origin=origin, additional_headers={"Cookie": call.anna.cookie})  # type: ignore[arg-type]

    story(cast, told)


def test_a_staff_session_that_ends_closes_its_socket(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        assert call.server.visits.open_visits_of(cast.elena.id) == {call.invitation.visit_id}
        token = call.elena.cookie.partition("=")[2]
        actor = await call.server.sessions.resolve(token)
        assert actor is not None
        await call.server.sessions.end(actor.session_id)
        assert await call.elena.farewell() == ("signed_out", 4004)
        await call.anna.answered()
        assert not call.server.visits.open_visits_of(cast.elena.id)

    story(cast, told)


BAD = [
    "",
    "x",
    "[]",
    "null",
    "1",
    '"hello"',
    "{}",
    '{"t": 1}',
    '{"t": ["ping"]}',
    '{"t": "nothing"}',
    '{"t": "signal"}',
    '{"t": "signal", "to": "a", "to_instance": "b", "link": 1}',
    '{"t": "signal", "to": "a", "to_instance": "b", "link": 0, "candidate": null}',
    '{"t": "signal", "to": "a", "to_instance": "b", "link": true, "candidate": null}',
    '{"t": "signal", "to": "a", "to_instance": "b", "link": 1, "candidate": "x"}',
    '{"t": "signal", "to": "a", "to_instance": "b", "link": 1, "description": {"type": "x", "sdp": ""}}',
    '{"t": "signal", "to": {}, "to_instance": "b", "link": 1, "candidate": null}',
    '{"t": "chat"}',
    '{"t": "chat", "id": "m", "text": 5}',
    '{"t": "chat", "id": "m", "text": "\\ud800"}',
    '{"t": "chat", "id": "a b", "text": "x"}',
    '{"t": "media", "camera": "yes", "microphone": null}',
    '{"t": "device", "camera": "ok", "microphone": "ok", "browser": "a\\nb"}',
    '{"t": "device", "camera": "broken", "microphone": "ok", "browser": "x"}',
    '{"t": "admit"}',
    '{"t": "linked"}',
    "[" * 60_000,
    '{"t":' * 30_000,
    '{"t": "ping", "x": "' + "x" * 140_000 + '"}',
    '{"t": "chat", "id": "m", "text": "' + "x" * 140_000 + '"}',
    json.dumps(
        {
            "t": "signal",
            "to": "a",
            "to_instance": "b",
            "link": 1,
            "description": {"type": "offer", "sdp": "x" * 65_537},
        }
    ),
    '{"t": "ping", "n": ' + "9" * 5000 + "}",
]


def test_bad_messages_are_counted_and_dropped(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for text in BAD:
            await call.anna.socket.send(text)
        await call.anna.socket.send(b"\x00\x01")
        await call.anna.say("chat", id="good", text="Still here")
        await call.elena.hear("chat", id="good")
        await call.anna.close()
        await call.elena.answered()
        await until(lambda: call.server.rooms.counts["bad"] == len(BAD) + 1)

    story(cast, told)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


def test_a_hundred_bad_messages_are_one_too_many(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for _ in range(99):
            await call.anna.socket.send("x")
        await call.anna.answered()
        await call.anna.socket.send("x")
        assert await call.anna.farewell() == ("flood", 4008)
        await call.elena.answered()
        await call.anna.open()  # it may come back

    story(cast, told)


def test_a_flood_closes_the_flooder_alone(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()

        async def flood() -> None:
            for _ in range(5000):
                await call.anna.say("media", camera=True, microphone=False)

        flooding = asyncio.create_task(flood())
        await call.elena.say("chat", id="calm", text="Take your time")
        await call.elena.hear("ack", id="calm")
        assert await call.anna.farewell() == ("flood", 4008)
        await asyncio.gather(flooding, return_exceptions=True)
        await call.elena.answered()
        assert await call.state() == "in_visit"

    story(cast, told)


def test_fifty_candidates_pass_for_each_link(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        where = {"to": call.elena.seat, "to_instance": call.elena.instance}
        for number in range(55):
            candidate = {"candidate": f"candidate:{number}", "sdpMid": "0", "sdpMLineIndex": 0, "extra": "x"}
            await call.anna.say("signal", **where, link=1, candidate=candidate)
        await call.anna.say("signal", **where, link=2, candidate=None)
        await call.elena.hear("signal", link=2)
        passed = [m["candidate"] for m in call.elena.heard if m["t"] == "signal" and m["link"] == 1]
        assert len(passed) == 50
        assert passed[0] == {"candidate": "candidate:0", "sdpMid": "0", "sdpMLineIndex": 0}

    story(cast, told)


def test_a_seat_asks_for_what_is_the_clinicians_in_vain(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        await call.anna.say("admit", seat=call.anna.seat)
        assert "why" in await call.anna.hear("refused")
        await call.anna.say("finish", id="f")
        assert "why" in await call.anna.hear("refused", id="f")
        await call.anna.say("signal", **signal(call.anna, call.elena, 1))
        await to_nobody(call.anna, call.elena)
        assert await call.state() == "open"

    story(cast, told)


def test_a_chat_message_that_is_sent_again_comes_once(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for _ in range(3):
            await call.anna.say("chat", id="m1", text="Hello")
        acks = [await call.anna.hear("ack", id="m1") for _ in range(3)]
        assert len({ack["at"] for ack in acks}) == 1
        await call.anna.drop()
        await call.anna.open()
        assert [one["text"] for one in call.anna.welcome["chat"]] == ["Hello"]
        await call.anna.say("chat", id="m1", text="Hello")
        await call.anna.hear("ack", id="m1")
        await call.anna.say("chat", id="m2", text="Bye")
        await call.elena.hear("chat", id="m2")
        assert [m["id"] for m in call.elena.heard if m["t"] == "chat"] == ["m1", "m2"]
        await call.anna.say("chat", id="m3", text="x" * 4001)
        assert (await call.anna.hear("refused", id="m3"))["why"] == "text"

    story(cast, told)


def test_a_silent_socket_is_closed_its_seat_away_and_the_visit_interrupted_until_it_returns(
    cast: Cast,
) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.tick(seconds=11)
        await call.elena.answered()
        await call.tick(seconds=2)
        assert await call.anna.farewell() == ("", 1001)
        await until(lambda: call.server.rooms.counts["opened"] == 2)
        await call.elena.answered()
        await call.tick(seconds=3)
        await call.elena.sees(call.anna.seat, "away")
        await call.tick(seconds=1)
        await call.elena.answered()
        for _ in range(6):
            assert await call.state() == "in_visit"
            await call.tick(seconds=10)
            await call.elena.answered()
        await call.tick(seconds=1)
        assert await call.state() == "interrupted"
        await call.anna.open()
        await call.elena.sees(call.anna.seat, "admitted")
        assert await call.state() == "in_visit"

    story(cast, told)


def test_a_drop_of_a_second_is_nobodys_business(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.anna.say("linked", **{"with": call.elena.seat})
        await call.elena.sees(call.anna.seat, "connected")
        call.elena.heard.clear()
        await call.anna.drop()
        await call.tick(seconds=1)
        await call.anna.open()
        await call.tick(seconds=5)
        await call.elena.answered()
        states = {s["state"] for m in call.elena.heard if m["t"] == "state" for s in m["seats"]}
        assert "away" not in states
        assert "connected" in {seat["state"] for seat in call.anna.welcome["seats"]}

    story(cast, told)


def test_leaving_is_heard_even_as_the_page_closes_and_the_seat_returns(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for _ in range(2):
            await call.anna.say("leave")
            await call.anna.close()
            seen = await call.elena.sees(call.anna.seat, "left")
            assert seen["visit"]["state"] == "in_visit"
            await call.tick(seconds=10)
            await call.elena.answered()
            await call.anna.open()
            await call.elena.sees(call.anna.seat, "admitted")

    story(cast, told)


def test_what_stands_beside_a_name(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        await call.anna.say("device", camera="ok", microphone="in_use", browser="Safari on iPhone")
        await call.anna.say("media", camera=True, microphone=None)
        while True:
            seats = {seat["seat"]: seat for seat in (await call.elena.hear("state"))["seats"]}
            anna = seats[call.anna.seat]
            if anna.get("device") and anna["camera"]:
                break
        assert anna["device"] == {"camera": "ok", "microphone": "in_use", "browser": "Safari on iPhone"}
        assert (anna["camera"], anna["microphone"], anna["admitted"]) == (True, None, False)
        await call.anna.answered()
        assert all(
            "device" not in s
            for m in call.anna.heard
            if "seats" in m
            for s in m["seats"]
            if s["kind"] == "clinician"
        )

    story(cast, told)


def test_who_waits_is_told_while_the_clinician_is_with_somebody_else(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        other = await call.server.visits.invite_now(cast.elena, name="Ben", contact="", reason="")
        ben = await (await call.server.patient(other)).open()
        assert ben.welcome["visit"]["busy"]
        await call.elena.say("finish", id="f")
        while (await ben.hear("state"))["visit"]["busy"]:
            pass

    story(cast, told)


def test_a_hello_that_is_none_closes_without_a_word(cast: Cast) -> None:
    async def told(call: Call) -> None:
        for text in ("x", '{"t": "ping"}', '{"t": "hello"}', '{"t": "hello", "instance": "a b", "last": 0}'):
            await call.anna.connect()
            await call.anna.socket.send(text)
            assert await call.anna.farewell() == ("", 1001)
        assert call.server.rooms.counts["bad"] == 4
        assert len(call.server.rooms) == 0

    story(cast, told)


def test_an_empty_room_is_forgotten(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        for person in (call.anna, call.elena):
            await person.close()
        await until(lambda: not call.server.visits.open_visits_of(cast.elena.id))
        await call.tick(seconds=5)
        assert len(call.server.rooms) == 1
        await call.tick(seconds=5)
        await call.tick(seconds=700)
        await until(lambda: len(call.server.rooms) == 0)

    story(cast, told)
