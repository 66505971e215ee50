"""How staff get in: password, then second factor; a first time through a set-up link. All answers are uniform."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from webapp.access import Action, Actor, Hidden, Invalid, State, Subject, authorize, policy
from webapp.budget import Budget, TooMany
from webapp.clock import zones
from webapp.locale import LANGUAGES
from webapp.people.accounts import NewAccount, checked
from webapp.people.factors import (
    accepted_step,
    address,
    new_recovery_codes,
    new_secret,
    plain_code,
    recovery_hash,
    seal,
    unseal,
)
from webapp.people.model import Account, Device, RecoveryCode, Session, SetupLink
from webapp.people.passwords import Passwords, checked_password
from webapp.people.sessions import Sessions, hashed, staff_actor
from webapp.store.audit import Event
from webapp.store.database import Store
from webapp.store.ids import new_token

GUESSES, GUESS_WINDOW_S = 10, 15 * 60.0
CODE_GUESSES = 6
ADDRESS_GUESSES = 60
DEVICE_LASTS = timedelta(days=180)
NOBODY = Actor(id="nobody", name="", roles=frozenset(), state=State.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Tokens for the session cookie and the device cookie."""

    session: str
    device: str
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What the authenticator app is shown."""

    secret: str
    address: str
    name: str


class SignIn:
    """Every method may be called by anybody: it is the door itself.

    A browser that has signed in before (its device cookie) has a guessing budget of its own per account, so that
    an attack from elsewhere does not lock the owner out.
    """

    def __init__(
        self, store: Store, sessions: Sessions, passwords: Passwords, practice: str, *, demo: bool = False
    ) -> None:
        self.store, self.sessions, self.passwords = store, sessions, passwords
        self.practice, self._demo = practice, demo
        self._by_account = Budget(GUESSES, GUESS_WINDOW_S, store.clock)
        self._by_device = Budget(GUESSES, GUESS_WINDOW_S, store.clock)
        self._by_address = Budget(ADDRESS_GUESSES, GUESS_WINDOW_S, store.clock)
        self._by_code = Budget(CODE_GUESSES, GUESS_WINDOW_S, store.clock)
        self._noting: set[asyncio.Task[None]] = set()

    @policy(None)
    async def password(self, email: str, password: str, *, device: str, client: str) -> str | None:
        """The first factor. Returns the token of a half session, or None, the same for a wrong password, an unknown
        address and a disabled account. Raises TooMany, the same for known and unknown addresses."""
        email = email.strip().lower()[:254]
        row, known = await self.store.read(lambda: self._facts(email, device))
        self._spend(email, device if known else "", client)
        stored = row.password_hash if row else ""
        good = await self.passwords.verify(stored, password, known=known)
        if row is None:
            return None
        account_id = row.id
        if not good:
            self._note_failure(row)
            return None

        def work() -> str | None:
            now = Account.get_by_id(
                account_id
            )  # it may have been disabled, or given another password, meanwhile
            if now.state != State.ACTIVE or now.password_hash != stored:
                return None
            return self.sessions.start_within(now, complete=False)

        return await self.store.write(work)

    @policy(None)
    async def code(self, half: str, code: str, *, device: str) -> SignedIn | None:
        """The second factor: six digits or a recovery code. None for a wrong or used one. Raises TooMany."""
        actor = await self.sessions.resolve_half(half)
        if actor is None:
            return None
        known = await self.store.read(lambda: self._is_device(device, actor.id))
        budget = f"{actor.id} {hashed(device) if known else ''}"
        self._by_code.spend(budget)

        def work() -> tuple[SignedIn, list[str]] | None:
            row = Account.get_by_id(actor.id)
            if row.state != State.ACTIVE or not self._accept(row, plain_code(code)):
                return None
            return self._complete(row, actor.session_id, device)

        done = await self.store.write(work, then=self._forget)
        if done is None:
            return None
        self._by_code.forgive(budget)
        return done[0]

    @policy(None)
    async def set_up(
        self, token: str, *, name: str, email: str, password: str, language: str = "", zone: str = ""
    ) -> str | None:
        """The first step behind a set-up link: who, and a password. Returns the token of a half session with a
        second factor to confirm, or None for a link that is used up or over. Raises Invalid.

        language, zone: of the browser; one that is not known here leaves what the account has.
        """
        checked_password(password)
        link = await self.store.read(lambda: self._open_link(token))
        if link is None:
            return None
        stored = await self.passwords.hash(password)

        def work() -> tuple[str, list[str]] | None:
            row = self._open_link(token)
            if row is None:
                return None
            new = checked(NewAccount(name=name, email=email, roles=staff_actor(row.account).roles))
            if Account.select().where(Account.email == new.email, Account.id != row.account_id).exists():
                raise Invalid("email", "Somebody of the practice has this address already.")
            account = row.account
            account.name, account.email, account.password_hash = new.name, new.email, stored
            account.language = language if language in LANGUAGES else account.language
            account.zone = zone if zone in zones() else account.zone
            account.save()
            ended = self.sessions.end_within(account_id=account.id)  # an earlier try from the same link
            half = self.sessions.start_within(account, complete=False)
            sealed = seal(new_secret(), self.store.keys.secrets)
            Session.update(pending_totp=sealed).where(Session.hash == hashed(half)).execute()
            return half, ended

        done = await self.store.write(work, then=self._forget)
        return done[0] if done else None

    @policy(None)
    async def invited(self, token: str) -> NewAccount | None:
        """Whom a set-up link belongs to; None for one that is used up or over."""

        def work() -> NewAccount | None:
            link = self._open_link(token)
            if link is None:
                return None
            actor = staff_actor(link.account)
            return NewAccount(name=actor.name, email=link.account.email, roles=actor.roles)

        return await self.store.read(work)

    @policy(None)
    async def enrolment(self, half: str) -> Enrolment | None:
        """The second factor to be confirmed in this half session, if it is setting one up."""
        actor = await self.sessions.resolve_half(half)
        if actor is None:
            return None

        def work() -> Enrolment | None:
            session = Session.get_by_id(actor.session_id)
            if session.pending_totp is None:
                return None
            secret = unseal(bytes(session.pending_totp), self.store.keys.secrets)
            account = session.account
            return Enrolment(
                secret=secret, address=address(secret, account.email, self.practice), name=account.name
            )

        return await self.store.read(work)

    @policy(None)
    async def confirm(self, half: str, code: str, *, device: str) -> SignedIn | None:
        """The new second factor works: the account is active, its link used up. None for a wrong code."""
        actor = await self.sessions.resolve_half(half)
        if actor is None:
            return None
        self._by_code.spend(actor.session_id)

        def work() -> tuple[SignedIn, list[str]] | None:
            session = Session.get_by_id(actor.session_id)
            if session.pending_totp is None or session.account.state != State.INVITED:
                return None
            secret = unseal(bytes(session.pending_totp), self.store.keys.secrets)
            now = self.store.clock.now()
            step = accepted_step(secret, plain_code(code), now, 0)
            if step is None:
                return None
            row = session.account
            row.state, row.totp_secret, row.totp_step = State.ACTIVE, session.pending_totp, step
            row.save()
            SetupLink.delete().where(SetupLink.account == row.id).execute()
            codes = self._new_codes(row)
            self.store.audit.record(
                staff_actor(row), Action.SIGN_IN, Subject(kind="account", id=row.id), change="set up"
            )
            done, ended = self._complete(row, actor.session_id, device)
            return SignedIn(session=done.session, device=done.device, recovery_codes=tuple(codes)), ended

        done = await self.store.write(work, then=self._forget)
        return done[0] if done else None

    @policy(None)
    async def halfway(self, half: str) -> bool:
        """Whether this half session still waits for its second factor."""
        return await self.sessions.resolve_half(half) is not None

    @policy(None)
    async def sign_out(self, token: str) -> None:
        """End the session of this token, whole or half. An unknown one is no error."""
        actor = await self.sessions.resolve(token) or await self.sessions.resolve_half(token)
        if actor is None:
            return

        def work() -> list[str]:
            self.store.audit.record(
                actor, Action.SIGN_IN, Subject(kind="account", id=actor.id), change="sign out"
            )
            return self.sessions.end_within(session_id=actor.session_id)

        await self.store.write(work, then=self.sessions.forget)

    @policy(None)
    async def change_password(self, token: str, old: str, new: str) -> SignedIn | None:
        """Change one's own password; every other session of the account ends and this one gets a new token.

        None if the old one is wrong. Raises Invalid for the new one, TooMany.
        """
        actor = await self.sessions.resolve(token)
        if actor is None:
            return None
        checked_password(new)
        self._by_device.spend(actor.id)
        row = await self.store.read(lambda: Account.get_by_id(actor.id))
        if not await self.passwords.verify(row.password_hash, old):
            return None
        stored = await self.passwords.hash(new)

        def work() -> tuple[SignedIn, list[str]]:
            subject = Subject(kind="account", id=actor.id, own=True)
            authorize(actor, Action.OWN_ACCOUNT, subject)  # it may have been disabled meanwhile
            Account.update(password_hash=stored).where(Account.id == actor.id).execute()
            self.store.audit.record(actor, Action.OWN_ACCOUNT, subject, change="password")
            ended = self.sessions.end_within(account_id=actor.id)
            session = self.sessions.start_within(Account.get_by_id(actor.id), complete=True)
            return SignedIn(session=session, device=self._new_device(row)), ended

        done, _ = await self.store.write(work, then=self._forget)
        return done

    @policy(None)
    async def enter_demo(self, account_id: str) -> str:
        """A whole session without any factor, in a demo practice only. Returns its token."""

        def work() -> str:
            row = Account.get_or_none(Account.id == account_id, Account.state == State.ACTIVE)
            if not self._demo or row is None:
                raise Hidden(NOBODY, Action.SIGN_IN, Subject(kind="account", id=account_id))
            return self.sessions.start_within(row, complete=True)

        return await self.store.write(work)

    def _forget(self, done: tuple[Any, list[str]] | None) -> None:
        if done is not None:
            self.sessions.forget(done[1])

    def _note_failure(self, row: Account) -> None:
        """A wrong password leaves an audit row, without making this answer slower than one for an unknown address."""
        event = Event(
            actor=staff_actor(row),
            action=Action.SIGN_IN,
            subject=Subject(kind="account", id=row.id),
            outcome="refused",
        )
        noting = self.store.write(lambda: self.store.audit.append(event))
        task = asyncio.create_task(noting, name="note a guess")
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    # Inside a transaction ----------------------------------------------------------------------------------

    def _facts(self, email: str, device: str) -> tuple[Account | None, bool]:
        row = Account.get_or_none(Account.email == email)
        return row, self._is_device(device, row.id if row else "")

    def _is_device(self, device: str, account_id: str) -> bool:
        oldest = self.store.clock.now() - DEVICE_LASTS
        known = Device.select().where(
            Device.hash == hashed(device), Device.account == account_id, Device.seen_at > oldest
        )
        return bool(known.exists())

    def _spend(self, email: str, device: str, client: str) -> None:
        budget, key = (self._by_device, hashed(device)) if device else (self._by_account, email)
        if not device and not self._by_address.take(client):
            raise TooMany(self._by_address.wait_s(client))
        budget.spend(key)

    def _accept(self, row: Account, code: str) -> bool:
        if row.totp_secret is None:
            return False
        secret = unseal(bytes(row.totp_secret), self.store.keys.secrets)
        now = self.store.clock.now()
        step = accepted_step(secret, code, now, row.totp_step)
        if step is not None:
            Account.update(totp_step=step).where(Account.id == row.id).execute()
            return True
        spent = RecoveryCode.update(used_at=now).where(
            RecoveryCode.account == row.id,
            RecoveryCode.hash == recovery_hash(code, self.store.keys.secrets),
            RecoveryCode.used_at.is_null(),
        )
        return bool(spent.execute())

    def _complete(self, row: Account, half_id: str, device: str) -> tuple[SignedIn, list[str]]:
        """A whole session with a new token in place of the half one."""
        ended = self.sessions.end_within(session_id=half_id)
        session = self.sessions.start_within(row, complete=True)
        self.store.audit.record(staff_actor(row), Action.SIGN_IN, Subject(kind="account", id=row.id))
        known = Device.update(seen_at=self.store.clock.now()).where(
            Device.hash == hashed(device), Device.account == row.id
        )
        kept = device if device and known.execute() else self._new_device(row)
        return SignedIn(session=session, device=kept), ended

    def _new_device(self, row: Account) -> str:
        token = new_token()
        Device.create(hash=hashed(token), account=row, seen_at=self.store.clock.now())
        return token

    def _new_codes(self, row: Account) -> list[str]:
        codes = new_recovery_codes()
        RecoveryCode.delete().where(RecoveryCode.account == row.id).execute()
        key = self.store.keys.secrets
        for code in codes:
            RecoveryCode.create(account=row, hash=recovery_hash(code, key))
        return codes

    def _open_link(self, token: str) -> SetupLink | None:
        link = SetupLink.get_or_none(SetupLink.hash == hashed(token))
        if link is None or link.expires_at <= self.store.clock.now():
            return None
        return link if link.account.state == State.INVITED else None
