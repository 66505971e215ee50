"""Codes that are read out: once, for fifteen minutes, of no use to somebody who guesses."""

import asyncio
from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.live import Live
from tests.visits.conftest import Stage
from tests.visits.test_pages import OpenAs
from webapp.access import Hidden, Refused
from webapp.budget import TooMany
from webapp.store.audit import AuditRow
from webapp.visits.codes import ADDRESS_TRIES, GUESSES_AT_MOST, WRONG_AT_MOST, Purpose
from webapp.visits.model import SeatCode
from webapp.visits.states import NotNow
from webapp.visits.views import Invitation


def another(digits: str, step: int = 1) -> str:
    return f"{(int(digits) + step) % 1_000_000:06}"


def test_a_code_leads_where_the_link_leads_once(stage: Stage) -> None:
    cast, codes = stage.cast, stage.visits.codes

    async def story() -> None:
        invitation = await stage.invited()
        code = await codes.make(cast.alma, invitation.visit_id, invitation.seat_id)
        assert (len(code.digits), code.digits.isdigit()) == (6, True)
        assert await codes.path(code.spoken, address="home") == invitation.path
        assert await codes.path(code.digits, address="home") is None
        assert await stage.seat_state(invitation) == "invited"  # the tap is still needed

    cast.run(story())


def test_a_code_is_replaced_ends_and_dies_with_its_link(stage: Stage) -> None:
    cast, visits, codes = stage.cast, stage.visits, stage.visits.codes

    async def story() -> None:
        invitation = await stage.invited()
        where = (cast.alma, invitation.visit_id, invitation.seat_id)
        first, second = [await codes.make(*where) for _ in range(2)]
        assert first.digits == second.digits or await codes.path(first.digits, address="a") is None
        cast.clock.push(minutes=15)
        assert await codes.path(second.digits, address="b") is None
        third = await codes.make(*where)
        await visits.renew_link(*where)
        assert await codes.path(third.digits, address="c") is None
        fourth = await codes.make(*where)
        await visits.revoke_link(*where)
        assert await codes.path(fourth.digits, address="d") is None
        with pytest.raises(NotNow):
            await codes.make(*where)
        again = await stage.invited()
        fifth = await codes.make(cast.elena, again.visit_id, again.seat_id)
        await visits.cancel(cast.elena, again.visit_id)
        assert await codes.path(fifth.digits, address="e") is None
        with pytest.raises(NotNow):
            await codes.make(cast.elena, again.visit_id, again.seat_id)

    cast.run(story())


def test_two_who_type_one_code_at_once_are_not_both_let_on(stage: Stage) -> None:
    async def story() -> None:
        invitation = await stage.invited()
        code = await stage.visits.codes.make(stage.cast.alma, invitation.visit_id, invitation.seat_id)
        paths = await asyncio.gather(
            *(stage.visits.codes.path(code.digits, address=f"place {n}") for n in range(4))
        )
        assert Counter(paths) == {invitation.path: 1, None: 3}

    stage.cast.run(story())


def test_guessing_finds_nothing_and_is_stopped(stage: Stage) -> None:
    """From one address six tries of a million codes; from however many, a code dies of the thousandth."""
    cast, codes = stage.cast, stage.visits.codes

    async def story() -> None:
        invitation = await stage.invited()
        where = (cast.alma, invitation.visit_id, invitation.seat_id)
        code = await codes.make(*where)
        one = await guesses(stage, "one address", code.digits, 100)
        assert one == {"wrong": ADDRESS_TRIES, "stopped": 100 - ADDRESS_TRIES}
        many: Counter[str] = Counter()
        for number in range(GUESSES_AT_MOST // ADDRESS_TRIES):
            many += await guesses(stage, f"address {number}", code.digits, ADDRESS_TRIES)
        assert many == {"wrong": GUESSES_AT_MOST // ADDRESS_TRIES * ADDRESS_TRIES}
        print(f"\nguesses from one address: {dict(one)}; from many more: {dict(many)}")
        assert await codes.path(code.digits, address="home") is None  # too many have tried
        assert await codes.path((await codes.make(*where)).digits, address="home") == invitation.path
        cast.clock.push(minutes=15)
        code = await codes.make(*where)
        assert await codes.path(code.digits, address="one address") == invitation.path

    cast.run(story())


def test_a_flood_of_guesses_from_elsewhere_locks_no_patient_out(stage: Stage) -> None:
    """A hundred addresses spend all that they have: whoever holds the digits still comes in, and reads."""
    cast, visits, codes = stage.cast, stage.visits, stage.visits.codes

    async def story() -> None:
        invitation, over = await stage.invited(), await stage.invited()
        code = await codes.make(cast.alma, invitation.visit_id, invitation.seat_id)
        await visits.finish(cast.elena, over.visit_id)
        after = await codes.make(cast.elena, over.visit_id, over.seat_id, Purpose.SUMMARY)
        counts: Counter[str] = Counter()
        for number in range(100):
            counts += await guesses(stage, f"address {number}", code.digits, 10)
        assert counts == {"wrong": 100 * ADDRESS_TRIES, "stopped": 100 * (10 - ADDRESS_TRIES)}
        assert await codes.path(code.digits, address="home") == invitation.path
        seat = over.seat_id
        assert await codes.open(Purpose.SUMMARY, after.digits, address="home", seat_id=seat) is not None
        # Guessing at the short address costs nobody behind the same address their summary, nor the other way.
        assert await codes.open(Purpose.SUMMARY, after.digits, address="address 1", seat_id=seat) is not None
        with pytest.raises(TooMany):
            await codes.path(code.digits, address="address 1")

    cast.run(story())


async def guesses(stage: Stage, address: str, digits: str, tries: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for step in range(1, tries + 1):
        try:
            found = await stage.visits.codes.path(another(digits, step), address=address)
            counts["found" if found else "wrong"] += 1
        except TooMany as wait:
            assert 0 < wait.wait_s <= 900
            counts["stopped"] += 1
    return counts


def test_what_is_no_code_gets_the_answer_of_a_wrong_one(stage: Stage) -> None:
    async def story() -> None:
        for number, typed in enumerate(
            ("", "12345", "1234567", "１２３４５６", "12345x", "\0" * 6, "' OR 1=1")
        ):
            assert await stage.visits.codes.path(typed, address=f"place {number}") is None

    stage.cast.run(story())


def test_a_summarys_code_opens_its_own_seat_for_a_week_and_dies_of_five_wrong_tries(stage: Stage) -> None:
    cast, codes = stage.cast, stage.visits.codes

    async def story() -> None:
        invitation, other = await stage.invited(), await stage.invited()
        await stage.visits.finish(cast.elena, invitation.visit_id)
        where = (cast.elena, invitation.visit_id, invitation.seat_id, Purpose.SUMMARY)
        code = await codes.make(*where)
        seat = invitation.seat_id
        for day in range(6):
            opened = await codes.open(Purpose.SUMMARY, code.digits, address="home", seat_id=seat)
            assert opened is not None, day
            assert opened.seat_id == seat
            cast.clock.push(days=1)
        assert await codes.open(Purpose.SUMMARY, code.digits, address="x", seat_id=other.seat_id) is None
        assert await codes.open(Purpose.JOIN, code.digits, address="x") is None
        cast.clock.push(days=1)
        assert await codes.open(Purpose.SUMMARY, code.digits, address="y", seat_id=seat) is None
        code = await codes.make(*where)
        for number in range(WRONG_AT_MOST):
            wrong = another(code.digits, number + 1)
            assert await codes.open(Purpose.SUMMARY, wrong, address=f"z{number}", seat_id=seat) is None
        assert await codes.open(Purpose.SUMMARY, code.digits, address="last", seat_id=seat) is None

    cast.run(story())


def test_only_the_desk_and_who_treats_may_read_a_code_out(stage: Stage) -> None:
    cast, codes = stage.cast, stage.visits.codes

    async def story() -> None:
        invitation = await stage.invited()
        where = (invitation.visit_id, invitation.seat_id)
        patient = await stage.waits(invitation)
        for actor in (cast.tom, cast.ada):
            with pytest.raises(Hidden):
                await codes.make(actor, *where)
        for seated in (cast.charlie, patient):
            with pytest.raises(Refused):
                await codes.make(seated, *where)
        other = await stage.invited()
        with pytest.raises(Hidden):
            await codes.make(cast.alma, invitation.visit_id, other.seat_id)
        visit = await stage.visits.visit(cast.elena, invitation.visit_id)
        with pytest.raises(NotNow):
            await codes.make(cast.elena, invitation.visit_id, visit.clinician_seat.id)

    cast.run(story())


def test_the_digits_are_kept_nowhere(stage: Stage) -> None:
    async def story() -> None:
        invitation = await stage.invited()
        code = await stage.visits.codes.make(stage.cast.alma, invitation.visit_id, invitation.seat_id)

        def everything() -> str:
            return repr([list(SeatCode.select().dicts()), list(AuditRow.select().dicts())])

        kept = await stage.cast.store.read(everything)
        events = await stage.visits.timeline(stage.cast.elena, invitation.visit_id)
        assert code.digits not in kept + repr(events)
        assert "code made" in {event.kind for event in events}

    stage.cast.run(story())


def test_the_short_address_leads_to_the_door_and_a_get_spends_nothing(live: Live) -> None:
    elena = live.actors["elena"]
    made: Invitation = live.call(
        live.built.visits.invite_now(elena, name="Anna Keller", contact="", reason="")
    )
    code = live.call(live.built.visits.codes.make(elena, made.visit_id, made.seat_id))
    with live.visitor() as browser:
        page = browser.get("/join")
        assert page.status_code == 200
        assert browser.get("/join", params={"code": code.digits}).status_code == 200
        wrong = browser.post("/join", data={"code": another(code.digits)})
        assert wrong.status_code == 422
        assert "This code opens nothing" in wrong.text
        answer = browser.post("/join", data={"code": code.spoken})
        assert (answer.status_code, answer.headers["location"]) == (303, made.path)
        assert "set-cookie" not in answer.headers
        used = browser.post("/join", data={"code": code.digits})
        assert (used.status_code, used.text) == (wrong.status_code, wrong.text)
        tries = [browser.post("/join", data={"code": "000000"}).status_code for _ in range(ADDRESS_TRIES)]
        assert tries[-1] == 429


def test_a_patient_on_the_phone_comes_in_by_a_code(live: Live, open_as: OpenAs) -> None:
    made = live.call(
        live.built.visits.invite_now(live.actors["elena"], name="Greta Lind", contact="", reason="")
    )
    alma = open_as(live.actors["alma"], "/")
    row = alma.get_by_test_id("agenda-row").filter(has_text="Greta Lind")
    row.get_by_test_id("visit-more").click()
    alma.get_by_test_id("read-code").click()
    digits = alma.get_by_test_id("code-digits").inner_text()
    expect(alma.get_by_test_id("code-address")).to_have_text(live.url.removeprefix("http://") + "/join")
    greta = open_as(None, "/join", viewport={"width": 390, "height": 844})
    greta.get_by_test_id("join-code").fill(digits)
    greta.get_by_test_id("join-continue").click()
    greta.get_by_test_id("join").wait_for()
    assert greta.url == f"{live.url}/join/{made.visit_id}"  # the token is out of the address at once
