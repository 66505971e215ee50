"""Getting in: two factors, uniform answers, budgets that do not lock the owner out."""

from datetime import timedelta

import pyotp
import pytest

from tests.cast import OPERATOR, PASSWORD, Cast
from webapp.access import Invalid, Refused, Role, State
from webapp.budget import TooMany
from webapp.people.accounts import NewAccount
from webapp.people.model import Account, RecoveryCode, Session
from webapp.people.sessions import Sessions
from webapp.people.sign_in import SignedIn

EMAIL = "nora@practice.example"


async def enrolled(cast: Cast) -> tuple[str, SignedIn]:
    """A new clinician who has set up her account: (secret of her app, what her browser got)."""
    added = await cast.accounts.add(
        OPERATOR, NewAccount(name="Nora", email=EMAIL, roles=frozenset({Role.CLINICIAN}))
    )
    half = await cast.sign_in.set_up(added.token, name="Nora Falk", email=EMAIL, password=PASSWORD)
    assert half is not None
    enrolment = await cast.sign_in.enrolment(half)
    assert enrolment is not None
    done = await cast.sign_in.confirm(half, totp(cast, enrolment.secret), device="")
    assert done is not None
    return enrolment.secret, done


def totp(cast: Cast, secret: str) -> str:
    return pyotp.TOTP(secret).at(cast.clock.now())


async def signed_in(cast: Cast, secret: str, *, device: str = "") -> SignedIn:
    cast.clock.push(seconds=60)  # past the step that was used last
    half = await cast.sign_in.password(EMAIL, PASSWORD, device=device, client="10.0.0.1")
    assert half is not None
    done = await cast.sign_in.code(half, totp(cast, secret), device=device)
    assert done is not None
    return done


def test_a_set_up_link_leads_to_an_account_with_two_factors(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        actor = await cast.sessions.resolve(done.session)
        assert actor is not None
        assert (actor.name, actor.state) == ("Nora Falk", State.ACTIVE)
        assert len(done.recovery_codes) == 10

    cast.run(story())


def test_a_set_up_link_works_once(cast: Cast) -> None:
    async def story() -> None:
        added = await cast.accounts.add(
            OPERATOR, NewAccount(name="N", email=EMAIL, roles=frozenset({Role.ASSISTANT}))
        )
        half = await cast.sign_in.set_up(added.token, name="N", email=EMAIL, password=PASSWORD)
        enrolment = await cast.sign_in.enrolment(half or "")
        assert enrolment is not None
        assert await cast.sign_in.confirm(half or "", totp(cast, enrolment.secret), device="")
        assert await cast.sign_in.set_up(added.token, name="N", email=EMAIL, password=PASSWORD) is None
        assert await cast.sign_in.invited(added.token) is None

    cast.run(story())


def test_the_first_set_up_link_is_over_after_half_an_hour(cast: Cast) -> None:
    async def story() -> None:
        added = await cast.accounts.add(
            OPERATOR, NewAccount(name="N", email=EMAIL, roles=frozenset({Role.ASSISTANT})), first=True
        )
        cast.clock.push(minutes=29, seconds=59)
        assert await cast.sign_in.invited(added.token)
        cast.clock.push(seconds=1)
        assert await cast.sign_in.invited(added.token) is None

    cast.run(story())


def test_the_session_is_a_new_one_after_each_factor(cast: Cast) -> None:
    async def story() -> None:
        secret, first = await enrolled(cast)
        cast.clock.push(seconds=60)
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a")
        assert half is not None
        assert await cast.sessions.resolve(half) is None  # the password alone opens nothing
        done = await cast.sign_in.code(half, totp(cast, secret), device="")
        assert done is not None
        assert len({half, done.session, first.session}) == 3
        assert await cast.sessions.resolve_half(half) is None

    cast.run(story())


def test_a_code_works_once_and_one_step_either_way(cast: Cast) -> None:
    async def story() -> None:
        secret, _ = await enrolled(cast)
        used = totp(cast, secret)
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a")
        assert await cast.sign_in.code(half or "", used, device="") is None
        late = pyotp.TOTP(secret).at(cast.clock.now().timestamp() + 60)
        assert await cast.sign_in.code(half or "", late, device="") is None
        soon = pyotp.TOTP(secret).at(cast.clock.now().timestamp() + 30)
        assert await cast.sign_in.code(half or "", soon, device="")

    cast.run(story())


def test_six_wrong_codes_make_one_wait(cast: Cast) -> None:
    async def story() -> None:
        secret, _ = await enrolled(cast)
        cast.clock.push(seconds=60)
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a") or ""
        for _ in range(6):
            assert await cast.sign_in.code(half, "000000", device="") is None
        with pytest.raises(TooMany):
            await cast.sign_in.code(half, "000000", device="")
        cast.clock.push(minutes=8)
        with pytest.raises(TooMany):
            await cast.sign_in.code(half, totp(cast, secret), device="")

    cast.run(story())


def test_six_wrong_codes_make_one_wait_while_setting_up_too(cast: Cast) -> None:
    async def story() -> None:
        new = NewAccount(name="N", email=EMAIL, roles=frozenset({Role.ASSISTANT}))
        added = await cast.accounts.add(OPERATOR, new)
        half = await cast.sign_in.set_up(added.token, name="N", email=EMAIL, password=PASSWORD) or ""
        for _ in range(6):
            assert await cast.sign_in.confirm(half, "000000", device="") is None
        with pytest.raises(TooMany):
            await cast.sign_in.confirm(half, "000000", device="")

    cast.run(story())


def test_a_recovery_code_works_once(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        code = done.recovery_codes[3].upper()
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a") or ""
        assert await cast.sign_in.code(half, code, device="")
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a") or ""
        assert await cast.sign_in.code(half, code, device="") is None

    cast.run(story())


def test_a_known_and_an_unknown_address_answer_alike(cast: Cast) -> None:
    async def story(email: str) -> list[str]:
        answers = []
        for _ in range(14):
            try:
                answers.append(
                    str(await cast.sign_in.password(email, "wrong password", device="", client="b"))
                )
            except TooMany as wait:
                answers.append(f"{wait.wait_s:.0f}")
        return answers

    async def both() -> None:
        await enrolled(cast)
        known, unknown = await story(EMAIL), await story("nobody@practice.example")
        assert known == unknown
        assert known.count("None") == 10

    cast.run(both())


def test_an_attack_does_not_lock_the_owner_out(cast: Cast) -> None:
    async def story() -> None:
        secret, done = await enrolled(cast)
        for tried in range(50):
            try:
                await cast.sign_in.password(EMAIL, f"guess {tried} guess", device="", client=f"c{tried}")
            except TooMany:
                continue
        with pytest.raises(TooMany):
            await cast.sign_in.password(EMAIL, PASSWORD, device="", client="elsewhere")
        assert await signed_in(cast, secret, device=done.device)

    cast.run(story())


def test_a_known_browser_is_known_for_its_own_account_alone(cast: Cast) -> None:
    """Somebody of the practice has no more guesses at a colleague's password than a stranger."""

    async def story() -> None:
        _, done = await enrolled(cast)
        for _ in range(10):
            await cast.sign_in.password("elena@practice.example", "a guess", device="", client="a")
        with pytest.raises(TooMany):
            await cast.sign_in.password("elena@practice.example", "a guess", device=done.device, client="b")

    cast.run(story())


def test_one_address_guesses_at_most_sixty_times(cast: Cast) -> None:
    async def story() -> int:
        taken = 0
        for tried in range(200):
            try:
                await cast.sign_in.password(f"u{tried}@x.example", "guess guess", device="", client="one")
                taken += 1
            except TooMany:
                continue
        return taken

    assert cast.run(story()) == 60


def test_a_disabled_account_is_out_everywhere_at_once(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        actor = await cast.sessions.resolve(done.session)
        assert actor is not None
        ended: list[str] = []
        cast.sessions.ended.listen(ended.append)
        assert await cast.accounts.all(actor)
        await cast.accounts.disable(cast.ada, actor.id)
        assert ended == [actor.session_id]
        assert await cast.sessions.resolve(done.session) is None
        with pytest.raises(Refused):  # by whoever still holds it: a page, a timer, a handler that waits
            await cast.accounts.all(actor)
        assert await cast.sign_in.password(EMAIL, PASSWORD, device=done.device, client="a") is None

    cast.run(story())


def test_a_change_of_password_ends_every_other_session(cast: Cast) -> None:
    async def story() -> None:
        secret, first = await enrolled(cast)
        second = await signed_in(cast, secret, device=first.device)
        assert (
            await cast.sign_in.change_password(second.session, "not this one", "a new long password") is None
        )
        with pytest.raises(Invalid):
            await cast.sign_in.change_password(second.session, PASSWORD, "short")
        changed = await cast.sign_in.change_password(second.session, PASSWORD, "a new long password")
        assert changed is not None
        assert await cast.sessions.resolve(first.session) is None
        assert await cast.sessions.resolve(second.session) is None
        assert await cast.sessions.resolve(changed.session)

    cast.run(story())


def test_a_session_idles_out_after_fifteen_minutes(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        cast.clock.push(minutes=14, seconds=59)
        assert await cast.sessions.resolve(done.session)
        cast.sessions.touch(done.session)
        cast.clock.push(minutes=14, seconds=59)
        assert await cast.sessions.resolve(done.session)
        cast.clock.push(seconds=1)
        ended: list[str] = []
        cast.sessions.ended.listen(ended.append)
        await cast.sessions.sweep()
        assert len(ended) == 1
        assert await cast.sessions.resolve(done.session) is None

    cast.run(story())


def test_the_second_factor_is_waited_for_ten_minutes(cast: Cast) -> None:
    async def story() -> None:
        await enrolled(cast)
        half = await cast.sign_in.password(EMAIL, PASSWORD, device="", client="a") or ""
        cast.clock.push(minutes=9, seconds=59)
        assert await cast.sign_in.halfway(half)
        cast.clock.push(seconds=1)
        assert not await cast.sign_in.halfway(half)

    cast.run(story())


def test_a_wall_clock_that_is_set_back_prolongs_nothing(cast: Cast) -> None:
    """Neither for a session in memory nor for one that is read after a restart."""

    async def story() -> None:
        _, done = await enrolled(cast)
        assert await cast.sessions.resolve(done.session)
        cast.clock.set_by(timedelta(hours=-3))
        again = Sessions(cast.store)
        assert await again.resolve(done.session)
        cast.clock.push(minutes=15)
        for sessions in (again, cast.sessions):
            assert await sessions.resolve(done.session) is None

    cast.run(story())


def test_a_session_in_a_visit_does_not_idle_but_ends_after_twelve_hours(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        cast.sessions.awake = lambda _: True
        for _ in range(47):
            cast.clock.push(minutes=15)
            await cast.sessions.sweep()
            assert await cast.sessions.resolve(done.session)
        cast.clock.push(minutes=15)
        assert await cast.sessions.resolve(done.session) is None

    cast.run(story())


def test_a_session_outlives_a_restart(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        assert await Sessions(cast.store).resolve(done.session)

    cast.run(story())


def test_no_token_is_stored_in_the_clear(cast: Cast) -> None:
    async def story() -> None:
        _, done = await enrolled(cast)
        rows = await cast.store.read(lambda: [row.hash for row in Session.select()])
        assert done.session not in rows
        assert all(len(row) == 64 for row in rows)

    cast.run(story())


def test_no_secret_of_a_second_factor_is_stored_in_the_clear(cast: Cast) -> None:
    """Neither the secret of the app nor a recovery code, inside the encrypted database."""

    async def story() -> None:
        secret, done = await enrolled(cast)
        tables = (Account, Session, RecoveryCode)
        rows = await cast.store.read(lambda: repr([list(table.select().dicts()) for table in tables]))
        assert EMAIL in rows
        assert not [one for one in (secret, *done.recovery_codes) if one in rows]

    cast.run(story())


def test_there_is_no_way_in_without_factors_outside_a_demo(cast: Cast) -> None:
    with pytest.raises(Refused):
        cast.run(cast.sign_in.enter_demo(cast.elena.id))
