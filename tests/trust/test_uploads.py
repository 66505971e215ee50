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

from tests.live import Live


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


def test_sixty_four_megabytes_are_cut_at_the_cap(live: Live, elena: httpx.Client) -> None:
    process, sent = psutil.Process(), 0
    send(elena, jpeg())
    before = process.memory_info().rss

    def endless() -> object:
        nonlocal sent
        head = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="x.jpg"\r\n\r\n'
        yield head
        for _ in range(1024):
            sent += 65536
            yield bytes(65536)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with contextlib.suppress(httpx.HTTPError):  # it may hang up on what it would not read
        assert elena.post("/account/picture", content=endless(), headers=headers).status_code == 413  # type: ignore[arg-type]
    grown = (process.memory_info().rss - before) / 2**20
    print(f"\nsent {sent / 2**20:.0f} MB, memory of sender and receiver +{grown:.0f} MB")
    assert grown < 64


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
