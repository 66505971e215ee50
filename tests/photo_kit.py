"""Pictures with known colours, and how far a colour has moved: in CIELAB, computed from the primaries alone."""

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float64]

# Colorants of the ICC's profile connection space (D50), from the primaries of each space.
P3_D50 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]], dtype=np.float64
)
SRGB_D50 = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]], dtype=np.float64
)
D50 = np.array([0.96422, 1.0, 0.82521])
GAMMA = 563 / 256  # as an ICC curve of one entry can say it: 2.19922
# Values of a wide camera space that sRGB can also show.
PATCHES = (
    (200, 90, 80),
    (90, 160, 100),
    (80, 100, 180),
    (210, 180, 90),
    (190, 140, 120),
    (128, 128, 128),
    (235, 235, 235),
    (40, 40, 40),
)


def p3_profile() -> bytes:
    """A matrix profile of Display P3's primaries with a plain gamma (ICC.1:2001-04)."""
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 3) + b"P3\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(D50),
        **{name: _xyz(P3_D50[:, at]) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **{name: b"curv" + bytes(4) + struct.pack(">IHH", 1, 563, 0) for name in (b"rTRC", b"gTRC", b"bTRC")},
    }
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    size = offset + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += b"".join(struct.pack(">i", round(value * 65536)) for value in D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(values: Array) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def patches(width: int, height: int, *, texture: int = 0) -> Image.Image:
    """A picture of eight known colours in two rows; `texture` pixels at its foot hold noise, so that it has weight."""
    image = Image.new("RGB", (width, height))
    for at, colour in enumerate(PATCHES):
        left, top = (at % 4) * width // 4, (at // 4) * height // 2
        image.paste(colour, (left, top, left + width // 4, top + height // 2))
    if texture:
        noise = np.random.default_rng(7).integers(0, 255, (texture, width, 3), dtype=np.uint8)
        image.paste(Image.fromarray(noise), (0, height - texture))
    return image


def jpeg_of_p3(image: Image.Image, **options: Any) -> bytes:
    """As a phone writes it: a wide space with its profile, and where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    given = {"quality": 95, "subsampling": 0, "icc_profile": p3_profile(), "exif": exif, **options}
    image.save(out, "JPEG", **given)
    return out.getvalue()


def farthest(data: bytes) -> float:
    """The largest delta E (CIE 1976) of the eight patches in an sRGB picture from what the P3 values mean."""
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    worst = 0.0
    for at, colour in enumerate(PATCHES):
        x = (2 * (at % 4) + 1) * shown.width // 8
        y = (2 * (at // 4) + 1) * shown.height // 4
        found: Any = shown.getpixel((x, y))
        meant = P3_D50 @ (np.array(colour) / 255) ** GAMMA
        seen = SRGB_D50 @ _linear(np.array(found) / 255)
        worst = max(worst, float(np.linalg.norm(_lab(meant) - _lab(seen))))
    return worst


def _linear(srgb: Array) -> Array:
    """IEC 61966-2-1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _lab(xyz: Array) -> Array:
    """CIE 15: L*, a*, b* under D50."""
    ratio = xyz / D50
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
