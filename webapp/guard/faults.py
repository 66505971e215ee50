"""What goes wrong becomes a plain, kind answer."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from webapp.access import Hidden, Invalid, Refused
from webapp.budget import TooMany
from webapp.guard.pages import discard_page
from webapp.locale import _
from webapp.look.answers import busy, failed, message, not_found, refused, too_many
from webapp.store.errors import Full


def answer_faults(app: FastAPI) -> None:
    """Answer every fault of this application."""
    for kind in (
        HTTPException,
        404,
        Hidden,
        Refused,
        Invalid,
        TooMany,
        RequestValidationError,
        Full,
        Exception,
    ):
        app.add_exception_handler(kind, _answered)


async def _answered(request: Request, error: Exception) -> Response:
    discard_page(request.scope)
    match error:
        case Hidden():
            return not_found()
        case Refused():
            return refused()
        case TooMany():
            return too_many(round(error.wait_s))
        case Invalid():
            return message(_("Please mend what is marked."), _(error.text, **error.values), status=422)
        case RequestValidationError():
            return message(_("This cannot be read"), _("Go back and try again."), status=422)
        case HTTPException(status_code=404):
            return not_found()
        case HTTPException(status_code=503):
            return busy()
        case HTTPException():
            return PlainTextResponse(f"{error.status_code}\n", error.status_code, headers=error.headers)
        case Full():
            return busy()
    return failed()
