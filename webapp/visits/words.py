"""States, devices and events of a visit in words."""

from webapp.locale import _, ngettext, number
from webapp.look.design import Kind as Look
from webapp.visits.states import ENDED, SeatState, VisitState
from webapp.visits.views import Device, EventView, Kind, Network, SeatView, VisitView


def visit_pill(visit: VisitView) -> tuple[Look, str]:
    """Where a visit stands, for a pill."""
    if visit.by_phone_at is not None and visit.state not in ENDED:
        return "information", _("By telephone")
    match VisitState(visit.state):
        case VisitState.BOOKED:
            return "neutral", _("Booked")
        case VisitState.OPEN:
            return _open_pill(visit.patient_seat)
        case VisitState.IN_VISIT:
            return "accent", _("In the visit")
        case VisitState.INTERRUPTED:
            return "attention", _("Interrupted")
        case VisitState.FINISHED:
            return "attention", _("Unsigned")
        case VisitState.SIGNED:
            return "good", _("Signed")
        case VisitState.CANCELLED:
            return "neutral", _("Cancelled")
        case VisitState.NO_SHOW:
            return "neutral", _("Did not come")


def _open_pill(seat: SeatView) -> tuple[Look, str]:
    if seat.state is SeatState.WAITING:
        return "accent", _("Waiting")
    if seat.state is SeatState.INVITED:
        return "neutral", _("Invited")
    if seat.state is SeatState.AWAY:
        return "neutral", _("Away")
    return "neutral", seat_words(seat)


def seat_words(seat: SeatView) -> str:
    """Where somebody is."""
    match seat.state:
        case SeatState.INVITED:
            return _("Not here yet") if seat.kind is Kind.CLINICIAN else _("Has not opened the link")
        case SeatState.CHECKING:
            return _("Getting ready")
        case SeatState.WAITING:
            return _("In the waiting room")
        case SeatState.ADMITTED | SeatState.CONNECTED:
            return _("In the visit")
        case SeatState.AWAY:
            return _("Away for a moment")
        case SeatState.LEFT:
            return _("Has left")
        case SeatState.REMOVED:
            return _("Shown out")


def role_words(kind: Kind) -> str:
    """As whom a guest comes; empty for everybody else."""
    return {
        Kind.RELATIVE: _("relative"),
        Kind.INTERPRETER: _("interpreter"),
        Kind.COLLEAGUE: _("colleague"),
        Kind.GUEST: _("guest"),
    }.get(kind, "")


def device_words(device: Device | None) -> tuple[str, bool]:
    """ "camera and microphone ok · 1.8 Mbit/s · Safari on iPhone", and whether all is well. Empty until known."""
    if device is None:
        return "", True
    well = device.camera == "ok" and device.microphone == "ok"
    said = [_("camera and microphone ok")] if well else [", ".join(_trouble(device))]
    if device.sound == "none":
        said.append(_("does not hear us"))
    if device.network is not None:
        said += _network_words(device.network)
    return " · ".join(part for part in (*said, device.browser) if part), well and device.sound != "none"


def _network_words(network: Network) -> list[str]:
    """The slower of the two ways, and which road a call finds."""
    slower = min(network.up_kbit, network.down_kbit)
    said = [_speed(slower)] if slower else []
    if network.relay != "ok" and network.direct == "none":
        said.append(_("a call may not come through"))
    elif network.relay == "none":
        said.append(_("the relay is not reached"))
    elif network.relay == "ok":
        said.append(_("relay reached"))
    return said


def _speed(kbit: int) -> str:
    if kbit >= 950:
        return _("{n} Mbit/s", n=number(kbit / 1000, 1 if kbit < 9500 else 0))
    return _("{n} kbit/s", n=number(round(kbit, -1)))


def _trouble(device: Device) -> list[str]:
    camera = {
        "ok": _("camera ok"),
        "none": _("no camera"),
        "denied": _("camera not allowed"),
        "in_use": _("camera in use elsewhere"),
        "off": _("without camera"),
    }
    microphone = {
        "ok": _("microphone ok"),
        "none": _("no microphone"),
        "denied": _("microphone not allowed"),
        "in_use": _("microphone in use elsewhere"),
        "off": _("without microphone"),
    }
    return [camera.get(device.camera, ""), microphone.get(device.microphone, "")]


def event_words(event: EventView) -> str:
    """A line of the timeline."""
    detail = dict(event.detail)
    if event.kind == "device":
        known = Device(
            camera=detail.get("camera", ""),
            microphone=detail.get("microphone", ""),
            browser=detail.get("browser", ""),
        )
        return f"{event.name}: {device_words(known)[0]}"
    if event.kind == "late":
        minutes = int(detail.get("minutes", "0"))
        return ngettext("Told who waits: {n} minute late", "Told who waits: {n} minutes late", minutes)
    if event.kind == "quality":
        return f"{event.name}: {step_words(detail.get('step', ''))}"
    if event.kind == "photo asked":
        return _("A photo was asked for")
    seat = _seat_event(event.kind)
    return f"{event.name}: {seat}" if seat else _visit_event(event.kind)


def step_words(step: str) -> str:
    """How much of the picture somebody's line carries."""
    return {
        "good": _("line good"),
        "smaller": _("line weak, picture smaller"),
        "slower": _("line weak, fewer pictures"),
        "still": _("line weak, stills"),
        "sound": _("line weak, sound only"),
        "phone": _("line too weak, phone offered"),
    }.get(step, step)


def _seat_event(kind: str) -> str:
    return {
        "tapped": _("tapped Join"),
        "link renewed": _("got a new link"),
        "link opened": _("opened the link"),
        "asked": _("left, and wants to be told"),
        "told": _("was told that it is their turn"),
        "mailed": _("a letter was written"),
        "code made": _("six digits were made to be read out"),
        "code used": _("typed the code"),
        "link revoked": _("the link was revoked"),
        "seat checking": _("getting ready"),
        "seat waiting": _("in the waiting room"),
        "seat admitted": _("in the visit"),
        "seat connected": _("picture or sound flows"),
        "seat away": _("away"),
        "seat left": _("left"),
        "seat removed": _("shown out"),
        "photo": _("sent a photo"),
        "photo taking": _("is taking a photo"),
        "photo declined": _("will not send a photo"),
        "emergency opened": _("opened the emergency card"),
        "emergency called": _("called for help"),
        "emergency arrived": _("help has arrived"),
        "summary sent": _("the summary was sent"),
    }.get(kind, "")


def _visit_event(kind: str) -> str:
    return {
        "booked": _("The visit was booked"),
        "open": _("The waiting room opened"),
        "in_visit": _("The visit goes on"),
        "interrupted": _("The visit was interrupted"),
        "finished": _("The visit was finished"),
        "signed": _("The note was signed"),
        "cancelled": _("The visit was cancelled"),
        "by phone": _("The visit goes on by telephone"),
        "not by phone": _("The visit goes on by video after all"),
        "called": _("The clinician takes up the telephone"),
        "no_show": _("Nobody came"),
    }.get(kind, kind)


def fact_words(kind: str) -> str:
    """What a fact of the first minute is about."""
    return {
        "identity": _("Identity"),
        "place": _("Where they are"),
        "privacy": _("Privacy"),
        "others": _("Who else is there"),
        "cut_off": _("If we are cut off"),
        "telehealth": _("Consent to video"),
        "photos": _("Consent to photos"),
    }.get(kind, kind)


def fact_line(kind: str, how: str, time: str) -> str:
    """As it stands at the head of the note."""
    return _("✓ {what}: {how} ({time})", what=fact_words(kind), how=how, time=time)
