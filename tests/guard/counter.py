"""A page for the tests of the lock: a button that counts its presses on the server, per page."""

from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter, ui

from webapp.access import Actor
from webapp.guard import STAFF

PRESSES: list[str] = []


def counter_router() -> APIRouter:
    router = APIRouter(dependencies=[Depends(STAFF)])

    @router.page("/test/counter")
    def counter(actor: Annotated[Actor, Depends(STAFF)]) -> None:
        label = ui.label("0").props("data-testid=count")

        def press() -> None:
            PRESSES.append(actor.id)
            label.set_text(str(int(label.text) + 1))

        ui.button("press", on_click=press).props("data-testid=press")
        ui.label(f"secret of {actor.name}").props("data-testid=secret")

    return router
