cdef extern from "_delay.h" nogil:
    ctypedef struct delay_state:
        pass

    void delay_begin(delay_state* d, double late_target, double most) noexcept
    double delay_target(delay_state* d) noexcept
    double delay_playout(delay_state* d, double sent, double unset_arrival) noexcept
    void delay_update(delay_state* d, double sent, double arrival) noexcept


cdef inline int check_share(double late_target, double max_delay_ms) except -1:
    if not 0.0 < late_target <= 0.5:
        raise ValueError(f"got a late share of {late_target}; need more than 0 and at most 0.5")
    if not 0.0 < max_delay_ms <= 4000.0:
        raise ValueError(f"got a most delay of {max_delay_ms} ms; need more than 0 and at most 4000")
    return 0
