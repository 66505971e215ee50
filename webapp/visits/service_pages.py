"""Where administrators change the practice's services."""

from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter

from webapp.access import Actor, Role
from webapp.guard import Kind, Policy
from webapp.locale import _
from webapp.look import widgets as w
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S
from webapp.visits.relay import Relay
from webapp.visits.service_components import ServiceList
from webapp.visits.services import Services

ADMINISTRATOR = Policy(Kind.STAFF, frozenset({Role.ADMINISTRATOR}))


class ServicePages:
    def __init__(self, services: Services, relay: Relay, frame: Frame) -> None:
        self.services, self.relay, self.frame = services, relay, frame
        self.router = APIRouter(dependencies=[Depends(ADMINISTRATOR)])
        self.router.page("/practice/services", response_timeout=PAGE_S)(self.all)

    async def all(self, actor: Annotated[Actor, Depends(ADMINISTRATOR)]) -> None:
        with self.frame.page(actor, title=_("Services"), active="/practice"):
            with w.page_header(_("Services"), _("What a visit is for decides how it goes and what is sent")):
                w.link_button(_("Staff"), "/practice", picture="practice", testid="to-staff")
            await ServiceList(self.services, self.relay, actor).build()
