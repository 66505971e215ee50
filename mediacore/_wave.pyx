from cpython.buffer cimport PyBuffer_Release
from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memcpy

from operator import index

cimport numpy as cnp

from mediacore._bytes cimport borrow
from mediacore._isa cimport chosen_isa, isa_name

cnp.import_array()

cdef extern from "_wave_kernels.h" nogil:
    void unpack_212_at(int isa, const uint8_t* data, size_t count_bytes, size_t count, int16_t* out)
    void unpack_s24_at(int isa, const uint8_t* data, size_t count, int big, int32_t* out)
    void sfloat_at(int isa, const uint8_t* data, size_t count, double* out)
    void float32_11073_all(const uint8_t* data, size_t count, double* out)
    long long deltas_measure(const uint8_t* data, size_t count_bytes, size_t channels)
    void deltas_unpack(const uint8_t* data, size_t count_bytes, size_t channels, int32_t* out)

cdef int ISA = chosen_isa()
cdef long long MOST_DELTAS = 1 << 16


def isa():
    """The form of the kernels chosen at import: 'plain', 'avx2' or 'avx512'."""
    return isa_name(ISA).decode()


def unpack_212(data):
    """WFDB format 212: two 12-bit two's-complement samples in three bytes.

    data: a whole number of triples, or two bytes more for one last sample.
    Returns the samples as stored, int16 of shape (n,). "WFDB Applications Guide, signal(5)".
    Raises ValueError if one byte is left over.
    """
    cdef Py_buffer view
    cdef cnp.npy_intp count
    cdef cnp.ndarray out
    borrow(data, &view)
    try:
        if view.len % 3 == 1:
            raise ValueError(f"got {view.len} bytes; need three for two samples and two for a last one")
        count = view.len // 3 * 2 + (view.len % 3) // 2
        out = cnp.PyArray_EMPTY(1, &count, cnp.NPY_INT16, 0)
        with nogil:
            unpack_212_at(ISA, <const uint8_t*>view.buf, view.len, count, <int16_t*>cnp.PyArray_DATA(out))
        return out
    finally:
        PyBuffer_Release(&view)


def unpack_s24le(data):
    """Three-byte two's-complement integers, least significant byte first: int32 of shape (n,)."""
    return _unpack_s24(data, 0)


def unpack_s24be(data):
    """Three-byte two's-complement integers, most significant byte first: int32 of shape (n,)."""
    return _unpack_s24(data, 1)


def unpack_deltas(data, *, reference, Py_ssize_t channels):
    """A reference sample and the blocks of deltas that follow it (Polar measurement data, compressed).

    data: blocks of `width u8, count u8, bits`: count samples of `channels` interleaved two's-complement
    deltas of `width` bits (0..32), least significant bit first, each block padded to a whole byte.
    reference: the `channels` values of the first sample.
    Returns int32 of shape (n, channels), the reference its first row; sums wrap at 32 bits.
    Raises ValueError for a cut block, a width over 32, more than 65,536 samples (blocks of width 0 need no
    bytes), or a reference of another length or that is not of 32-bit integers.
    """
    cdef Py_buffer view
    cdef cnp.npy_intp shape[2]
    cdef cnp.ndarray out
    cdef long long samples
    cdef Py_ssize_t at
    cdef int32_t[256] first
    if channels < 1 or channels > 256:
        raise ValueError(f"got {channels} channels; need 1 to 256")
    if len(reference) != channels:
        raise ValueError(f"got a reference of {len(reference)} values; need {channels}")
    for at in range(channels):
        value = reference[at]
        try:
            first[at] = index(value)
        except (TypeError, OverflowError):
            raise ValueError(f"got a reference of {value!r}; need integers of 32 bits") from None
    borrow(data, &view)
    try:
        with nogil:
            samples = deltas_measure(<const uint8_t*>view.buf, view.len, channels)
        if samples <= -1000000000000:
            raise ValueError(f"got a delta width of {-1000000000000 - samples} bits; need at most 32")
        if samples < 0:
            raise ValueError(f"got {view.len} bytes; need {view.len - 1 - samples}")
        if samples > MOST_DELTAS:
            raise ValueError(f"got {samples} samples in {view.len} bytes; need at most {MOST_DELTAS}")
        shape[0], shape[1] = samples + 1, channels
        out = cnp.PyArray_EMPTY(2, shape, cnp.NPY_INT32, 0)
        with nogil:
            memcpy(cnp.PyArray_DATA(out), first, channels * sizeof(int32_t))
            deltas_unpack(<const uint8_t*>view.buf, view.len, channels, <int32_t*>cnp.PyArray_DATA(out))
        return out
    finally:
        PyBuffer_Release(&view)


def sfloat(data):
    """IEEE-11073 SFLOAT, 16 bits each, least significant byte first: float64 of shape (n,).

    The nearest double of the decimal; the five specials (exponent 0) are nan, see special_codes.
    "ISO/IEEE 11073-20601, annex F.8". Raises ValueError for an odd byte.
    """
    return _decimals(data, 2)


def float32_11073(data):
    """IEEE-11073 FLOAT, 32 bits each, least significant byte first: float64 of shape (n,).

    The nearest double of the decimal; the five specials (exponent 0) are nan, see special_codes.
    "ISO/IEEE 11073-20601, annex F.7". Raises ValueError unless there are four bytes for each.
    """
    return _decimals(data, 4)


def special_codes(data, *, int width=2):
    """The names of the special values among IEEE-11073 numbers, None for an ordinary number.

    width: 2 for SFLOAT, 4 for FLOAT.
    Returns a list of 'NaN', 'NRes', '+INF', '-INF', 'Reserved' or None.
    """
    if width != 2 and width != 4:
        raise ValueError(f"got a width of {width}; need 2 (SFLOAT) or 4 (FLOAT)")
    cdef Py_buffer view
    borrow(data, &view)
    raw = (<const char*>view.buf)[: view.len]
    PyBuffer_Release(&view)
    if len(raw) % width:
        raise ValueError(f"got {len(raw)} bytes; need {width} for each number")
    names = _SFLOAT_SPECIALS if width == 2 else _FLOAT_SPECIALS
    return [names.get(raw[at : at + width]) for at in range(0, len(raw), width)]


_SFLOAT_SPECIALS = {
    b"\xff\x07": "NaN", b"\x00\x08": "NRes", b"\xfe\x07": "+INF", b"\x02\x08": "-INF", b"\x01\x08": "Reserved"
}
_FLOAT_SPECIALS = {
    b"\xff\xff\x7f\x00": "NaN",
    b"\x00\x00\x80\x00": "NRes",
    b"\xfe\xff\x7f\x00": "+INF",
    b"\x02\x00\x80\x00": "-INF",
    b"\x01\x00\x80\x00": "Reserved",
}


cdef _unpack_s24(object data, int big):
    cdef Py_buffer view
    cdef cnp.npy_intp count
    cdef cnp.ndarray out
    borrow(data, &view)
    try:
        if view.len % 3:
            raise ValueError(f"got {view.len} bytes; need three for each sample")
        count = view.len // 3
        out = cnp.PyArray_EMPTY(1, &count, cnp.NPY_INT32, 0)
        with nogil:
            unpack_s24_at(ISA, <const uint8_t*>view.buf, count, big, <int32_t*>cnp.PyArray_DATA(out))
        return out
    finally:
        PyBuffer_Release(&view)


cdef _decimals(object data, int width):
    cdef Py_buffer view
    cdef cnp.npy_intp count
    cdef cnp.ndarray out
    borrow(data, &view)
    try:
        if view.len % width:
            raise ValueError(f"got {view.len} bytes; need {width} for each number")
        count = view.len // width
        out = cnp.PyArray_EMPTY(1, &count, cnp.NPY_FLOAT64, 0)
        with nogil:
            if width == 2:
                sfloat_at(ISA, <const uint8_t*>view.buf, count, <double*>cnp.PyArray_DATA(out))
            else:
                float32_11073_all(<const uint8_t*>view.buf, count, <double*>cnp.PyArray_DATA(out))
        return out
    finally:
        PyBuffer_Release(&view)
