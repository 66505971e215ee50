"""Words that must not lie anywhere in the clear: planted in every field, looked for in every file and line."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.live import Live
from tests.trust.stage import staged
from webapp.logs import configure

CANARIES = [f"canary-{number:02d}-zwitscher" for number in range(50)]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The practice's own log, in full."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    written = io.StringIO()
    configure("debug", stream=written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.configure(**before)


def test_nothing_about_a_patient_lies_in_the_clear(live: Live, log: io.StringIO) -> None:
    staged(live, " ".join(CANARIES))
    looked, found = 0, []
    for path in live.store.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            looked += 1
            found += [path for canary in CANARIES if canary.encode() in content]
    assert not found
    assert not [canary for canary in CANARIES if canary in log.getvalue()]
    print(
        f"\ncanaries: {len(CANARIES)} planted, 0 found in {looked} files and {len(log.getvalue())} characters of log"
    )
    assert looked >= 3
