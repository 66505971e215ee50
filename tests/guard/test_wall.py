"""What the wall says of a request that breaks off, and of one that fails; what it lets through to NiceGUI."""

import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.cast import Cast
from webapp.guard.door import Door
from webapp.guard.nicegui_door import SERVED
from webapp.guard.wall import BAD_FRAMES, FRAMES, Wall

SCOPE: Scope = {
    "type": "http",
    "method": "GET",
    "path": "/x",
    "headers": [(b"host", b"localhost")],
    "query_string": b"",
    "client": ("127.0.0.1", 1),
}


def asked(cast: Cast, *, leaves: bool) -> list[Message]:
    """What is sent to a browser by an application that ends with Starlette's own word for having no answer."""

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect" and leaves:
            pass
        raise RuntimeError("No response returned.")

    parts = [{"type": "http.request"}, *([{"type": "http.disconnect"}] if leaves else [])]
    sent = list[Message]()

    async def receive() -> Message:
        return parts.pop(0)

    async def send(part: Message) -> None:
        sent.append(part)

    asyncio.run(walled(cast, app)(dict(SCOPE), receive, send))
    return sent


def test_a_browser_that_left_is_no_fault(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    asked(cast, leaves=True)
    assert not caplog.records


def test_the_same_words_before_a_browser_that_waits_are_told_and_answered(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    sent = asked(cast, leaves=False)
    assert [record.getMessage().partition(" at ")[0] for record in caplog.records] == ["RuntimeError"]
    assert sent[0]["status"] == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{SERVED[0]}nicegui.js", 200),
        ("POST", f"{SERVED[0]}nicegui.js", 404),
        ("POST", "/_nicegui/client/one/upload/2", 404),
        ("GET", "/_nicegui/auto/static/one/file", 404),
        ("GET", "/_nicegui_ws/socket.io/?transport=polling", 404),
    ],
)
def test_of_niceguis_own_addresses_its_static_parts_alone_are_open(
    cast: Cast, method: str, path: str, status: int
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    sent = list[Message]()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(part: Message) -> None:
        sent.append(part)

    headers = [*SCOPE["headers"], (b"origin", b"http://localhost")]
    scope = {**SCOPE, "method": method, "path": path.partition("?")[0], "headers": headers}
    asyncio.run(walled(cast, app)(scope, receive, send))
    assert sent[0]["status"] == status


def heard(cast: Cast, frames: list[str]) -> tuple[list[str], int]:
    """What NiceGUI's socket hears of these frames, and how many the wall took off the line until it closed it."""
    given, taken, closed = [{"type": "websocket.receive", "text": text} for text in frames], [], []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (part := await receive())["type"] != "websocket.disconnect":
            taken.append(part["text"])

    async def receive() -> Message:
        return given.pop(0) if given else {"type": "websocket.disconnect"}

    async def send(part: Message) -> None:
        closed.append(part)

    headers = [*SCOPE["headers"], (b"origin", b"http://localhost")]
    scope = {**SCOPE, "type": "websocket", "path": "/_nicegui_ws/socket.io/", "headers": headers}
    asyncio.run(walled(cast, app)(scope, receive, send))
    assert [part["code"] for part in closed] == [1008] * bool(given)
    return taken, len(frames) - len(given)


def test_frames_that_no_browser_sends_are_dropped_and_then_the_socket_is_closed(cast: Cast) -> None:
    bad = ["x", "9", "42", "42{}", '42["nothing"]', '42["event"', "451-[]"]
    assert heard(cast, ["2", *bad, '42["event",{}]', "3"]) == (["2", '42["event",{}]', "3"], len(bad) + 3)
    assert heard(cast, ["x"] * BAD_FRAMES * 2) == ([], BAD_FRAMES)


def test_a_thousand_frames_in_ten_seconds_are_heard_and_no_more(cast: Cast) -> None:
    assert heard(cast, ["2"] * (FRAMES + 100)) == (["2"] * FRAMES, FRAMES + 1)


def walled(cast: Cast, app: ASGIApp) -> Wall:
    door = Door({}, secure=False)
    return Wall(app, door, cast.clock, hosts=frozenset({"localhost"}), languages=("en",))
