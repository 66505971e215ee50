"""Staff accounts: who belongs to the practice, in which roles, and how they are let in and out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from webapp.access import Action, Actor, Hidden, Invalid, Role, State, Subject, authorize, policy
from webapp.clock import zones
from webapp.people.model import Account, Device, RecoveryCode, SetupLink
from webapp.people.sessions import Sessions, hashed
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id, new_token

LANGUAGES = ("en", "es", "qps")  # the last one for tests, where it is enabled
STAFF_ROLES = frozenset({Role.CLINICIAN, Role.ASSISTANT, Role.ADMINISTRATOR})
FIRST_LINK = timedelta(minutes=30)
INVITED_LINK = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    name: str
    email: str
    roles: frozenset[Role]
    language: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The account, and the token of the link that sets it up, shown this once."""

    account: AccountView
    token: str


class Accounts:
    """Staff. `changed` tells the id of an account."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self.store, self.sessions = store, sessions
        self.changed: Signal[str] = Signal()

    @policy(Action.STAFF_READ)
    async def all(self, actor: Actor) -> tuple[AccountView, ...]:
        """Everybody of the practice, by name."""

        def work() -> tuple[AccountView, ...]:
            authorize(actor, Action.STAFF_READ, Subject(kind="account"))
            return tuple(view(row) for row in Account.select().order_by(Account.name, Account.id))

        return await self.store.read(work)

    @policy(Action.STAFF_MANAGE)
    async def add(self, actor: Actor, new: NewAccount, *, first: bool = False) -> Added:
        """Invite somebody. Raises Invalid. `first`: the practice's first start, with a link of 30 min."""
        new = checked(new)

        def work() -> Added:
            subject = Subject(kind="account")
            authorize(actor, Action.STAFF_MANAGE, subject)
            if Account.select().where(Account.email == new.email).exists():
                raise Invalid("email", "Somebody of the practice has this address already.")
            row = Account.create(
                id=new_id(),
                name=new.name,
                email=new.email,
                roles=",".join(sorted(new.roles)),
                state=State.INVITED,
                language=new.language,
                zone=new.zone,
                created_at=self.store.clock.now(),
            )
            token = self._link(row, FIRST_LINK if first else INVITED_LINK)
            self.store.audit.record(
                actor, Action.STAFF_MANAGE, Subject(kind="account", id=row.id), change="add"
            )
            return Added(account=view(row), token=token)

        added = await self.store.write(work)
        self.changed.emit(added.account.id)
        return added

    @policy(Action.STAFF_MANAGE)
    async def disable(self, actor: Actor, account_id: str) -> None:
        """Shut somebody out, at once and on every open page. The last administrator stays."""

        def work() -> list[str]:
            row = self._managed(actor, account_id)
            if row.state == State.ACTIVE and Role.ADMINISTRATOR in row.roles.split(","):
                self._keep_an_administrator(account_id)
            Account.update(state=State.DISABLED).where(Account.id == account_id).execute()
            SetupLink.delete().where(SetupLink.account == account_id).execute()
            self._record(actor, account_id, "disable")
            return self.sessions.end_within(account_id=account_id)

        await self.store.write(work, then=self.sessions.forget)
        self.changed.emit(account_id)

    @policy(Action.STAFF_MANAGE)
    async def enable(self, actor: Actor, account_id: str) -> Added:
        """Let somebody back in, through a new set-up link."""

        def work() -> Added:
            row = self._managed(actor, account_id)
            if row.state != State.DISABLED:
                raise Invalid("account", "This account is not disabled.")
            row.state = State.INVITED
            row.save()
            self._record(actor, account_id, "enable")
            return Added(account=view(row), token=self._link(row, INVITED_LINK))

        added = await self.store.write(work)
        self.changed.emit(account_id)
        return added

    @policy(Action.STAFF_MANAGE)
    async def set_roles(self, actor: Actor, account_id: str, roles: frozenset[Role]) -> None:
        """Change what somebody may do; they sign in again everywhere."""

        def work() -> list[str]:
            row = self._managed(actor, account_id)
            checked_roles(roles)
            if Role.ADMINISTRATOR in row.roles.split(",") and Role.ADMINISTRATOR not in roles:
                self._keep_an_administrator(account_id)
            Account.update(roles=",".join(sorted(roles))).where(Account.id == account_id).execute()
            self._record(actor, account_id, "roles")
            return self.sessions.end_within(account_id=account_id)

        await self.store.write(work, then=self.sessions.forget)
        self.changed.emit(account_id)

    @policy(Action.STAFF_MANAGE)
    async def reset_factor(self, actor: Actor, account_id: str) -> Added:
        """A lost second factor: password, factor and known browsers go; a new set-up link lets them in again."""

        def work() -> tuple[Added, list[str]]:
            row = self._managed(actor, account_id)
            if row.state == State.DISABLED:
                raise Invalid("account", "This account is disabled.")
            if Role.ADMINISTRATOR in row.roles.split(",") and not actor.has(Role.OPERATOR):
                self._keep_an_administrator(account_id)
            lasts = FIRST_LINK if self.lacks_administrator() else INVITED_LINK
            row.state, row.totp_secret, row.password_hash = State.INVITED, None, ""
            row.save()
            RecoveryCode.delete().where(RecoveryCode.account == account_id).execute()
            Device.delete().where(Device.account == account_id).execute()
            self._record(actor, account_id, "reset factor")
            added = Added(account=view(row), token=self._link(row, lasts))
            return added, self.sessions.end_within(account_id=account_id)

        added, _ = await self.store.write(work, then=lambda done: self.sessions.forget(done[1]))
        self.changed.emit(account_id)
        return added

    @policy(Action.OWN_ACCOUNT)
    async def set_language(self, actor: Actor, language: str) -> None:
        """The language that one reads. Raises Invalid."""
        if language not in LANGUAGES:
            raise Invalid("language", "Choose one of the list.")

        def work() -> None:
            authorize(actor, Action.OWN_ACCOUNT, Subject(kind="account", id=actor.id, own=True))
            Account.update(language=language).where(Account.id == actor.id).execute()

        await self.store.write(work)
        self.sessions.relabel(actor.id, language=language)

    @policy(Action.OWN_ACCOUNT)
    async def set_zone(self, actor: Actor, zone: str) -> None:
        """The zone in which one reads times. Raises Invalid."""
        if zone not in zones():
            raise Invalid("zone", "Choose one of the list.")

        def work() -> None:
            authorize(actor, Action.OWN_ACCOUNT, Subject(kind="account", id=actor.id, own=True))
            Account.update(zone=zone).where(Account.id == actor.id).execute()

        await self.store.write(work)
        self.sessions.relabel(actor.id, zone=zone)

    # Facts for the slices above ---------------------------------------------------------------------------

    def names(self, account_ids: Iterable[str]) -> dict[str, str]:
        rows = Account.select(Account.id, Account.name).where(Account.id.in_(list(account_ids)))
        return {row.id: row.name for row in rows}

    def clinicians(self) -> tuple[AccountView, ...]:
        rows = Account.select().where(Account.state == State.ACTIVE).order_by(Account.name)
        return tuple(view(row) for row in rows if Role.CLINICIAN in row.roles.split(","))

    def lacks_administrator(self, *, but: str = "") -> bool:
        """Whether nobody who has set themselves up, this account apart, administers the practice."""
        others = Account.select().where(Account.state == State.ACTIVE, Account.id != but)
        return not any(Role.ADMINISTRATOR in row.roles.split(",") for row in others)

    def by_email(self, email: str) -> AccountView | None:
        row = Account.get_or_none(Account.email == email.strip().lower())
        return None if row is None else view(row)

    def _managed(self, actor: Actor, account_id: str) -> Account:
        subject = Subject(kind="account", id=account_id)
        authorize(actor, Action.STAFF_MANAGE, subject)
        row = Account.get_or_none(Account.id == account_id)
        if row is None:
            raise Hidden(actor, Action.STAFF_MANAGE, subject)
        return row

    def _keep_an_administrator(self, account_id: str) -> None:
        if self.lacks_administrator(but=account_id):
            raise Invalid("account", "The practice needs an administrator: name another one first.")

    def _link(self, account: Account, lasts: timedelta) -> str:
        """A new link; it ends every earlier one of the account."""
        SetupLink.delete().where(SetupLink.account == account.id).execute()
        token = new_token()
        SetupLink.create(hash=hashed(token), account=account, expires_at=self.store.clock.now() + lasts)
        return token

    def _record(self, actor: Actor, account_id: str, change: str) -> None:
        subject = Subject(kind="account", id=account_id)
        self.store.audit.record(actor, Action.STAFF_MANAGE, subject, change=change)


def view(row: Account) -> AccountView:
    return AccountView(
        id=row.id,
        name=row.name,
        email=row.email,
        roles=tuple(Role(role) for role in row.roles.split(",")),
        state=State(row.state),
    )


def checked(new: NewAccount) -> NewAccount:
    name, email = " ".join(new.name.split()), new.email.strip().lower()
    if not 1 <= len(name) <= 120:
        raise Invalid("name", "Type the name.")
    if "@" not in email or len(email) > 254 or any(c.isspace() for c in email):
        raise Invalid("email", "This does not look like a mail address.")
    checked_roles(new.roles)
    return NewAccount(name=name, email=email, roles=new.roles, language=new.language, zone=new.zone)


def checked_roles(roles: frozenset[Role]) -> None:
    if not roles or not roles <= STAFF_ROLES:
        raise Invalid("roles", "Choose at least one role.")
