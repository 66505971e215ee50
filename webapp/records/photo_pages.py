"""A photo's bytes, and the page that shows it large beside the one before it."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from nicegui import APIRouter as PageRouter
from starlette.responses import Response

from webapp.access import Actor, Role
from webapp.guard import Kind, Policy
from webapp.locale import _
from webapp.look import widgets as w
from webapp.look.frame import Frame
from webapp.people.components import PAGE_S
from webapp.records.body import place_words
from webapp.records.chart import Charts
from webapp.records.components import ChartHeader
from webapp.records.photo_components import photo_figure, scale_notice
from webapp.records.photos import Bytes, Photos

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]


class Form(StrEnum):
    WHOLE = "whole"
    SMALL = "small"


class PhotoPages:
    """`router` serves the bytes, `pages` the page."""

    def __init__(self, photos: Photos, charts: Charts, frame: Frame) -> None:
        self.photos, self.charts, self.frame = photos, charts, frame
        self.router = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.router.add_api_route("/photos/{photo_id}/{form}", self.picture, methods=["GET"])
        self.pages = PageRouter(dependencies=[Depends(CLINICIAN)])
        self.pages.page("/photos/{photo_id}", response_timeout=PAGE_S)(self.photo)

    async def picture(self, photo_id: str, form: Form, actor: Who) -> Response:
        return shown(await self.photos.picture(actor, photo_id, small=form is Form.SMALL))

    async def photo(self, photo_id: str, actor: Who) -> None:
        photo, before = await self.photos.photo(actor, photo_id)
        with self.frame.page(actor, title=_("Photo"), active="/patients"):
            await ChartHeader(self.charts, actor, photo.patient_id).build()
            with w.section(place_words(photo.site, photo.side)):
                with w.element("div", "photo-pair photo-large"):
                    photo_figure(photo, actor.zone, newest=True, whole=True)
                    if before is not None:
                        photo_figure(before, actor.zone, newest=False, whole=True)
                if before is not None:
                    scale_notice()
                size = _("{width} × {height} pixels", width=photo.width, height=photo.height)
                w.text(size, "small muted")
                with w.line():
                    w.link_button(_("To the chart"), f"/patients/{photo.patient_id}", testid="to-chart")


def shown(picture: Bytes) -> Response:
    """Bytes that we made ourselves, and still never anything but a picture to the browser."""
    headers = {
        "Content-Disposition": f'attachment; filename="photo.{picture.kind}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(picture.data, media_type=f"image/{picture.kind}", headers=headers)
