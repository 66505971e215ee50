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

IDLE_S = 15 * 60.0
AT_MOST_S = 12 * 3600.0
HALF_S = 10 * 60.0  # between the password and the second factor
WRITTEN_EVERY_S = 60.0


@dataclass(slots=True)
class Live:
    """A session in memory. Its times are monotonic seconds: a wall clock set back prolongs nothing."""

    actor: Actor
    complete: bool
    created_s: float
    seen_s: float
    written_s: float


class Sessions:
    """Staff sessions. `ended` tells the id of a session that is over: open pages and sockets of it close.

    `awake(account_id)` says whether an account is in a visit, which keeps its sessions from idling.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ended: Signal[str] = Signal()
        self.awake: Callable[[str], bool] = lambda _: False
        self._live: dict[str, Live] = {}  # by the token's hash
        self._changes = 0

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

    def knows(self, token: str) -> bool:
        """Whether this token was shown and found good since the start; costs nothing."""
        return hashed(token) in self._live

    def touch(self, token: str) -> None:
        """The holder did something: idleness begins anew. The sweep writes it."""
        if live := self._live.get(hashed(token)):
            live.seen_s = self.store.clock.monotonic()

    async def end(self, session_id: str) -> None:
        await self.store.write(lambda: self.end_within(session_id=session_id), then=self.forget)

    def end_within(self, *, session_id: str = "", account_id: str = "") -> list[str]:
        """End one session, or all of an account, inside the caller's write; returns the ended ids.

        The caller gives `forget` to the write as what follows its commit.
        """
        chosen = Session.id == session_id if session_id else Session.account == account_id
        ids = [row.id for row in Session.select(Session.id).where(Session.ended_at.is_null(), chosen)]
        Session.update(ended_at=self.store.clock.now()).where(Session.id.in_(ids)).execute()
        return ids

    def forget(self, session_ids: list[str]) -> None:
        """After the commit: every Actor of them is over, and every open page is told."""
        self._changes += 1
        for key, live in list(self._live.items()):
            if live.actor.session_id in session_ids:
                live.actor.standing.over = True
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
        """End what has idled or aged out, and write who was seen. Called every second or so.

        Memory first: on a full disk the pages close all the same.
        """
        over = [live.actor.session_id for live in self._live.values() if not self._fresh(live)]
        if over:
            self.forget(over)
            await self.store.write(lambda: [self.end_within(session_id=ended) for ended in over])
        now_s, now = self.store.clock.monotonic(), self.store.clock.now()
        seen = [live for live in self._live.values() if live.seen_s - live.written_s >= WRITTEN_EVERY_S]
        if seen:
            times = {live.actor.session_id: now - timedelta(seconds=now_s - live.seen_s) for live in seen}
            await self.store.write(lambda: _write_seen(times))
            for live in seen:
                live.written_s = live.seen_s

    async def _find(self, token: str) -> Live | None:
        key = hashed(token)
        live = self._live.get(key)
        if live is None:
            changes = self._changes
            live = await self.store.read(lambda: self._load(key))
            if live is None:
                return None
            if changes != self._changes:  # something ended meanwhile, perhaps this one
                return await self._find(token)
            live = self._live.setdefault(key, live)
        if not self._fresh(live):
            self.forget([live.actor.session_id])
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
        now, now_s = self.store.clock.now(), self.store.clock.monotonic()
        created_s = now_s - max(0.0, (now - row.created_at).total_seconds())
        seen_s = now_s - max(0.0, (now - row.seen_at).total_seconds())
        actor = replace(staff_actor(row.account), session_id=row.id)
        return Live(actor=actor, complete=row.complete, created_s=created_s, seen_s=seen_s, written_s=seen_s)

    def _fresh(self, live: Live) -> bool:
        now = self.store.clock.monotonic()
        if now - live.created_s >= (AT_MOST_S if live.complete else HALF_S):
            return False
        if self.awake(live.actor.id):
            live.seen_s = now
        return now - live.seen_s < IDLE_S


def _write_seen(times: dict[str, datetime]) -> None:
    for session_id, at in times.items():
        Session.update(seen_at=at).where(Session.id == session_id).execute()


def hashed(token: str) -> str:
    """What is stored of a token with 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def staff_actor(account: Account) -> Actor:
    return Actor(
        id=account.id,
        name=account.name,
        roles=frozenset(Role(role) for role in account.roles.split(",")),
        state=State(account.state),
        language=account.language,
        zone=account.zone,
    )
