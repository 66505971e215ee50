"""The page of a visit's timeline."""

from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter

from webapp.access import Actor, Role
from webapp.guard import Kind, Policy
from webapp.locale import _, clock, day, zone_label
from webapp.look import widgets as w
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S
from webapp.visits.service import Visits
from webapp.visits.timeline_components import Timeline

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]


class TimelinePages:
    def __init__(self, visits: Visits, frame: Frame) -> None:
        self.visits, self.frame = visits, frame
        self.pages = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.pages.page("/visits/{visit_id}/timeline", response_timeout=PAGE_S)(self.timeline)

    async def timeline(self, visit_id: str, actor: Who) -> None:
        visit = await self.visits.visit(actor, visit_id)
        at, zone = visit.starts_at, actor.zone
        when = f"{day(at, zone)}, {clock(at, zone)} · {zone_label(zone, at)} · {visit.clinician}"
        with self.frame.page(actor, title=_("Timeline"), active="/patients"):
            with w.page_header(visit.patient, when):
                w.link_button(_("To the note"), f"/notes/{visit_id}", testid="to-note")
                w.link_button(_("To the chart"), f"/patients/{visit.patient_id}", testid="to-chart")
                w.button(_("Print"), picture="print", testid="print").props["data-print"] = ""
            await Timeline(self.visits, actor, visit_id).build()
