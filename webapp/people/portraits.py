"""The faces of the practice: a picture of each member of staff, shown to colleagues and to patients in a visit."""

import asyncio
from dataclasses import dataclass

from webapp.access import Action, Actor, Hidden, Invalid, Subject, authorize, policy
from webapp.people.model import Portrait
from webapp.store.database import Store
from webapp.store.files import Files
from webapp.store.images import Images

LONGEST = 512
BYTES_AT_MOST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitView:
    """kind: "jpeg", "png" or "webp"; made anew by us, without metadata."""

    kind: str
    data: bytes


class Portraits:
    """At most one portrait for each account."""

    def __init__(self, store: Store, files: Files, images: Images) -> None:
        self.store, self.files, self.images = store, files, images

    @policy(Action.OWN_ACCOUNT)
    async def change(self, actor: Actor, data: bytes) -> None:
        """Show this picture from now on. Raises Invalid."""
        authorize(actor, Action.OWN_ACCOUNT, Subject(kind="account", id=actor.id, own=True))
        if len(data) > BYTES_AT_MOST:
            raise Invalid("picture", "Choose a picture of at most {limit} MB.", limit=BYTES_AT_MOST // 2**20)
        picture = await self.images.reencode(data, longest=LONGEST)
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(None, lambda: self.files.add([picture.data]))

        def work() -> str:
            subject = Subject(kind="account", id=actor.id, own=True)
            authorize(actor, Action.OWN_ACCOUNT, subject)
            before = self._take(actor)
            Portrait.create(account=actor.id, kind=picture.kind, file=stored, at=self.store.clock.now())
            self.store.audit.record(actor, Action.OWN_ACCOUNT, subject, change="portrait")
            return before

        await self._drop(await self.store.write(work))

    @policy(Action.OWN_ACCOUNT)
    async def remove(self, actor: Actor) -> None:
        """Show initials again."""

        def work() -> str:
            subject = Subject(kind="account", id=actor.id, own=True)
            authorize(actor, Action.OWN_ACCOUNT, subject)
            self.store.audit.record(actor, Action.OWN_ACCOUNT, subject, change="no portrait")
            return self._take(actor)

        await self._drop(await self.store.write(work))

    @policy(Action.PORTRAIT_READ)
    async def portrait(self, actor: Actor, account_id: str) -> PortraitView:
        """Hidden where there is none. Whoever asks from a visit's seat has been shown that visit's clinician."""

        def work() -> tuple[str, bytes]:
            subject = Subject(kind="portrait", id=account_id)
            authorize(actor, Action.PORTRAIT_READ, subject)
            row = Portrait.get_or_none(Portrait.account == account_id)
            if row is None:
                raise Hidden(actor, Action.PORTRAIT_READ, subject)
            return row.kind, b"".join(self.files.read(row.file.id))

        kind, data = await self.store.read(work)
        return PortraitView(kind=kind, data=data)

    def has(self, account_id: str) -> bool:
        """A fact, inside the caller's transaction."""
        return bool(Portrait.select().where(Portrait.account == account_id).exists())

    def _take(self, actor: Actor) -> str:
        """Remove the row; returns the id of its file, or ""."""
        row = Portrait.get_or_none(Portrait.account == actor.id)
        if row is None:
            return ""
        row.delete_instance()
        return str(row.file.id)

    async def _drop(self, file_id: str) -> None:
        if file_id:
            await asyncio.get_running_loop().run_in_executor(None, self.files.remove, file_id)
