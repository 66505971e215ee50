"""The log: one JSON line per event on standard error, with nothing in it that opens a door.

Tokens, query strings and fragments are cut out wherever they appear, and no text from outside can begin a line.
"""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

LONGEST = 4000
HIDDEN = "[hidden]"
# What can open a door: 256 random bits as text, and whatever follows ? or # in an address.
TOKEN = re.compile(r"[A-Za-z0-9_\-]{40,}")
QUERY = re.compile(r"(?<=[/\w\]])[?#](?=[^\s'\"]*=|[A-Za-z0-9_\-]{16,})[^\s'\"]*")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def configure(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send every logger of this process, and every warning, through one JSON line each."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                scrubbed,
                structlog.processors.JSONRenderer(default=lambda _: HIDDEN),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "nicegui", "asyncio", "engineio.server", "socketio.server"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").propagate = False
    for name in ("uvicorn", "uvicorn.error", "websockets"):
        logging.getLogger(name).setLevel(
            max(root.level, logging.INFO)
        )  # below, each frame with what people say
    for name in ("peewee", "peewee.migrations"):
        logging.getLogger(name).setLevel(logging.WARNING)  # statements carry what patients wrote
    logging.captureWarnings(True)


def scrubbed(_: Any, __: str, event: EventDict) -> EventDict:
    return {key: _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        plain = CONTROLS.sub(" ", TOKEN.sub(HIDDEN, QUERY.sub(f"?{HIDDEN}", value)))
        return plain if len(plain) <= LONGEST else plain[:LONGEST] + "..."
    if isinstance(value, dict):
        return {str(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if isinstance(value, bytes):
        return HIDDEN
    return value
