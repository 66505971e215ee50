"""The sockets against those who may not, speak nonsense or speak too much."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.cast import Cast
from tests.visits.call_server import Person
from tests.visits.calling import Call, signal, story, to_nobody, until
from webapp.visits import signalling
from webapp.visits.room import WRITES, WRITES_S


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
            stranger = Person(call.server.url, path, cookie)
            assert await stranger.knock() == (why, code), path
            assert [message["t"] for message in stranger.heard] == ["bye"]
        await call.anna.answered()

    story(cast, told)


def test_a_foreign_origin_gets_no_socket(cast: Cast) -> None:
    async def told(call: Call) -> None:
        address = call.server.url.replace("http", "ws") + call.anna.path
        for origin in ("https://evil.example", None):
            with pytest.raises(InvalidStatus):
                await connect(address, origin=origin, additional_headers={"Cookie": call.anna.cookie})  # type: ignore[arg-type]

    story(cast, told)


def test_a_staff_session_that_ends_closes_its_socket(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        assert call.server.visits.watching.calls_of(cast.elena.id) == {call.invitation.visit_id}
        token = call.elena.cookie.partition("=")[2]
        actor = await call.server.sessions.resolve(token)
        assert actor is not None
        await call.server.sessions.end(actor.session_id)
        assert await call.elena.farewell() == ("signed_out", 4004)
        await call.anna.answered()
        assert not call.server.visits.watching.calls_of(cast.elena.id)

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
    '{"t": "owes", "photos": 1001, "files": 0}',
    '{"t": "owes", "photos": -1, "files": 0}',
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


def test_two_hundred_at_once_and_forty_a_second_are_heard(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        for _ in range(230):
            await call.anna.say("ping")
        for _ in range(200):
            await call.anna.hear("pong")
        await until(lambda: call.server.rooms.counts["too fast"] == 30)
        call.cast.clock.push(seconds=1)
        for _ in range(50):
            await call.anna.say("ping")
        for _ in range(40):
            await call.anna.hear("pong")
        await until(lambda: call.server.rooms.counts["too fast"] == 40)

    story(cast, told)


def test_a_seat_writes_a_hundred_and_twenty_times_a_minute(cast: Cast) -> None:
    """Beyond it nothing reaches the disk, and the sender is told to wait; another seat goes on."""

    async def told(call: Call) -> None:
        await call.together()
        for number in range(WRITES):
            await call.anna.say("chat", id=f"m{number}", text="On and on")
        await call.anna.hear("ack", id=f"m{WRITES - 1}")
        await call.anna.say("chat", id="more", text="And on")
        assert (await call.anna.hear("refused", id="more"))["why"] == "slow_down"
        await call.elena.say("chat", id="calm", text="Take your time")
        await call.elena.hear("ack", id="calm")
        call.cast.clock.push(seconds=WRITES_S)
        await call.anna.say("chat", id="more", text="And on")
        await call.anna.hear("ack", id="more")

    story(cast, told)


def test_a_seat_that_comes_too_often_is_sent_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "ARRIVALS", 3)

    async def told(call: Call) -> None:
        for _ in range(3):
            await call.anna.open()
            await call.anna.close()
        assert await call.anna.knock() == ("flood", 4008)
        await call.elena.open()
        call.cast.clock.push(seconds=signalling.ARRIVALS_S)
        await call.anna.open()

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
        await until(lambda: not call.server.visits.watching.calls_of(cast.elena.id))
        await call.tick(seconds=5)
        assert len(call.server.rooms) == 1
        await call.tick(seconds=5)
        await call.tick(seconds=700)
        await until(lambda: len(call.server.rooms) == 0)

    story(cast, told)
