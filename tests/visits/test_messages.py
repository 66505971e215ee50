"""What comes in over the socket: every text is one of our messages or Bad, and nothing else."""

import json
import os
import random

import pytest

from webapp.visits.line import Outbox
from webapp.visits.messages import READERS, Bad, SignalPart, parse

SEED = int(os.environ.get("FUZZ_SEED") or random.randrange(2**32))
CASES = 5000
FIELDS = ["to", "to_instance", "link", "candidate", "description", "id", "text", "camera", "microphone"]
FIELDS += ["browser", "with", "seat", "instance", "epoch", "last", "type", "sdp", "t"]
ODD: list[object] = [
    None,
    True,
    0,
    -1,
    1,
    2**70,
    1.5,
    1e400,
    "",
    "a",
    "ok",
    "offer",
    "a b",
    "\n",
    "\ud800",
    "é" * 70,
    "x" * 5000,
    [],
    {},
]


def odd(chance: random.Random, depth: int = 0) -> object:
    """Any JSON value, most of them near to what a message holds."""
    if depth < 3 and chance.random() < 0.3:
        fields = chance.sample(FIELDS, chance.randrange(4))
        return {name: odd(chance, depth + 1) for name in fields}
    return chance.choice(ODD)


def garbled(chance: random.Random) -> str:
    message = {name: odd(chance) for name in chance.sample(FIELDS, chance.randrange(9))}
    if chance.random() < 0.9:
        message["t"] = chance.choice(sorted(READERS))
    text = json.dumps(message)
    if chance.random() < 0.2:
        cut = chance.randrange(len(text))
        text = text[:cut] + chance.choice(["", '"', "{", "\x00", "\\"]) + text[cut + 1 :]
    return text


def test_no_text_raises_anything_but_bad() -> None:
    print(f"FUZZ_SEED={SEED}")
    chance, good = random.Random(SEED), 0
    for _ in range(CASES):
        try:
            message = parse(garbled(chance))
        except Bad as bad:
            assert len(str(bad)) < 100  # what was sent is not repeated
        else:
            good += 1
            json.dumps(getattr(message, "part", ()))
    print(f"{good} of {CASES} were messages")
    assert good >= CASES // 50


def test_a_candidate_keeps_our_fields_alone() -> None:
    sent = {"candidate": "c", "sdpMid": None, "sdpMLineIndex": 1, "usernameFragment": "u", "evil": {"x": 1}}
    text = {"t": "signal", "to": "a", "to_instance": "b", "link": 2, "candidate": sent}
    message = parse(json.dumps(text))
    assert isinstance(message, SignalPart)
    kept = {"candidate": "c", "sdpMLineIndex": 1, "usernameFragment": "u"}
    assert message.part == (("candidate", kept),)


def test_an_outbox_keeps_the_last_300_messages() -> None:
    outbox = Outbox()
    for _ in range(1000):
        outbox.add({"t": "signal"})
    assert outbox.since(699) is None
    kept = outbox.since(700)
    assert kept is not None
    assert [json.loads(text)["n"] for text in kept] == list(range(701, 1001))
    assert outbox.since(1000) == []
    assert outbox.since(1001) is None


def test_an_outbox_keeps_half_a_megabyte() -> None:
    outbox = Outbox()
    for _ in range(20):
        outbox.add({"t": "signal", "sdp": "x" * 60_000})
    kept = outbox.since(12)
    assert kept is not None
    assert sum(map(len, kept)) <= 512 * 1024
    assert outbox.since(11) is None


def test_a_cleared_outbox_goes_on_counting() -> None:
    outbox = Outbox()
    outbox.add({"t": "signal"})
    outbox.clear()
    assert outbox.since(0) is None
    assert outbox.since(1) == []
    assert json.loads(outbox.add({"t": "chat"}))["n"] == 2


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000, '"\\ud800"', "\x00", "{" * 70_000, None])
def test_the_odd_ones_are_bad(text: str | None) -> None:
    with pytest.raises(Bad):
        parse(text)
