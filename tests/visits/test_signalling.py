"""The rooms over real sockets: resuming, replacing, presence, chat, and clocks that the test pushes."""

import json

import pytest

from tests.cast import Cast
from tests.visits.call_server import CallServer, Person
from tests.visits.calling import Call, signal, story, to_nobody, until
from webapp.access import SYSTEM
from webapp.visits.attachments import Attachments
from webapp.visits.views import Device


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
            person.url = again.url
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


def test_who_was_let_in_on_the_page_before_is_in_with_the_welcome(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.anna.open()
        await call.elena.connect()
        hello = {"instance": call.elena.instance, "epoch": None, "last": 0}
        await call.elena.say("hello", **hello, admit=call.invitation.seat_id)
        call.elena.welcome = await call.elena.hear("welcome")
        seats = {seat["seat"]: seat["state"] for seat in call.elena.welcome["seats"]}
        assert seats[call.invitation.seat_id] == "admitted"
        await call.anna.sees(call.invitation.seat_id, "admitted")
        assert await call.state() == "in_visit"

    story(cast, told)


def test_a_patient_cannot_come_in_with_their_own_admission(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.elena.open()
        await call.anna.connect()
        hello = {"instance": call.anna.instance, "epoch": None, "last": 0}
        await call.anna.say("hello", **hello, admit=call.invitation.seat_id)
        assert (await call.anna.hear("refused"))["why"] == "no"
        call.anna.welcome = await call.anna.hear("welcome")
        await call.elena.sees(call.invitation.seat_id, "waiting")
        assert await call.state() == "open"

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
            tab = await Person(call.server.url, person.path, person.cookie, instance="page-2").open()
            assert await person.farewell() == ("replaced", 4001)
            await tab.answered()

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
        for turn in range(2):
            for number in range(10):
                await call.anna.say("chat", id=f"last-{turn}-{number}", text="One more thing")
            await call.anna.say("leave")
            await call.anna.drop()
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


def test_the_clinician_alone_sees_what_is_on_its_way(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        where, uploads = call.invitation.visit_id, call.server.uploads
        anna = await call.server.visits.sessions.resolve(call.anna.cookie.partition("=")[2])
        assert anna is not None

        async def seen() -> dict[str, int]:
            heard = await call.elena.hear("state")
            return dict(heard["visit"]["coming"])

        sent = [
            await uploads.begin(anna, where, key=f"key-000{n}", size=9, site="face", side="")
            for n in range(2)
        ]
        while await seen() != {"photos": 2, "files": 0}:
            pass
        await uploads.discard(anna, where, sent[0].id)
        assert await seen() == {"photos": 1, "files": 0}
        with Attachments(
            call.server.visits.ledger, call.server.visits.seats, uploads.files, uploads.images
        ).arriving(where):
            assert await seen() == {"photos": 1, "files": 1}
        assert await seen() == {"photos": 1, "files": 0}
        cast.clock.push(minutes=10, seconds=1)  # nobody goes on with it
        await call.server.visits.seats.show_device(
            anna, where, Device(camera="ok", microphone="ok", browser="B")
        )
        assert await seen() == {"photos": 0, "files": 0}
        await call.anna.say("owes", photos=3, files=1)  # what waits in her page for its turn
        assert await seen() == {"photos": 3, "files": 1}
        call.anna.instance = "page-2"
        await call.anna.open()
        while await seen() != {"photos": 0, "files": 0}:
            pass
        await call.anna.answered()
        assert not [message for message in call.anna.heard if "coming" in message.get("visit", {})]

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


def test_a_clinician_who_is_disabled_has_left_the_call(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        seat = call.elena.seat
        await call.server.visits.accounts.disable(cast.ada, cast.elena.id)
        assert await call.elena.farewell() == ("signed_out", 4004)
        await call.tick()
        await call.anna.sees(seat, "left")
        await call.tick()
        events = await call.server.visits.seats.room(SYSTEM, call.invitation.visit_id)
        assert events is not None
        assert events.clinician_seat.instance == ""

    story(cast, told)


def test_a_clinician_whose_colleague_is_disabled_stays(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        await call.server.visits.accounts.disable(cast.ada, cast.tom.id)
        await call.tick()
        await call.tick()
        await call.elena.answered()
        room = await call.server.visits.seats.room(SYSTEM, call.invitation.visit_id)
        assert room is not None
        assert room.clinician_seat.state in ("admitted", "connected")

    story(cast, told)
