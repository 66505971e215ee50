from libc.stdint cimport int16_t, uint8_t, uint16_t
from libc.stdlib cimport free, malloc

import numpy as np

cdef extern from "_scale_kernels.h" nogil:
    int isa_chosen()
    enum:
        FILTER_AREA
        FILTER_BILINEAR
        FILTER_BICUBIC
        FILTER_NEAREST
        KIND_LINES
        KIND_U16
        KIND_S16

    ctypedef struct scale_table:
        long out

    ctypedef struct scale_job:
        const void* src
        uint8_t* dst
        Py_ssize_t src_stride, dst_stride
        const scale_table* down
        const scale_table* across
        long channels
        int kind
        float gain, offset
        void* scratch

    int scale_table_begin(scale_table* t, int filter, long count_in, long count_out) noexcept
    void scale_table_end(scale_table* t) noexcept
    size_t scale_scratch(long count_in, long channels) noexcept
    int scale_kind(const scale_table* down, const scale_table* across, int filter, long channels) noexcept
    void scale_at(int isa, const scale_job* job) noexcept

cdef int ISA = isa_chosen()
cdef dict FILTERS = {
    "area": FILTER_AREA, "bilinear": FILTER_BILINEAR, "bicubic": FILTER_BICUBIC, "nearest": FILTER_NEAREST
}
cdef enum:
    MOST_TABLES = 64
    MOST_SCRATCHES = 4


cdef class Table:
    """The places and weights of one ratio, shared by all frames of it."""

    cdef scale_table table

    def __dealloc__(self):
        scale_table_end(&self.table)


cdef class Scratch:
    """Memory for the lines of one frame at a time, kept for the next."""

    cdef void* memory
    cdef size_t size

    def __dealloc__(self):
        free(self.memory)


cdef dict TABLES = {}
cdef list SCRATCHES = []


def plane(src, dst, str filter, long channels):
    """src and dst of (rows, columns * channels) bytes, both row-strided; see mediacore.scale."""
    cdef const uint8_t[:, :] source = src
    cdef uint8_t[:, :] target = dst
    cdef scale_job job
    cdef int chosen = filter_of(filter)
    cdef Table down = table_for(source.shape[0], target.shape[0], chosen)
    cdef Table across = table_for(source.shape[1] // channels, target.shape[1] // channels, chosen)
    job.src, job.src_stride = &source[0, 0], source.strides[0]
    job.dst, job.dst_stride = &target[0, 0], target.strides[0]
    job.down, job.across, job.channels = &down.table, &across.table, channels
    job.gain, job.offset = 1.0, 0.0
    job.kind = scale_kind(job.down, job.across, chosen, channels)
    run(&job, source.shape[1], channels)


def window(src, dst, float gain, float offset):
    """src of uint16 or int16 and dst of uint8, both (rows, columns); the mean times gain plus offset."""
    cdef const uint16_t[:, :] unsigned_source
    cdef const int16_t[:, :] signed_source
    cdef uint8_t[:, :] target = dst
    cdef scale_job job
    cdef Table down = table_for(src.shape[0], dst.shape[0], FILTER_AREA)
    cdef Table across = table_for(src.shape[1], dst.shape[1], FILTER_AREA)
    if src.dtype == np.uint16:
        unsigned_source = src
        job.kind, job.src, job.src_stride = KIND_U16, &unsigned_source[0, 0], unsigned_source.strides[0]
    else:
        signed_source = src
        job.kind, job.src, job.src_stride = KIND_S16, &signed_source[0, 0], signed_source.strides[0]
    job.dst, job.dst_stride = &target[0, 0], target.strides[0]
    job.down, job.across, job.channels = &down.table, &across.table, 1
    job.gain, job.offset = gain, offset
    run(&job, src.shape[1], 1)


cdef int run(scale_job* job, long width, long channels) except -1:
    cdef size_t size = scale_scratch(width // channels, channels)
    cdef Scratch scratch = SCRATCHES.pop() if SCRATCHES else Scratch()
    if scratch.size < size:
        free(scratch.memory)
        scratch.memory, scratch.size = malloc(size), 0
        if scratch.memory == NULL:
            raise MemoryError
        scratch.size = size
    job.scratch = scratch.memory
    with nogil:
        scale_at(ISA, job)
    if len(SCRATCHES) < MOST_SCRATCHES:
        SCRATCHES.append(scratch)
    return 0


cdef int filter_of(str name) except -1:
    chosen = FILTERS.get(name)
    if chosen is None:
        raise ValueError(f"got the filter {name!r}; there are {', '.join(FILTERS)}")
    return chosen


cdef Table table_for(long count_in, long count_out, int filter):
    key = (count_in, count_out, filter)
    known = TABLES.get(key)
    if known is not None:
        return known
    cdef Table made = Table()
    if scale_table_begin(&made.table, filter, count_in, count_out) < 0:
        raise MemoryError
    while len(TABLES) >= MOST_TABLES:
        TABLES.pop(next(iter(TABLES)))
    TABLES[key] = made
    return made
