"""How often a test tries: the short form in every run, the long one with `--soak`."""

import sys

SOAK = "--soak" in sys.argv


def form(short: int, long: int) -> int:
    return long if SOAK else short
