"""What a member of staff has chosen for themselves, on whatever device."""

from webapp.access import Action, Actor, Subject, authorize, policy
from webapp.people.model import Account, Preference
from webapp.store.database import Store

CHIME = "chime"


class Preferences:
    """Small choices by name; one that was never made has the value that the asker gives."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @policy(Action.OWN_ACCOUNT)
    async def chimes(self, actor: Actor) -> bool:
        """Whether a sound says that somebody waits."""

        def work() -> bool:
            self._own(actor)
            row = Preference.get_or_none(Preference.account == actor.id, Preference.name == CHIME)
            return row is None or row.value == "on"

        return await self.store.read(work)

    @policy(Action.OWN_ACCOUNT)
    async def set_chimes(self, actor: Actor, on: bool) -> None:
        def work() -> None:
            self.store.audit.record(actor, Action.OWN_ACCOUNT, self._own(actor), change=CHIME)
            Preference.insert(
                account=actor.id, name=CHIME, value="on" if on else "off"
            ).on_conflict_replace().execute()

        await self.store.write(work)

    def _own(self, actor: Actor) -> Subject:
        own = Account.select().where(Account.id == actor.id).exists()
        subject = Subject(kind="account", id=actor.id, own=own)
        authorize(actor, Action.OWN_ACCOUNT, subject)
        return subject
