"""The jitter buffer again: a dictionary of packets, gone through from the front for every question."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mediacore.reference.jitter import DelayEstimator, Packet
from mediacore.reference.numbers import signed


@dataclass(frozen=True)
class Frame:
    timestamp: int
    payload: bytes
    lost_before: int
    arrival_ms: float


class JitterBuffer:
    def __init__(self, clock_rate_hz: float, *, video: bool, max_delay_ms: float = 2000.0) -> None:
        self.ms = 1000.0 / clock_rate_hz
        self.video, self.most = video, max_delay_ms
        self.packets: dict[int, Packet] = {}
        self.come: dict[int, int] = {}  # by place in a ring: what came last there, given out or not
        self.begun, self.room = False, 512
        self.odd: Packet | None = None
        self.received = self.late = self.duplicate = self.lost = 0
        self.frames = self.skipped = self.key_frames_wanted = 0

    def begin(self, first: Packet) -> None:
        """A source: its first packet is taken to begin a frame."""
        self.begun = self.untouched = self.last_marker = True
        self.packets, self.come = {}, {}
        self.head = self.highest = (1 << 32) + first.sequence
        self.newest = (1 << 40) + first.timestamp
        self.newest_arrival = first.arrival_ms
        self.last_time: int | None = None
        self.asked_for = -1
        self.lost_pending = self.gap = self.step = self.steady = 0
        self.delay = DelayEstimator(most=self.most)
        if self.video:
            self.delay.update(self.newest * self.ms, first.arrival_ms)

    def push(self, sequence: int, timestamp: int, marker: bool, payload: bytes, arrival_ms: float) -> None:
        packet = Packet(sequence, timestamp, marker, payload, arrival_ms)
        self.received += 1
        if not self.begun:
            self.begin(packet)
        if self.strange(packet):
            if not self.confirmed(packet):
                self.late += 1
                self.odd = packet
                return
            first, self.odd = self.odd, None
            assert first is not None
            self.drop_until(self.highest + 1)
            self.begin(first)
            self.late -= 1
            self.put(first)
        self.put(packet)

    def place(self, packet: Packet) -> tuple[int, int]:
        """Sequence and timestamp without their wraps."""
        at = self.highest + signed(packet.sequence - self.highest, 16)
        return at, self.newest + signed(packet.timestamp - self.newest, 32)

    def strange(self, packet: Packet) -> bool:
        at, time = self.place(packet)
        jump = (time - self.newest) * self.ms
        ahead = jump - (packet.arrival_ms - self.newest_arrival)
        near = -1000 < at - self.highest < 3000
        return not (near and jump > -10_000.0 - self.most and abs(ahead) < 60_000.0)

    def confirmed(self, packet: Packet) -> bool:
        if self.odd is None or abs(packet.arrival_ms - self.odd.arrival_ms) >= 10_000.0:
            return False
        return 0 < abs(signed(packet.sequence - self.odd.sequence, 16)) <= 16

    def put(self, packet: Packet) -> None:
        at, time = self.place(packet)
        if at < self.head and self.untouched and self.highest - at < self.room - 1:
            self.head = at
        if self.come.get(at % self.room) == at:
            self.duplicate += 1
            return
        if at < self.head:
            self.late += 1
            if not self.video:
                self.delay.update(time * self.ms, packet.arrival_ms)
            return
        while at - self.head >= self.room < 8192:
            self.room *= 2
            self.come = {known % self.room: known for known in self.come.values()}
        if at - self.head >= self.room:
            self.drop_until(at - self.room // 2)
        self.come[at % self.room] = at
        self.packets[at] = Packet(at, time, packet.marker, packet.payload, packet.arrival_ms)
        self.highest = max(self.highest, at)
        if time > self.newest:
            self.newest, self.newest_arrival = time, packet.arrival_ms
        if not self.video:
            self.delay.update(time * self.ms, packet.arrival_ms)
            return
        self.tell_if_whole(at)
        before = self.packets.get(at - 1)
        if at > self.head and before and before.timestamp != time and not before.marker:
            self.tell_if_whole(at - 1)

    def tell_if_whole(self, at: int) -> None:
        """What counts for the delay of a frame is the packet that made it whole."""
        packet = self.packets[at]
        last = packet
        while not last.marker and last.timestamp == packet.timestamp:
            if last.sequence + 1 not in self.packets:
                return
            last = self.packets[last.sequence + 1]
        first = at
        while first > self.head and self.time_at(first - 1) == packet.timestamp:
            first -= 1
        seen = [k for k in self.packets if self.head <= k < first]
        if seen:
            before = self.packets[max(seen)]
            clean = self.clean(first - 1 - max(seen), before.timestamp, before.marker, packet.timestamp)
        else:
            clean = self.clean(
                first - self.head + self.gap, self.last_time, self.last_marker, packet.timestamp
            )
        if clean:
            self.delay.update(packet.timestamp * self.ms, packet.arrival_ms)

    def time_at(self, at: int) -> int | None:
        return self.packets[at].timestamp if at in self.packets else None

    def clean(self, gap: int, last_time: int | None, last_marker: bool, time: int) -> bool:
        """All that is missing before belongs to other frames: an unseen end, and one packet for each frame between."""
        if gap == 0 or last_time is None:
            return gap == 0
        others = 0 if last_marker else 1
        if self.steady >= 8 and self.step > 0:
            others += divide(time - last_time + self.step // 2, self.step) - 1
        return gap == others

    def next_frame(self) -> tuple[int, int] | None:
        """The first packet of the next whole frame, and the one after its last."""
        gap, time, marker = self.gap, self.last_time, self.last_marker
        first: int | None = None
        for at in range(self.head, self.highest + 1):
            packet = self.packets.get(at)
            if packet is None:
                gap, first = gap + 1, None
                continue
            if not self.video:
                return at, at + 1
            if packet.timestamp != time:
                if first is not None:
                    return first, at
                first = at if self.clean(gap, time, marker, packet.timestamp) else None
                time = packet.timestamp
            gap, marker = 0, packet.marker
            if marker and first is not None:
                return first, at + 1
        return None

    def due(self, at: int) -> float:
        return self.delay.playout_ms(self.packets[at].timestamp * self.ms)

    def pop(self, now_ms: float) -> Frame | None:
        if not self.begun:
            return None
        found = self.next_frame()
        if found is None:
            self.want_key_frame(now_ms)
            return None
        if self.due(found[0]) > now_ms:
            if found[0] != self.head:
                self.want_key_frame(now_ms)
            return None
        return self.take(*found)

    def next_due_ms(self, now_ms: float) -> float | None:
        found = self.next_frame() if self.begun else None
        return None if found is None else max(now_ms, self.due(found[0]))

    def missing(self, now_ms: float) -> list[int]:
        """From the newest back: what has not come, until something is due."""
        found: list[int] = []
        time = None
        for at in range(self.highest, self.head - 1, -1) if self.begun else ():
            if at not in self.packets:
                found.insert(0, at % 65536)
            elif self.packets[at].timestamp != time:
                time = self.packets[at].timestamp
                if self.due(at) <= now_ms:
                    break
            if len(found) == 512:
                break
        return found

    def want_key_frame(self, now_ms: float) -> None:
        """Once for each frame whose time has passed unfinished."""
        if not self.video or not self.packets:
            return
        at = min(self.packets)
        if at <= self.asked_for:
            return
        whole_so_far = set(range(self.head, self.highest + 1)) <= set(self.packets)
        if not (self.gap == 0 and whole_so_far) and self.due(at) <= now_ms:
            self.key_frames_wanted += 1
            self.asked_for = self.highest

    def drop_until(self, end: int) -> None:
        self.untouched = False
        time = None
        for at in range(self.head, end):
            packet = self.packets.pop(at, None)
            if packet is None:
                self.lost, self.lost_pending, self.gap = self.lost + 1, self.lost_pending + 1, self.gap + 1
                continue
            self.skipped += packet.timestamp != time
            time = packet.timestamp
            self.last_time, self.last_marker, self.gap = time, packet.marker, 0
        self.head = max(self.head, end)

    def take(self, first: int, end: int) -> Frame:
        gap = first != self.head
        self.drop_until(first)
        if gap and self.video and first > self.asked_for:
            self.key_frames_wanted += 1
            self.asked_for = self.highest
        packets = [self.packets.pop(at) for at in range(first, end)]
        time = packets[0].timestamp
        if self.video and not gap and self.last_time is not None:
            step = time - self.last_time
            self.steady = self.steady + 1 if 10 * abs(step - self.step) <= self.step else 0
            self.step = self.step if self.steady else step
        self.untouched = False
        self.last_time, self.last_marker, self.gap, self.head = time, True, 0, end
        self.frames += 1
        lost, self.lost_pending = self.lost_pending, 0
        payload = b"".join(packet.payload for packet in packets)
        return Frame(time % (1 << 32), payload, lost, max(packet.arrival_ms for packet in packets))


def divide(a: int, b: int) -> int:
    """As C does: towards zero."""
    return math.trunc(a / b)
