from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer
)
from libc.math cimport floor
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc

import numpy as np

from mediacore._isa cimport chosen_isa

cdef extern from "_scale_kernels.h" nogil:
    enum:
        FILTER_AREA
        FILTER_BILINEAR
        FILTER_BICUBIC
        FILTER_NEAREST
        KIND_U16
        KIND_S16
        WOVEN_BYTES
        WOVEN_WORDS

    ctypedef struct scale_table:
        long out

    ctypedef struct weave:
        long steps

    ctypedef struct scale_job:
        const void* src
        uint8_t* dst
        Py_ssize_t src_stride, dst_stride
        const scale_table* down
        const scale_table* across
        const weave* woven
        long channels
        int kind
        int base
        float gain, offset
        void* scratch

    int scale_table_begin(scale_table* t, int filter, long count_in, long count_out) noexcept
    void scale_table_end(scale_table* t) noexcept
    int weave_begin(weave* w, const scale_table* t, long channels, int window) noexcept
    void weave_end(weave* w) noexcept
    bint scale_weaves(int isa, int kind) noexcept
    size_t scale_scratch(int isa, const scale_job* job) noexcept
    int scale_kind(const scale_table* down, const scale_table* across, int filter, long channels) noexcept
    void scale_at(int isa, const scale_job* job) noexcept

cdef int ISA = chosen_isa()
cdef dict FILTERS = {
    "area": FILTER_AREA, "bilinear": FILTER_BILINEAR, "bicubic": FILTER_BICUBIC, "nearest": FILTER_NEAREST
}
cdef enum:
    MOST_RATIOS = 64
    MOST_SCRATCHES = 32
    MOST_PLANES = 3
    MOST_SIDE = 65535


def plane(src, dst, str filter, int channels):
    """src and dst of (rows, columns) bytes, or of (rows, columns, 3); see mediacore.scale."""
    frame((src,), (dst,), filter_of(filter), channels, 1.0, 0.0, 0)


def planes(src, dst, str filter):
    """Three planes each, the second and third of half the size."""
    frame(src, dst, filter_of(filter), 1, 1.0, 0.0, 0)


def window(src, dst, double low, double high, bint invert):
    """src of uint16 or int16 and dst of uint8, both (rows, columns)."""
    # What is taken off before the mean is whole, so that a narrow window loses nothing to a float's 24 bits.
    cdef double base = floor(min(max(low, -70_000.0), 70_000.0))
    cdef double gain = 255.0 / (high - low)
    cdef double offset = (base - low) * gain
    if invert:
        gain, offset = -gain, 255.0 - offset
    frame((src,), (dst,), FILTER_AREA, 0, gain, offset, <int>base)


cdef class Ratio:
    """The places and weights from one size to another, shared by all frames of it."""

    cdef scale_table down, across
    cdef weave woven
    cdef int kind
    cdef uint64_t used

    def __dealloc__(self):
        scale_table_end(&self.down)
        scale_table_end(&self.across)
        weave_end(&self.woven)


cdef class Scratch:
    """Memory for the lines of one frame at a time, kept for the next."""

    cdef void* memory
    cdef size_t size

    def __dealloc__(self):
        free(self.memory)


cdef dict RATIOS = {}
cdef list SCRATCHES = []
cdef uint64_t CLOCK = 0
cdef long MADE = 0


def ratios():
    """How many ratios are kept, and how many were ever made."""
    return len(RATIOS), MADE


cdef int frame(src, dst, int filter, int channels, float gain, float offset, int base) except -1:
    """Planes of `channels` bytes to a pixel, 0 being one of 16 bits. All are checked before one is written."""
    cdef Py_buffer[2 * MOST_PLANES] views
    cdef scale_job[MOST_PLANES] jobs
    cdef Ratio ratio
    cdef int count = len(src), taken = 0, k
    cdef size_t size = 0
    cdef Scratch scratch = None
    kept = []
    try:
        for k in range(2 * count):
            take(src[k] if k < count else dst[k - count], &views[k], k >= count, channels)
            taken += 1
        if count == MOST_PLANES:
            check_halves(views, "src")
            check_halves(views + count, "dst")
        check_apart(views, count, src, dst)
        for k in range(count):
            ratio = ratio_of(&views[k], &views[count + k], filter, channels)
            kept.append(ratio)
            jobs[k].src, jobs[k].src_stride = views[k].buf, views[k].strides[0]
            jobs[k].dst, jobs[k].dst_stride = <uint8_t*>views[count + k].buf, views[count + k].strides[0]
            jobs[k].down, jobs[k].across, jobs[k].woven = &ratio.down, &ratio.across, &ratio.woven
            jobs[k].channels, jobs[k].kind = channels or 1, ratio.kind
            if channels == 0 and kind_of(&views[k]) == b"h":
                jobs[k].kind = KIND_S16
            jobs[k].gain, jobs[k].offset, jobs[k].base = gain, offset, base
            size = max(size, scale_scratch(ISA, &jobs[k]))
        if size:
            scratch = scratch_of(size)
        with nogil:
            for k in range(count):
                jobs[k].scratch = scratch.memory if size else NULL
                scale_at(ISA, &jobs[k])
        if size and len(SCRATCHES) < MOST_SCRATCHES:
            SCRATCHES.append(scratch)
    finally:
        for k in range(taken):
            PyBuffer_Release(&views[k])
    return 0


cdef int take(data, Py_buffer* view, bint is_target, int channels) except -1:
    """The buffer, refused unless its pixels lie side by side in each row."""
    PyObject_GetBuffer(data, view, PyBUF_STRIDED_RO | PyBUF_FORMAT)
    try:
        check(data, view, "dst" if is_target else "src", channels or is_target)
    except BaseException:
        PyBuffer_Release(view)
        raise
    return 0


cdef int check(data, Py_buffer* view, str name, int channels) except -1:
    cdef int dimensions = 3 if channels == 3 else 2, k
    cdef Py_ssize_t step = view.itemsize
    cdef char kind = kind_of(view)
    if not (kind == b"B" if channels else kind == b"H" or kind == b"h"):
        raise ValueError(f"got {name} of {np.asarray(data).dtype}; need {'uint8' if channels else 'uint16 or int16'}")
    shape = None
    if view.ndim != dimensions or (channels == 3 and view.shape[2] != 3):
        shape = f"need {'(h, w, 3)' if channels == 3 else '(h, w)'}"
    else:
        for k in range(dimensions):
            if view.shape[k] == 0 or view.shape[k] > MOST_SIDE:
                shape = f"need sides of 1 to {MOST_SIDE}"
    if shape is not None:
        raise ValueError(f"got {name} of shape {tuple([view.shape[k] for k in range(view.ndim)])}; {shape}")
    for k in range(dimensions - 1, 0, -1):
        if view.shape[k] > 1 and view.strides[k] != step:
            raise ValueError(f"got {name} with steps of {view.strides[k]} bytes in a row; need pixels side by side")
        step *= view.shape[k]
    if name == "dst":
        if view.readonly:
            raise ValueError("got a dst that cannot be written")
        if view.shape[0] > 1 and abs(view.strides[0]) < step:
            raise ValueError(f"got dst with rows of {step} bytes every {view.strides[0]}; they overlap")
    return 0


cdef char kind_of(const Py_buffer* view) noexcept:
    """The one letter of the format; numpy puts a '=' before what is not aligned."""
    cdef const char* format = view.format
    if format == NULL:
        return b"B"
    format += format[0] == b"="
    return format[0] if format[0] and not format[1] else 0


cdef int check_halves(const Py_buffer* views, str name) except -1:
    cdef Py_ssize_t height = (views[0].shape[0] + 1) // 2, width = (views[0].shape[1] + 1) // 2
    cdef int k
    for k in range(1, MOST_PLANES):
        if views[k].shape[0] != height or views[k].shape[1] != width:
            shape = (views[k].shape[0], views[k].shape[1])
            raise ValueError(f"got a chroma plane of {shape} in {name}; need {(height, width)}")
    return 0


cdef int check_apart(const Py_buffer* views, int count, src, dst) except -1:
    """No target may share a byte with a source or with another target; strided views may lie between each other."""
    cdef int a, b
    for b in range(count, 2 * count):
        for a in range(b):
            if reach(&views[a], 0) <= reach(&views[b], 1) and reach(&views[b], 0) <= reach(&views[a], 1):
                other = src[a] if a < count else dst[a - count]
                if np.shares_memory(np.asarray(other), np.asarray(dst[b - count])):
                    raise ValueError(f"got {'src and dst' if a < count else 'planes of dst'} that overlap")
    return 0


cdef size_t reach(const Py_buffer* view, bint last) noexcept:
    """The address of the first or the last byte."""
    cdef size_t first = <size_t>view.buf
    cdef Py_ssize_t below = (view.shape[0] - 1) * view.strides[0]
    cdef Py_ssize_t row = view.itemsize * view.shape[1] * (view.shape[2] if view.ndim == 3 else 1)
    if last:
        return first + max(below, 0) + row - 1
    return first + min(below, 0)


cdef Scratch scratch_of(size_t size):
    cdef Scratch scratch = SCRATCHES.pop() if SCRATCHES else Scratch()
    if scratch.size < size:
        free(scratch.memory)
        scratch.memory, scratch.size = malloc(size), 0
        if scratch.memory == NULL:
            raise MemoryError
        scratch.size = size
    return scratch


cdef int filter_of(str name) except -1:
    chosen = FILTERS.get(name)
    if chosen is None:
        raise ValueError(f"got the filter {name!r}; there are {', '.join(FILTERS)}")
    return chosen


cdef Ratio ratio_of(const Py_buffer* src, const Py_buffer* dst, int filter, int channels):
    """The ratio, made if need be; of too many the one that rested longest goes."""
    global CLOCK, MADE
    cdef uint64_t old = <uint64_t>src.shape[0] << 16 | <uint64_t>src.shape[1]
    cdef uint64_t new = <uint64_t>dst.shape[0] << 16 | <uint64_t>dst.shape[1]
    cdef Ratio known, rested = None
    key = (old << 32 | new, filter << 2 | channels)
    known = RATIOS.get(key)
    if known is None:
        known = ratio_made(src, dst, filter, channels)
        MADE += 1
        if len(RATIOS) >= MOST_RATIOS:
            for other, ratio in list(RATIOS.items()):
                if rested is None or (<Ratio>ratio).used < rested.used:
                    longest, rested = other, ratio
            RATIOS.pop(longest, None)
        RATIOS[key] = known
    CLOCK += 1
    known.used = CLOCK
    return known


cdef Ratio ratio_made(const Py_buffer* src, const Py_buffer* dst, int filter, int channels):
    cdef Ratio made = Ratio()
    cdef int failed
    cdef long pixel = channels or 1
    with nogil:
        failed = scale_table_begin(&made.down, filter, src.shape[0], dst.shape[0])
        failed |= scale_table_begin(&made.across, filter, src.shape[1], dst.shape[1])
        if not failed:
            made.kind = scale_kind(&made.down, &made.across, filter, channels)
            if scale_weaves(ISA, made.kind):
                failed = weave_begin(&made.woven, &made.across, pixel, WOVEN_BYTES if channels else WOVEN_WORDS)
    if failed:
        raise MemoryError
    return made
