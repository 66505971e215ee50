"""Words that must not lie anywhere in the clear: planted in every field, looked for in every file and line."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from tests.live import Live
from tests.loop import run
from tests.trust.stage import PDF, Staged, staged
from tests.trust.test_fields import seated
from webapp.logs import configure
from webapp.records.service import Records

CANARIES = [f"canary-{number:02d}-zwitscher" for number in range(50)]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The practice's own log, in full."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    written = io.StringIO()
    configure("debug", stream=written)
    ours = [logging.getLogger(name) for name in ("httpx", "httpcore", "websockets.client")]  # the test's own
    for logger in ours:
        logger.setLevel(logging.CRITICAL)
    yield written
    for logger in ours:
        logger.setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.configure(**before)


def test_nothing_about_a_patient_lies_in_the_clear(
    live: Live, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted through the services, through every way in from outside, and in a fault that nobody foresaw."""
    words = " ".join(CANARIES)
    visit = staged(live, words)
    sent = [*from_outside(live, visit, words), *run(by_sockets(live, visit, words))]

    async def fails(*_: object, **__: object) -> None:
        raise LookupError(words)

    monkeypatch.setattr(Records, "unsigned", fails)
    with live.visitor(live.actors["elena"]) as client:
        answer = client.get(f"/sign?{CANARIES[0]}={CANARIES[1]}")
        assert answer.status_code == 500
        assert CANARIES[0] not in answer.text
    looked, found = 0, []
    for path in live.store.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            looked += 1
            found += [path for canary in CANARIES if canary.encode() in content]
    assert not found
    live.call(asyncio.sleep(0))  # a fault is told after its answer has left
    written = log.getvalue()
    assert "LookupError at" in written
    assert not [canary for canary in CANARIES if canary in written]
    tokens = [visit.link.partition("#")[2], *visit.seats.values(), *visit.guests.values()]
    assert not [token for token in tokens if token in written]
    print(
        f"\ncanaries: {len(CANARIES)} planted by {len(sent)} ways from outside, 0 found in {looked} files "
        f"and {len(written)} characters of log; {len(tokens)} tokens, 0 there"
    )
    assert looked >= 3
    assert len(sent) >= 19
    assert len(written) > 500


def from_outside(live: Live, visit: Staged, words: str) -> Iterator[str]:
    """Requests with canaries in every place that a request has; no header of an answer gives a token back."""
    path, _, token = visit.link.partition("#")
    secret = (token, *visit.seats.values(), CANARIES[2])
    named = {
        "X-File-Name": quote(f"{words[:200]}.pdf"),
        "User-Agent": CANARIES[3],
        "Referer": f"http://x/{words}",
    }
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/{CANARIES[2]}?{CANARIES[4]}#{token}", {}),
        ("GET", path, {"params": {"token": token, "name": words}}),
        ("GET", f"/patients/{CANARIES[2]}", {}),
        ("POST", f"{path}/look", {"json": {"token": token, "browser": CANARIES[5], "inside": CANARIES[6]}}),
        ("POST", f"{path}/look", {"json": {"token": words}}),
        ("POST", f"{path}/enter", {"json": {"token": CANARIES[7]}}),
        ("POST", f"{path}/enter", {"content": words.encode()}),
        ("POST", f"{path}/files/m-{CANARIES[8]}", {"content": PDF, "headers": named}),
        ("POST", f"{path}/photos", {"json": {"key": words, "size": 9, "site": words, "side": words}}),
        ("POST", f"/join/{visit.past_id}/feedback", {"data": {"worked": words, "helped": words}}),
        ("POST", f"/join/{visit.past_id}/summary", {"data": {"code": words, "token": words}}),
        ("POST", "/join", {"data": {"code": words}}),
        ("POST", "/sign-in", {"data": {"email": f"{CANARIES[9]}@x.example", "password": words}}),
        ("POST", "/set-up", {"data": {"token": token, "name": words, "email": words, "password": words}}),
    ]
    with live.visitor(cookies=dict(visit.seats)) as client:
        for method, url, options in requests:
            answer = client.request(method, url, **options)
            assert answer.status_code < 500, f"{method} {url}"
            headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
            assert not [word for word in secret if word in str(headers)], f"{method} {url}"
            yield f"{method} {url}"


async def by_sockets(live: Live, visit: Staged, words: str) -> list[str]:
    sent = []
    async with seated(live, visit) as socket:
        for message in (
            {"t": "chat", "id": "canary", "text": words},
            {"t": "caption", "text": words},
            {"t": "device", "camera": "ok", "microphone": "ok", "browser": CANARIES[10]},
            {"t": words},
            {"t": "signal", "to": words, "description": {"type": "offer", "sdp": words}},
        ):
            await socket.send(json.dumps(message))
            sent.append(str(message["t"]))
        await socket.send(json.dumps({"t": "ping"}))
        while json.loads(await socket.recv())["t"] != "pong":
            pass
    return sent
