"""The process that decodes images, and nothing else: no network, no files to write, little memory, little time.

Run by `images.py` as `python -m webapp.store.decoder`. It says ! when it is ready. Then, for each picture: on its
standard input a 4-byte length and the bytes; on its standard output a status (K for taken, R for refused), a 4-byte
length, and a line of JSON with the new picture, or the word for why not.
"""

import io
import json
import os
import resource
import struct
import sys
import warnings
from pathlib import Path

import pi_heif
from PIL import Image, ImageCms, UnidentifiedImageError

MEMORY = 1024 * 1024 * 1024  # of address space: a picture of 50 megapixels and its turned copy are 400 MB
THREADS = 256  # more than the user has now: the HEIC decoder starts one for each picture
CPU_S = 20  # per image
PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
BECOMES = {"GIF": "PNG", "HEIF": "JPEG"}
OPTIONS: dict[str, dict[str, int]] = {
    "JPEG": {"quality": 92, "subsampling": 0},
    "WEBP": {"quality": 92},
    "PNG": {},
}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class Unreadable(Exception):
    """One word of `images.REFUSALS`."""


def main() -> None:
    confine()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(b"!")
    target.flush()
    while len(length := source.read(8)) == 8:
        resource.setrlimit(resource.RLIMIT_CPU, (spent() + CPU_S, resource.RLIM_INFINITY))
        size, longest = struct.unpack(">II", length)
        status, answer = answered(source.read(size), longest)
        target.write(status + struct.pack(">I", len(answer)) + answer)
        target.flush()


def confine() -> None:
    pi_heif.register_heif_opener(thumbnails=False)
    pi_heif.options.DECODE_THREADS = 1
    Image.init()  # plugins are loaded before the doors close
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    most = running() + THREADS
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answered(data: bytes, longest: int = 0) -> tuple[bytes, bytes]:
    try:
        about, image = reencoded(data, longest)
    except Unreadable as error:
        return b"R", str(error).encode()
    except MemoryError:
        return b"R", b"large"
    except Exception:  # noqa: BLE001  # top: whatever a decoder raises on bytes from outside, they are refused
        return b"R", b"damaged"
    return b"K", json.dumps(about).encode() + b"\n" + image


def reencoded(data: bytes, longest: int = 0) -> tuple[dict[str, object], bytes]:
    """The same picture, upright, in sRGB, with nothing about where or with what it was taken.

    longest: pixels that the longer side has at most; 0 keeps the size.
    """
    picture = opened(data)
    kind = BECOMES.get(str(picture.format), str(picture.format))
    turn = TURNS.get(orientation(picture))
    if longest:
        picture.draft("RGB", (longest, longest))  # a JPEG is decoded no larger than needed
    picture.load()
    plain = in_plain_mode(in_srgb(picture))
    if turn is not None:
        plain = plain.transpose(turn)
    if longest:
        plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    plain.info = {}
    out = io.BytesIO()
    plain.save(out, kind, **OPTIONS[kind])
    return {"kind": kind.lower(), "width": plain.width, "height": plain.height}, out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The picture with its header read and nothing decoded."""
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("large") from None
    except UnidentifiedImageError:
        raise Unreadable("unknown") from None
    if picture.width * picture.height > PIXELS:
        raise Unreadable("large")
    return picture


def orientation(picture: Image.Image) -> int:
    """EXIF 2.32, 0x0112. A broken block of metadata does not make a picture unreadable: it is dropped anyway."""
    try:
        return int(picture.getexif().get(0x0112, 1))
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error, Warning):
        return 1


def in_srgb(picture: Image.Image) -> Image.Image:
    """Colours as every screen shows them; with a broken profile they stay as they are."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode == "CMYK":
            return ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB") or picture
        ImageCms.profileToProfile(picture, source, SRGB, inPlace=True)
    except (ImageCms.PyCMSError, OSError):
        pass
    return picture


def in_plain_mode(picture: Image.Image) -> Image.Image:
    """Grey, RGB or RGBA with 8 bits a channel."""
    if picture.mode.startswith("I;16"):
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    alpha = picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info
    wanted = "L" if picture.mode in ("1", "L") and not alpha else "RGBA" if alpha else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def running() -> int:
    """Threads of this user, who may not be root."""
    mine, count = os.getuid(), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == mine:
                count += sum(1 for _ in (process / "task").iterdir())
        except OSError:  # it has just ended
            continue
    return count


def spent() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime) + 1


if __name__ == "__main__":
    os.umask(0o077)
    main()
