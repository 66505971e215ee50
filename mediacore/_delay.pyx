from libc.math cimport isfinite


cdef class DelayEstimator:
    """When to play what was sent at a time, so that `late_target` of it comes too late; see mediacore.jitter.

    Times in ms; the sender's clock may have any origin. Raises ValueError for a share outside 0 to 0.5, or a
    time that is not finite.
    """

    cdef delay_state delay

    def __cinit__(self, *, double late_target=0.01, double max_delay_ms=4000.0):
        check_share(late_target, max_delay_ms)
        delay_begin(&self.delay, late_target, max_delay_ms)

    def update(self, double sent_ms, double arrival_ms):
        """Something sent at sent_ms has come."""
        if not isfinite(sent_ms) or not isfinite(arrival_ms):
            raise ValueError(f"got times {sent_ms} and {arrival_ms}; need finite ones")
        delay_update(&self.delay, sent_ms, arrival_ms)

    def playout_ms(self, double sent_ms):
        """When to play what was (or will be) sent at sent_ms, on the clock of the arrivals."""
        if not isfinite(sent_ms):
            raise ValueError(f"got the time {sent_ms}; need a finite one")
        return delay_playout(&self.delay, sent_ms, sent_ms)

    @property
    def target_ms(self):
        """The delay aimed at now, above the fastest."""
        return delay_target(&self.delay)
