"""What every test of the media core shares: a printed seed and the data beside the suite."""

import os
import secrets
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator whose seed is printed; FUZZ_SEED pins it."""
    seed = int(os.environ.get("FUZZ_SEED", "0")) or secrets.randbits(32)
    print(f"FUZZ_SEED={seed}")
    return np.random.default_rng(seed)
