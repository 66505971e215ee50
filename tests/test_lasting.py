"""What is kept of what lasts, and what is not."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from tests.asking import asked
from tests.loop import run
from webapp.lasting import Lasting

LASTING = "public, max-age=31536000, immutable"
BODY = b"body { color: black }\n" * 100


class Served:
    """An application behind it that counts what reaches it, asked without a server between."""

    def __init__(self, caching: str = LASTING, status: int = 200, at_most: int = 10_000) -> None:
        self.made = Counter[str]()
        self.caching, self.status = caching, status
        routes = [Route("/{rest:path}", self._answer)]
        self.app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=500)])
        self.lasting = Lasting(self.app, at_most)

    async def _answer(self, request: Request) -> Response:
        self.made[request.url.path] += 1
        return Response(BODY, self.status, {"Cache-Control": self.caching}, "text/css")

    def ask(
        self, address: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> httpx.Response:
        return asked(self.lasting, address, headers, method)


def test_it_is_made_once_and_the_same_each_time() -> None:
    served = Served()
    first, second = served.ask("/assets/base.css?v=1"), served.ask("/assets/base.css?v=1")
    assert served.made == {"/assets/base.css": 1}
    assert first.content == second.content == BODY
    assert first.headers == second.headers
    assert second.headers["Content-Encoding"] == "gzip"


def test_another_address_is_another_answer() -> None:
    served = Served()
    for address in ("/assets/base.css?v=1", "/assets/base.css?v=2", "/assets/other.css?v=1"):
        served.ask(address)
    assert served.made == {"/assets/base.css": 2, "/assets/other.css": 1}


@pytest.mark.parametrize(
    "caching", ["no-store", "no-cache", "private, max-age=31536000, immutable", "public, max-age=60"]
)
def test_what_does_not_last_for_everybody_is_not_kept(caching: str) -> None:
    served = Served(caching)
    served.ask("/patients")
    served.ask("/patients")
    assert served.made["/patients"] == 2


def test_a_fault_is_not_kept() -> None:
    served = Served(status=404)
    assert [served.ask("/assets/none.css").status_code for _ in range(2)] == [404, 404]
    assert served.made["/assets/none.css"] == 2


@pytest.mark.parametrize(
    "headers",
    [{"Accept-Encoding": "identity"}, {"Range": "bytes=0-9"}, {"If-None-Match": '"1"'}],
    ids=str,
)
def test_who_asks_for_something_else_asks_the_application(headers: dict[str, str]) -> None:
    served = Served()
    served.ask("/assets/base.css")
    answer = served.ask("/assets/base.css", headers)
    assert served.made["/assets/base.css"] == 2
    assert ("Content-Encoding" in answer.headers) == (headers.get("Accept-Encoding") != "identity")
    assert served.ask("/assets/base.css", method="HEAD").content == b""


@pytest.mark.parametrize("length", [len(BODY), 100 * len(BODY)], ids=["in one piece", "in many"])
@pytest.mark.parametrize("reached", ["http.response.start", "http.response.body"])
def test_what_a_browser_walked_away_from_is_not_kept(tmp_path: Path, length: int, reached: str) -> None:
    """A layer below, like NiceGUI's own, may end its answer then as if it were whole."""
    file = tmp_path / "part.js"
    file.write_bytes(random.Random(1).randbytes(length))
    lasting = Lasting(_layered(file), 10 * length)
    run(_left(lasting, reached))
    for _ in range(2):
        assert asked(lasting, "/part.js").content == file.read_bytes()


def _layered(file: Path) -> Starlette:
    async def layer(request: Request, following: RequestResponseEndpoint) -> Response:
        return await following(request)

    def answer(_: Request) -> Response:
        return FileResponse(file, headers={"Cache-Control": LASTING})

    layers = [Middleware(BaseHTTPMiddleware, dispatch=layer), Middleware(GZipMiddleware, minimum_size=500)]
    return Starlette(routes=[Route("/part.js", answer)], middleware=layers)


async def _left(app: ASGIApp, reached: str) -> None:
    """Ask for it, and leave once the answer has come so far."""
    begun = asyncio.Event()

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(part: Message) -> None:
        if part["type"] == reached:
            begun.set()
        for _ in range(20):
            await asyncio.sleep(0)  # a full buffer: everybody else goes on

    headers = [(b"accept-encoding", b"gzip")]
    await app(
        {"type": "http", "method": "GET", "path": "/part.js", "query_string": b"", "headers": headers},
        receive,
        send,
    )
    assert begun.is_set()


def test_nobody_fills_it_with_made_up_addresses() -> None:
    served = Served()
    for _ in range(2):
        for query in ("", "?x=1", "?x=2"):
            served.ask(f"/_nicegui/3/static/a.js{query}")
    assert served.made["/_nicegui/3/static/a.js"] == 1 + 2 * 2


def test_it_keeps_no_more_than_its_bytes_and_serves_the_rest_all_the_same() -> None:
    one = len(Served().ask("/a").read())
    size = int(Served().ask("/a").headers["Content-Length"])
    assert size < one
    served = Served(at_most=2 * size)
    for _ in range(3):
        assert {served.ask(f"/assets/{name}").content for name in "abc"} == {BODY}
    assert served.made == {"/assets/a": 1, "/assets/b": 1, "/assets/c": 3}
