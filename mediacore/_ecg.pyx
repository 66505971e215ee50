from libc.stdint cimport int64_t

import numpy as np

cimport numpy as cnp

cnp.import_array()

cdef extern from "_ecg_kernels.h" nogil:
    ctypedef struct ecg_state:
        double rate_hz
        long long now, refractory
        double quality, rate_bpm

    int ecg_begin(ecg_state* e, double rate_hz) noexcept
    void ecg_end(ecg_state* e) noexcept
    void ecg_restart(ecg_state* e) noexcept
    long long ecg_process(
        ecg_state* e, const double* samples, long long count, int64_t* beats, long long most
    ) noexcept

cdef long long MOST_SAMPLES = <long long>1 << 60


cdef class RPeakDetector:
    """R peaks of one lead as its samples come; see mediacore.ecg. One thread at a time.

    rate_hz: 80 to 4000. Raises ValueError for another.
    """

    cdef ecg_state state
    cdef bint begun, busy

    def __cinit__(self, double rate_hz):
        if not 80.0 <= rate_hz <= 4000.0:
            raise ValueError(f"got a rate of {rate_hz:g} Hz; need 80 to 4000")
        if ecg_begin(&self.state, rate_hz) < 0:
            raise MemoryError
        self.begun = True

    def __dealloc__(self):
        if self.begun:
            ecg_end(&self.state)

    @property
    def quality(self):
        """0 to 1: of the beats either of two detectors saw in ten seconds, the share both saw, alike in shape."""
        return self.state.quality

    @property
    def rate_bpm(self):
        """Beats a minute over the newest eight intervals, None until the quality has been 0.9 for two seconds."""
        return self.state.rate_bpm if self.state.rate_bpm > 0.0 else None

    def process(self, samples):
        """The next samples, shape (n,), any unit; returns int64 indices of beats, counted from the first sample.

        Each beat is given once, within half a second of it, and none within 0.2 s of another. A sample beyond
        1e9 either way is none, as in a gap. Raises ValueError for a sample that is not finite.
        """
        cdef cnp.ndarray given, beats
        cdef cnp.npy_intp most
        cdef long long made, count
        given = <cnp.ndarray>cnp.PyArray_FROMANY(
            samples, cnp.NPY_FLOAT64, 1, 1, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_NOTSWAPPED
        )
        if not np.isfinite(given).all():
            raise ValueError("got a sample that is not finite; tell of a gap with gap()")
        if self.busy:
            raise RuntimeError("the detector is in use by another thread")
        count = cnp.PyArray_DIM(given, 0)
        most = count // self.state.refractory + 4
        beats = <cnp.ndarray>cnp.PyArray_EMPTY(1, &most, cnp.NPY_INT64, 0)
        self.busy = True
        with nogil:
            made = ecg_process(
                &self.state,
                <const double*>cnp.PyArray_DATA(given),
                count,
                <int64_t*>cnp.PyArray_DATA(beats),
                most,
            )
        self.busy = False
        return beats[:made]

    def gap(self, long long count):
        """`count` samples are missing: indices go on past them, nothing is made up for them."""
        if not 0 <= count <= MOST_SAMPLES - self.state.now:
            raise ValueError(f"got a gap of {count} samples; need 0 to {MOST_SAMPLES - self.state.now}")
        if self.busy:
            raise RuntimeError("the detector is in use by another thread")
        self.state.now += count
        ecg_restart(&self.state)
