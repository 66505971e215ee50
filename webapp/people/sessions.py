"""Signed-in browsers: 256-bit tokens, hashed at rest, resolved to an Actor, ended by idleness, age or a word."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webapp.access import Actor, Role, State
from webapp.people.model import Account, Session
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id, new_token

IDLE = timedelta(minutes=15)
AT_MOST = timedelta(hours=12)
HALF = timedelta(minutes=10)  # between the password and the second factor
WRITTEN_EVERY = timedelta(seconds=60)


@dataclass(slots=True)
class Live:
    """A session in memory: the truth between two writes of `seen_at`."""

    actor: Actor
    complete: bool
    created_at: datetime
    seen_at: datetime
    written_at: datetime


class Sessions:
    """Staff sessions. `ended` tells the id of a session that is over: open pages and sockets of it close.

    `awake(account_id)` says whether an account is in a visit, which keeps its sessions from idling.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ended: Signal[str] = Signal()
        self.awake: Callable[[str], bool] = lambda _: False
        self._live: dict[str, Live] = {}  # by the token's hash

    def start_within(self, account: Account, *, complete: bool) -> str:
        """Begin a session inside the caller's write; returns its token. The caller ends the one it replaces."""
        token, now = new_token(), self.store.clock.now()
        Session.create(
            id=new_id(), hash=hashed(token), account=account, complete=complete, created_at=now, seen_at=now
        )
        return token

    async def resolve(self, token: str) -> Actor | None:
        """Who holds this token, or None if it is unknown, ended, idle for too long, too old or incomplete."""
        live = await self._find(token)
        return live.actor if live is not None and live.complete else None

    async def resolve_half(self, token: str) -> Actor | None:
        """Who has shown the password and not yet the second factor."""
        live = await self._find(token)
        return live.actor if live is not None and not live.complete else None

    async def touch(self, token: str) -> None:
        """The holder did something: idleness begins anew. Written at most once a minute."""
        live = self._live.get(hashed(token))
        if live is None:
            return
        now = self.store.clock.now()
        live.seen_at = now
        if now - live.written_at >= WRITTEN_EVERY:
            live.written_at = now
            session_id = live.actor.session_id
            await self.store.write(
                lambda: Session.update(seen_at=now).where(Session.id == session_id).execute()
            )

    async def end(self, session_id: str) -> None:
        await self.store.write(lambda: self.end_within(session_id=session_id))
        self.forget([session_id])

    def end_within(self, *, session_id: str = "", account_id: str = "", but: str = "") -> list[str]:
        """End one session, or all of an account but one, inside the caller's write; returns the ended ids.

        The caller hands them to `forget` after its commit.
        """
        open_ones = Session.select(Session.id).where(Session.ended_at.is_null(), Session.id != but)
        chosen = Session.id == session_id if session_id else Session.account == account_id
        ids = [row.id for row in open_ones.where(chosen)]
        Session.update(ended_at=self.store.clock.now()).where(Session.id.in_(ids)).execute()
        return ids

    def forget(self, session_ids: list[str]) -> None:
        """After the commit: drop them from memory and tell every open page."""
        for key in [key for key, live in self._live.items() if live.actor.session_id in session_ids]:
            del self._live[key]
        for session_id in session_ids:
            self.ended.emit(session_id)

    def relabel(self, account_id: str, *, language: str = "", zone: str = "") -> None:
        """Pages built from now on speak this language and tell times in this zone."""
        for live in self._live.values():
            if live.actor.id == account_id:
                actor = live.actor
                live.actor = replace(actor, language=language or actor.language, zone=zone or actor.zone)

    async def sweep(self) -> None:
        """End what has idled or aged out. Called every second or so."""
        over = [live.actor.session_id for live in self._live.values() if not self._fresh(live)]
        for session_id in over:
            await self.end(session_id)

    async def _find(self, token: str) -> Live | None:
        key = hashed(token)
        live = self._live.get(key)
        if live is None:
            live = await self.store.read(lambda: self._load(key))
            if live is None:
                return None
            self._live[key] = live
        if not self._fresh(live):
            await self.end(live.actor.session_id)
            return None
        return live

    def _load(self, key: str) -> Live | None:
        row = (
            Session.select(Session, Account)
            .join(Account)
            .where(Session.hash == key, Session.ended_at.is_null())
            .get_or_none()
        )
        if row is None:
            return None
        actor = replace(staff_actor(row.account), session_id=row.id)
        return Live(
            actor=actor,
            complete=row.complete,
            created_at=row.created_at,
            seen_at=row.seen_at,
            written_at=row.seen_at,
        )

    def _fresh(self, live: Live) -> bool:
        now = self.store.clock.now()
        if now - live.created_at >= (AT_MOST if live.complete else HALF):
            return False
        if self.awake(live.actor.id):
            live.seen_at = now
        return now - live.seen_at < IDLE


def hashed(token: str) -> str:
    """What is stored of a token with 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def staff_actor(account: Account) -> Actor:
    return Actor(
        id=account.id,
        name=account.name,
        roles=frozenset(Role(role) for role in account.roles.split(",")),
        state=State(account.state),
        language=account.language,
        zone=account.zone,
    )
