"""Pictures are made anew in a process of their own; whatever is wrong with one stays there."""

import asyncio
import io
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests import loop
from tests.photo_kit import farthest, jpeg_of_p3, patches
from tests.running import ROOT
from webapp.access import Invalid
from webapp.store.images import BYTES, Images, Picture

DATA = Path(__file__).parents[1] / "data" / "photos"


def run(work: Callable[[Images], Awaitable[Any]], **options: float) -> Any:
    async def main() -> Any:
        images = Images(**options)
        try:
            return await work(images)
        finally:
            await images.close()

    return loop.run(main())


def reencoded(*pictures: bytes) -> list[Picture | str]:
    """What becomes of each, in one worker: the picture, or the reason."""

    async def work(images: Images) -> list[Picture | str]:
        made: list[Picture | str] = []
        for data in pictures:
            try:
                made.append(await images.reencode(data))
            except Invalid as refusal:
                made.append(str(refusal))
        return made

    made: list[Picture | str] = run(work)
    return made


def one(data: bytes) -> Picture:
    (made,) = reencoded(data)
    assert isinstance(made, Picture), made
    return made


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def corner_red(width: int = 40, height: int = 20) -> Image.Image:
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height // 2))
    return image


def peak_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def cpu_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def png(width: int, height: int, body: bytes = b"", text: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    note = chunk(b"zTXt", b"note\0\0" + zlib.compress(text)) if text else b""
    picture = chunk(b"IHDR", header) + note + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + picture


@pytest.mark.parametrize(
    ("kind", "made"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "png")]
)
def test_a_picture_stays_what_it_is(kind: str, made: str) -> None:
    picture = one(saved(corner_red(), kind))
    assert (picture.kind, picture.width, picture.height) == (made, 40, 20)
    red, _, blue = Image.open(io.BytesIO(picture.data)).convert("RGB").getpixel((3, 3))  # type: ignore[misc]
    assert red > 200
    assert blue < 60


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_about_where_or_with_what_it_was_taken_remains(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CANARY maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    exif.get_ifd(0x8825)[1] = "CANARY"
    text = PngInfo()
    text.add_text("Comment", "CANARY comment")
    options: dict[str, Any] = {"exif": exif, "xmp": b"<x>CANARY</x>"}
    options |= {"pnginfo": text} if kind == "PNG" else {"comment": b"CANARY"} if kind == "JPEG" else {}
    data = saved(corner_red(), kind, **options)
    assert b"CANARY" in data
    picture = one(data)
    assert b"CANARY" not in picture.data
    again = Image.open(io.BytesIO(picture.data))
    assert not again.getexif()
    assert not {"exif", "xmp", "comment", "Comment", "icc_profile"}.intersection(again.info)


@pytest.mark.parametrize("turn", range(1, 9))
def test_it_is_upright_whatever_the_camera_noted(turn: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transpositions that undo each orientation
    image = corner_red()
    lying = image if turn == 1 else image.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = one(saved(lying, "PNG", exif=exif))
    upright = Image.open(io.BytesIO(picture.data)).convert("RGB")
    assert upright.size == (40, 20)
    assert upright.tobytes() == image.tobytes()


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = reencoded(
        saved(corner_red(), "PNG", icc_profile=lab), saved(corner_red(), "JPEG", icc_profile=b"not a profile")
    )
    assert all(isinstance(picture, Picture) for picture in made)
    assert all(
        "icc_profile" not in Image.open(io.BytesIO(p.data)).info for p in made if isinstance(p, Picture)
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_usual_mode_can_be_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    value: Any = 40000 if mode == "I;16" else None
    image = Image.new(mode, (8, 8), value) if value else Image.new(mode, (8, 8))
    picture = one(saved(image, kind))
    assert (picture.width, picture.height) == (8, 8)
    if value:
        assert Image.open(io.BytesIO(picture.data)).getpixel((0, 0)) == value // 256


BOMBS = {
    "a PNG of 484 megapixels in 60 KB": png(22_000, 22_000, bytes(60_000_000)),
    "a PNG of four thousand megapixels by its header": png(65_000, 65_000),
    "a GIF of four thousand megapixels": b"GIF89a" + struct.pack("<HH", 65_000, 65_000) + b"\x00\x00\x00;",
    "a WebP of 268 megapixels": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f"
    + struct.pack("<I", 0x0FFFFFFF)
    + bytes(8),
    "a PNG with a text that unpacks to 60 MB": png(1, 1, b"\0\0", text=bytes(60_000_000)),
}


@pytest.mark.parametrize("bomb", list(BOMBS.values()), ids=list(BOMBS))
def test_a_bomb_is_refused_within_a_second_and_the_next_picture_is_taken(bomb: bytes) -> None:
    async def work(images: Images) -> None:
        await images.reencode(saved(corner_red(), "PNG"))  # the worker runs
        assert images.pid is not None
        begun = cpu_s(images.pid)
        with pytest.raises(Invalid):
            await images.reencode(bomb)
        assert cpu_s(images.pid) - begun < 1
        assert peak_kb(images.pid) < 512 * 1024
        assert (await images.reencode(saved(corner_red(), "PNG"))).width == 40

    run(work)


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_the_largest_picture_fits_in_the_workers_memory(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    if kind == "HEIF":
        made = one((DATA / "large.heic").read_bytes())
        assert (made.width, made.height) == (8064, 6048)
    else:
        made = one(saved(Image.new("RGB", (8192, 6100), "green"), kind, exif=exif))
        assert (made.width, made.height) == (6100, 8192)


def test_a_small_one_is_made_of_it() -> None:
    async def work(images: Images) -> Picture:
        return await images.reencode(saved(corner_red(4000, 2000), "JPEG"), longest=1280)

    small = run(work)
    assert (small.width, small.height) == (1280, 640)


def test_heic_becomes_a_jpeg_without_its_place() -> None:
    data = (DATA / "patches.heic").read_bytes()
    assert b"CANARY" in data
    made = one(data)
    assert (made.kind, made.width, made.height) == ("jpeg", 640, 480)
    assert b"CANARY" not in made.data
    assert farthest(made.data) < 2


def test_heic_is_read_by_who_is_not_root(tmp_path: Path) -> None:
    """The decoder starts a thread, which the limit on processes must leave it."""
    code = (
        "import os, sys; from pathlib import Path; data = Path(sys.argv[1]).read_bytes(); "
        "from PIL import Image; from webapp.store import decoder; Image.init(); "
        "os.getuid() or (os.setgid(65534), os.setuid(65534)); decoder.confine(); "
        "about, made = decoder.reencoded(data); print(about['width'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(DATA / "patches.heic")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd="/",
        check=False,
    )
    assert done.stdout == "640\n", done.stderr


def test_a_wide_colour_space_is_shown_as_it_was_meant() -> None:
    data = jpeg_of_p3(patches(800, 600))
    made = one(data)
    moved = farthest(made.data)
    print(f"\nfarthest patch: delta E {moved:.2f}; unconverted {farthest(data):.1f}")
    assert moved < 2
    assert farthest(data) > 2  # without the conversion it would show


def test_what_is_no_picture_is_refused() -> None:
    page = b"<html><script>alert(1)</script></html>"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    said = reencoded(b"", b"x", page, svg, b"%PDF-1.7", b"BM" + bytes(60), b"II*\0" + bytes(60))
    assert set(said) == {"This is not a picture that can be read. Send JPEG, PNG, HEIC, WebP or GIF."}


def test_a_page_hidden_in_a_picture_does_not_come_out() -> None:
    assert b"<script>" not in one(saved(corner_red(), "JPEG") + b"<html><script>alert(1)</script>").data


def test_the_decoder_is_confined() -> None:
    """What the kernel holds it to, whatever a decoder may be talked into."""

    async def work(images: Images) -> dict[str, str]:
        await images.reencode(saved(corner_red(), "PNG"))
        lines = Path(f"/proc/{images.pid}/limits").read_text().splitlines()[1:]
        return {line[:26].strip(): line[26:].split()[0] for line in lines}

    limits = run(work)
    assert (limits["Max address space"], limits["Max file size"]) == (str(2**30), "0")
    assert limits["Max core file size"] == "0"
    assert limits["Max cpu time"].isdigit()
    assert limits["Max processes"].isdigit()


def test_too_many_bytes_never_reach_the_worker() -> None:
    async def work(images: Images) -> None:
        with pytest.raises(Invalid, match="too large"):
            await images.reencode(bytes(BYTES + 1))
        assert images.pid is None

    run(work)


def test_garbage_and_cut_pictures_are_refused_and_kill_nobody() -> None:
    seed = int(os.environ.get("FUZZ_SEED", time.time_ns() % 1_000_000))
    print("FUZZ_SEED", seed)
    chance = random.Random(seed)

    async def work(images: Images) -> None:
        first = None
        for kind in ("JPEG", "PNG", "WEBP", "GIF"):
            whole = saved(corner_red(), kind)
            for _ in range(60):
                broken = bytearray(whole[: chance.randrange(4, len(whole) + 1)])
                for _ in range(chance.randrange(4)):
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
                with suppress(Invalid):
                    await images.reencode(bytes(broken))
                first = first or images.pid
        assert images.pid == first

    run(work)


def test_a_worker_that_dies_is_started_again() -> None:
    async def work(images: Images) -> None:
        await images.reencode(saved(corner_red(), "PNG"))
        assert images.pid is not None
        os.kill(images.pid, signal.SIGKILL)
        made = await asyncio.gather(
            *(images.reencode(saved(corner_red(), "PNG")) for _ in range(3)), return_exceptions=True
        )
        assert isinstance(made[-1], Picture)

    run(work)


def test_a_worker_that_hangs_is_ended_and_started_again() -> None:
    async def work(images: Images) -> None:
        await images.reencode(saved(corner_red(), "PNG"))
        hung = images.pid
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        async with asyncio.timeout(60):
            with pytest.raises(Invalid):
                await images.reencode(saved(corner_red(), "PNG"))
        assert not Path(f"/proc/{hung}").exists()
        assert (await images.reencode(saved(corner_red(), "PNG"))).width == 40

    run(work, seconds=3.0)
