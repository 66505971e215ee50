"""The outbox, for who works at the desk."""

from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter

from webapp.access import Actor, Role
from webapp.guard import Kind, Policy
from webapp.locale import _
from webapp.look import widgets as w
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S
from webapp.post.components import OutboxList
from webapp.post.service import Outbox

DESK = Policy(Kind.STAFF, frozenset({Role.CLINICIAN, Role.ASSISTANT}))


class OutboxPages:
    def __init__(self, outbox: Outbox, frame: Frame) -> None:
        self.outbox, self.frame = outbox, frame
        self.router = APIRouter(dependencies=[Depends(DESK)])
        self.router.page("/outbox", response_timeout=PAGE_S)(self.letters)

    async def letters(self, actor: Annotated[Actor, Depends(DESK)]) -> None:
        with self.frame.page(actor, title=_("Outbox"), active="/outbox"):
            with w.page_header(_("Outbox"), _("Letters that the practice sends, and what became of them")):
                w.finder()
            await OutboxList(self.outbox, actor).build()
