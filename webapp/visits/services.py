"""The practice's services: what a visit is for, whether its media is relayed, what the patient receives afterwards."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.access import Action, Actor, Invalid, Subject, authorize, policy
from webapp.locale import N_, _
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.visits.model import Service

NAME_AT_MOST = 60


class After(StrEnum):
    """What the patient receives after a visit."""

    SUMMARY = "summary"  # a summary is drafted, and sent unless it is held back
    BY_HAND = "by_hand"  # nothing, unless it is sent by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """name: the practice's own, or "" for ours. relay_only: where a relay is configured. offered: when inviting."""

    key: str
    name: str
    relay_only: bool
    after: After
    offered: bool

    @property
    def words(self) -> str:
        """How it is called, in the reader's language unless the practice has named it."""
        return self.name or _(NAMES[self.key])


NAMES = {
    "general": N_("Consultation"),
    "physiotherapy": N_("Physiotherapy"),
    "psychology": N_("Psychology"),
    "couples": N_("Couples"),
    "group": N_("Group"),
}
GENERAL = "general"
PRIVATE = frozenset({"psychology", "couples", "group"})
DEFAULTS = {
    key: ServiceView(
        key=key,
        name="",
        relay_only=key in PRIVATE,
        after=After.BY_HAND if key in PRIVATE else After.SUMMARY,
        offered=True,
    )
    for key in NAMES
}


class Services:
    """Those that come with the product, as the practice has changed them. `changed` tells the key of one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.changed: Signal[str] = Signal()

    @policy(Action.SERVICE_READ)
    async def all(self, actor: Actor) -> tuple[ServiceView, ...]:
        def work() -> tuple[ServiceView, ...]:
            authorize(actor, Action.SERVICE_READ, Subject(kind="service"))
            return tuple(self.facts().values())

        return await self.store.read(work)

    @policy(Action.SERVICE_MANAGE)
    async def change(self, actor: Actor, new: ServiceView) -> None:
        """Holds for visits from their next joining on. Raises Invalid."""
        name = " ".join(new.name.split())
        if new.key not in DEFAULTS:
            raise Invalid("service", N_("Choose one of the list."))
        if len(name) > NAME_AT_MOST:
            raise Invalid("name", N_("A name has at most {limit} characters."), limit=NAME_AT_MOST)

        def work() -> None:
            subject = Subject(kind="service", id=new.key)
            authorize(actor, Action.SERVICE_MANAGE, subject)
            others = [each for each in self.facts().values() if each.key != new.key]
            if not new.offered and not any(each.offered for each in others):
                raise Invalid("offered", N_("At least one service is offered."))
            row = {"relay_only": new.relay_only, "after": new.after, "offered": new.offered}
            Service.insert(key=new.key, name=name, **row).on_conflict_replace().execute()
            self.store.audit.record(
                actor, Action.SERVICE_MANAGE, subject, relay_only=str(new.relay_only), after=new.after
            )

        await self.store.write(work)
        self.changed.emit(new.key)

    def facts(self) -> dict[str, ServiceView]:
        """Every service by its key, inside the caller's transaction."""
        changed = {
            row.key: ServiceView(
                key=row.key,
                name=row.name,
                relay_only=row.relay_only,
                after=After(row.after),
                offered=row.offered,
            )
            for row in Service.select()
        }
        return {key: changed.get(key, default) for key, default in DEFAULTS.items()}


def known(facts: dict[str, ServiceView], key: str) -> str:
    """A key that may be given to a visit; "" means the first one offered. Raises Invalid."""
    if not key:
        return next(each.key for each in facts.values() if each.offered)
    if key not in facts or not facts[key].offered:
        raise Invalid("service", N_("Choose one of the list."))
    return key
