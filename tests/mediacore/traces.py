"""Packets on their way: when each of many 20 ms packets arrives, on networks good and bad."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[Any]


def traces(rng: np.random.Generator, count: int) -> dict[str, tuple[Times, Times]]:
    """For each network, when packets were sent and when they arrived, ms."""
    sent = np.arange(count) * 20.0
    quiet = 5.0 + rng.gamma(2, 1.5, count)
    step = 10.0 + rng.gamma(2, 3.0, count) + 60.0 * (np.arange(count) >= count // 2)
    phase = rng.uniform(0, 45)
    ticks = np.ceil((sent + 3.0 - phase) / 45.0) * 45.0 + phase + 45.0 * (rng.geometric(0.9, count) - 1)
    return {
        "lan": (sent, sent + 1.0 + rng.gamma(2, 0.35, count)),
        "gamma": (sent, sent + 10.0 + rng.gamma(2, 6.0, count)),
        "pareto": (sent, sent + 10.0 + 2.1 * (rng.random(count) ** (-1 / 1.5) - 1.0)),
        "wifi": (sent, in_order(sent + quiet + spikes(rng, count))),
        "lte": (sent, in_order(stalled(rng, sent, 20.0 + rng.gamma(2, 4.0, count)))),
        "step": (sent, in_order(sent + step)),
        "ble": (sent, in_order(ticks)),
    }


def in_order(arrivals: Times) -> Times:
    """No packet overtakes another."""
    ordered: Times = np.maximum.accumulate(arrivals)
    return ordered


def spikes(rng: np.random.Generator, count: int) -> Times:
    """Every few seconds one packet waits 30 to 180 ms for the air."""
    return np.where(rng.random(count) < 1 / 120, rng.uniform(30, 180, count), 0.0)


def stalled(rng: np.random.Generator, sent: Times, delays: Times) -> Times:
    """Every few seconds nothing arrives for a while, then all at once."""
    arrivals = sent + delays
    for start in np.flatnonzero(rng.random(len(sent)) < 1 / 180):
        end = sent[start] + rng.gamma(3, 45.0)
        held = (np.arange(len(sent)) >= start) & (sent < end)
        arrivals[held] = np.maximum(arrivals[held], end + 0.2 * delays[held])
    return arrivals


def as_due(estimator: object, sent: Times, arrivals: Times) -> Times:
    """Play each packet when the estimator said, asked when the one before was due."""
    order = np.argsort(arrivals, kind="stable")
    playout, known, now = np.empty(len(sent)), 0, float(arrivals[0])
    for index in range(len(sent)):
        while known < len(order) and arrivals[order[known]] <= now:
            estimator.update(float(sent[order[known]]), float(arrivals[order[known]]))  # type: ignore[attr-defined]
            known += 1
        playout[index] = estimator.playout_ms(float(sent[index]))  # type: ignore[attr-defined]
        now = max(now, float(playout[index]))
    return playout


def as_arriving(estimator: object, sent: Times, arrivals: Times) -> Times:
    """Ask about each packet right before it arrives."""
    playout = np.empty(len(sent))
    for index in np.argsort(arrivals, kind="stable"):
        playout[index] = estimator.playout_ms(float(sent[index]))  # type: ignore[attr-defined]
        estimator.update(float(sent[index]), float(arrivals[index]))  # type: ignore[attr-defined]
    return playout
