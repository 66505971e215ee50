from cpython.buffer cimport PyBuffer_Release
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import numpy as np

cimport numpy as cnp

from mediacore._bytes cimport borrow
from mediacore._isa cimport chosen_isa

cnp.import_array()

cdef extern from "_packet_kernels.h" nogil:
    ctypedef struct scan_state:
        uint64_t packets
        uint64_t garbage_bytes
        uint64_t resyncs
        int spo2
        int pr
        int isa

    size_t contec5_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept
    size_t bci5_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept
    size_t contec9_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept
    size_t nonin2_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept
    size_t nonin7_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept
    size_t cyton33_scan(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept

cdef int ISA = chosen_isa()
ctypedef size_t (*scan_function)(scan_state*, const uint8_t*, size_t, int, void*, size_t*) noexcept nogil


cdef class PacketReader:
    """Packets out of a serial stream, in pieces of any size; see the readers below.

    feed and finish return one row per accepted packet. One thread at a time; a second one is refused.
    """

    cdef scan_state state
    cdef scan_function scan
    cdef Py_ssize_t size
    cdef object dtype
    cdef uint8_t[40] held
    cdef Py_ssize_t held_count
    cdef bint busy

    def __cinit__(self):
        self.state.spo2 = self.state.pr = -1
        self.state.isa = ISA

    @property
    def packets(self):
        """Packets accepted so far."""
        return self.state.packets

    @property
    def garbage_bytes(self):
        """Bytes that belonged to no accepted packet."""
        return self.state.garbage_bytes

    @property
    def resyncs(self):
        """How often step was lost and found again."""
        return self.state.resyncs

    def feed(self, data):
        """The packets that `data` completes and confirms, as a structured array; the rest is kept."""
        cdef Py_buffer view
        borrow(data, &view)
        try:
            return self._take(<const uint8_t*>view.buf, view.len, 0)
        finally:
            PyBuffer_Release(&view)

    def finish(self):
        """The stream has ended: the last packet, if whole and in step, needs no next one to confirm it."""
        rows = self._take(NULL, 0, 1)
        self.state.garbage_bytes += self.held_count
        self.held_count = 0
        return rows

    cdef _take(self, const uint8_t* data, Py_ssize_t count, int last):
        if self.scan == NULL:
            raise TypeError("PacketReader reads no protocol; use one of its readers")
        cdef Py_ssize_t total = self.held_count + count
        cdef uint8_t* joined = NULL
        cdef const uint8_t* start = data
        cdef size_t used = 0, made = 0
        cdef cnp.ndarray rows
        if self.busy:
            raise RuntimeError("the reader is in use by another thread")
        rows = np.empty(total // self.size, self.dtype)
        if self.held_count:
            joined = <uint8_t*>malloc(total)
            if joined == NULL:
                raise MemoryError
            memcpy(joined, self.held, self.held_count)
            if count:
                memcpy(joined + self.held_count, data, count)
            start = joined
        self.busy = True
        with nogil:
            if total:
                used = self.scan(&self.state, start, total, last, cnp.PyArray_DATA(rows), &made)
                self.held_count = total - used
                memcpy(self.held, start + used, self.held_count)
            free(joined)
        self.busy = False
        return rows[:made]


cdef class Contec5Reader(PacketReader):
    """Contec oximeters, old protocol: 5 bytes, 60 Hz. A packet is confirmed by the sync bit after it.

    Rows: pleth 0..127, spo2 %, pr 1/min, signal 0..15, bar 0..15 (-1 where absent), flags (bit k is the
    k-th of the fields that follow), finger_out, dropping, beep, probe_error, searching.
    """

    def __cinit__(self):
        self.scan, self.size, self.dtype = contec5_scan, 5, CONTEC5


cdef class Bci5Reader(PacketReader):
    """BerryMed and Jumper oximeters, "BCI Protocol V1.2": 5 bytes, 100 Hz, confirmed by the next sync bit.

    Rows: pleth 1..100, spo2 %, pr 1/min, signal 0..15, bar 0..15 (-1 where absent), flags (bit k is the
    k-th of the fields that follow), no_signal, probe_unplugged, beep, no_finger, searching.
    """

    def __cinit__(self):
        self.scan, self.size, self.dtype = bci5_scan, 5, BCI5


cdef class Contec9Reader(PacketReader):
    """Contec oximeters, "Communication protocol V7.0": 9 bytes, 60 a second, confirmed by the next 01.

    Rows: pleth 0..127, spo2 %, pr 1/min, signal 0..15, bar 0..15, pi % (-1 where absent), flags (bit k is
    the k-th of the fields that follow), search_too_long, low_spo2, beep, probe_error, searching, pi_invalid.
    """

    def __cinit__(self):
        self.scan, self.size, self.dtype = contec9_scan, 9, CONTEC9


cdef class Nonin2Reader(PacketReader):
    """Nonin serial format 2: 5-byte frames with a checksum, 75 a second, 8-bit pleth; one row per frame.

    Rows: pleth, spo2 %, pr 1/min (hr is the same field), -1 where absent; frame 0..24 in its packet, -1
    before the first sync; flags (the status byte), sensor_off, artifact, out_of_track, sensor_alarm,
    perfusion (1 green, 2 red, 3 yellow), sync, smartpoint, low_battery. What a packet of 25 frames says
    (spo2, pr, smartpoint, low_battery) is given from its last frame on, when no frame of it was lost, for a
    second at most; a lost frame counts as a resync.
    """

    def __cinit__(self):
        self.scan, self.size, self.dtype = nonin2_scan, 5, NONIN


cdef class Nonin7Reader(PacketReader):
    """Nonin serial format 7: as format 2 with a 16-bit pleth and no start byte; step needs two checksums."""

    def __cinit__(self):
        self.scan, self.size, self.dtype = nonin7_scan, 5, NONIN


cdef class Cyton33Reader(PacketReader):
    """OpenBCI Cyton: 33 bytes, 250 Hz, confirmed by its stop byte and the start byte after it.

    Rows: counts int32 (8,) of CYTON_MICROVOLT_PER_COUNT at the gain of 24, aux int16 (3,), n 0..255, stop 0xC0..0xCF.
    """

    def __cinit__(self):
        self.scan, self.size, self.dtype = cyton33_scan, 33, CYTON


def _layout(int size, **fields):
    formats, offsets = zip(*fields.values(), strict=True)
    return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": size})


def _flags(int start, names):
    return {name: ("?", start + at) for at, name in enumerate(names)}


_HEAD = {"pleth": ("i2", 0), "spo2": ("i2", 2), "pr": ("i2", 4), "signal": ("i1", 6), "bar": ("i1", 7)}
CONTEC5 = _layout(
    16, **_HEAD, flags=("u1", 8), **_flags(9, ["finger_out", "dropping", "beep", "probe_error", "searching"])
)
BCI5 = _layout(
    16, **_HEAD, flags=("u1", 8), **_flags(9, ["no_signal", "probe_unplugged", "beep", "no_finger", "searching"])
)
CONTEC9 = _layout(
    24, **_HEAD, pi=("f8", 8), flags=("u1", 16),
    **_flags(17, ["search_too_long", "low_spo2", "beep", "probe_error", "searching", "pi_invalid"]),
)
NONIN = _layout(
    20, pleth=("i4", 0), spo2=("i2", 4), pr=("i2", 6), hr=("i2", 6), frame=("i1", 8), flags=("u1", 9),
    **_flags(10, ["sensor_off", "artifact", "out_of_track", "sensor_alarm"]), perfusion=("u1", 14),
    **_flags(15, ["sync", "smartpoint", "low_battery"]),
)
CYTON = _layout(40, counts=("(8,)i4", 0), aux=("(3,)i2", 32), n=("u1", 38), stop=("u1", 39))
