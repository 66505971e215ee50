"""What the wall says of a request that breaks off, and of one that fails."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.cast import Cast
from webapp.guard.door import Door
from webapp.guard.wall import Wall

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

    door = Door({}, secure=False)
    wall = Wall(app, door, cast.clock, hosts=frozenset({"localhost"}), languages=("en",))
    asyncio.run(wall(dict(SCOPE), receive, send))
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
