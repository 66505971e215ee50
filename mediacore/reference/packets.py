"""The serial readers over a whole stream that has ended: each a list of rows and the garbage counted."""

from collections.abc import Callable
from dataclasses import dataclass, field

Row = dict[str, object]


@dataclass(slots=True)
class Stream:
    """What a reader makes of a stream."""

    rows: list[Row] = field(default_factory=list)
    garbage_bytes: int = 0
    resyncs: int = 0


def five_bytes(data: bytes, decode: Callable[[bytes], Row]) -> Stream:
    """Bit 7 on the first of five bytes only, and on the one after; two starts in a row are both doubted."""
    return _walk(data, 5, _five_fits, decode)


def contec9(data: bytes) -> Stream:
    return _walk(data, 9, _nine_fits, contec9_row)


def cyton33(data: bytes) -> Stream:
    return _walk(data, 33, _cyton_fits, cyton_row)


def contec5_row(p: bytes) -> Row:
    row = _five_row(p)
    bits = {"finger_out": p[0] & 16, "dropping": p[0] & 32, "beep": p[0] & 64}
    bits |= {"probe_error": p[2] & 16, "searching": p[2] & 32}
    return _with_flags(row, bits)


def bci5_row(p: bytes) -> Row:
    row = _five_row(p)
    row["pleth"] = p[1] or -1
    bits = {"no_signal": p[0] & 16, "probe_unplugged": p[0] & 32, "beep": p[0] & 64}
    bits |= {"no_finger": p[2] & 16, "searching": p[2] & 32}
    return _with_flags(row, bits)


def contec9_row(p: bytes) -> Row:
    d = [0, *[p[2 + k] % 128 + 128 * (p[1] >> k & 1) for k in range(7)]]
    pi = d[6] + 256 * d[7]
    row: Row = {
        "pleth": d[2] % 128,
        "spo2": -1 if d[5] in (0x7F, 0xFF) else d[5],
        "pr": -1 if d[4] == 0xFF else d[4],
        "signal": d[1] % 16,
        "bar": d[3] % 16,
        "pi": -1.0 if pi == 0xFFFF or d[3] & 16 else pi / 100,
    }
    bits = {"search_too_long": d[1] & 16, "low_spo2": d[1] & 32, "beep": d[1] & 64, "probe_error": d[1] & 128}
    bits |= {"searching": d[2] & 128, "pi_invalid": d[3] & 16}
    return _with_flags(row, bits)


def cyton_row(p: bytes) -> Row:
    counts = tuple(int.from_bytes(p[2 + 3 * k : 5 + 3 * k], "big", signed=True) for k in range(8))
    aux = tuple(int.from_bytes(p[26 + 2 * k : 28 + 2 * k], "big", signed=True) for k in range(3))
    return {"counts": counts, "aux": aux, "n": p[1], "stop": p[32]}


def nonin(data: bytes, seven: bool) -> Stream:
    """Frames of five bytes with a checksum; format 7 has no start byte and wants two sums to get in step."""
    out = Stream()
    at, locked, lost = 0, False, False
    place, age, stat2 = 0, 0, 0
    said = {"spo2": -1, "pr": -1}
    packet: list[int] = []
    while len(data) - at >= 5:
        frame = data[at : at + 5]
        fits = _nonin_fits(frame, seven)
        if fits and seven and not locked:
            if len(data) - at < 10:
                break
            fits = _nonin_fits(data[at + 5 : at + 10], seven)
        if not fits:
            out.garbage_bytes += 1
            lost, locked = lost or locked, False
            at += 1
            continue
        status = frame[0] if seven else frame[1]
        pleth = frame[1] * 256 + frame[2] if seven else frame[2]
        value = frame[3]
        sync, before = bool(status & 1), place if locked else 0
        place = 1 if sync else before + 1 if 0 < before < 25 else 0
        age += 1
        if age > 75 or (before == 25 and not sync):
            said = {"spo2": -1, "pr": -1}
        # A sync bit that comes early or not at all: a whole frame was lost.
        lost = lost or (before > 0 and sync != (before == 25))
        packet = [value] if sync else [*packet, value]
        if place == 25:
            pr, spo2 = packet[0] % 4 * 128 + packet[1] % 128, packet[2] % 128
            said = {"spo2": -1 if spo2 == 127 else spo2, "pr": -1 if pr == 511 else pr}
            age, stat2 = 0, packet[7]
        row: Row = {"pleth": pleth, "spo2": said["spo2"], "pr": said["pr"], "frame": place - 1}
        row |= {"hr": row["pr"], "flags": status, "perfusion": status >> 1 & 3, "sync": bool(status & 1)}
        row |= {"smartpoint": bool(stat2 & 32), "low_battery": bool(stat2 & 1)}
        row |= {"sensor_off": bool(status & 64), "artifact": bool(status & 32)}
        row |= {"out_of_track": bool(status & 16), "sensor_alarm": bool(status & 8)}
        out.rows.append(row)
        out.resyncs += lost
        lost, locked = False, True
        at += 5
    out.garbage_bytes += len(data) - at
    return out


def _walk(data: bytes, size: int, fits: Callable[[bytes], bool], decode: Callable[[bytes], Row]) -> Stream:
    """Accept at each place, or move on by a byte; the very last packet is confirmed by being in step."""
    out = Stream()
    at, locked, lost, doubt = 0, False, False, False
    while len(data) - at >= size:
        packet, after = data[at : at + size], data[at + size : at + size + 1]
        confirmed = fits(packet + after) if after else locked and fits(packet + packet[:1])
        if confirmed and not doubt:
            out.rows.append(decode(packet))
            out.resyncs += lost
            lost, locked = False, True
            at += size
        else:
            doubt = size == 5 and packet[0] >= 128
            out.garbage_bytes += 1
            lost, locked = lost or locked, False
            at += 1
    out.garbage_bytes += len(data) - at
    return out


def _five_fits(p: bytes) -> bool:
    return [byte >= 128 for byte in p] == [True, False, False, False, False, True]


def _nine_fits(p: bytes) -> bool:
    return p[0] == 1 and all(byte >= 128 for byte in p[1:9]) and p[9] == 1


def _cyton_fits(p: bytes) -> bool:
    return p[0] == 0xA0 and 0xC0 <= p[32] <= 0xCF and p[33] == 0xA0


def _nonin_fits(p: bytes, seven: bool) -> bool:
    head = p[0] >= 128 if seven else p[0] == 1 and p[1] >= 128
    return head and sum(p[:4]) % 256 == p[4]


def _five_row(p: bytes) -> Row:
    pr = p[3] + (128 if p[2] & 0x40 else 0)
    return {
        "pleth": p[1],
        "spo2": -1 if p[4] == 127 else p[4],
        "pr": -1 if pr == 255 else pr,
        "signal": p[0] % 16,
        "bar": p[2] % 16,
    }


def _with_flags(row: Row, bits: dict[str, int]) -> Row:
    flags = sum(1 << k for k, bit in enumerate(bits.values()) if bit)
    return row | {"flags": flags} | {name: bool(bit) for name, bit in bits.items()}
