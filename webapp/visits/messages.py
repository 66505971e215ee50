"""What a browser may say over the signalling socket: text in, frozen values out, everything else is Bad.

Bad       not a message of ours; says what is wrong, never what was sent
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from webapp.visits.views import GUESTS, Device, Kind, Network

MESSAGE_AT_MOST = 128 * 1024  # bytes
SDP_AT_MOST = 64 * 1024
CANDIDATE_AT_MOST = 1024
LINKS_AT_MOST = 1_000_000
BROWSER_AT_MOST = 60
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
CAPTION_AT_MOST = 1200  # bytes
PERSON_AT_MOST = 480  # bytes of a name
OWED_AT_MOST = 1000  # photos, and files
DEVICE_STATES = ("ok", "none", "denied", "in_use", "off")
SOUND_STATES = ("", "ok", "none")
ROADS = ("", "ok", "none", "unset")
KBIT_AT_MOST = 10_000_000
TRIP_AT_MOST_MS = 600_000
STEPS = ("opened", "called", "arrived")
LADDER = ("good", "smaller", "slower", "still", "sound", "phone")  # the steps of the shell's ladder
ANSWERS = ("asked", "taking", "declined")
DESCRIPTIONS = ("offer", "answer", "pranswer", "rollback")


class Bad(ValueError):
    """Counted and dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """`admit`: whom the clinician let in on the page before this one."""

    instance: str
    epoch: str
    last: int
    admit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPart:
    """A description or a candidate for one instance of another seat. `part` holds our own fields only."""

    to: str
    to_instance: str
    link: int
    part: tuple[tuple[str, Any], ...]
    candidate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    id: str
    text: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """On, off, or absent (None); and how else somebody takes part now."""

    camera: bool | None
    microphone: bool | None
    screen: bool  # shares it
    shielded: bool  # somebody is with them: neither picture nor sound
    writing: bool  # takes part by text alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Owes:
    """What this page has yet to send, begun or not."""

    photos: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What somebody types large for the others to read now. Kept nowhere."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    id: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLink:
    """The link of a seat, shown again."""

    id: str
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    id: str
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """The card was opened, help was called, help has arrived."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDevice:
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    other: str
    flows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TellMe:
    """Leave, and be told when it is one's turn."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOff:
    """The visit will not take place."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellStep:
    """How much of the picture is sent to another seat, as a step of the ladder."""

    other: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPhoto:
    site: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPhoto:
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPhoto:
    id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    pass


Message: TypeAlias = (
    Hello
    | SignalPart
    | Say
    | Media
    | Owes
    | Caption
    | ShowDevice
    | Linked
    | Admit
    | Invite
    | AskLink
    | Remove
    | Emergency
    | Leave
    | TellMe
    | CallOff
    | Finish
    | TellStep
    | AskPhoto
    | WithdrawPhoto
    | AnswerPhoto
    | Ping
)


def parse(text: str | None) -> Message:
    """One message. Raises Bad; never anything else, whatever comes."""
    if text is None:
        raise Bad("binary; need text")
    if len(text) > MESSAGE_AT_MOST or len(text.encode(errors="replace")) > MESSAGE_AT_MOST:
        raise Bad(f"{len(text)} characters; at most {MESSAGE_AT_MOST} bytes")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Bad("not JSON") from None
    if not isinstance(message, dict):
        raise Bad("not an object")
    read = READERS.get(message["t"]) if isinstance(message.get("t"), str) else None
    if read is None:
        raise Bad("an unknown kind")
    return read(message)


def _hello(message: Mapping[str, Any]) -> Hello:
    epoch = message.get("epoch")
    return Hello(
        instance=_name(message, "instance"),
        epoch="" if epoch is None else _name(message, "epoch"),
        last=_number(message, "last", 0, 2**53),
        admit=_name(message, "admit") if "admit" in message else "",
    )


def _signal(message: Mapping[str, Any]) -> SignalPart:
    described = "description" in message
    if described == ("candidate" in message):
        raise Bad("a signal is a description or a candidate")
    part = (
        ("description", _description(message["description"]))
        if described
        else ("candidate", _candidate(message["candidate"]))
    )
    return SignalPart(
        to=_name(message, "to"),
        to_instance=_name(message, "to_instance"),
        link=_number(message, "link", 1, LINKS_AT_MOST),
        part=(part,),
        candidate=not described,
    )


def _description(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or value.get("type") not in DESCRIPTIONS:
        raise Bad("a description without its type")
    return {"type": value["type"], "sdp": _text(value, "sdp", SDP_AT_MOST)}


def _candidate(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Bad("a candidate is an object or null")
    clean: dict[str, Any] = {"candidate": _text(value, "candidate", CANDIDATE_AT_MOST)}
    for field in ("sdpMid", "usernameFragment"):
        if value.get(field) is not None:
            clean[field] = _text(value, field, 256)
    if value.get("sdpMLineIndex") is not None:
        clean["sdpMLineIndex"] = _number(value, "sdpMLineIndex", 0, 65535)
    return clean


def _say(message: Mapping[str, Any]) -> Say:
    to = message.get("to")
    return Say(
        id=_name(message, "id"),
        text=_text(message, "text", MESSAGE_AT_MOST),
        to="" if to is None else _name(message, "to"),
    )


def _media(message: Mapping[str, Any]) -> Media:
    return Media(
        camera=_switch(message, "camera"),
        microphone=_switch(message, "microphone"),
        screen=_switch(message, "screen") is True,
        shielded=_switch(message, "shielded") is True,
        writing=_switch(message, "writing") is True,
    )


def _owes(message: Mapping[str, Any]) -> Owes:
    return Owes(
        photos=_number(message, "photos", 0, OWED_AT_MOST), files=_number(message, "files", 0, OWED_AT_MOST)
    )


def _caption(message: Mapping[str, Any]) -> Caption:
    text = _text(message, "text", CAPTION_AT_MOST)
    return Caption(text=" ".join(text.split()))


def _invite(message: Mapping[str, Any]) -> Invite:
    if message.get("role") not in list(GUESTS):
        raise Bad("an unknown role")
    name = _text(message, "name", PERSON_AT_MOST)
    return Invite(id=_name(message, "id"), name=name, kind=Kind(message["role"]))


def _emergency(message: Mapping[str, Any]) -> Emergency:
    return Emergency(step=_one_of(message, "step", STEPS))


def _device(message: Mapping[str, Any]) -> ShowDevice:
    for field in ("camera", "microphone"):
        if message.get(field) not in DEVICE_STATES:
            raise Bad(f"an unknown state of the {field}")
    browser = _text(message, "browser", BROWSER_AT_MOST)
    if not browser.isprintable():
        raise Bad("a browser's name that cannot be shown")
    device = Device(
        camera=message["camera"],
        microphone=message["microphone"],
        browser=browser,
        sound=_one_of(message, "sound", SOUND_STATES),
        network=_network(message.get("network")),
    )
    return ShowDevice(device=device)


def _network(value: object) -> Network | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Bad("a network is an object or null")
    return Network(
        trip_ms=_number(value, "trip_ms", 0, TRIP_AT_MOST_MS),
        up_kbit=_number(value, "up_kbit", 0, KBIT_AT_MOST),
        down_kbit=_number(value, "down_kbit", 0, KBIT_AT_MOST),
        direct=_one_of(value, "direct", ROADS),
        relay=_one_of(value, "relay", ROADS),
    )


def _linked(message: Mapping[str, Any]) -> Linked:
    return Linked(other=_name(message, "with"), flows=message["t"] == "linked")


def _step(message: Mapping[str, Any]) -> TellStep:
    return TellStep(other=_name(message, "with"), step=_number(message, "step", 0, len(LADDER) - 1))


def _ask_photo(message: Mapping[str, Any]) -> AskPhoto:
    side = message.get("side")
    return AskPhoto(site=_name(message, "site"), side="" if side in (None, "") else _name(message, "side"))


def _answer_photo(message: Mapping[str, Any]) -> AnswerPhoto:
    if message.get("state") not in ANSWERS:
        raise Bad("an unknown state of a photo")
    return AnswerPhoto(id=_name(message, "id"), state=message["state"])


def _name(message: Mapping[str, Any], field: str) -> str:
    value = message.get(field)
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Bad(f"no usable {field}")
    return value


def _text(message: Mapping[str, Any], field: str, at_most: int) -> str:
    value = message.get(field)
    if not isinstance(value, str):
        raise Bad(f"no {field}")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Bad(f"a {field} that is no text") from None
    if size > at_most:
        raise Bad(f"a {field} of {size} bytes; at most {at_most}")
    return value


def _number(message: Mapping[str, Any], field: str, least: int, most: int) -> int:
    value = message.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Bad(f"no usable {field}")
    return value


def _one_of(message: Mapping[str, Any], field: str, words: tuple[str, ...]) -> str:
    """One of the words; the first of them if the field is absent."""
    value = message.get(field, words[0])
    if not isinstance(value, str) or value not in words:
        raise Bad(f"an unknown {field}")
    return value


def _switch(message: Mapping[str, Any], field: str) -> bool | None:
    value = message.get(field)
    if value is not None and not isinstance(value, bool):
        raise Bad(f"{field} is true, false or null")
    return value


READERS: dict[str, Callable[[Mapping[str, Any]], Message]] = {
    "hello": _hello,
    "signal": _signal,
    "chat": _say,
    "media": _media,
    "owes": _owes,
    "device": _device,
    "linked": _linked,
    "unlinked": _linked,
    "admit": lambda message: Admit(seat=_name(message, "seat")),
    "caption": _caption,
    "invite": _invite,
    "link": lambda message: AskLink(id=_name(message, "id"), seat=_name(message, "seat")),
    "remove": lambda message: Remove(id=_name(message, "id"), seat=_name(message, "seat")),
    "emergency": _emergency,
    "leave": lambda _: Leave(),
    "tell_me": lambda message: TellMe(id=_name(message, "id")),
    "call_off": lambda message: CallOff(id=_name(message, "id")),
    "finish": lambda message: Finish(id=_name(message, "id")),
    "step": _step,
    "photo-ask": _ask_photo,
    "photo-withdraw": lambda message: WithdrawPhoto(id=_name(message, "id")),
    "photo-answer": _answer_photo,
    "ping": lambda _: Ping(),
}
