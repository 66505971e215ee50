from libc.stdlib cimport calloc, free

import numpy as np

cimport numpy as cnp

cnp.import_array()

cdef extern from "_filter_kernels.h" nogil:
    ctypedef struct section:
        double b0, b1, b2, a1, a2

    ctypedef struct section_state:
        double z1, z2

    void cascade(
        size_t sections, const section* c, section_state* s, const double* x, double* y, size_t count
    ) noexcept


cdef class Biquads:
    """A cascade of second-order sections that keeps its state from block to block.

    sos: float64 of shape (n, 6), each row b0 b1 b2 a0 a1 a2 as scipy.signal gives them.
    Raises ValueError for another shape, a value that is not finite, or an a0 of zero.
    """

    cdef section* coefficients
    cdef section_state* state
    cdef Py_ssize_t sections
    cdef bint busy

    def __cinit__(self, sos):
        cdef const double[:, ::1] rows = np.ascontiguousarray(sos, dtype=np.float64)
        cdef Py_ssize_t k
        cdef double a0
        if rows.shape[0] < 1 or rows.shape[1] != 6:
            raise ValueError(f"got sections of shape ({rows.shape[0]}, {rows.shape[1]}); need (n, 6)")
        if not np.isfinite(rows).all() or not np.all(rows[:, 3]):
            raise ValueError("got a section that is not finite or whose a0 is zero")
        self.sections = rows.shape[0]
        self.coefficients = <section*>calloc(self.sections, sizeof(section))
        self.state = <section_state*>calloc(self.sections, sizeof(section_state))
        if self.coefficients == NULL or self.state == NULL:
            raise MemoryError
        for k in range(self.sections):
            a0 = rows[k, 3]
            self.coefficients[k].b0 = rows[k, 0] / a0
            self.coefficients[k].b1 = rows[k, 1] / a0
            self.coefficients[k].b2 = rows[k, 2] / a0
            self.coefficients[k].a1 = rows[k, 4] / a0
            self.coefficients[k].a2 = rows[k, 5] / a0

    def __dealloc__(self):
        free(self.coefficients)
        free(self.state)

    def process(self, x):
        """The next block filtered: x of shape (n,), any real numbers; returns float64 of shape (n,)."""
        cdef cnp.ndarray samples
        cdef cnp.ndarray out
        cdef cnp.npy_intp count
        samples = <cnp.ndarray>cnp.PyArray_FROMANY(
            x, cnp.NPY_FLOAT64, 0, 0, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_NOTSWAPPED
        )
        if cnp.PyArray_NDIM(samples) != 1:
            raise ValueError(f"got an array of {cnp.PyArray_NDIM(samples)} dimensions; need (n,)")
        if self.busy:
            raise RuntimeError("the filter is in use by another thread")
        count = cnp.PyArray_DIM(samples, 0)
        out = <cnp.ndarray>cnp.PyArray_EMPTY(1, &count, cnp.NPY_FLOAT64, 0)
        self.busy = True
        with nogil:
            cascade(
                self.sections,
                self.coefficients,
                self.state,
                <const double*>cnp.PyArray_DATA(samples),
                <double*>cnp.PyArray_DATA(out),
                count,
            )
        self.busy = False
        return out

    def reset(self):
        """Back to rest, as after construction."""
        cdef Py_ssize_t k
        if self.busy:
            raise RuntimeError("the filter is in use by another thread")
        for k in range(self.sections):
            self.state[k].z1 = self.state[k].z2 = 0.0
