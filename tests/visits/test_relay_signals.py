"""What the server tells of the relay, and what it lets pass, over real sockets."""

from typing import Any

from tests.cast import Cast
from tests.visits.call_server import Person
from tests.visits.calling import Call, story, to_nobody
from tests.visits.test_candidates import HOST, LOCAL, PEER, REFLEXIVE, RELAY, SDP, TCP
from webapp.visits.relay import RENEWED, Relay

CONFIGURED = Relay(urls=("turn:relay.example:3478",), secret="0123456789abcdef", rule="fallback")
REQUIRED = Relay(urls=CONFIGURED.urls, secret=CONFIGURED.secret, rule="required")


async def sends(sender: Person, receiver: Person, candidate: str) -> None:
    part: dict[str, Any] = {"candidate": {"candidate": candidate, "sdpMid": "0"}}
    await sender.say("signal", to=receiver.seat, to_instance=receiver.instance, link=1, **part)


def test_through_the_relay_alone_nothing_else_passes(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        assert call.anna.welcome["ice"]["policy"] == "relay"
        assert call.anna.welcome["visit"]["way"] == "only"
        for sender, receiver in ((call.anna, call.elena), (call.elena, call.anna)):
            for candidate in (HOST, LOCAL, REFLEXIVE, PEER, TCP):
                await sends(sender, receiver, candidate)
            await to_nobody(sender, receiver)
            await sends(sender, receiver, RELAY)
            heard = await receiver.hear("signal")
            assert heard["candidate"]["candidate"].endswith("raddr 0.0.0.0 rport 0 generation 0 ufrag abcd")
            offer = {"description": {"type": "offer", "sdp": SDP}}
            await sender.say("signal", to=receiver.seat, to_instance=receiver.instance, link=1, **offer)
            sdp = (await receiver.hear("signal"))["description"]["sdp"]
            assert "192.168" not in sdp
            assert "198.51" not in sdp
            receiver.heard.clear()
        assert call.server.rooms.counts["unrelayed"] == 10
        assert call.server.rooms.counts["dropped"] == 0  # nobody is blamed for what a browser does by itself

    for relay, service in ((CONFIGURED, "psychology"), (REQUIRED, "general")):
        story(cast, told, relay, service)


def test_a_visit_that_may_go_directly_hears_every_candidate(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        assert call.anna.welcome["ice"]["policy"] == "all"
        await sends(call.anna, call.elena, HOST)
        assert (await call.elena.hear("signal"))["candidate"]["candidate"] == HOST

    story(cast, told, CONFIGURED, "general")


def test_without_a_relay_there_are_no_credentials(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.both()
        for one in (call.elena, call.anna):
            assert one.welcome["ice"] == {"servers": [], "policy": "all"}
            assert one.welcome["visit"]["way"] == "direct"

    story(cast, told, service="psychology")


def test_credentials_are_renewed_over_the_socket_before_they_end(cast: Cast) -> None:
    async def told(call: Call) -> None:
        await call.together()
        before = call.anna.welcome["ice"]["servers"][0]["username"]
        for _ in range(int(RENEWED.total_seconds()) // 10):
            for one in (call.anna, call.elena):
                await one.answered()
            await call.tick(seconds=10)
        after = (await call.anna.hear("ice"))["ice"]["servers"][0]["username"]
        (begun, seat), (renewed, same) = (name.split(":") for name in (before, after))
        assert int(renewed) - int(begun) == RENEWED.total_seconds()
        assert seat == same == f"{call.invitation.visit_id}.{call.anna.seat}"
        assert [message["t"] for message in call.elena.heard].count("ice") <= 1

    story(cast, told, CONFIGURED)


def test_the_page_itself_holds_no_credentials(cast: Cast) -> None:
    async def told(call: Call) -> None:
        async with call.server.client() as stranger:
            for path in (f"/join/{call.invitation.visit_id}", "/join/" + "0" * 26):
                page = (await stranger.get(path)).text
                assert "relay.example" not in page
                assert "credential" not in page

    story(cast, told, CONFIGURED)
