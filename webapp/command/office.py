"""What an operator may ask of a practice: done by the server that runs, or here when none does."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from webapp.access import Action, Actor, Invalid, Role, State, Subject
from webapp.command.place import existing, opened
from webapp.people.accounts import Accounts, AccountView, Added, NewAccount
from webapp.people.sessions import Sessions
from webapp.settings import Settings
from webapp.store.control import Commands, NotAnswering, ask
from webapp.store.database import Store
from webapp.store.errors import Busy
from webapp.store.lock import Lock

OPERATOR = Actor(id="operator", name="operator", roles=frozenset({Role.OPERATOR}), state=State.ACTIVE)
STARTING_S = 10.0


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Person:
    email: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    name: str
    email: str
    roles: list[str]
    language: str
    zone: str


class Office:
    """The commands, over the practice's own services."""

    def __init__(self, settings: Settings, store: Store, accounts: Accounts) -> None:
        self._settings, self._store, self._accounts = settings, store, accounts
        self.commands = Commands()
        self.commands.add("user list", Nothing, self._list)
        self.commands.add("user add", NewPerson, self._add)
        self.commands.add("user disable", Person, self._disable)
        self.commands.add("user enable", Person, self._enable)
        self.commands.add("user reset-2fa", Person, self._reset_factor)
        self.commands.add("backup made", Nothing, self._backup_made)

    async def _list(self, _: Nothing) -> object:
        return [_shown(account) for account in await self._accounts.all(OPERATOR)]

    async def _add(self, person: NewPerson) -> object:
        unknown = set(person.roles) - {str(role) for role in Role}
        if unknown:
            raise Invalid("roles", "{role} is not a role.", role=unknown.pop())
        new = NewAccount(
            name=person.name,
            email=person.email,
            roles=frozenset(Role(role) for role in person.roles),
            language=person.language,
            zone=person.zone,
        )
        return self._link(await self._accounts.add(OPERATOR, new))

    async def _disable(self, person: Person) -> object:
        account = await self._found(person.email)
        await self._accounts.disable(OPERATOR, account.id)
        return _shown(account)

    async def _enable(self, person: Person) -> object:
        account = await self._found(person.email)
        return self._link(await self._accounts.enable(OPERATOR, account.id))

    async def _reset_factor(self, person: Person) -> object:
        account = await self._found(person.email)
        return self._link(await self._accounts.reset_factor(OPERATOR, account.id))

    async def _backup_made(self, _: Nothing) -> object:
        def work() -> None:
            self._store.audit.record(OPERATOR, Action.SYSTEM, Subject(kind="practice"), change="backup")

        await self._store.write(work)
        return None

    async def _found(self, email: str) -> AccountView:
        account = await self._store.read(lambda: self._accounts.by_email(email))
        if account is None:
            raise Invalid("email", "Nobody of the practice has the address {email}.", email=email)
        return account

    def _link(self, added: Added) -> dict[str, str]:
        return {**_shown(added.account), "link": f"{self._settings.url}/set-up#{added.token}"}


def call(settings: Settings, command: str, /, **arguments: object) -> Any:
    """Run a command where the practice is: in the server that holds the folder, else here. Raises StoreError."""
    keys = existing(settings)
    lock, begun = Lock(settings.data), time.monotonic()
    while True:
        try:
            with lock:
                return asyncio.run(_alone(settings, opened(settings, keys), command, arguments))
        except Busy:
            try:
                return ask(settings.data, command, arguments)
            except NotAnswering:  # it is starting, or stopping
                if time.monotonic() - begun > STARTING_S:
                    raise
                time.sleep(0.1)


async def _alone(settings: Settings, store: Store, name: str, arguments: dict[str, object]) -> Any:
    try:
        return await Office(settings, store, Accounts(store, Sessions(store))).commands.run(name, arguments)
    finally:
        store.close()


def _shown(account: AccountView) -> dict[str, str]:
    return {
        "name": account.name,
        "email": account.email,
        "roles": ", ".join(account.roles),
        "state": str(account.state),
    }
