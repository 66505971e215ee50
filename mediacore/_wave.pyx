from cpython.buffer cimport PyBuffer_Release
from libc.stdint cimport int16_t, uint8_t

cimport numpy as cnp

from mediacore._bytes cimport borrow

cnp.import_array()

cdef extern from "_wave_kernels.h" nogil:
    int isa_chosen()
    const char* isa_name(int level)
    void unpack_212_at(int isa, const uint8_t* data, size_t count_bytes, size_t count, int16_t* out)

cdef int ISA = isa_chosen()


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
