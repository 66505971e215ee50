"""A small server that shows every widget, for eyes and for the tests: python -m tests.look.gallery PORT."""

import datetime as dt
import sys
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI
from nicegui import ui
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.look.gallery_pages import Gallery
from webapp.access import Actor, Role, State
from webapp.locale import N_, load, use
from webapp.look import answers
from webapp.look.assets import assets_router
from webapp.look.frame import Entry, Frame
from webapp.look.palette import Command
from webapp.look.plain import plain_page

LONG_NAME = "María de los Ángeles Fernández-Villaverde y Álvarez de Toledo"
EVERYBODY = frozenset(Role)
ENTRIES = (
    Entry(label=N_("Today"), icon="today", href="/today", roles=EVERYBODY, keys="t"),
    Entry(label=N_("Patients"), icon="patients", href="/parts", roles=EVERYBODY, keys="p"),
    Entry(label=N_("Audit"), icon="audit", href="/empty", roles=frozenset({Role.ADMINISTRATOR}), keys="a"),
    Entry(label=N_("Practice"), icon="practice", href="/failing", roles=EVERYBODY, foot=True),
)


class Speaking:
    """Sets the language of a request from its query, as the guard does from the session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            query = dict(part.partition(b"=")[::2] for part in scope["query_string"].split(b"&"))
            use(query.get(b"lang", b"en").decode())
        await self.app(scope, receive, send)


async def find(actor: Actor, words: str) -> Sequence[Command]:
    people = (
        Command(title="Anna Keller", detail="14 Mar 1968", icon="person", href="/parts"),
        Command(title=LONG_NAME, detail="2 Jan 1941", icon="person", run=lambda: ui.notify("chosen")),
    )
    return [person for person in people if words and words.casefold() in person.title.casefold()]


def gallery() -> FastAPI:
    load(pseudo=True)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/assets", assets_router())
    actor = Actor(id="1", name="Dr Elena Ruiz", roles=frozenset({Role.CLINICIAN}), state=State.ACTIVE)
    now = dt.datetime(2026, 11, 23, 9, 4, tzinfo=dt.UTC)
    pages = Gallery(actor=actor, now=now, long_name=LONG_NAME)
    quiet = Frame(practice="Praxis Ruiz", entries=ENTRIES, find=find)
    demo = Frame(practice="Praxis Ruiz", entries=ENTRIES, find=find, demo=True)
    for path, frame, build in (
        ("/today", quiet, pages.today),
        ("/parts", demo, pages.parts),
        ("/empty", quiet, pages.empty),
        ("/full", demo, pages.full),
        ("/failing", quiet, pages.failing),
        ("/panel", quiet, pages.panel),
        ("/echo", quiet, pages.echo),
        ("/follow", quiet, pages.follow),
        ("/listeners", quiet, pages.listeners),
    ):
        _page(path, frame, build)
    _plain(app)
    ui.run_with(
        app, tailwind=False, dark=None, language="en-US", show_welcome_message=False, reconnect_timeout=1.0
    )
    app.add_middleware(Speaking)
    return app


def _page(path: str, frame: Frame, build: Callable[[Frame], None]) -> None:
    @ui.page(path)
    def page() -> None:
        build(frame)


def _plain(app: FastAPI) -> None:
    kind_answers = {
        "not-found": answers.not_found,
        "refused": answers.refused,
        "too-many": lambda: answers.too_many(90),
        "busy": answers.busy,
        "failed": answers.failed,
        "signed-out": answers.signed_out,
    }

    @app.get("/plain/{name}")
    def answer(name: str) -> HTMLResponse:
        if name in kind_answers:
            return kind_answers[name]()
        return plain_page(
            "message.html",
            title="Sign in",
            practice="Praxis Ruiz",
            demo=True,
            back="/plain/form",
        )

    @app.post("/language")
    @app.post("/sign-out")
    def posted() -> Response:
        return RedirectResponse("/today", status_code=303)


if __name__ == "__main__":
    uvicorn.run(gallery(), port=int(sys.argv[1]), log_level="info", access_log=False)
