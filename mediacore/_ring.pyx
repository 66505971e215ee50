from libc.string cimport memcpy

import numpy as np

cimport cython
cimport numpy as cnp

cnp.import_array()


@cython.auto_pickle(False)
cdef class Ring:
    """The newest `capacity` samples of `channels` channels with their times.

    A cursor is the count of samples written so far; a reader keeps the one it was given last.
    """

    cdef readonly Py_ssize_t capacity, channels
    cdef readonly long long cursor
    cdef double[:, ::1] kept
    cdef double[::1] kept_times

    def __cinit__(self, Py_ssize_t capacity, Py_ssize_t channels=1):
        if capacity < 1 or channels < 1:
            raise ValueError(f"got a capacity of {capacity} and {channels} channels; need at least 1")
        self.capacity, self.channels, self.cursor = capacity, channels, 0
        self.kept = np.zeros((capacity, channels))
        self.kept_times = np.zeros(capacity)

    def __len__(self):
        return min(self.cursor, self.capacity)

    def write(self, samples, times_ms):
        """Add samples, float64 of shape (n, channels), at times_ms of shape (n,); returns the cursor.

        Of one channel (n,) will do. Raises ValueError when the shapes do not agree. Copying is short and keeps
        the GIL, which is all that keeps a reader on another thread from half a write.
        """
        cdef cnp.ndarray given = np.ascontiguousarray(samples, dtype=np.float64)
        cdef const double[:, ::1] rows
        cdef const double[::1] times = np.ascontiguousarray(times_ms, dtype=np.float64)
        cdef Py_ssize_t count, skip, at, first
        if given.ndim == 1 and (self.channels == 1 or given.shape[0] == 0):
            given = given.reshape(-1, self.channels)
        if given.ndim != 2 or given.shape[1] != self.channels:
            shape = (<object>given).shape
            raise ValueError(f"got samples of shape {shape}; need (n, {self.channels})")
        rows = given
        count = rows.shape[0]
        if times.shape[0] != count:
            raise ValueError(f"got {count} samples and {times.shape[0]} times")
        skip = max(0, count - self.capacity)
        self.cursor += skip
        at = self.cursor % self.capacity
        count -= skip
        first = min(count, self.capacity - at)
        if first:
            memcpy(&self.kept[at, 0], &rows[skip, 0], first * self.channels * sizeof(double))
            memcpy(&self.kept_times[at], &times[skip], first * sizeof(double))
        if count > first:
            memcpy(&self.kept[0, 0], &rows[skip + first, 0], (count - first) * self.channels * sizeof(double))
            memcpy(&self.kept_times[0], &times[skip + first], (count - first) * sizeof(double))
        self.cursor += count
        return self.cursor

    def read_since(self, long long cursor):
        """What was written since `cursor` and is still kept, copied once.

        Returns (samples (n, channels), times_ms (n,), the new cursor, how many were overwritten unread).
        Raises ValueError for a cursor that was never given out.
        """
        cdef long long oldest = self.cursor - min(self.cursor, self.capacity)
        cdef long long start = max(cursor, oldest)
        cdef Py_ssize_t count, at, first
        cdef cnp.npy_intp[2] shape
        cdef cnp.ndarray samples, times
        if cursor < 0 or cursor > self.cursor:
            raise ValueError(f"got a cursor of {cursor}; need 0 to {self.cursor}")
        count = self.cursor - start
        shape[0], shape[1] = count, self.channels
        samples = <cnp.ndarray>cnp.PyArray_EMPTY(2, shape, cnp.NPY_FLOAT64, 0)
        times = <cnp.ndarray>cnp.PyArray_EMPTY(1, shape, cnp.NPY_FLOAT64, 0)
        at = start % self.capacity
        first = min(count, self.capacity - at)
        if first:
            memcpy(cnp.PyArray_DATA(samples), &self.kept[at, 0], first * self.channels * sizeof(double))
            memcpy(cnp.PyArray_DATA(times), &self.kept_times[at], first * sizeof(double))
        if count > first:
            memcpy(
                <double*>cnp.PyArray_DATA(samples) + first * self.channels,
                &self.kept[0, 0],
                (count - first) * self.channels * sizeof(double),
            )
            memcpy(
                <double*>cnp.PyArray_DATA(times) + first,
                &self.kept_times[0],
                (count - first) * sizeof(double),
            )
        return samples, times, self.cursor, start - cursor
