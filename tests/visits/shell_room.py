"""A visit in memory that speaks the shell's protocol, and may be told to misbehave."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

Message = dict[str, Any]

IN = ("admitted", "connected")
CODES = {"replaced": 4001, "removed": 4002, "finished": 4003, "signed_out": 4004, "not_found": 4040}


@dataclass(slots=True, kw_only=True)
class Seat:
    """One person's place; `returns` is the state that a return from `away` restores."""

    id: str
    name: str
    kind: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    session: str | None = None
    state: str = "invited"
    returns: str = "waiting"
    instance: str | None = None
    camera: bool | None = None
    microphone: bool | None = None
    device: Message | None = None
    part: Message = field(default_factory=dict)
    caption: str = ""
    since: str = ""
    linked: set[str] = field(default_factory=set)
    socket: WebSocket | None = None
    n: int = 0
    sent: list[Message] = field(default_factory=list)

    def view(self) -> Message:
        return {
            "seat": self.id,
            "name": self.name,
            "kind": self.kind,
            "state": self.state,
            "instance": self.instance,
            "camera": self.camera,
            "microphone": self.microphone,
            "device": self.device,
            "since": self.since,
            **self.part,
            **({"caption": self.caption} if self.caption else {}),
        }


class Room:
    """One visit: Dr Elena Ruiz and Anna Keller, and whoever a test adds."""

    def __init__(
        self, *, starts_in: timedelta = timedelta(), status: str = "ready", clinician_first: bool = True
    ):
        self.id = f"v{secrets.token_hex(6)}"
        self.status = status
        self.starts_at = now() + starts_in
        self.state = "open"
        self.late = 0
        self.busy = False
        self.admitted_at: str | None = None
        self.epoch = secrets.token_hex(4)
        self.deaf: set[str] = set()  # seats whose messages are read and forgotten
        self.dropped = 0
        self.steps: list[tuple[str, int]] = []
        self.chat: list[Message] = []
        self.emergency: dict[str, str] = {}
        self.elsewhere = False
        low, high = ("a1", "b2") if clinician_first else ("b1", "a2")
        self.clinician = Seat(id=low, name="Dr Elena Ruiz", kind="clinician", returns="admitted")
        self.patient = Seat(id=high, name="Anna Keller", kind="patient")
        self.seats = {seat.id: seat for seat in (self.clinician, self.patient)}

    def guest(self, name: str, kind: str = "guest") -> Seat:
        seat = Seat(id=f"c{len(self.seats)}", name=name, kind=kind)
        self.seats[seat.id] = seat
        return seat

    def look(self, token: str | None, session: str | None) -> Message:
        seat = self.holder(token, session)
        if seat is None:
            return {"status": "unknown"}
        return {
            "status": "finished" if self.state == "finished" else self.status,
            "clinician": self.clinician.name,
            "practice": "Test practice",
            "phone": "91 555 01 23",
            "starts_at": self.starts_at.isoformat(),
            "ends_at": (self.starts_at + timedelta(minutes=30)).isoformat(),
            "zone": "Europe/Madrid",
            "name": seat.name,
            "seated": session is not None and seat.session == session,
            "entered": seat.state not in ("invited",),
            "now": now().isoformat(),
            "summary": "finished" in (self.state, self.status) and seat.kind == "patient",
        }

    def holder(self, token: str | None, session: str | None) -> Seat | None:
        for seat in self.seats.values():
            if (token and seat.token == token) or (session and seat.session == session):
                return seat
        return None

    async def enter(self, seat: Seat) -> str:
        """The tap: a new session; the earlier one's socket is told to go."""
        seat.session = secrets.token_urlsafe(16)
        if seat.state in ("invited", "left"):
            self.put(seat, "checking")
        await self.bye(seat, "replaced")
        return seat.session

    async def serve(self, seat: Seat, socket: WebSocket) -> None:
        """One socket from its hello to its end."""
        try:
            hello = await asyncio.wait_for(socket.receive_json(), 5)
            await self._arrive(seat, socket, hello)
            while True:
                message = json.loads(await socket.receive_text())
                if seat.id not in self.deaf:
                    await self._hear(seat, message)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if seat.socket is socket:
                seat.socket = None
                if seat.state not in ("left", "invited"):
                    self.put(seat, "away")
                await self.tell_state()

    def put(self, seat: Seat, state: str) -> None:
        if state == "away" and seat.state in ("waiting", *IN):
            seat.returns = "admitted" if seat.state in IN else seat.state
        seat.state = state
        seat.since = now().isoformat()

    async def admit(self, seat: Seat) -> None:
        self.put(seat, "admitted")
        self.admitted_at = self.admitted_at or now().isoformat()
        await self.tell_state()

    async def tell_state(self) -> None:
        for seat in self.seats.values():
            await self.post(
                seat, {"t": "state", "visit": self.visit_for(seat), "seats": self.seats_for(seat)}
            )

    async def post(self, seat: Seat, message: Message) -> None:
        """Number a message, keep it for a return, send it if there is a socket."""
        seat.n += 1
        numbered = {"n": seat.n, **message}
        seat.sent = [*seat.sent, numbered][-300:]
        await self._send(seat, numbered)

    async def bye(self, seat: Seat, why: str) -> None:
        socket, seat.socket = seat.socket, None
        if socket is not None:
            await socket.send_json({"t": "bye", "why": why})
            await socket.close(CODES[why])

    async def drop(self, seat: Seat) -> None:
        """Cut the line as a bad network does: no bye."""
        if seat.socket is not None:
            await seat.socket.close(1012)

    def visit_for(self, seat: Seat) -> Message:
        visit: Message = {
            "id": self.id,
            "state": self.state,
            "clinician": self.clinician.name,
            "starts_at": self.starts_at.isoformat(),
            "admitted_at": self.admitted_at,
            "late": self.late,
            "busy": self.busy,
            "told": True,
            "zone": "Europe/Madrid",
        }
        if seat.kind == "clinician":
            visit |= {"patient": self.patient.name, "phone": "+34 600 111 222"}
            visit |= {"address": "Calle Mayor 1, Madrid", "emergency": self.emergency}
            visit |= {"elsewhere": self.elsewhere}
        return visit

    def seats_for(self, seat: Seat) -> list[Message]:
        everybody = seat.kind == "clinician" or seat.state in IN
        seen = [s for s in self.seats.values() if everybody or s in (seat, self.clinician)]
        return [s.view() for s in seen]

    async def _arrive(self, seat: Seat, socket: WebSocket, hello: Message) -> None:
        if seat.socket is not None and seat.socket is not socket:
            await self.bye(seat, "replaced")
        seat.socket = socket
        if seat.instance != hello["instance"]:
            seat.instance, seat.sent = hello["instance"], []
        if seat.kind == "clinician":
            self.put(seat, "admitted")
        elif seat.state == "away":
            self.put(seat, seat.returns)
        elif seat.state not in IN:
            self.put(seat, "waiting" if seat.returns == "waiting" else "admitted")
        if seat.kind == "clinician" and "admit" in hello:
            await self.admit(self.seats[hello["admit"]])
        replayed = hello.get("epoch") == self.epoch
        missed = [message for message in seat.sent if message["n"] > hello["last"]] if replayed else []
        seat.n += 1
        welcome = {
            "n": seat.n,
            "t": "welcome",
            "epoch": self.epoch,
            "replayed": replayed,
            "now": now().isoformat(),
            "you": {"seat": seat.id, "name": seat.name, "kind": seat.kind},
            "visit": self.visit_for(seat),
            "seats": self.seats_for(seat),
            "chat": self.chat,
        }
        await self._send(seat, welcome)
        for message in missed:
            await self._send(seat, message)
        if self.state == "finished":
            await self.bye(seat, "finished")
        else:
            await self.tell_state()

    async def _hear(self, seat: Seat, message: Message) -> None:
        kind = message["t"]
        if kind == "ping":
            await self._send(seat, {"t": "pong", "now": now().isoformat()})
        elif kind == "signal":
            await self._signal(seat, message)
        elif kind == "chat":
            await self._chat(seat, message)
        elif kind == "admit" and seat.kind == "clinician":
            await self.admit(self.seats[message["seat"]])
        elif kind == "invite" and seat.kind == "clinician":
            guest = self.guest(message["name"], message["role"])
            link = {"seat": guest.id, "path": f"/join/{self.id}#{guest.token}"}
            await self._send(seat, {"t": "invited", "id": message["id"], **link})
            await self.tell_state()
        elif kind == "link" and seat.kind == "clinician":
            link = {"seat": message["seat"], "path": f"/join/{self.id}#{self.seats[message['seat']].token}"}
            await self._send(seat, {"t": "invited", "id": message["id"], **link})
        elif kind == "remove" and seat.kind == "clinician":
            gone = self.seats.pop(message["seat"])
            await self.bye(gone, "removed")
            await self.tell_state()
        elif kind == "finish" and seat.kind == "clinician":
            self.state = "finished"
            for other in self.seats.values():
                await self.bye(other, "finished")
        else:
            await self._fact(seat, message)

    async def _fact(self, seat: Seat, message: Message) -> None:
        match message:
            case {"t": "media", "camera": camera, "microphone": microphone}:
                seat.camera, seat.microphone = camera, microphone
                seat.part = {name: True for name in ("screen", "shielded", "writing") if message.get(name)}
            case {"t": "caption", "text": text}:
                seat.caption = text
            case {"t": "device"}:
                seat.device = {key: value for key, value in message.items() if key != "t"}
            case {"t": "emergency", "step": step}:
                self.emergency.setdefault(step, now().isoformat())
            case {"t": "linked", "with": other}:
                seat.linked.add(other)
                seat.state = "connected" if seat.state in IN else seat.state
            case {"t": "unlinked", "with": other}:
                seat.linked.discard(other)
            case {"t": "step", "with": other, "step": step}:
                self.steps.append((seat.kind, step))
                await self.post(self.seats[other], {"t": "step", "from": seat.id, "step": step})
            case {"t": "leave"}:
                seat.returns = "admitted" if seat.state in IN else "waiting"
                seat.instance, seat.socket = None, None
                self.put(seat, "left")
            case _:
                raise AssertionError(f"the shell said {message}")
        await self.tell_state()

    async def _signal(self, seat: Seat, message: Message) -> None:
        other = self.seats[message["to"]]
        if seat.state not in (*IN, "away") or other.state not in (*IN, "away"):
            self.dropped += 1
            return
        if message["to_instance"] != other.instance:
            return
        part: Message = {key: message[key] for key in ("link", "description", "candidate") if key in message}
        await self.post(other, {"t": "signal", "from": seat.id, "from_instance": seat.instance, **part})

    async def _chat(self, seat: Seat, message: Message) -> None:
        known = next((kept for kept in self.chat if kept["id"] == message["id"]), None)
        if known is None:
            known = {
                "id": message["id"],
                "seat": seat.id,
                "name": seat.name,
                "text": message["text"],
                "at": now().isoformat(),
            }
            self.chat.append(known)
            for other in self.seats.values():
                if other is not seat:
                    await self.post(other, {"t": "chat", **known})
        await self._send(seat, {"t": "ack", "id": known["id"], "at": known["at"]})

    async def _send(self, seat: Seat, message: Message) -> None:
        if seat.socket is None:
            return
        try:
            await seat.socket.send_json(message)
        except (WebSocketDisconnect, RuntimeError):
            seat.socket = None


def now() -> datetime:
    return datetime.now(UTC)
