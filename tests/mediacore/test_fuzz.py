"""Every fuzz target, a little, in every run of the suite."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mediacore.fuzz import TARGETS, corpus


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=20, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_survived(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_survived(name: str) -> None:
    inputs = list(corpus(40))
    assert len(inputs) == 40
    for data in inputs:
        TARGETS[name](data)
