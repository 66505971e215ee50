"""The log: one line per event whatever is in it, and nothing in it that opens a door."""

import io
import json
import logging
import secrets
import warnings
from collections.abc import Iterator

import pytest
import structlog

from webapp import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


EVIL = "a\r\nb\x1b[31mred\x00\u2028c\x85d\x9b2J"


def test_nothing_from_outside_can_break_or_colour_a_line(stream: io.StringIO) -> None:
    logging.getLogger("nicegui").warning("name %s", EVIL)
    structlog.get_logger("ours").info("said", text=EVIL, inside={"x": [EVIL]})
    assert len(stream.getvalue().splitlines()) == 2
    assert not any(mark in stream.getvalue() for mark in "\x1b\x00\u2028\x85\x9b\r")
    read = [
        str(value) for line in lines(stream) for value in line.values()
    ]  # as whoever reads the JSON has it
    assert not any(mark in value for mark in "\x1b\x00\u2028\x85\x9b\r" for value in read)
    assert [line["level"] for line in lines(stream)] == ["warning", "info"]


def test_tokens_and_what_follows_an_address_are_cut_out(stream: io.StringIO) -> None:
    token = secrets.token_urlsafe(32)
    logging.getLogger("nicegui").warning("http://127.0.0.1:8080/join/abc#%s not found", token)
    logging.getLogger("uvicorn.error").error("GET /patients?name=CANARY&born=1970 failed")
    structlog.get_logger("ours").info("link", path=f"/demo/clinician/{token}", raw=token.encode())
    text = stream.getvalue()
    assert token not in text
    assert "CANARY" not in text
    assert "/join/abc" in text
    assert "/patients?[hidden] failed" in text


def test_a_question_is_not_taken_for_a_query(stream: io.StringIO) -> None:
    logging.getLogger("ours").warning("is this right? yes, see note #4")
    assert lines(stream)[0]["event"] == "is this right? yes, see note #4"


def test_a_traceback_is_part_of_its_line(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"bad {EVIL}")
    except ValueError:
        logging.getLogger("ours").exception("failed")
    (line,) = lines(stream)
    assert "ValueError" in str(line["exception"])


def test_an_overlong_text_is_cut(stream: io.StringIO) -> None:
    logging.getLogger("ours").warning("x y " * 100_000)
    assert len(stream.getvalue()) < 5_000


def test_warnings_and_other_loggers_go_the_same_way(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    logging.getLogger("asyncio").error("slow")
    assert [line["logger"] for line in lines(stream)] == ["py.warnings", "asyncio"]


def test_below_its_level_nothing_is_written(stream: io.StringIO) -> None:
    structlog.get_logger("ours").debug("quiet")
    logging.getLogger("ours").debug("quiet")
    logging.getLogger("uvicorn.access").info("GET /")
    assert stream.getvalue() == ""
