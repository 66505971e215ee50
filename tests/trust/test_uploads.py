"""What comes in as a picture: capped, decoded elsewhere, made anew, and never served as anything else."""

import contextlib
import io
import struct
import time
import zlib
from collections.abc import Iterator

import httpx
import psutil
import pytest
from PIL import Image
from starlette.types import Message, Receive, Scope, Send

from tests.live import Live
from webapp.guard.wall import UPLOAD_AT_MOST, Wall


@pytest.fixture
def elena(live: Live) -> Iterator[httpx.Client]:
    with live.visitor(live.actors["elena"]) as client:
        yield client


def send(client: httpx.Client, data: bytes, name: str = "face.jpg") -> httpx.Response:
    return client.post("/account/picture", files={"picture": (name, data, "image/jpeg")}, timeout=30)


def jpeg(size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (40, 90, 120)).save(out, "JPEG")
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small PNG that decodes to width x height black pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = zlib.compressobj(9)
    packed = b"".join(row.compress(bytes(1 + width * 3)) for _ in range(height)) + row.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_picture_is_made_anew_and_shown_to_colleagues_only(live: Live, elena: httpx.Client) -> None:
    assert send(elena, jpeg()).status_code == 303
    path = f"/portraits/{live.actors['elena'].id}"
    shown = httpx.get(live.url + path, cookies=live.cookie(live.actors["tom"]))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert max(Image.open(io.BytesIO(shown.content)).size) == 512
    assert httpx.get(live.url + path).status_code == 303
    assert elena.post("/account/picture", data={"remove": "1"}).status_code == 303
    assert elena.get(path).status_code == 404


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of bodies that the application was handed meanwhile."""
    sizes: list[int] = []
    original = Wall.__call__

    async def counted(wall: Wall, scope: Scope, receive: Receive, send: Send) -> None:
        async def measured() -> Message:
            part = await receive()
            sizes.append(len(part.get("body", b"")))
            return part

        await original(wall, scope, measured, send)

    monkeypatch.setattr(Wall, "__call__", counted)
    return sizes


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="x.jpg"\r\n\r\n'
PIECE = (256 + 64) * 1024  # what the server reads at once, before anybody can say stop


def endless() -> Iterator[bytes]:
    yield HEAD
    for _ in range(1024):
        yield bytes(65536)


def test_sixty_four_megabytes_are_cut_at_the_cap(live: Live, elena: httpx.Client, taken: list[int]) -> None:
    process = psutil.Process()
    send(elena, jpeg())
    before = process.memory_info().rss
    taken.clear()
    with contextlib.suppress(httpx.HTTPError):  # it may hang up on what it would not read
        assert elena.post("/account/picture", content=endless(), headers=MULTIPART).status_code == 413
    grown = (process.memory_info().rss - before) / 2**20
    print(
        f"\nof 64 MB sent {sum(taken) / 2**20:.2f} MB were taken, memory of sender and receiver +{grown:.0f} MB"
    )
    assert UPLOAD_AT_MOST - PIECE < sum(taken) <= UPLOAD_AT_MOST + PIECE
    assert sum(taken) - taken[-1] <= UPLOAD_AT_MOST  # what went past the wall
    assert grown < 32


def test_of_a_strangers_upload_not_a_byte_is_read(live: Live, taken: list[int]) -> None:
    """A form is read before a route's policy is asked, so the wall asks first: whole, in chunks, with a dead cookie."""
    name, tried = live.built.door.cookie("staff"), 0
    body = HEAD + bytes(UPLOAD_AT_MOST - 4096) + b"\r\n--b--\r\n"
    for cookies in ({}, {name: "x" * 43}):
        for path in ("/account/picture", "/visits/v/files/m", "/join/v/files/m"):
            for content in (body, endless()):
                with live.visitor(cookies=cookies) as stranger, contextlib.suppress(httpx.HTTPError):
                    answer = stranger.post(path, content=content, headers=MULTIPART)
                    assert answer.status_code == 401
                tried += 1
    print(f"\nuploads of strangers: {tried}, bytes taken: {sum(taken)}")
    assert tried == 12
    assert sum(taken) == 0


def test_nobody_changes_anothers_picture(live: Live, elena: httpx.Client) -> None:
    """The owner is whoever's session it is, whatever else the form names."""
    assert send(elena, jpeg()).status_code == 303
    mine = elena.get(f"/portraits/{live.actors['elena'].id}").content
    with live.visitor(live.actors["tom"]) as tom:
        for key in ("account_id", "id", "account", "actor"):
            fields = {key: live.actors["elena"].id}
            files = {"picture": ("x.jpg", jpeg((90, 90)), "image/jpeg")}
            url = f"/account/picture?{key}={live.actors['elena'].id}"
            assert tom.post(url, data=fields, files=files).status_code == 303
            assert tom.post(url, data={**fields, "remove": "1"}).status_code == 303
    assert elena.get(f"/portraits/{live.actors['elena'].id}").content == mine


def test_bombs_are_refused_quickly_and_the_practice_goes_on(live: Live, elena: httpx.Client) -> None:
    send(elena, jpeg())  # the worker is warm
    process = psutil.Process()
    before = process.memory_info().rss
    for width, height in ((12_000, 13_400), (40_000, 4_000), (8_000, 8_000)):
        data = bomb(width, height)
        begun = time.perf_counter()
        assert send(elena, data).status_code == 422
        spent = time.perf_counter() - begun
        print(f"\n{len(data) >> 10} KB -> {width * height * 3 >> 20} MB: refused in {spent * 1000:.0f} ms")
        assert spent < 1
    grown = (process.memory_info().rss - before) / 2**20
    assert grown < 20 + 2  # the bombs themselves
    assert send(elena, jpeg()).status_code == 303


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>window.pwned=1</script></html>",
        b"GIF89a" + b"<script>alert(1)</script>" * 20,
        jpeg()[:400],
        b"",
        b"\xff\xd8\xff\xe0" + bytes(3000),
        b"%PDF-1.7 nothing",
    ],
)
def test_what_is_no_picture_is_said_so(elena: httpx.Client, data: bytes) -> None:
    answer = send(elena, data)
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_a_polyglot_leaves_as_a_picture_and_nothing_else(live: Live, elena: httpx.Client) -> None:
    html = b"<html><body><script>window.pwned=1</script></body></html>"
    assert send(elena, jpeg() + html, name="face.html").status_code == 303
    answer = elena.get(f"/portraits/{live.actors['elena'].id}")
    assert html not in answer.content
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_name_is_never_used(live: Live, elena: httpx.Client) -> None:
    for name in ("../../evil.jpg", "..\\evil.jpg", "/etc/cron.d/evil", "a\x00b.jpg", "ü" * 300 + ".jpg"):
        assert send(elena, jpeg(), name=name).status_code in (303, 400, 422)
    written = [path.name for path in (live.store.folder / "files").rglob("*") if path.is_file()]
    assert written
    assert all(len(name) == 26 and name.isalnum() for name in written)
