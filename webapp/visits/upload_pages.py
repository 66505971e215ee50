"""The addresses under which a patient's page sends photos, piece by piece."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from webapp.access import Actor, Invalid
from webapp.budget import TooMany
from webapp.guard import SEAT
from webapp.locale import _
from webapp.visits.uploads import Elsewhere, Uploads, UploadView

Who = Annotated[Actor, Depends(SEAT)]


class Beginning(BaseModel):
    key: str = Field(max_length=64)
    size: int = Field(ge=0, le=2**53)
    site: str = Field(max_length=40)
    side: str = Field(default="", max_length=10)
    request: str = Field(default="", max_length=64)


class Ending(BaseModel):
    sha256: str = Field(max_length=64)


class UploadPages:
    """Answers are JSON: how far it has come; 409 says from where to go on, 422 in words what is wrong."""

    def __init__(self, uploads: Uploads) -> None:
        self.uploads = uploads
        self.router = APIRouter(prefix="/join/{visit_id}/photos", dependencies=[Depends(SEAT)])
        self.router.add_api_route("", self.begin, methods=["POST"])
        self.router.add_api_route("/{upload_id}", self.add, methods=["PUT"])
        self.router.add_api_route("/{upload_id}", self.discard, methods=["DELETE"])
        self.router.add_api_route("/{upload_id}/finish", self.finish, methods=["POST"])

    async def begin(self, visit_id: str, beginning: Beginning, actor: Who) -> Response:
        try:
            upload = await self.uploads.begin(
                actor,
                visit_id,
                key=beginning.key,
                size=beginning.size,
                site=beginning.site,
                side=beginning.side,
                request_id=beginning.request,
            )
        except Invalid as wrong:
            return _wrong(wrong)
        return _far(upload)

    async def add(
        self, request: Request, visit_id: str, upload_id: str, actor: Who, start: Annotated[int, Query(ge=0)]
    ) -> Response:
        piece = await request.body()
        try:
            return _far(await self.uploads.add(actor, visit_id, upload_id, start, piece))
        except Elsewhere as where:
            return JSONResponse({"received": where.received}, 409)
        except Invalid as wrong:
            return _wrong(wrong)
        except TooMany as wait:
            return JSONResponse({"wait_s": wait.wait_s}, 429, {"Retry-After": str(round(wait.wait_s) + 1)})

    async def finish(self, visit_id: str, upload_id: str, ending: Ending, actor: Who) -> Response:
        try:
            return _far(await self.uploads.finish(actor, visit_id, upload_id, ending.sha256))
        except Elsewhere as where:
            return JSONResponse({"received": where.received}, 409)
        except Invalid as wrong:
            return _wrong(wrong)

    async def discard(self, visit_id: str, upload_id: str, actor: Who) -> Response:
        await self.uploads.discard(actor, visit_id, upload_id)
        return Response(status_code=204)


def _far(upload: UploadView) -> Response:
    return JSONResponse({"id": upload.id, "received": upload.received, "done": bool(upload.photo_id)})


def _wrong(wrong: Invalid) -> Response:
    return JSONResponse({"field": wrong.field, "text": _(wrong.text, **wrong.values)}, 422)
