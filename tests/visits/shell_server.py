"""A small server that gives the shell its document, its files and a protocol-true socket.

It can be stopped and started again on its port, drop a line, or forget what it hears.
`python -m tests.visits.shell_server` serves one visit to look at.
"""

import asyncio
import hashlib
import threading
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from babel.messages.extract import extract_from_dir
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

import webapp.visits
from tests.live import free_port
from tests.visits.shell_room import Room, Seat
from webapp.locale import catalog
from webapp.locale.pseudo import disguise
from webapp.look.assets import asset_url, assets_router
from webapp.visits.document import IMPORTED, STYLES, Words, lean, worded
from webapp.visits.joining import in_order, joined

T = TypeVar("T")

FOLDER = Path(webapp.visits.__file__).parent / "shell"
TYPES = {".js": "text/javascript", ".css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HOME = '<!doctype html><html lang="en"><title>Home</title><link rel="icon" href="data:,"><h1>Today</h1>'
PANEL = """<!doctype html><html lang="en"><title>Panel</title><body style="font: 15px system-ui">
<main><h1>Anna Keller</h1><label>Note <textarea id="note"></textarea></label></main>
<script>
const say = (message) => parent.postMessage({ key: 'note', ...message }, location.origin);
addEventListener('message', ({ data }) => { if (data.text !== null) note.value = data.text; });
note.oninput = () => say({ telepraxis: 'draft', text: note.value, base: 1 });
window.saved = () => say({ telepraxis: 'saved' });
say({ telepraxis: 'draft?' });
</script></body></html>"""


class ShellServer:
    """Rooms under one address, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.rooms: dict[str, Room] = {}
        self.language = "en"
        self.demo = False
        self.next: dict[str, str] | None = None  # who waits after this visit
        self.version = hashlib.sha256(
            b"".join(p.read_bytes() for p in sorted(FOLDER.glob("*.js")))
        ).hexdigest()[:8]
        self.template = Environment(loader=FileSystemLoader(FOLDER), autoescape=True).get_template(
            "call.html"
        )
        self.start()

    def room(self, **options: Any) -> Room:
        room = Room(**options)
        self.rooms[room.id] = room
        return room

    def link(self, room: Room, seat: Seat | None = None) -> str:
        return f"{self.url}/join/{room.id}#{(seat or room.patient).token}"

    def desk(self, room: Room) -> str:
        return f"{self.url}/visits/{room.id}/call"

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the shell's server did not start")

    def stop(self) -> None:
        """As a kill does: sockets end without a bye, and what was in memory is gone."""
        for room in self.rooms.values():
            for seat in room.seats.values():
                self.call(room.drop(seat))
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    def restart(self) -> None:
        self.stop()
        for room in self.rooms.values():
            room.epoch += "x"
            for seat in room.seats.values():
                seat.socket, seat.n, seat.sent = None, 0, []
                room.put(seat, "away")
        self.start()

    async def _serve(self, started: threading.Event) -> None:
        self.loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self._app(),
            port=self.port,
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.005)
        started.set()
        await serving

    def _app(self) -> ASGIApp:
        routes = [
            Route("/", self._home),
            Route("/sign-in", self._home),
            Route("/join/{visit}", self._patient),
            Route("/join/{visit}/look", self._look, methods=["POST"]),
            Route("/join/{visit}/enter", self._enter, methods=["POST"]),
            Route("/join/{visit}/relay", self._relay, methods=["POST"]),
            Route("/join/{visit}/speed", self._down, methods=["GET"]),
            Route("/join/{visit}/speed", self._up, methods=["POST"]),
            WebSocketRoute("/join/{visit}/socket", self._seat_socket),
            Route("/visits/{visit}/call", self._clinician),
            Route("/visits/{visit}/panel", self._panel),
            Route("/visits/{visit}/ending", self._ending),
            WebSocketRoute("/visits/{visit}/socket", self._desk_socket),
            Route("/shell/{file}", self._file),
            Mount("/assets", assets_router()),
        ]
        return Starlette(routes=routes)

    async def _home(self, request: Request) -> Response:
        return HTMLResponse(HOME)

    async def _down(self, request: Request) -> Response:
        return Response(bytes(int(request.query_params["size"])))

    async def _up(self, request: Request) -> Response:
        return JSONResponse({"bytes": len(await request.body())})

    async def _relay(self, request: Request) -> Response:
        return JSONResponse({"servers": [], "policy": "all"})

    async def _panel(self, request: Request) -> Response:
        return HTMLResponse(PANEL)

    async def _ending(self, request: Request) -> Response:
        return JSONResponse({"missing": [], "next": self.next})

    async def _patient(self, request: Request) -> Response:
        return self._document("patient", request.path_params["visit"])

    async def _clinician(self, request: Request) -> Response:
        return self._document("clinician", request.path_params["visit"])

    def _document(self, side: str, visit: str) -> Response:
        data = {
            "side": side,
            "visit": visit,
            "language": self.language,
            "practice": {"name": "Test practice", "phone": "91 555 01 23", "emergency": "112"},
            "demo": self.demo,
            "places": [["knee", "Knee", True], ["face", "Face", False]],
            "assets": {},
        }
        page = self.template.render(
            side=side,
            visit_id=visit,
            data=data,
            asset=self._asset,
            styles=map(self._asset, STYLES),
            scripts=self._scripts(side),
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    def _scripts(self, side: str) -> list[str]:
        return [self._asset(name) for name in in_order(scripts(self.language), f"{side}.js")]

    def _asset(self, name: str) -> str:
        ours = name in scripts(self.language) or (FOLDER / name).exists()
        return f"/shell/{name}?v={self.version}{self.language}" if ours else asset_url(name)

    async def _file(self, request: Request) -> Response:
        path = FOLDER / Path(request.path_params["file"]).name
        if path.name in scripts(self.language):
            version = (self.version + self.language).encode()
            body = IMPORTED.sub(rb"\1?v=" + version + b"'", scripts(self.language)[path.name])
        elif path.suffix in TYPES and path.exists():
            body = lean(path)
        else:
            return Response(status_code=404)
        lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(body, media_type=TYPES[path.suffix], headers=lasting)

    async def _look(self, request: Request) -> Response:
        return JSONResponse(self._seen(request, (await request.json()).get("token")))

    async def _enter(self, request: Request) -> Response:
        token = (await request.json()).get("token")
        seen = self._seen(request, token)
        if seen["status"] != "ready":
            return JSONResponse(seen, status_code=409)
        room = self.rooms[request.path_params["visit"]]
        seat = room.holder(token, request.cookies.get("seat"))
        assert seat is not None
        answer = JSONResponse({"seat": seat.id})
        session = await room.enter(seat)
        answer.set_cookie("seat", session, httponly=True, samesite="lax", path=f"/join/{room.id}")
        return answer

    def _seen(self, request: Request, token: str | None) -> dict[str, Any]:
        room = self.rooms.get(request.path_params["visit"])
        return room.look(token, request.cookies.get("seat")) if room else {"status": "unknown"}

    async def _seat_socket(self, socket: WebSocket) -> None:
        room = self.rooms[socket.path_params["visit"]]
        seat = room.holder(None, socket.cookies.get("seat"))
        await socket.accept()
        if seat is None:
            await socket.send_json({"t": "bye", "why": "replaced"})
            await socket.close(4001)
        else:
            await room.serve(seat, socket)

    async def _desk_socket(self, socket: WebSocket) -> None:
        room = self.rooms[socket.path_params["visit"]]
        await socket.accept()
        await room.serve(room.clinician, socket)


@cache
def scripts(language: str) -> dict[str, bytes]:
    """As they are served."""
    return joined({path.name: worded(lean(path), words(language)) for path in FOLDER.glob("*.js")})


@cache
def words(language: str) -> Words:
    """The shell's catalogue; the pseudo one is made from the source itself, so that no text escapes it."""
    if language != "qps":
        return catalog(language, "visits", places="visits/shell/")
    found: dict[str, str | list[str]] = {}
    for _file, _line, text, _comments, _context in extract_from_dir(
        str(FOLDER), [("**.js", "javascript")], keywords={"t": None, "tn": (1, 2)}
    ):
        if isinstance(text, tuple):
            found[text[0]] = [disguise(text[0]), disguise(text[1])]
        else:
            found[text] = disguise(text)
    return found


if __name__ == "__main__":
    server = ShellServer()
    shown = server.room()
    print(f"{server.desk(shown)}\n{server.link(shown)}")
    threading.Event().wait()
