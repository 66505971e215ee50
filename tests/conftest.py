"""Fixtures of the whole suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Cast, assemble


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long forms")


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    made = assemble(tmp_path)
    yield made
    made.close()
