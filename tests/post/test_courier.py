"""Letters leave once, or are tried again and never lost: a real mail server on loopback, a clock that is pushed."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import trustme

from tests.cast import Cast
from tests.post.mail_server import ACCOUNT, Box, serving
from webapp.access import SYSTEM, Hidden, Invalid, Refused
from webapp.post.courier import Courier, MailServer
from webapp.post.letters import LetterState, LetterView, NewLetter, Problem, masked
from webapp.post.model import Letter
from webapp.post.service import LEASE, PAUSES, Outbox

LINK = "https://practice.example/join/visit#token"


class Office:
    """An outbox with a courier, and Elena who looks at it."""

    def __init__(self, cast: Cast, server: MailServer | None) -> None:
        self.cast = cast
        self.outbox = Outbox(cast.store, cast.people, posted=server is not None, host="practice.example")
        self.outbox.link = lambda seat_id, _: LINK if seat_id else None
        self.courier = Courier(self.outbox, server, cast.clock)

    async def put(
        self, *, seat_id: str = "seat", address: str = "anna@example.org", kind: str = "invitation"
    ) -> str:
        new = NewLetter(
            patient_id=self.cast.anna.id,
            visit_id="visit",
            seat_id=seat_id,
            kind=kind,
            address=address,
            subject="Your visit",
            body="Hello Anna,\n\n{link}\n",
        )
        return await self.cast.store.write(lambda: self.outbox.put_within(new))

    async def letter(self) -> LetterView:
        (letter,) = await self.outbox.letters(self.cast.elena)
        return letter


Told = Callable[[Office, Box], Awaitable[None]]


def office(cast: Cast, told: Told) -> None:
    async def story() -> None:
        box = Box()
        async with serving(box) as server:
            await told(Office(cast, server), box)

    cast.run(story())


def test_a_letter_arrives_once_with_its_link_and_nothing_clinical(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        letter_id = await one.put()
        assert await one.courier.round() == 1
        assert await one.courier.round() == 0
        (mail,) = box.taken
        assert box.to == ["anna@example.org"]
        assert (mail["Subject"], mail["From"]) == ("Your visit", "Test practice <desk@practice.example>")
        assert mail["Message-ID"] == f"<{letter_id}@practice.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content_type() == "text/plain"
        assert LINK in mail.get_content()  # type: ignore[attr-defined]
        letter = await one.letter()
        assert (letter.state, letter.sent_at) == (LetterState.SENT, cast.clock.now())

    office(cast, told)


@pytest.mark.parametrize(
    ("fault", "problem", "final"),
    [
        ({"data": "451 try later"}, Problem.LATER, False),
        ({"rcpt": "450 greylisted"}, Problem.LATER, False),
        ({"hangs_up": True}, Problem.NO_ANSWER, False),
        ({"rcpt": "550 no such user"}, Problem.ADDRESS, True),
        ({"data": "554 spam"}, Problem.REFUSED, True),
    ],
    ids=["4xx", "greylisted", "dropped", "unknown address", "5xx"],
)
def test_what_goes_wrong_is_said_and_tried_again_where_that_makes_sense(
    cast: Cast, fault: dict[str, object], problem: Problem, final: bool
) -> None:
    async def told(one: Office, box: Box) -> None:
        vars(box).update(fault)
        await one.put()
        await one.courier.round()
        letter = await one.letter()
        assert letter.problem is problem
        assert letter.state is (LetterState.FAILED if final else LetterState.QUEUED)
        vars(box).update(vars(Box()))
        assert await one.courier.round() == 0  # not at once
        if final:
            await one.outbox.again(cast.elena, letter.id)
        else:
            assert letter.next_at - cast.clock.now() == PAUSES[0]
            cast.clock.push(seconds=PAUSES[0].total_seconds())
        assert await one.courier.round() == 1
        assert (await one.letter()).state is LetterState.SENT
        assert len(box.taken) == 1

    office(cast, told)


def test_the_pauses_grow_and_after_the_last_somebody_has_to_look(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        box.data = "421 busy"
        await one.put()
        waited = timedelta()
        for pause in PAUSES:
            assert await one.courier.round() == 1
            assert (await one.letter()).state is LetterState.QUEUED
            cast.clock.push(seconds=pause.total_seconds() - 1)
            assert await one.courier.round() == 0
            cast.clock.push(seconds=1)
            waited += pause
        assert await one.courier.round() == 1
        letter = await one.letter()
        assert (letter.state, letter.attempts) == (LetterState.FAILED, len(PAUSES) + 1)
        cast.clock.push(days=7)
        assert await one.courier.round() == 0
        print(f"\ngiven up after {letter.attempts} tries in {waited}")

    office(cast, told)


def test_without_a_server_nothing_is_lost_and_the_text_can_be_copied(cast: Cast) -> None:
    async def story() -> None:
        one = Office(cast, None)
        letter_id = await one.put()
        assert await one.courier.round() == 0
        cast.clock.push(days=30)
        letter = await one.letter()
        assert (letter.state, letter.posted) == (LetterState.QUEUED, False)
        assert await one.outbox.text(cast.alma, letter_id) == f"Hello Anna,\n\n{LINK}\n"
        async with serving(box := Box()) as server:  # configured later: it leaves
            await Office(cast, server).courier.round()
        assert len(box.taken) == 1

    cast.run(story())


def test_a_server_that_is_not_there_is_said(cast: Cast) -> None:
    async def story() -> None:
        async with serving(Box()) as server:
            pass
        one = Office(cast, server)
        await one.put()
        await one.courier.round()
        assert (await one.letter()).problem is Problem.NO_ANSWER

    cast.run(story())


def test_two_couriers_never_hand_over_the_same_letter(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        for number in range(5):
            await one.put(seat_id=f"seat {number}")
        other = Courier(one.outbox, one.courier.server, cast.clock)
        tried = await asyncio.gather(one.courier.round(), other.round())
        assert sum(tried) == 5
        assert len({mail["Message-ID"] for mail in box.taken}) == len(box.taken) == 5

    office(cast, told)


def test_a_letter_whose_courier_was_killed_is_tried_again_after_its_lease_under_the_same_id(
    cast: Cast,
) -> None:
    async def told(one: Office, box: Box) -> None:
        await one.put()
        (parcel,) = await one.outbox.take(SYSTEM)  # and then the process is killed
        assert await one.courier.round() == 0
        with pytest.raises(Invalid):
            await one.outbox.again(cast.elena, parcel.id)
        cast.clock.push(seconds=LEASE.total_seconds())
        assert await one.courier.round() == 1
        assert [mail["Message-ID"] for mail in box.taken] == [parcel.message_id]

    office(cast, told)


def test_a_letter_that_has_not_left_is_replaced_by_its_like(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        await one.put(address="old@example.org")
        await one.put(address="new@example.org")
        await one.put(kind="ready")
        assert await one.courier.round() == 2
        assert sorted(box.to) == ["anna@example.org", "new@example.org"]
        await one.put()
        assert await one.courier.round() == 1  # one that has left does not keep the next from leaving

    office(cast, told)


def test_a_letter_whose_link_is_dead_is_withdrawn(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        letter_id = await one.put()
        one.outbox.link = lambda _seat, _kind: None
        with pytest.raises(Invalid):
            await one.outbox.text(cast.elena, letter_id)
        assert await one.courier.round() == 0
        assert (await one.letter()).state is LetterState.WITHDRAWN
        assert not box.taken

    office(cast, told)


def test_no_token_lies_in_the_outbox(cast: Cast) -> None:
    async def told(one: Office, _box: Box) -> None:
        await one.put()
        await one.courier.round()
        kept = await cast.store.read(lambda: repr(list(Letter.select().dicts())))
        assert "token" not in kept

    office(cast, told)


def test_an_address_that_is_none_is_given_up_and_injects_nothing(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        for number, address in enumerate(
            ("a@b\r\nBcc: eve@example.org", "a b@c", "@", "a@b@c", "ä@example.org")
        ):
            await one.put(seat_id=f"seat {number}", address=address)
        await one.courier.round()
        states = {letter.address: letter.state for letter in await one.outbox.letters(cast.elena)}
        assert states["a@b\r\nBcc: eve@example.org"] is LetterState.FAILED
        assert "eve@example.org" not in box.to
        assert all("Bcc" not in mail for mail in box.taken)
        with pytest.raises(Invalid):
            new = NewLetter(
                patient_id="p", visit_id="v", seat_id="s", kind="k", address="a", subject="a\nb", body=""
            )
            await cast.store.write(lambda: one.outbox.put_within(new))

    office(cast, told)


def test_the_password_goes_over_tls_alone_and_a_foreign_certificate_is_refused(cast: Cast) -> None:
    authority, foreign = trustme.CA(), trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trust, other = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(trust)
    foreign.configure_trust(other)

    async def story() -> None:
        async with serving(box := Box(), tls=tls, trust=trust, password=ACCOUNT[1]) as server:
            for number, (given, problem) in enumerate(
                (
                    (replace(server, context=other), Problem.SECURITY),
                    (replace(server, password="wrong"), Problem.SIGN_IN),
                    (server, Problem.NONE),
                )
            ):
                one = Office(cast, given)
                await one.put(seat_id=f"seat {number}")
                await one.courier.round()
                letter = (await one.outbox.letters(cast.elena))[0]
                assert letter.problem is problem, number
        assert len(box.taken) == 1

    cast.run(story())


def test_a_server_without_tls_gets_nothing_where_tls_is_wanted(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        assert one.courier.server is not None
        one.courier.server = replace(one.courier.server, security="starttls")
        await one.put()
        await one.courier.round()
        assert (await one.letter()).problem in (Problem.SECURITY, Problem.NO_ANSWER)
        assert not box.taken

    office(cast, told)


def test_letters_are_seen_by_who_treats_and_by_the_desk(cast: Cast) -> None:
    async def told(one: Office, _box: Box) -> None:
        letter_id = await one.put()
        for actor in (cast.charlie, cast.ada):
            for attempt in (
                one.outbox.letters(actor),
                one.outbox.text(actor, letter_id),
                one.outbox.again(actor, letter_id),
            ):
                with pytest.raises(Refused):
                    await attempt
        assert await one.outbox.letters(cast.tom) == ()
        with pytest.raises(Hidden):
            await one.outbox.text(cast.tom, letter_id)
        with pytest.raises(Hidden):
            await one.outbox.again(cast.alma, "unknown")
        assert len(await one.outbox.letters(cast.alma)) == 1
        assert len(await one.outbox.letters(cast.elena, ["visit"])) == 1
        assert await one.outbox.letters(cast.elena, ["another"]) == ()
        for system in (one.outbox.take,):
            with pytest.raises(Refused):
                await system(cast.ada)
        with pytest.raises(Refused):
            await one.outbox.settle(cast.ada, letter_id, Problem.NONE)

    office(cast, told)


def test_a_courier_that_runs_sends_what_is_put_and_stops(cast: Cast) -> None:
    async def told(one: Office, box: Box) -> None:
        await one.courier.start()
        sent = asyncio.Event()
        one.outbox.changed.listen(lambda _: sent.set() if box.taken else None)
        await one.put()
        one.outbox.put("visit")
        async with asyncio.timeout(5):
            await sent.wait()
        await one.courier.stop()
        assert len(box.taken) == 1
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "mail courier"]

    office(cast, told)


def test_an_address_is_shown_in_part() -> None:
    assert masked("anna@example.org") == "a***@example.org"
