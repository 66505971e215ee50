"""Which form of a kernel runs in this process."""

from libc.stdlib cimport getenv

cdef extern from "_isa.h" nogil:
    int isa_chosen()
    int isa_of_processor()
    const char* isa_name(int level)


cdef inline int chosen_isa() except -1:
    cdef int level = isa_chosen()
    if level < 0:
        asked, best = getenv("MEDIACORE_ISA").decode(), isa_name(isa_of_processor()).decode()
        raise ImportError(f"got MEDIACORE_ISA={asked}; there are plain, avx2 and avx512, here up to {best}")
    return level
