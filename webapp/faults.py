"""Faults that nobody foresaw: told by their kind and place alone, for their words may be about a patient."""

import contextlib
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """The one place where such a fault ends: it is told, and what follows the block goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # it is told
        tell(error)


def tell(error: Exception) -> None:
    """One line: the kind of the error and the last place of our own that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "webapp" in Path(frame.filename).parts] or list(frames)
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "nowhere"
    log.error("%s at %s", type(error).__name__, place)
