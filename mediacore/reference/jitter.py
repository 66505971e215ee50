"""The delay estimator and the jitter buffer again, with lists and dictionaries."""

import math
from dataclasses import dataclass


class DelayEstimator:
    """Weights of past delays by whole ms; the share aimed at follows the share met."""

    def __init__(self, late_target: float = 0.01, most: float = 4000.0) -> None:
        self.bins: dict[int, int] = {}
        self.weight = 1 << 20
        self.updates = 0
        self.late_share = 0.85 * late_target
        self.pressure = 0.0
        self.interval = 20.0
        self.most = most
        self.anchor: float | None = None
        self.newest = self.latest = 0.0
        self.promises: list[tuple[float, float]] = []

    @property
    def target_ms(self) -> float:
        if self.anchor is None:
            return min(60.0, self.most)
        share = min(0.5, self.late_share * math.exp(-self.pressure))
        allowed = int(share * float(sum(self.bins.values())))
        above, edge = 0, 0
        for place in sorted(self.bins, reverse=True):
            above += self.bins[place]
            if above > allowed:
                edge = place
                break
        # With little seen, the least that a network may be expected to do.
        unsure = 40.0 * (1.0 - self.updates / 64.0)
        return min(max(edge + 1.0, unsure), self.most)

    def plain(self, sent: float) -> float:
        assert self.anchor is not None
        floor = min(self.latest - sent - self.anchor + 4.0, self.most)
        return sent + self.anchor + max(self.target_ms, floor)

    def playout_ms(self, sent: float) -> float:
        if self.anchor is None:
            return sent + 60.0
        at = self.plain(sent)
        fresh = not self.promises or sent > self.promises[-1][0]
        if sent - self.newest > 1.5 * self.interval and fresh and self.promises:
            asked, promised = self.promises[-1]
            at = max(at, min(promised + 2.5 * (sent - asked), sent + self.anchor + self.most))
        if fresh:
            self.promises = [*self.promises, (sent, at)][-128:]
        return at

    def update(self, sent: float, arrival: float) -> None:
        if self.anchor is None:
            self.anchor, self.newest, self.latest = arrival - sent, sent, arrival
        else:
            due = dict(self.promises).get(sent) or self.plain(sent)
            self.pressure += 0.08 * ((1.0 if arrival > due else 0.0) - self.late_share)
            self.pressure = max(-2.5, min(4.0, self.pressure))
            if 0.0 < sent - self.newest < 1000.0:
                self.interval += (sent - self.newest - self.interval) / 32.0
        relative = arrival - sent - self.anchor
        if relative < 0.0:
            by = int(-relative) + 1 if relative > -1e6 else 4096
            self.shift(min(by, 4095))
            if by > 4095:
                self.anchor = arrival - sent
            relative = arrival - sent - self.anchor
        place = min(int(relative), 4095)
        self.bins[place] = self.bins.get(place, 0) + self.weight
        self.weight += self.weight // 4000
        self.newest, self.latest = max(self.newest, sent), max(self.latest, arrival)
        self.updates += 1
        if self.updates % 4096 == 0:
            self.tend()

    def shift(self, by: int) -> None:
        moved: dict[int, int] = {}
        for place, weight in self.bins.items():
            at = max(0, min(4095, place + by))
            moved[at] = moved.get(at, 0) + weight
        self.bins = moved
        assert self.anchor is not None
        self.anchor -= float(by)

    def tend(self) -> None:
        if self.weight > 1 << 36:
            self.bins = {place: weight >> 16 for place, weight in self.bins.items()}
            self.weight >>= 16
        total, low = sum(self.bins.values()), 0
        for place in sorted(self.bins):
            low += self.bins[place]
            if low > total // 100_000:
                if place > 256:
                    self.shift(128 - place)
                return


@dataclass(frozen=True)
class Packet:
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    arrival_ms: float = 0.0


def complete_frames(packets: list[Packet]) -> list[tuple[int, bytes]]:
    """Of packets in order of sequence, the frames of which nothing is missing; the first is taken to begin one.

    A frame begins where its time is new and nothing is missing before it, or only one, which must be the end
    of the frame before, because that had none. It ends with its marker, or where the next one begins.
    """
    frames: list[tuple[int, bytes]] = []
    parts: list[bytes] | None = None
    before: Packet | None = None
    for packet in packets:
        gap = packet.sequence - before.sequence - 1 if before else 0
        if before is None or packet.timestamp != before.timestamp:
            if parts is not None and gap == 0 and before is not None and not before.marker:
                frames.append((before.timestamp, b"".join(parts)))
            clean = before is None or gap == 0 or (gap == 1 and not before.marker)
            parts = [] if clean else None
        elif gap:
            parts = None
        if parts is not None:
            parts.append(packet.payload)
            if packet.marker:
                frames.append((packet.timestamp, b"".join(parts)))
                parts = None
        before = packet
    return frames
