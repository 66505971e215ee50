"""What a browser is told of a visit, as JSON."""

from dataclasses import asdict
from typing import Any

from webapp.visits.presence import Presence
from webapp.visits.states import SeatState
from webapp.visits.views import ChatView, SeatView, VisitView


def visit_json(view: VisitView, *, busy: bool, told: bool) -> dict[str, Any]:
    """busy: the clinician is in another visit. told: a page of theirs is open that says who waits."""
    shown: dict[str, Any] = {
        "id": view.id,
        "state": view.state,
        "clinician": view.clinician,
        "starts_at": view.starts_at.isoformat(),
        "zone": view.zone,
        "admitted_at": view.admitted_at.isoformat() if view.admitted_at else None,
        "late": view.late_minutes,
        "busy": busy,
        "told": told,
        "full": view.full,
        "way": view.way,
        "many": view.many,
        "portrait": view.portrait,
        "told_by": view.told_by,
        "phone_end": view.phone_end if view.by_phone_at is not None else "",
        "by_phone": view.by_phone_at is not None,
    }
    if view.patient_id:  # from the clinician's seat alone
        patient = {"id": view.patient_id, "name": view.patient}
        shown |= {"patient": patient, "phone": view.phone, "address": view.address, "where": view.where}
    return shown


def seat_json(seat: SeatView, here: Presence | None, *, inside: bool) -> dict[str, Any]:
    """A seat as another sees it. inside: the reader is in the visit, or it is their own."""
    waits = seat.state is SeatState.WAITING and seat.entered_at is not None
    since = seat.entered_at if waits and seat.entered_at else seat.since
    shown: dict[str, Any] = {
        "seat": seat.id,
        "name": seat.name,
        "kind": seat.kind,
        "state": seat.state,
        "admitted": seat.admitted,
        "instance": seat.instance or None,
        "camera": here.camera if here else None,
        "microphone": here.microphone if here else None,
        "since": since.isoformat(),
    }
    if here is not None and seat.admitted and inside:
        taking_part = {"screen": here.screen, "shielded": here.shielded, "writing": here.writing}
        shown |= {name: True for name, on in taking_part.items() if on}
        if here.caption:
            shown["caption"] = here.caption
    if seat.device is not None:
        shown["device"] = {name: value for name, value in asdict(seat.device).items() if value}
    return shown


def chat_json(chat: ChatView) -> dict[str, Any]:
    return {
        "id": chat.id,
        "seat": chat.seat_id,
        "name": chat.name,
        "text": chat.text,
        "at": chat.at.isoformat(),
        **({"file": asdict(chat.file)} if chat.file else {}),
    }
