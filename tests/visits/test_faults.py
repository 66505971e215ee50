"""The short form of the random faults: one visit, ten of them."""

import os
import random
import time

from playwright.sync_api import Browser

from benchmarks.bench_faults import KINDS, Faulty
from benchmarks.bench_visit import Served


def test_a_visit_survives_what_happens_to_it(browser: Browser) -> None:
    seed = int(os.environ.get("FUZZ_SEED", time.time_ns() % 1_000_000))
    print("FUZZ_SEED", seed)
    served = Served(1)
    try:
        visit = Faulty(served, browser, 0, random.Random(seed))
        visit.tell(10)
        assert set(visit.kinds) == set(KINDS)
        assert visit.finish()
        assert not visit.ghosts
        assert not visit.lost()
        print("faults in one visit:", dict(visit.kinds))
        visit.close()
    finally:
        served.kill()
