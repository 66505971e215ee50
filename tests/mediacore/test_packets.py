"""The serial readers: clean and dirty streams, any pieces, any bytes; always what the specification says."""

import difflib
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediacore import wave
from mediacore.reference import packets
from tests.mediacore.conftest import DATA
from tests.mediacore.test_wave import vectors

Specification = Callable[[bytes], packets.Stream]
READERS: dict[str, tuple[type[wave.PacketReader], Specification]] = {
    "contec5": (wave.Contec5Reader, lambda data: packets.five_bytes(data, packets.contec5_row)),
    "bci5": (wave.Bci5Reader, lambda data: packets.five_bytes(data, packets.bci5_row)),
    "contec9": (wave.Contec9Reader, packets.contec9),
    "nonin2": (wave.Nonin2Reader, lambda data: packets.nonin(data, False)),
    "nonin7": (wave.Nonin7Reader, lambda data: packets.nonin(data, True)),
    "cyton33": (wave.Cyton33Reader, packets.cyton33),
}
STREAMS: dict[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "contec5": ("contec5_60hz", lambda i: (72 + i // 300, 97 - i // 700)),
    "bci5": ("bci_100hz", lambda i: (66 + i // 500, 97)),
    "contec9": ("contec9_60hz", lambda i: (128 + i // 300, 96)),
    "nonin2": ("nonin_df2_75hz", lambda i: ()),
    "nonin7": ("nonin_df7_75hz", lambda i: ()),
}


def read(name: str, pieces: Iterable[bytes]) -> tuple[np.ndarray[Any, Any], wave.PacketReader]:
    reader = READERS[name][0]()
    rows = [reader.feed(piece) for piece in pieces]
    return np.concatenate([*rows, reader.finish()]), reader


def as_rows(rows: np.ndarray[Any, Any]) -> list[dict[str, object]]:
    names = rows.dtype.names or ()
    return [
        {name: tuple(row[name].tolist()) if row[name].ndim else row[name].item() for name in names}
        for row in rows
    ]


def stream(name: str, dirty: bool) -> tuple[bytes, dict[str, Any], list[tuple[int, ...]]]:
    """The bytes, the truth's header and, for each packet, what must come out: pleth and the rates."""
    file, rates = STREAMS[name]
    truth = json.loads((DATA / "streams" / f"{file}.json").read_text())
    none = -1 if name == "bci5" else 0
    expected = [(pleth or none, *rates(i)) for i, pleth in enumerate(truth["pleth"])]
    return (DATA / "streams" / f"{file}{'_dirty' if dirty else ''}.bin").read_bytes(), truth, expected


def seen(rows: np.ndarray[Any, Any], name: str) -> list[tuple[int, ...]]:
    wanted = ["pleth"] if name.startswith("nonin") else ["pleth", "pr", "spo2"]
    return [tuple(row) for row in rows[wanted].tolist()]


@pytest.mark.parametrize("name", STREAMS)
def test_a_clean_stream_gives_every_packet(name: str) -> None:
    data, _, expected = stream(name, dirty=False)
    rows, reader = read(name, [data])
    assert seen(rows, name) == expected
    assert (reader.packets, reader.garbage_bytes, reader.resyncs) == (len(expected), 0, 0)


@pytest.mark.parametrize("name", STREAMS)
def test_a_dirty_stream_gives_what_is_intact_and_nothing_false(name: str) -> None:
    data, truth, expected = stream(name, dirty=True)
    rows, reader = read(name, [data])
    got = seen(rows, name)
    matched = sum(m.size for m in difflib.SequenceMatcher(None, got, expected, False).get_matching_blocks())
    intact = truth.get("dirty_intact_packets") or truth["dirty_intact_frames"]
    print(f"{name}: {matched} of {intact} intact, {len(got) - matched} false of {len(got)}")
    assert matched >= 0.97 * intact
    assert len(got) - matched <= 0.002 * len(got)
    assert reader.resyncs > 10
    size = 9 if name == "contec9" else 5
    assert reader.garbage_bytes + size * reader.packets == len(data)


def test_nonin_carries_rate_and_saturation() -> None:
    for name, base, file in (("nonin2", 70, "nonin_df2_75hz"), ("nonin7", 140, "nonin_df7_75hz")):
        rows, _ = read(name, [(DATA / "streams" / f"{file}.bin").read_bytes()])
        assert rows["frame"].tolist() == [i % 25 for i in range(len(rows))]
        assert rows["hr"][24::25].tolist() == [base + packet // 10 for packet in range(len(rows) // 25)]
        assert set(rows["hr"][:24].tolist()) == set(rows["spo2"][:24].tolist()) == {-1}
        assert set(rows["spo2"][24:].tolist()) == {NONIN[name][1]}


def test_nonin_forgets_a_rate_that_is_not_renewed() -> None:
    data = bytes.fromhex(vectors("nonin")[2]["hex"])
    rows, reader = read("nonin2", [data + data[:120] * 5])
    assert rows["pr"][24:100].tolist() == [72] * 76
    assert rows["pr"][100:].tolist() == [-1] * (len(rows) - 100)
    assert reader.resyncs == 4


NONIN = {"nonin2": (70, 98), "nonin7": (140, 95)}


@pytest.mark.parametrize("name", NONIN)
def test_a_lost_nonin_frame_brings_no_false_value(name: str) -> None:
    """The checksums hold on both sides of it; only the place of the frames behind it has changed."""
    data, _, _ = stream(name, dirty=False)
    rate, saturation = NONIN[name]
    for place in range(25, 50):
        for frames in (1, 2, 10, 26, 31):
            rows, reader = read(name, [data[: 5 * place] + data[5 * (place + frames) : 5 * 150]])
            assert set(rows["hr"].tolist()) == {-1, rate}, (place, frames)
            assert set(rows["spo2"].tolist()) == {-1, saturation}, (place, frames)
            assert (reader.garbage_bytes, reader.resyncs) == (0, 1), (place, frames)
            assert rows["hr"][-1] == rate


def test_what_a_doubled_nonin_frame_has_moved_is_taken_back() -> None:
    data, _, _ = stream("nonin2", dirty=False)
    rows, reader = read("nonin2", [data[:135] + data[130:250]])
    assert set(rows["spo2"][:49].tolist()) == {-1, 98}
    assert (rows["hr"][50], rows["spo2"][50], reader.resyncs) == (-1, -1, 1)


@pytest.mark.parametrize("name", NONIN)
def test_a_dirty_nonin_stream_gives_no_false_rate_or_saturation(name: str) -> None:
    data, _, expected = stream(name, dirty=True)
    rate, saturation = NONIN[name]
    rows, _ = read(name, [data])
    matcher = difflib.SequenceMatcher(None, rows["pleth"].tolist(), [row[0] for row in expected], False)
    given_out = 0
    for match in matcher.get_matching_blocks():
        for k in range(match.size if match.size > 3 else 0):
            packet = (match.b + k - 24) // 25  # the last one that is whole
            held = {rate + p // 10 for p in range(packet - 3, packet + 1)}
            assert rows["hr"][match.a + k] in held | {-1}
            given_out += rows["hr"][match.a + k] != -1
    assert given_out > 0.8 * len(rows)
    assert set(rows["spo2"].tolist()) == {-1, saturation}


@pytest.mark.parametrize("file", ["bci", "contec5", "contec9"])
def test_oximeter_vectors(file: str) -> None:
    name = {"bci": "bci5"}.get(file, file)
    read_any = 0
    for vector in vectors(file):
        if "meaning" in vector["expect"]:
            continue
        data = bytes.fromhex(vector["hex"])
        rows, reader = read(name, [data * 2])
        if "error" in vector["expect"]:
            assert (len(rows), reader.garbage_bytes) == (0, len(data) * 2)
            continue
        for field, value in vector["expect"].items():
            assert rows[0][field] == (-1 if value is None else value), (vector["id"], field)
            read_any += 1
    assert read_any >= 11


def test_cyton_vectors() -> None:
    for vector in vectors("openbci_cyton"):
        expected = vector["expect"]
        rows, _ = read("cyton33", [bytes.fromhex(vector["hex"]) * 2])
        for row in rows:
            assert {name: row[name].tolist() for name in ("n", "counts", "aux")} == {
                name: expected[name] for name in ("n", "counts", "aux")
            }
        assert pytest.approx(expected["uV_per_count"], rel=1e-12) == wave.CYTON_MICROVOLT_PER_COUNT
        assert len(rows) == 2


@pytest.mark.parametrize("which", ["df2-0", "df7-0"])
def test_nonin_vectors(which: str) -> None:
    vector = next(v for v in vectors("nonin") if v["id"] == which)
    rows, _ = read("nonin2" if which == "df2-0" else "nonin7", [bytes.fromhex(vector["hex"])])
    assert rows["pleth"].tolist() == vector["expect"]["pleth"]
    assert (rows["hr"][-1], rows["spo2"][-1]) == (vector["expect"]["hr"], vector["expect"]["spo2"])


def test_cyton_vector() -> None:
    vector = vectors("openbci_cyton")[0]
    rows, _ = read("cyton33", [bytes.fromhex(vector["hex"]) * 2])
    expect = vector["expect"]
    assert rows[0]["counts"].tolist() == expect["counts"]
    assert (rows[0]["aux"].tolist(), rows[0]["n"]) == (expect["aux"], expect["n"])


@pytest.mark.parametrize("name", STREAMS)
def test_any_pieces_give_the_same_rows(name: str, rng: np.random.Generator) -> None:
    data, _, _ = stream(name, dirty=True)
    whole, reader = read(name, [data])
    for largest in (1, 7, 20, 300):
        cuts = np.cumsum(rng.integers(0, largest + 1, 2 * len(data) // largest + 2))
        ends = [int(cut) for cut in cuts if cut < len(data)]
        parts, again = read(name, [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)])
        np.testing.assert_array_equal(parts, whole)
        assert again.garbage_bytes == reader.garbage_bytes
        assert again.resyncs == reader.resyncs


@pytest.mark.parametrize("name", READERS)
def test_damaged_streams_equal_the_specification(name: str, rng: np.random.Generator) -> None:
    if name in STREAMS:
        clean = stream(name, dirty=False)[0][:2000]
    else:
        clean = b"".join(b"\xa0" + bytes([i]) + rng.bytes(30) + b"\xc0" for i in range(60))
    for _ in range(30):
        data = bytearray(clean[: rng.integers(200, len(clean))])
        for _ in range(rng.integers(12)):
            at = int(rng.integers(len(data)))
            kind = rng.integers(4)
            if kind == 0:
                del data[at]
            elif kind == 1:
                data.insert(at, data[at])
            elif kind == 2:
                data[at:at] = rng.bytes(int(rng.integers(1, 12)))
            else:
                data[at] = int(rng.integers(256))
        check(name, bytes(data))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\x01\x81", b"\xa0", b"\x80"]))))
def test_readers_survive_any_bytes(name: str, data: list[bytes]) -> None:
    check(name, b"".join(data))


def check(name: str, data: bytes) -> None:
    rows, reader = read(name, [data])
    expected = READERS[name][1](data)
    assert as_rows(rows) == expected.rows
    assert (reader.packets, reader.garbage_bytes) == (len(expected.rows), expected.garbage_bytes)
    assert reader.resyncs == expected.resyncs


def test_the_base_of_the_readers_reads_nothing() -> None:
    reader = wave.PacketReader()
    with pytest.raises(TypeError, match="reads no protocol"):
        reader.feed(b"1")
    with pytest.raises(TypeError, match="reads no protocol"):
        reader.finish()


def test_a_false_lock_is_refused() -> None:
    reader = wave.Contec5Reader()
    assert len(reader.feed(b"\x80\x01\x02\x03\x04")) == 0
    assert len(reader.feed(b"\x05")) == 0
    assert reader.garbage_bytes == 1


def test_a_packet_waits_for_the_next_sync_bit() -> None:
    reader = wave.Contec5Reader()
    assert len(reader.feed(bytes.fromhex("c540084862"))) == 0
    assert reader.feed(b"\x80")["pleth"].tolist() == [64]
    assert reader.packets == 1


def clean_packets(name: str, rng: np.random.Generator) -> list[bytes]:
    """Packets one after the other, each different."""
    if name == "cyton33":
        return [b"\xa0" + bytes([i]) + rng.bytes(30) + b"\xc0" for i in range(30)]
    data, size = stream(name, dirty=False)[0], 9 if name == "contec9" else 5
    return [data[at : at + size] for at in range(0, 30 * size, size)]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("doubled", [False, True])
def test_a_byte_cut_or_doubled_costs_at_most_the_packets_it_touches(
    name: str, doubled: bool, rng: np.random.Generator
) -> None:
    packets_in = clean_packets(name, rng)
    whole, _ = read(name, packets_in)
    plain = [
        field
        for field in whole.dtype.names or ()
        if field in ("pleth", "counts", "aux", "n", "signal", "bar")
    ]
    told = [str(row) for row in whole[plain]]
    for at in range(len(packets_in[10])):
        old = packets_in[10]
        hurt = old[:at] + old[at : at + 1] * (2 * doubled) + old[at + 1 :]
        rows, reader = read(name, [*packets_in[:10], hurt, *packets_in[11:]])
        got = [str(row) for row in rows[plain]]
        assert got[:9] == told[:9]
        assert got[-18:] == told[-18:]
        assert len(got) >= 28
        assert sum(row not in told for row in got) <= (0 if name.startswith("nonin") else 1)
        assert reader.resyncs <= 2
