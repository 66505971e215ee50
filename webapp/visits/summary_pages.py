"""The summary in the patient's hands: a plain page behind a link and a code, and its PDF; the clinician's PDFs."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webapp.access import Action, Actor, Hidden, Invalid, Role, Subject
from webapp.budget import TooMany
from webapp.guard import PUBLIC, Door, Kind, Policy
from webapp.locale import _, clock, day, speaking, zone_label
from webapp.look.answers import too_many
from webapp.look.plain import plain_page
from webapp.people.practice import Practice
from webapp.records.copying import not_a_device, paper
from webapp.records.paper import Paper
from webapp.visits.service import Visits
from webapp.visits.summaries import ANSWERS, Received
from webapp.visits.summary_words import HEADINGS, Block

CLINICIAN = Policy(Kind.STAFF, frozenset({Role.CLINICIAN}))
Who = Annotated[Actor, Depends(CLINICIAN)]
TYPED_AT_MOST = 40
PASS = "summary"  # noqa: S105  # a cookie's name


class SummaryPages:
    """`public` is the patient's, `router` the clinician's."""

    def __init__(self, visits: Visits, practice: Practice, door: Door) -> None:
        self.visits, self.summaries, self.practice, self.door = visits, visits.summaries, practice, door
        self.public = APIRouter(dependencies=[Depends(PUBLIC)])
        self.public.add_api_route("/join/{visit_id}/summary", self.read, methods=["GET"])
        self.public.add_api_route("/join/{visit_id}/summary", self.open, methods=["POST"])
        self.public.add_api_route("/join/{visit_id}/summary.pdf", self.pdf, methods=["GET"])
        self.public.add_api_route("/join/{visit_id}/feedback", self.say, methods=["POST"])
        self.router = APIRouter(dependencies=[Depends(CLINICIAN)])
        self.router.add_api_route("/visits/{visit_id}/summary.pdf", self.preview, methods=["GET"])
        self.router.add_api_route("/notes/{encounter_id}/note.pdf", self.note, methods=["GET"])

    # The patient's --------------------------------------------------------------------------------------

    async def read(self, request: Request, visit_id: str) -> Response:
        """Without cookie or pass the same for every id: it asks for the code."""
        received = await self._received(request, visit_id)
        if received is None:
            return self._ask(visit_id)
        with speaking(received.language):
            return self._page(received)

    async def open(
        self,
        request: Request,
        visit_id: str,
        token: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            made = await self.summaries.open(
                visit_id,
                token=token[:200],
                digits=code[:TYPED_AT_MOST],
                address=self.door.address(request.scope),
                session=self.door.token(request, Kind.SEAT),
            )
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if made is None:
            words = _(
                "This does not open it. Open the link from our message again, and check the six digits."
            )
            return self._ask(visit_id, error=words, status=422, token=token[:200])
        answer = RedirectResponse(f"/join/{visit_id}/summary", 303)
        self.door.set_cookie(answer, PASS, made, visit_id=visit_id)
        return answer

    async def pdf(self, request: Request, visit_id: str) -> Response:
        received = await self._received(request, visit_id)
        if received is None or received.sent_at is None:
            return self._ask(visit_id, status=404)
        with speaking(received.language):
            made = self._paper(received)
        return await _pdf(made, "summary.pdf")

    async def say(
        self,
        request: Request,
        visit_id: str,
        worked: Annotated[str, Form()] = "",
        helped: Annotated[str, Form()] = "",
    ) -> Response:
        """From the summary's page as a form, from the call's last page as a request for JSON."""
        plain = "application/json" in request.headers.get("accept", "")
        session, opened = self._cookies(request, visit_id)
        try:
            taken = await self.summaries.say(
                visit_id, worked=worked, helped=helped, session=session, opened=opened
            )
        except Invalid as wrong:
            if plain:
                return JSONResponse({"why": _(wrong.text)}, 422)
            return RedirectResponse(f"/join/{visit_id}/summary?missing=1#feedback", 303)
        if plain:
            return JSONResponse({}, 200 if taken else 404)
        return RedirectResponse(f"/join/{visit_id}/summary#feedback", 303)

    async def _received(self, request: Request, visit_id: str) -> Received | None:
        session, opened = self._cookies(request, visit_id)
        return await self.summaries.received(visit_id, session=session, opened=opened)

    def _cookies(self, request: Request, visit_id: str) -> tuple[str, str]:
        opened = request.cookies.get(self.door.cookie(PASS, visit_id), "")
        return self.door.token(request, Kind.SEAT), opened[:200]

    def _ask(self, visit_id: str, *, error: str = "", status: int = 200, token: str = "") -> Response:
        return plain_page(
            "visits/summary_code.html",
            title=_("Your summary"),
            status=status,
            **self.practice.masthead,
            back=f"/join/{visit_id}/summary",
            address=f"/join/{visit_id}/summary",
            error=error,
            token=token,
        )

    def _page(self, received: Received) -> Response:
        words = {"yes": _("Yes"), "partly": _("Partly"), "no": _("No")}
        return plain_page(
            "visits/summary.html",
            title=_("Your summary"),
            **self.practice.masthead,
            about=_about(received),
            sent=received.sent_at is not None,
            blocks=[(_(HEADINGS[block]), text) for block, text in received.blocks.items()],
            address=f"/join/{received.visit_id}",
            answers=[(key, words[key]) for key in ANSWERS],
            feedback=received.feedback,
            not_a_device=not_a_device(),
        )

    def _paper(self, received: Received) -> Paper:
        blocks = [(_(HEADINGS[block]), text) for block, text in received.blocks.items()]
        return Paper(
            language=received.language,
            practice=" · ".join(part for part in (self.practice.name, self.practice.phone) if part),
            title=_("Your summary"),
            about=_about(received),
            blocks=blocks,
            foot=not_a_device(),
        )

    # The clinician's ------------------------------------------------------------------------------------

    async def preview(self, visit_id: str, actor: Who) -> Response:
        """As it would be sent now."""
        view = await self.summaries.summary(actor, visit_id)
        visit = await self.visits.visit(actor, visit_id)
        now = Received(
            visit_id=visit.id,
            language=view.language,
            zone=visit.zone,
            name=view.patient,
            clinician=visit.clinician,
            starts_at=visit.starts_at,
            sent_at=view.sent_at,
            blocks={block: view.blocks[block] for block in Block if view.blocks[block]},
            feedback=False,
        )
        with speaking(view.language):
            made = self._paper(now)
        return await _pdf(made, "summary.pdf")

    async def note(self, encounter_id: str, actor: Who) -> Response:
        note = await self.visits.records.note(actor, encounter_id)
        if note is None:
            raise Hidden(actor, Action.NOTE_READ, Subject(kind="note", visit_id=encounter_id))
        patient = await self.visits.people.patient(actor, note.patient_id)
        return await _pdf(paper(note, patient, actor.zone, self.practice.name), "note.pdf")


async def _pdf(made: Paper, name: str) -> Response:
    """Attached, never shown in our own origin's name; without anybody's name in the file's."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    return Response(await asyncio.to_thread(made.pdf), media_type="application/pdf", headers=headers)


def _about(received: Received) -> str:
    at, zone = received.starts_at, received.zone
    when = _("{day}, {time}, {zone}", day=day(at, zone), time=clock(at, zone), zone=zone_label(zone, at))
    return "\n".join((received.name, _("Visit with {name}", name=received.clinician), when))
