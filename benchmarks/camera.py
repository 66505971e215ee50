"""A camera with something to see: a made-up picture that asks as much of a line as a room with a person in it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES, RATE = 1280, 720, 90, 30  # what the shell asks a camera for
SHAPE = 16  # points from one shade to the next
GRAIN = 6.0  # grey levels of noise, as of a small sensor indoors


def lively(path: Path) -> Path:
    """A YUV4MPEG2 file of three seconds: soft shapes that drift, with grain."""
    chance = np.random.default_rng(7)
    room = (
        softly(HEIGHT) @ chance.normal(128, 45, (HEIGHT // SHAPE + 1, WIDTH // SHAPE + 1)) @ softly(WIDTH).T
    )
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT, RATE))
        for number in range(FRAMES):
            drift = round(24 * np.sin(2 * np.pi * number / FRAMES))
            luma = np.roll(room, (drift // 2, drift), axis=(0, 1)) + chance.normal(0, GRAIN, room.shape)
            planes = (np.clip(luma, 0, 255), np.full((HEIGHT // 2, WIDTH // 2), 128.0))
            body = [plane.astype(np.uint8).tobytes() for plane in (*planes, planes[1])]
            file.write(b"FRAME\n" + b"".join(body))
    return path


def softly(points: int) -> NDArray[np.float64]:
    """(points, shades): the share of each shade in a point, which goes over from one into the next."""
    away = np.arange(points)[:, None] / SHAPE - np.arange(points // SHAPE + 1)
    return np.maximum(0.0, 1.0 - np.abs(away))
