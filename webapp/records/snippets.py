"""A clinician's snippets: a short name for words that are written often."""

import re
from dataclasses import dataclass

from webapp.access import Action, Actor, Invalid, Subject, authorize, policy
from webapp.locale import N_
from webapp.records.model import Snippet
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

NAME = re.compile(r"[^\W_][\w-]{0,29}")
TEXT_AT_MOST = 5_000
SNIPPETS_AT_MOST = 200  # of one account


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetView:
    """`name` without its dot."""

    name: str
    text: str


class Snippets:
    """Each account sees and keeps its own alone. `changed` tells the id of the account."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.changed: Signal[str] = Signal()

    @policy(Action.SNIPPETS)
    async def mine(self, actor: Actor) -> tuple[SnippetView, ...]:
        """In the order of their names."""

        def work() -> tuple[SnippetView, ...]:
            authorize(actor, Action.SNIPPETS, own(actor))
            rows = Snippet.select().where(Snippet.account_id == actor.id).order_by(Snippet.name)
            return tuple(SnippetView(name=row.name, text=row.text) for row in rows)

        return await self.store.read(work)

    @policy(Action.SNIPPETS)
    async def keep(self, actor: Actor, name: str, text: str) -> None:
        """Add a snippet, or give the one of this name another text. Raises Invalid."""
        name, text = name.strip().removeprefix(".").casefold(), text.strip("\n")

        def work() -> None:
            authorize(actor, Action.SNIPPETS, own(actor))
            check(name, text)
            row = Snippet.get_or_none(Snippet.account_id == actor.id, Snippet.name == name)
            if row is None:
                if Snippet.select().where(Snippet.account_id == actor.id).count() >= SNIPPETS_AT_MOST:
                    raise Invalid("name", N_("You keep {limit} already: remove one."), limit=SNIPPETS_AT_MOST)
                row = Snippet(id=new_id(), account_id=actor.id, name=name)
            new = row.changed_at is None
            row.text, row.changed_at = text, self.store.clock.now()
            row.save(force_insert=new)
            self.store.audit.record(actor, Action.SNIPPETS, own(actor), kept=row.id)

        await self.store.write(work)
        self.changed.emit(actor.id)

    @policy(Action.SNIPPETS)
    async def remove(self, actor: Actor, name: str) -> None:
        """Forget it; one that is not there is no fault."""

        def work() -> None:
            authorize(actor, Action.SNIPPETS, own(actor))
            Snippet.delete().where(Snippet.account_id == actor.id, Snippet.name == name).execute()
            self.store.audit.record(actor, Action.SNIPPETS, own(actor), removed="one")

        await self.store.write(work)
        self.changed.emit(actor.id)


def own(actor: Actor) -> Subject:
    return Subject(kind="snippet", id=actor.id, own=True)


def check(name: str, text: str) -> None:
    """Raises Invalid."""
    if not NAME.fullmatch(name):
        raise Invalid("name", N_("A name has 1 to 30 letters or digits, such as .throat"))
    if not text.strip() or len(text) > TEXT_AT_MOST:
        raise Invalid("text", N_("Type between 1 and {limit} characters."), limit=TEXT_AT_MOST)
