"""What goes wrong becomes a plain, kind answer; what nobody foresaw is told by its kind and place alone."""

import contextlib
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

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

log = logging.getLogger(__name__)


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


@contextlib.contextmanager
def told() -> Iterator[None]:
    """The one top-level place for faults that nobody foresaw: their words and values may be about a patient."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # it is told
        tell(error)


def tell(error: Exception) -> None:
    """One line: the kind of the error and the last place of our own that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "webapp" in Path(frame.filename).parts] or list(frames)
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "nowhere"
    log.error("%s at %s", type(error).__name__, place)
