"""Files in the chat: PDF, JPEG and PNG, sealed at rest, opened by those who may read the message they came with."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webapp.access import Action, Actor, Hidden, Invalid, Role, Subject, policy
from webapp.locale import N_
from webapp.store.files import Files
from webapp.store.ids import new_id
from webapp.store.images import Images
from webapp.visits.chats import chat_view, hears
from webapp.visits.ledger import Ledger, seated
from webapp.visits.model import Chat, ChatFile, Visit
from webapp.visits.seats import Said, Seats
from webapp.visits.states import NotNow

BYTES_AT_MOST = 10 * 1024 * 1024
NAME_AT_MOST = 120
FILES_AT_MOST = 20  # of one person in a visit
HEADS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
MEDIA = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """kind: "pdf" as it came, or "jpeg" or "png" made anew by us, without metadata."""

    name: str
    kind: str
    data: bytes


class Attachments:
    """What is handed over in a visit."""

    def __init__(self, ledger: Ledger, seats: Seats, files: Files, images: Images) -> None:
        self.ledger, self.seats, self.files, self.images = ledger, seats, files, images
        self.store = ledger.store

    @policy(Action.VISIT_CHAT)
    async def attach(self, actor: Actor, visit_id: str, message_id: str, name: str, data: bytes) -> Said:
        """Hand over a file to whoever would read a message now; once however often it is sent. Raises Invalid."""
        kind, name = checked(name, data)
        await self.store.read(lambda: self._may(actor, visit_id))
        if kind != "pdf":
            picture = await self.images.reencode(data)
            kind, data = picture.kind, picture.data
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(None, lambda: self.files.add([data]))

        def work(_: list[str]) -> tuple[str, Said]:
            self._may(actor, visit_id)
            return "", self.seats.say_within(actor, visit_id, message_id, name, attach=attach)

        def attach(chat: Chat) -> None:
            ChatFile.create(id=new_id(), visit=visit_id, chat=chat.id, kind=kind, file=stored)

        said = await self.ledger.change(work)
        if not said.new:
            await loop.run_in_executor(None, self.files.remove, stored.id)
        return said

    @policy(Action.VISIT_CHAT)
    async def expect(self, actor: Actor, visit_id: str) -> None:
        """Before a file's bytes are taken. Raises what `attach` does."""
        await self.store.read(lambda: self._may(actor, visit_id))

    @contextmanager
    def arriving(self, visit_id: str) -> Iterator[None]:
        """Meanwhile one more file is on its way to this visit, for whoever is about to end it."""
        arriving, changed = self.ledger.arriving, self.ledger.changed
        arriving[visit_id] += 1
        changed.emit(visit_id)
        try:
            yield
        finally:
            arriving[visit_id] -= 1
            if not arriving[visit_id]:
                del arriving[visit_id]
            changed.emit(visit_id)

    @policy(Action.VISIT_CHAT)
    async def attachment(self, actor: Actor, visit_id: str, file_id: str) -> Attachment:
        """From a seat: what its holder may read of the chat. Staff: whoever treats the patient, also afterwards."""
        action = Action.VISIT_CHAT if seated(actor) else Action.CHART_READ

        def work() -> Attachment:
            visit, subject = self.ledger.opened(actor, action, visit_id)
            row = ChatFile.get_or_none(ChatFile.id == file_id, ChatFile.visit == visit.id)
            if row is None or not self._reads(actor, visit, row.chat):
                raise Hidden(actor, action, Subject(kind="file", id=file_id[:40], visit_id=visit.id))
            self.store.audit.record(actor, Action.VISIT_CHAT, subject, file=row.id)
            data = b"".join(self.files.read(row.file.id))
            return Attachment(name=row.chat.text, kind=row.kind, data=data)

        return await self.store.read(work)

    def _may(self, actor: Actor, visit_id: str) -> None:
        """Raises Hidden or Refused, NotNow once the visit has ended, Invalid when there are too many."""
        visit, _ = self.ledger.opened(actor, Action.VISIT_CHAT, visit_id)
        seat = self.ledger.own_seat(actor, Action.VISIT_CHAT, visit)
        if visit.finished_at is not None:
            raise NotNow(visit.state, "attach")
        mine = ChatFile.select().join(Chat).where(ChatFile.visit == visit.id, Chat.seat == seat.id).count()
        if mine >= FILES_AT_MOST:
            raise Invalid("file", N_("At most {limit} files in a visit."), limit=FILES_AT_MOST)

    def _reads(self, actor: Actor, visit: Visit, chat: Chat) -> bool:
        if not seated(actor):
            return actor.has(Role.CLINICIAN)
        seat = self.ledger.own_seat(actor, Action.VISIT_CHAT, visit)
        return hears(chat_view(chat, ""), seat)


def checked(name: str, data: bytes) -> tuple[str, str]:
    """(kind, a name to show). Raises Invalid."""
    if not data or len(data) > BYTES_AT_MOST:
        raise Invalid("file", N_("A file has at most {limit} MB."), limit=BYTES_AT_MOST // 2**20)
    kind = next((kind for head, kind in HEADS.items() if data.startswith(head)), "")
    if not kind:
        raise Invalid("file", N_("Send a PDF, or a picture as JPEG or PNG."))
    shown = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip()
    return kind, shown[-NAME_AT_MOST:] or f"file.{kind}"
