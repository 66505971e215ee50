"""Borrow the bytes of any contiguous buffer for the length of one call."""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_Release, PyObject_GetBuffer


cdef inline int borrow(object data, Py_buffer* view) except -1:
    """Fill `view`; refuses None, items wider than a byte, and strided arrays."""
    PyObject_GetBuffer(data, view, PyBUF_ND | PyBUF_FORMAT)
    if view.itemsize != 1:
        width = view.itemsize
        PyBuffer_Release(view)
        raise ValueError(f"got items of {width} bytes; need bytes")
    return 0
