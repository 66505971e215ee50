from cpython.bytes cimport PyBytes_CheckExact
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free

from mediacore._delay cimport check_share, delay_begin, delay_playout, delay_state, delay_target, delay_update

cdef enum:
    FIRST_SLOTS = 512
    MOST_SLOTS = 8192
    MOST_AHEAD = 3000
    MOST_BEHIND = 1000
    MOST_NACKS = 512
    MOST_APART = 16


cdef class Frame:
    """A frame that is due: `timestamp` as sent, `payload` of its packets joined, `lost_before` packets of
    which nothing came, `arrival_ms` of the packet that completed it.

    `complete` is True in every frame: one that is unfinished is never given out, only counted as skipped.
    """

    cdef readonly long long timestamp
    cdef readonly object payload
    cdef readonly bint complete
    cdef readonly Py_ssize_t lost_before
    cdef readonly double arrival_ms


cdef struct slot:
    int64_t sequence  # unwrapped; -1 while empty
    int64_t timestamp  # unwrapped
    double arrival
    PyObject* payload  # NULL once given out
    bint marker


cdef class PacketBuffer:
    """What JitterBuffer stands on: packets by sequence, frames by their time.

    Its calls are short and keep the GIL, which is all that keeps two threads apart.
    """

    cdef delay_state delay
    cdef slot* slots
    cdef int64_t mask
    cdef bint video, begun
    cdef double ms_per_tick
    cdef int64_t head, highest, newest_time, asked_for
    cdef double newest_arrival
    cdef slot odd  # a packet that fits nothing before it, until a second one confirms it
    cdef int64_t lost_pending, found, found_end
    # Of the newest packet before the head that came; how many are missing between; the step of frames.
    cdef int64_t last_time, head_gap, step, steady
    cdef bint last_marker, untouched
    cdef readonly long long received, late, duplicate, lost, frames, skipped, key_frames_wanted

    def __cinit__(self, double clock_rate_hz, *, bint video, double max_delay_ms=2000.0, double late_target=0.01):
        if not (isfinite(clock_rate_hz) and clock_rate_hz > 0):
            raise ValueError(f"got a clock of {clock_rate_hz} Hz")
        check_share(late_target, max_delay_ms)
        self.ms_per_tick = 1000.0 / clock_rate_hz
        self.video = video
        self.mask = FIRST_SLOTS - 1
        self.odd.sequence = -1
        self.slots = empty_slots(FIRST_SLOTS)
        if self.slots == NULL:
            raise MemoryError
        delay_begin(&self.delay, late_target, max_delay_ms)
        self.late_target, self.max_delay = late_target, max_delay_ms

    cdef double late_target, max_delay

    def __dealloc__(self):
        if self.slots != NULL:
            self.clear()
            self.empty(&self.odd)
            free(self.slots)

    @property
    def target_ms(self):
        """The delay aimed at now, above the fastest."""
        return delay_target(&self.delay)

    def push(self, long long sequence, long long timestamp, bint marker, payload, double arrival_ms):
        """A packet has come: sequence modulo 2**16, timestamp modulo 2**32, in any order, once or twice.

        payload: any buffer; what is not bytes already is copied. Raises ValueError for a sequence or timestamp
        out of range or an arrival that is not finite, TypeError for a payload that is no buffer.
        """
        cdef int64_t at, time
        if not 0 <= sequence < 1 << 16:
            raise ValueError(f"got the sequence {sequence}; need 0 to 65535")
        if not 0 <= timestamp < <long long>1 << 32:
            raise ValueError(f"got the timestamp {timestamp}; need 0 to 4294967295")
        if not isfinite(arrival_ms):
            raise ValueError(f"got an arrival of {arrival_ms}; need a finite time")
        if not PyBytes_CheckExact(payload):
            payload = bytes(memoryview(payload))
        self.received += 1
        if not self.begun:
            self.begin(sequence, timestamp, arrival_ms)
        at, time = self.number(sequence), self.moment(timestamp)
        if self.strange(at, time, arrival_ms):
            # A jump is a restart once a second packet follows it (RFC 3550 A.1).
            if not self.confirmed(sequence, arrival_ms):
                self.hold(sequence, timestamp, marker, payload, arrival_ms)
                return
            self.restart()
            at, time = self.number(sequence), self.moment(timestamp)
        self.put(at, time, marker, payload, arrival_ms)

    cdef int64_t number(self, uint16_t sequence):
        return self.highest + <int16_t>(sequence - <uint16_t>(self.highest & 0xFFFF))

    cdef int64_t moment(self, uint32_t timestamp):
        return self.newest_time + <int32_t>(timestamp - <uint32_t>(self.newest_time & 0xFFFFFFFF))

    cdef int put(self, int64_t at, int64_t time, bint marker, object payload, double arrival) except -1:
        """Into its slot, unless it is late or there already."""
        cdef slot* place
        if at < self.head and self.untouched and self.highest - at < self.mask:
            self.head = at  # nothing has been given out yet: it only came in another order
        if at < self.head:
            place = &self.slots[at & self.mask]
            if place.sequence == at:
                self.duplicate += 1
            else:
                self.late += 1
                if not self.video:
                    delay_update(&self.delay, time * self.ms_per_tick, arrival)
            return 0
        if at - self.head > self.mask:
            self.make_room(at)
        place = &self.slots[at & self.mask]
        if place.sequence == at:
            self.duplicate += 1
            return 0
        self.empty(place)
        place.sequence, place.timestamp, place.marker, place.arrival = at, time, marker, arrival
        Py_INCREF(payload)
        place.payload = <PyObject*>payload
        if self.found < 0 or at < self.found_end:
            self.found = -2
        if at > self.highest:
            self.highest = at
        if time > self.newest_time:
            self.newest_time, self.newest_arrival = time, arrival
        if not self.video:
            delay_update(&self.delay, time * self.ms_per_tick, arrival)
        else:
            self.note_if_complete(at)
            if at > self.head and self.slots[(at - 1) & self.mask].sequence == at - 1:
                if self.slots[(at - 1) & self.mask].timestamp != time and not self.slots[(at - 1) & self.mask].marker:
                    self.note_if_complete(at - 1)
        return 0

    def pop(self, double now_ms):
        """The next frame whose time has come, or None; ask again until None."""
        cdef int64_t first, end
        check_now(now_ms)
        if not self.begun:
            return None
        first = self.find(&end)
        if first < 0:
            self.want_key_frame(now_ms)
            return None
        if delay_playout(&self.delay, self.slots[first & self.mask].timestamp * self.ms_per_tick, now_ms) > now_ms:
            if first != self.head:
                self.want_key_frame(now_ms)
            return None
        return self.take(first, end)

    def next_due_ms(self, double now_ms):
        """When pop will have something, as far as is known now; None while nothing is complete."""
        cdef int64_t first, end
        cdef double due
        check_now(now_ms)
        if not self.begun:
            return None
        first = self.find(&end)
        if first < 0:
            return None
        due = delay_playout(&self.delay, self.slots[first & self.mask].timestamp * self.ms_per_tick, now_ms)
        return due if due > now_ms else now_ms

    def missing(self, double now_ms):
        """Sequence numbers not come although a later one has, whose frame is not yet due: worth a NACK."""
        cdef int64_t at, time
        cdef double due = INFINITY
        check_now(now_ms)
        found = []
        if not self.begun:
            return found
        time = -1
        at = self.highest
        while at >= self.head and len(found) < MOST_NACKS:
            place = &self.slots[at & self.mask]
            if place.sequence == at:
                if place.timestamp != time:
                    time = place.timestamp
                    due = delay_playout(&self.delay, time * self.ms_per_tick, now_ms)
                    if due <= now_ms:
                        break
            else:
                found.append(at & 0xFFFF)
            at -= 1
        found.reverse()
        return found

    cdef void begin(self, uint16_t sequence, uint32_t time, double arrival):
        # Room below, so that packets that overtook the first have a number, and a time, of their own.
        delay_begin(&self.delay, self.late_target, self.max_delay)
        self.head = self.highest = (<int64_t>1 << 32) + sequence
        self.newest_time, self.newest_arrival = (<int64_t>1 << 40) + time, arrival
        self.begun = self.last_marker = True
        self.asked_for = self.last_time = -1
        self.lost_pending = self.head_gap = self.step = self.steady = 0
        self.found = -2
        self.untouched = True
        if self.video:
            delay_update(&self.delay, self.newest_time * self.ms_per_tick, arrival)

    cdef bint strange(self, int64_t at, int64_t time, double arrival):
        """Far from what was expected. A source that paused goes on in sequence, its time with the clock."""
        cdef double jump = (time - self.newest_time) * self.ms_per_tick
        cdef double ahead = jump - (arrival - self.newest_arrival)
        if not -MOST_BEHIND < at - self.highest < MOST_AHEAD:
            return True
        return jump <= -10000.0 - self.max_delay or not -60000.0 < ahead < 60000.0

    cdef bint confirmed(self, uint16_t sequence, double arrival):
        """Whether the strange packet before is of the same source as this one."""
        cdef int16_t apart = <int16_t>(sequence - <uint16_t>(self.odd.sequence & 0xFFFF))
        if self.odd.sequence < 0 or not -10000.0 < arrival - self.odd.arrival < 10000.0:
            return False
        return apart != 0 and -MOST_APART <= apart <= MOST_APART

    cdef void hold(self, uint16_t sequence, uint32_t timestamp, bint marker, object payload, double arrival):
        self.late += 1
        self.empty(&self.odd)
        self.odd.sequence, self.odd.timestamp, self.odd.marker, self.odd.arrival = (
            sequence, timestamp, marker, arrival
        )
        Py_INCREF(payload)
        self.odd.payload = <PyObject*>payload

    cdef int restart(self) except -1:
        """Another source: what is left of the last one is skipped, and the packet that was doubted comes first."""
        payload = <object>self.odd.payload
        self.drop_until(self.highest + 1)
        self.clear()
        self.begin(self.odd.sequence, self.odd.timestamp, self.odd.arrival)
        self.late -= 1
        self.put(self.highest, self.newest_time, self.odd.marker, payload, self.odd.arrival)
        self.empty(&self.odd)
        return 0

    cdef void empty(self, slot* place):
        if place.payload != NULL:
            Py_DECREF(<object>place.payload)
            place.payload = NULL
        place.sequence = -1

    cdef void clear(self):
        cdef int64_t k
        for k in range(self.mask + 1):
            self.empty(&self.slots[k])

    cdef int make_room(self, int64_t at) except -1:
        """More slots, or, at the most of them, give up the oldest packets."""
        cdef slot* old = self.slots
        cdef slot* wide
        cdef int64_t k, size = self.mask + 1, count = size
        while at - self.head >= size and size < MOST_SLOTS:
            size *= 2
        if size != count:
            wide = empty_slots(size)
            if wide == NULL:
                raise MemoryError
            for k in range(count):
                if old[k].sequence >= 0:
                    wide[old[k].sequence & (size - 1)] = old[k]
            self.slots, self.mask = wide, size - 1
            free(old)
        if at - self.head >= size:
            self.drop_until(at - size // 2)
        return 0

    cdef void drop_until(self, int64_t end):
        """Nothing before `end` will be given out."""
        cdef int64_t time = -1
        cdef slot* place
        self.untouched = False
        while self.head < end:
            place = &self.slots[self.head & self.mask]
            if place.sequence != self.head:
                self.lost += 1
                self.lost_pending += 1
                self.head_gap += 1
            else:
                if place.timestamp != time:
                    time = place.timestamp
                    self.skipped += 1
                self.last_time, self.last_marker, self.head_gap = time, place.marker, 0
                if place.payload != NULL:
                    Py_DECREF(<object>place.payload)
                    place.payload = NULL
            self.head += 1
        self.found = -2

    cdef bint starts_clean(self, int64_t gap, int64_t last_time, bint last_marker, int64_t time):
        """Whether a frame begins with the packet at `time`, `gap` packets being missing before it.

        Only if the missing must all belong to others: one ends a frame that had no end, and one, at a steady
        frame rate, is each frame whose time lies between.
        """
        cdef int64_t others
        if gap == 0:
            return True
        if last_time < 0:
            return False
        others = 0 if last_marker else 1
        if self.steady >= 8 and self.step > 0:
            others += (time - last_time + self.step // 2) // self.step - 1
        return gap == others

    cdef int64_t find(self, int64_t* end):
        """The first packet of the next whole frame, and the one after its last; -1 for none."""
        cdef int64_t at = self.head, first = -1, time = self.last_time, gap = self.head_gap
        cdef bint marker = self.last_marker
        cdef slot* place
        if self.found >= 0:
            end[0] = self.found_end
            return self.found
        if self.found == -1:
            return -1
        self.found = -1
        while at <= self.highest:
            place = &self.slots[at & self.mask]
            if place.sequence != at:
                gap += 1
                if first >= 0:
                    first = -1
            elif not self.video:
                first, self.found_end = at, at + 1
                break
            else:
                if place.timestamp != time:
                    if first >= 0:
                        self.found_end = at
                        break
                    first = at if self.starts_clean(gap, time, marker, place.timestamp) else -1
                    time = place.timestamp
                gap, marker = 0, place.marker
                if marker and first >= 0:
                    self.found_end = at + 1
                    break
            at += 1
        else:
            first = -1
        self.found = first
        end[0] = self.found_end
        return first

    cdef void note_if_complete(self, int64_t at):
        """Tell the estimator when a frame is whole: what counts is its last packet."""
        cdef slot* place = &self.slots[at & self.mask]
        cdef slot* other = place
        cdef int64_t time = place.timestamp, k = at, gap = 0
        while not other.marker:
            k += 1
            other = &self.slots[k & self.mask]
            if other.sequence != k:
                return
            if other.timestamp != time:
                break
        k = at
        while k > self.head:
            other = &self.slots[(k - 1) & self.mask]
            if other.sequence != k - 1 or other.timestamp != time:
                break
            k -= 1
        while k - gap > self.head and self.slots[(k - gap - 1) & self.mask].sequence != k - gap - 1:
            gap += 1
        if k - gap > self.head:
            other = &self.slots[(k - gap - 1) & self.mask]
            if not self.starts_clean(gap, other.timestamp, other.marker, time):
                return
        elif not self.starts_clean(gap + self.head_gap, self.last_time, self.last_marker, time):
            return
        delay_update(&self.delay, time * self.ms_per_tick, place.arrival)

    cdef void want_key_frame(self, double now):
        """Once for each frame whose time has passed unfinished."""
        cdef int64_t at = self.head
        cdef slot* place
        if not self.video:
            return
        while at <= self.highest and self.slots[at & self.mask].sequence != at:
            at += 1
        if at > self.highest or at <= self.asked_for:
            return
        place = &self.slots[at & self.mask]
        if at == self.head and self.head_gap == 0 and self.unfinished_tail(at):
            return
        if delay_playout(&self.delay, place.timestamp * self.ms_per_tick, now) <= now:
            self.key_frames_wanted += 1
            self.asked_for = self.highest

    cdef bint unfinished_tail(self, int64_t at):
        """Nothing is missing yet, the rest of the frame is only still on its way."""
        while at <= self.highest:
            if self.slots[at & self.mask].sequence != at:
                return False
            at += 1
        return True

    cdef Frame take(self, int64_t first, int64_t end):
        cdef Frame frame = Frame.__new__(Frame)
        cdef slot* place
        cdef int64_t at
        cdef bint gap = first != self.head
        cdef int64_t step
        self.untouched = False
        self.drop_until(first)
        if gap and self.video and first > self.asked_for:
            self.key_frames_wanted += 1
            self.asked_for = self.highest
        place = &self.slots[first & self.mask]
        frame.timestamp = place.timestamp & 0xFFFFFFFF
        frame.lost_before, self.lost_pending = self.lost_pending, 0
        frame.complete = True
        frame.arrival_ms = place.arrival
        step = place.timestamp - self.last_time
        if self.video and not gap and self.last_time >= 0:
            self.steady = self.steady + 1 if 10 * abs(step - self.step) <= self.step else 0
            if self.steady == 0:
                self.step = step
        self.last_time, self.last_marker, self.head_gap = place.timestamp, True, 0
        self.head = end
        self.found = -2
        self.frames += 1
        if end == first + 1:
            frame.payload = <object>place.payload
            Py_DECREF(frame.payload)
            place.payload = NULL
            return frame
        parts = []
        for at in range(first, end):
            place = &self.slots[at & self.mask]
            parts.append(<object>place.payload)
            Py_DECREF(<object>place.payload)
            place.payload = NULL
            if place.arrival > frame.arrival_ms:
                frame.arrival_ms = place.arrival
        frame.payload = b"".join(parts)
        return frame


cdef slot* empty_slots(int64_t count):
    cdef slot* slots = <slot*>calloc(count, sizeof(slot))
    cdef int64_t k
    if slots != NULL:
        for k in range(count):
            slots[k].sequence = -1
    return slots


cdef int check_now(double now_ms) except -1:
    if not isfinite(now_ms):
        raise ValueError(f"got the time {now_ms}; need a finite one")
    return 0
