"""The delay estimator and the jitter buffer: on made-up networks, through wraps, restarts and any packets."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediacore.jitter import DelayEstimator, Frame, JitterBuffer
from mediacore.reference import jitter as reference
from tests.mediacore.traces import as_arriving, as_due, traces

VIDEO, AUDIO = 90_000, 48_000


@pytest.mark.parametrize("asking", [as_due, as_arriving])
def test_one_packet_in_a_hundred_is_late_and_the_delay_no_longer_than_a_fixed_one(asking: Any) -> None:
    for name, (sent, arrivals) in traces(np.random.default_rng(11), 15_000).items():
        delays = arrivals - sent
        fixed = np.quantile(delays, 0.99) - delays.min()
        playout = asking(DelayEstimator(), sent, arrivals)
        mean = (playout - sent).mean() - delays.min()
        print(f"{name}: fixed {fixed:.0f} ms, ours {mean:.0f} ms, late {(arrivals > playout).mean():.4f}")
        assert (arrivals > playout).mean() <= 0.01
        assert mean <= max(1.25 * fixed, fixed + 5.0)


def test_it_equals_the_specification(rng: np.random.Generator) -> None:
    for sent, arrivals in traces(rng, 600).values():
        ours, expected = DelayEstimator(), reference.DelayEstimator()
        for index in np.argsort(arrivals, kind="stable"):
            time, arrival = float(sent[index]), float(arrivals[index])
            ahead = float(rng.integers(0, 4) * 20)
            assert ours.playout_ms(time + ahead) == expected.playout_ms(time + ahead)
            ours.update(time, arrival)
            expected.update(time, arrival)
            assert ours.target_ms == expected.target_ms


@settings(max_examples=60, deadline=None)
@given(
    packets=st.lists(
        st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)), max_size=40
    ),
    late=st.floats(0.001, 0.5),
)
def test_any_times_give_what_the_specification_gives(
    packets: list[tuple[float, float, float]], late: float
) -> None:
    ours, expected = DelayEstimator(late_target=late), reference.DelayEstimator(late_target=late)
    for asked, sent, arrival in packets:
        assert ours.playout_ms(asked) == expected.playout_ms(asked)
        ours.update(sent, arrival)
        expected.update(sent, arrival)
        assert ours.target_ms == expected.target_ms


def test_after_a_step_the_delay_settles_within_five_seconds() -> None:
    sent, arrivals = traces(np.random.default_rng(5), 9000)["step"]
    playout = as_due(DelayEstimator(), sent, arrivals)
    settled = slice(4500 + 250, 4500 + 1000)
    bound = np.quantile((arrivals - sent)[settled], 0.99)
    assert (playout - sent)[settled].mean() <= 1.5 * bound


@pytest.mark.parametrize("ppm", [-50, 50])
@pytest.mark.parametrize("trace", ["lan", "gamma", "wifi", "lte", "ble"])
def test_a_skewed_clock_changes_nothing(trace: str, ppm: int) -> None:
    sent, arrivals = traces(np.random.default_rng(3), 15_000)[trace]
    drift = sent * ppm * 1e-6
    plain = as_due(DelayEstimator(), sent, arrivals)
    playout = as_due(DelayEstimator(), sent, arrivals + drift)
    late, skewed_late = (arrivals > plain).mean(), (arrivals + drift > playout).mean()
    delay, skewed_delay = (plain - sent).mean(), (playout - sent - drift).mean()
    print(f"late {late:.4f}, {skewed_late:.4f} skewed; delay {delay:.1f}, {skewed_delay:.1f} skewed")
    assert skewed_late <= max(0.0105, late + 0.001)
    assert abs(skewed_delay - delay) <= max(5.0, 0.1 * delay)


@pytest.mark.parametrize("bad", [0.0, 0.6, float("nan")])
def test_the_late_share_is_a_small_share(bad: float) -> None:
    with pytest.raises(ValueError, match="late share"):
        DelayEstimator(late_target=bad)
    with pytest.raises(ValueError, match="late share"):
        JitterBuffer(AUDIO, video=False, late_target=bad)


def test_times_are_finite() -> None:
    for call in (
        lambda: DelayEstimator().update(0, float("inf")),
        lambda: DelayEstimator().playout_ms(float("nan")),
    ):
        with pytest.raises(ValueError, match="finite"):
            call()
    with pytest.raises(ValueError, match="finite"):
        JitterBuffer(AUDIO, video=False).push(0, 0, True, b"", float("nan"))
    with pytest.raises(ValueError, match="clock of 0"):
        JitterBuffer(0, video=False)


def drain(buffer: JitterBuffer, now: float) -> list[Frame]:
    frames = []
    while (frame := buffer.pop(now)) is not None:
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("sequence", "timestamp"), [(0, 0), (65_500, (1 << 32) - 9600)])
def test_audio_plays_in_order_through_wraps_duplicates_and_reordering(sequence: int, timestamp: int) -> None:
    buffer = JitterBuffer(AUDIO, video=False)
    order = [k ^ 1 if k % 10 == 4 or k % 10 == 5 else k for k in range(400)]
    played: list[Frame] = []
    for at, k in enumerate(order):
        packet = ((sequence + k) % 65536, (timestamp + 960 * k) % (1 << 32), True, b"%d" % k, 20.0 * at + 5)
        buffer.push(*packet)
        if k % 7 == 0:
            buffer.push(*packet)
        played += drain(buffer, 20.0 * at + 5)
    played += drain(buffer, 1e6)
    assert [frame.payload for frame in played] == [b"%d" % k for k in range(400)]
    assert [frame.timestamp for frame in played] == [(timestamp + 960 * k) % (1 << 32) for k in range(400)]
    stats = buffer.stats
    assert (stats.received, stats.duplicate, stats.lost, stats.frames) == (458, 58, 0, 400)


def test_a_lost_audio_packet_is_passed_over_and_named() -> None:
    buffer = JitterBuffer(AUDIO, video=False)
    for k in (0, 1, 2, 4, 5):
        buffer.push(k, 960 * k, True, b"%d" % k, 20.0 * k)
    assert buffer.missing(100.0) == [3]
    frames = drain(buffer, 1000.0)
    assert [(frame.payload, frame.lost_before) for frame in frames] == [
        (b"0", 0), (b"1", 0), (b"2", 0), (b"4", 1), (b"5", 0),
    ]  # fmt: skip
    assert buffer.stats.lost == 1
    buffer.push(3, 960 * 3, True, b"3", 1100.0)
    assert (buffer.stats.late, drain(buffer, 2000.0)) == (1, [])


def test_nothing_is_played_before_its_time() -> None:
    buffer = JitterBuffer(AUDIO, video=False)
    for k in range(200):
        buffer.push(k, 960 * k, True, b"", 20.0 * k + 30.0 * (k % 2))
    due = buffer.next_due_ms(0.0)
    assert due is not None
    assert buffer.pop(due - 0.01) is None
    assert buffer.pop(due) is not None


def video(frames: int, packets: int = 5, start: int = 0) -> list[reference.Packet]:
    return [
        reference.Packet(start + f * packets + p, f * 3000, p == packets - 1, b"%d.%d " % (f, p))
        for f in range(frames)
        for p in range(packets)
    ]


def play(
    packets: list[reference.Packet], rng: np.random.Generator
) -> tuple[list[tuple[int, bytes]], JitterBuffer]:
    """Push each a little late and out of order, popping all along."""
    buffer, out = JitterBuffer(VIDEO, video=True), []
    arrivals = [(p.timestamp / 90.0 + rng.gamma(2, 3.0), p) for p in packets]
    for arrival, packet in sorted(arrivals, key=lambda pair: pair[0]):
        buffer.push(packet.sequence % 65536, packet.timestamp, packet.marker, packet.payload, arrival)
        out += drain(buffer, arrival)
    out += drain(buffer, 1e9)
    return [(frame.timestamp, frame.payload) for frame in out], buffer


def test_video_frames_come_out_whole(rng: np.random.Generator) -> None:
    packets = video(300, start=65_000)
    out, buffer = play(packets, rng)
    assert out == reference.complete_frames(packets)
    assert buffer.stats.skipped == 0


def test_at_five_percent_loss_nearly_every_whole_frame_comes_out(rng: np.random.Generator) -> None:
    whole = given_out = 0
    for size in (1, 3, 8):
        packets = video(500, size)
        kept = [p for p in packets if rng.random() >= 0.05 or p.sequence == 0]
        numbers = {p.sequence for p in kept}
        whole += sum(all(f * size + k in numbers for k in range(size)) for f in range(500))
        out, buffer = play(kept, rng)
        complete = {f * 3000: b"".join(b"%d.%d " % (f, k) for k in range(size)) for f in range(500)}
        assert all(complete[stamp] == payload for stamp, payload in out)
        assert buffer.stats.key_frames_wanted > 0
        given_out += len(out)
    print(f"{given_out} of {whole} whole frames")
    assert given_out >= 0.98 * whole


def test_a_freeze_lasts_a_round_trip_and_a_key_frame_interval_at_most(rng: np.random.Generator) -> None:
    """0.2 % loss, nothing sent again, five minutes at 30 frames a second in 5 packets, a key frame every 3 s.

    A key frame that is asked for comes a round trip later; until one has come whole, nothing can be decoded.
    """
    frame_ms, round_trip_ms, every = 100 / 3, 120.0, 90
    buffer, keys, shown, wanted, broken = JitterBuffer(VIDEO, video=True), {0}, [0.0], 0, False
    asked: list[float] = []
    for frame in range(9000):
        now = frame * frame_ms
        if frame % every == 0 or (asked and asked[0] + round_trip_ms <= now):
            keys.add(frame)
            asked.clear()
        for part in range(5):
            if rng.random() >= 0.002 or frame == 0:
                buffer.push((frame * 5 + part) % 65536, frame * 3000, part == 4, b"", now + part)
        for at in (now + 5, now + frame_ms - 1):
            for out in drain(buffer, at):
                broken = (broken or out.lost_before > 0) and out.timestamp // 3000 not in keys
                if not broken:
                    shown.append(at)
            if buffer.stats.key_frames_wanted > wanted:
                wanted = buffer.stats.key_frames_wanted
                asked.append(at)
    freeze = max(b - a for a, b in itertools.pairwise(shown))
    print(f"longest freeze {freeze:.0f} ms, {buffer.stats.skipped} frames skipped")
    assert buffer.stats.skipped > 20
    assert freeze <= round_trip_ms + every * frame_ms


def test_an_unfinished_frame_is_skipped_for_the_next_and_a_key_frame_asked_for() -> None:
    buffer = JitterBuffer(VIDEO, video=True)
    lost = 7
    for packet in video(4, 5):
        if packet.sequence != lost:
            buffer.push(
                packet.sequence, packet.timestamp, packet.marker, packet.payload, packet.timestamp / 90
            )
    assert buffer.missing(0.0) == [7]
    frames = drain(buffer, 1000.0)
    assert [frame.timestamp for frame in frames] == [0, 6000, 9000]
    assert [frame.lost_before for frame in frames] == [0, 1, 0]
    assert (buffer.stats.skipped, buffer.stats.key_frames_wanted) == (1, 1)


def test_when_nothing_is_whole_a_key_frame_is_asked_for_once() -> None:
    buffer = JitterBuffer(VIDEO, video=True)
    for packet in video(1, 5):
        buffer.push(packet.sequence, packet.timestamp, packet.marker, packet.payload, 0.0)
    assert len(drain(buffer, 1000.0)) == 1
    buffer.push(6, 3000, False, b"", 33.0)
    buffer.push(8, 3000, False, b"", 33.0)
    for now in (1000.0, 1001.0, 1002.0):
        assert buffer.pop(now) is None
    assert buffer.stats.key_frames_wanted == 1


def test_a_restart_of_the_source_is_believed_at_the_second_packet() -> None:
    buffer = JitterBuffer(AUDIO, video=False)
    for k in range(50):
        buffer.push(k, 960 * k, True, b"old", 20.0 * k)
        drain(buffer, 20.0 * k)
    for k in range(50):
        buffer.push((30_000 + k) % 65536, (1 << 31) + 960 * k, True, b"%d" % k, 1000.0 + 20.0 * k)
    played = drain(buffer, 1e6)
    assert [frame.payload for frame in played] == [b"%d" % k for k in range(50)]
    assert buffer.stats.late == 0


def arrive(buffer: JitterBuffer, packets: list[reference.Packet], first: int, stamp: int, now: float) -> None:
    """Push them numbered on from `first` and `stamp`, each at its time after `now`."""
    for packet in packets:
        at = now + packet.timestamp / 90
        sequence, time = (first + packet.sequence) % 65536, (stamp + packet.timestamp) % (1 << 32)
        buffer.push(sequence, time, packet.marker, packet.payload, at)


@pytest.mark.parametrize("lost", [[], [1], [0, 2]])
def test_after_a_restart_of_video_only_whole_frames_come_out(lost: list[int]) -> None:
    buffer, packets = JitterBuffer(VIDEO, video=True), video(10)
    arrive(buffer, packets, 100, 0, 0.0)
    arrive(buffer, [p for p in packets if p.sequence not in lost], 40_000, 1 << 31, 1000.0)
    whole = [payload for _, payload in reference.complete_frames(packets)]
    assert [frame.payload for frame in drain(buffer, 1e6)] == whole[1 if lost else 0 :]
    assert (buffer.stats.skipped, buffer.stats.late) == (10 + (1 if lost else 0), 0)


@pytest.mark.parametrize("lost", [-1, 50])
def test_a_camera_that_was_off_for_minutes_is_the_same_source(lost: int) -> None:
    buffer, packets = JitterBuffer(VIDEO, video=True), video(20)
    arrive(buffer, packets[:50], 0, 0, 0.0)
    assert len(drain(buffer, 2000.0)) == 10
    later = [p for p in packets[50:] if p.sequence != lost]
    arrive(buffer, later, 0, 120 * VIDEO, 120_000.0)
    frames = drain(buffer, 130_000.0)
    assert [frame.payload for frame in frames] == [
        p for _, p in reference.complete_frames(packets)[10 + (lost > 0) :]
    ]
    assert frames[0].lost_before == (lost > 0)
    stats = buffer.stats
    assert (stats.late, stats.frames, stats.skipped) == (0, 20 - (lost > 0), lost > 0)
    assert stats.target_ms < 100


def test_a_stray_packet_restarts_nothing() -> None:
    buffer = JitterBuffer(AUDIO, video=False)
    for k in range(20):
        buffer.push(k, 960 * k, True, b"", 20.0 * k)
        if k % 5 == 0:
            buffer.push(30_000 + 1000 * k, 1 << 31, True, b"stray", 20.0 * k)
    assert [frame.payload for frame in drain(buffer, 1e6)] == [b""] * 20
    assert buffer.stats.late == 4


def test_a_payload_is_any_buffer_and_is_copied() -> None:
    source = bytearray(b"abc")
    for is_video in (True, False):
        buffer = JitterBuffer(VIDEO, video=is_video)
        buffer.push(0, 0, False, source, 0.0)
        buffer.push(1, 0, True, memoryview(b"d-e-")[::2], 0.0)
        buffer.push(2, 3000, True, np.array([102], np.uint8), 40.0)
        source[0] = 0
        assert b"".join(frame.payload for frame in drain(buffer, 1e6)) == b"abcdef"
        assert all(type(frame.payload) is bytes for frame in drain(buffer, 1e6))
        source[0] = 97


@pytest.mark.parametrize("payload", [None, "text", 7, [b"a"]])
def test_a_payload_that_is_no_buffer_is_refused_at_once(payload: Any) -> None:
    for is_video in (True, False):
        buffer = JitterBuffer(VIDEO, video=is_video)
        for sequence in range(2):
            with pytest.raises(TypeError, match="bytes-like"):
                buffer.push(sequence, 0, sequence == 1, payload, 0.0)
        assert (drain(buffer, 1e6), drain(buffer, 1e6), buffer.stats.received) == ([], [], 0)


def test_what_is_out_of_range_is_refused_by_number() -> None:
    buffer = JitterBuffer(VIDEO, video=True)
    for sequence in (-1, 65_536):
        with pytest.raises(ValueError, match=f"sequence {sequence}; need 0 to 65535"):
            buffer.push(sequence, 0, True, b"", 0.0)
    for timestamp in (-1, 1 << 32):
        with pytest.raises(ValueError, match=f"timestamp {timestamp}; need 0 to 4294967295"):
            buffer.push(0, timestamp, True, b"", 0.0)
    for ask in (buffer.pop, buffer.next_due_ms, buffer.missing):
        for now in (float("nan"), float("inf")):
            with pytest.raises(ValueError, match="got the time"):
                ask(now)


@pytest.mark.parametrize("stamp", [0, (1 << 32) - 9000])
def test_what_is_worth_asking_for_wraps_with_the_sequence(stamp: int) -> None:
    buffer, packets, lost = JitterBuffer(VIDEO, video=True), video(6), {3, 7, 12, 13}
    arrive(buffer, [p for p in packets if p.sequence not in lost], 65_526, stamp, 0.0)
    assert buffer.missing(0.0) == [65_529, 65_533, 2, 3]
    arrive(buffer, [p for p in packets if p.sequence in lost], 65_526, stamp, 0.0)
    assert buffer.missing(0.0) == []
    frames = drain(buffer, 1e6)
    assert [frame.payload for frame in frames] == [
        payload for _, payload in reference.complete_frames(packets)
    ]
    assert [frame.timestamp for frame in frames] == [(stamp + 3000 * k) % (1 << 32) for k in range(6)]
    assert (buffer.stats.lost, buffer.stats.skipped, buffer.stats.key_frames_wanted) == (0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 65535) | st.integers(0, 40),
            st.integers(0, (1 << 32) - 1) | st.integers(0, 12).map(lambda f: 3000 * f),
            st.booleans(),
            st.binary(max_size=3),
            st.floats(0, 1e5),
        ),
        max_size=80,
    ),
    st.booleans(),
)
def test_any_packets_leave_it_sound(
    packets: list[tuple[int, int, bool, bytes, float]], is_video: bool
) -> None:
    buffer = JitterBuffer(AUDIO, video=is_video)
    out = 0
    for packet in packets:
        buffer.push(*packet)
        asked = buffer.missing(packet[4])
        assert len(asked) == len(set(asked))
        out += len(drain(buffer, packet[4]))
        due = buffer.next_due_ms(packet[4])
        assert due is None or due >= packet[4]
    out += len(drain(buffer, 1e12))
    stats = buffer.stats
    assert stats.received == len(packets)
    assert stats.frames == out
    assert stats.received >= stats.late + stats.duplicate + (0 if is_video else stats.frames)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.sets(st.integers(0, 60)))
def test_any_losses_give_the_frames_of_the_specification(steps: list[int], lost: set[int]) -> None:
    packets = []
    stamp = 0
    for at, step in enumerate(steps):
        stamp += 3000 * (step > 2)
        packets.append(reference.Packet(at, stamp, step % 2 == 1, b"%d" % at))
    kept = [p for p in packets if p.sequence not in lost]
    if not kept:
        return
    buffer = JitterBuffer(VIDEO, video=True)
    for p in kept:
        buffer.push(p.sequence, p.timestamp, p.marker, p.payload, p.timestamp / 90.0)
    got = [(frame.timestamp, frame.payload) for frame in drain(buffer, 1e9)]
    assert got == reference.complete_frames(kept)
