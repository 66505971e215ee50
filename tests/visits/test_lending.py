"""The relay at the door: to whom it is lent for the check, and how often."""

import httpx

from tests.cast import Cast
from tests.visits.calling import Call, story
from tests.visits.conftest import Stage, token
from webapp.visits.lending import ADDRESS_TRIES, SEAT_TRIES, TRIES_S
from webapp.visits.relay import Relay
from webapp.visits.views import Invitation

RELAY = Relay(urls=("turn:relay.example:3478",), secret="a secret of some length", rule="fallback")


async def asked(call: Call, token: str = "", cookie: str = "", visit_id: str = "") -> httpx.Response:
    async with call.server.client(cookie) as client:
        return await client.post(f"/join/{visit_id or call.invitation.visit_id}/relay", json={"token": token})


def test_who_holds_the_link_or_the_seat_is_lent_it_for_two_minutes(cast: Cast) -> None:
    async def told(call: Call) -> None:
        with_link = await asked(call, token(call.invitation))
        with_seat = await asked(call, cookie=call.anna.cookie)
        for answer in (with_link, with_seat):
            assert answer.headers["cache-control"] == "no-store"
            assert "set-cookie" not in answer.headers
            (server,) = answer.json()["servers"]
            until, _, name = server["username"].partition(":")
            assert 0 < int(until) - cast.clock.now().timestamp() <= 120
            assert name == f"{call.invitation.visit_id}.{call.invitation.seat_id}.check"
            assert server["urls"] == list(RELAY.urls)
            assert "Anna" not in answer.text
        assert await call.state() == "open"
        async with call.server.client() as client:
            assert (await client.get(f"/join/{call.invitation.visit_id}/relay")).status_code == 405

    story(cast, told, RELAY)


def test_nobody_else_is(cast: Cast) -> None:
    async def told(call: Call) -> None:
        visits, elena, made = call.server.visits, cast.elena, call.invitation
        other = await visits.invite_now(elena, name="Ben", contact="", reason="")
        strangers = {
            "without a link": await asked(call),
            "a guess": await asked(call, "x" * 43),
            "another visit's link": await asked(call, token(other)),
            "a visit that is not": await asked(call, token(made), visit_id="nowhere"),
            "staff": await asked(call, cookie=await call.server.staff_cookie(cast.tom)),
        }
        late = await visits.book(elena, patient_id=cast.anna.id, starts_at=cast.clock.now())
        await visits.revoke_link(elena, other.visit_id, other.seat_id)
        strangers["a revoked link"] = await asked(call, token(other), visit_id=other.visit_id)
        await visits.seats.arrive(cast.elena, made.visit_id, "desk")
        await visits.admit(elena, made.visit_id, made.seat_id)
        await visits.finish(elena, made.visit_id)
        strangers["the link of a visit that is finished"] = await asked(call, token(made))
        strangers["its seat"] = await asked(call, cookie=call.anna.cookie)
        cast.clock.push(days=1)
        strangers["a link whose time is over"] = await asked(call, token(late), visit_id=late.visit_id)
        for who, answer in strangers.items():
            assert (answer.status_code, answer.json()) == (404, {}), who
        print(f"\nstrangers lent no relay: {len(strangers)}")

    story(cast, told, RELAY)


def test_it_is_lent_so_often_and_no_more(cast: Cast) -> None:
    async def told(call: Call) -> None:
        made = token(call.invitation)
        answers = [(await asked(call, made)).status_code for _ in range(SEAT_TRIES + 1)]
        assert answers == [200] * SEAT_TRIES + [429]
        others = [(await asked(call, "x" * 43)).status_code for _ in range(ADDRESS_TRIES - SEAT_TRIES)]
        assert (others[0], others[-1]) == (404, 429)
        cast.clock.push(seconds=TRIES_S + 1)
        assert (await asked(call, made)).status_code == 200

    story(cast, told, RELAY)


def test_where_none_is_used_there_is_none_to_lend(cast: Cast, stage: Stage) -> None:
    """Early, too: the check is there before the door opens."""

    async def lent(made: Invitation) -> object:
        return await stage.visits.lending.lend(
            made.visit_id, token=token(made), session="", address="192.0.2.1"
        )

    made = cast.run(stage.booked(days=2))
    assert cast.run(lent(made)) == {"servers": [], "policy": "all"}
    stage.visits.ledger.relay = RELAY
    assert cast.run(lent(made)) != {"servers": [], "policy": "all"}
