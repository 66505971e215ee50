"""The forms of the kernels: which one runs, and that all give the same."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediacore import wave

ORDER = ["plain", "avx2", "avx512"]
SAMPLES = """
import sys
import numpy as np
from mediacore.scale import scale_plane, scale_rgb, scale_yuv420, window_scale
from mediacore import wave
rng = np.random.default_rng(17)
near, exact = [], []

def padded(*shape):
    room = np.zeros((shape[0], shape[1] + int(rng.integers(40)), *shape[2:]), np.uint8)
    return room[:: rng.choice([1, -1]), : shape[1]]

def pixels(*shape):
    view = padded(*shape)
    view[:] = rng.integers(0, 256, shape, np.uint8)
    return view

def made(scaler, source, *shape, **how):
    out = padded(*shape)
    scaler(source, out, **how)
    near.append(out.ravel())

for k in range(120):
    h, w, h2, w2 = (int(n) for n in np.exp(rng.uniform(0, 5.5, 4)).astype(int))
    name = ["area", "bilinear", "bicubic", "nearest"][k % 4]
    made(scale_rgb, pixels(h, w, 3), h2, w2, 3, filter=name)
    made(scale_plane, pixels(h, w), h2, w2, filter=name)
    deep = rng.integers(0, 65536, (h, w + k % 3), np.uint16)[:: 1 - k % 2 * 2, :w]
    made(window_scale, deep, h2, w2, low=3000, high=40000, invert=k % 3 == 0)
    made(window_scale, deep.view(np.int16), h2, w2, low=-9000.5, high=9000, invert=k % 3 == 1)
    halves, new = ((h + 1) // 2, (w + 1) // 2), ((h2 + 1) // 2, (w2 + 1) // 2)
    outs = [padded(h2, w2), padded(*new), padded(*new)]
    scale_yuv420([pixels(h, w), pixels(*halves), pixels(*halves)], outs, filter=name)
    near += [out.ravel() for out in outs]
for n in (2, 3, 4):
    made(scale_plane, pixels(n * 37, n * 141), 37, 141)
    made(scale_rgb, pixels(n * 37, n * 141, 3), 37, 141, 3)
raw = rng.bytes(3003)
exact += [wave.unpack_212(raw), wave.unpack_s24le(raw), wave.unpack_s24be(raw), wave.sfloat(raw[:3000])]
packets = rng.integers(0, 128, (4000, 5), np.uint8)
packets[:, 0] |= 128
packets[rng.random((4000, 5)) < 0.01] ^= 128
packets[rng.random((4000, 5)) < 0.02] = 127
packets[rng.random(4000) < 0.05, 1] = 0
for Reader in (wave.Contec5Reader, wave.Bci5Reader):
    reader = Reader()
    exact += [reader.feed(packets.tobytes()), reader.finish()]
    exact.append(np.array([reader.packets, reader.garbage_bytes, reader.resyncs]))
exact = np.concatenate([np.frombuffer(part.tobytes(), np.uint8) for part in exact])
print(wave.isa(), file=sys.stderr, end="")
np.savez(sys.stdout.buffer, near=np.concatenate(near), exact=exact)
"""


def in_form(form: str, code: str = SAMPLES) -> subprocess.CompletedProcess[bytes]:
    """Another process, with MEDIACORE_ISA set."""
    environment = {**os.environ, "MEDIACORE_ISA": form, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)


def samples(form: str) -> tuple[str, NDArray[np.int16], bytes]:
    done = in_form(form)
    arrays = np.load(io.BytesIO(done.stdout))
    return done.stderr.decode(), arrays["near"].astype(np.int16), arrays["exact"].tobytes()


def test_every_form_gives_the_same() -> None:
    """Pixels within one grey level, numbers and packets to the bit."""
    best = samples("")[0]
    _, near, exact = samples("plain")
    print(f"up to {best}: {len(near)} pixels, {len(exact)} bytes")
    assert len(near) > 1_000_000
    assert len(exact) > 100_000
    for form in ORDER[: ORDER.index(best) + 1]:
        chosen, pixels, numbers = samples(form)
        assert chosen == form
        assert np.abs(pixels - near).max() <= 1
        assert numbers == exact
    assert wave.isa() in ORDER


def test_it_refuses_to_run_in_every_form_that_it_does_not_have() -> None:
    for module in ("wave", "scale"):
        done = in_form("avx1024", f"import mediacore.{module}")
        assert done.returncode == 1
        assert b"got MEDIACORE_ISA=avx1024; there are plain, avx2 and avx512, here up to " in done.stderr
