from mediacore._wave import Bytes

class Frame:
    timestamp: int
    payload: bytes
    complete: bool
    lost_before: int
    arrival_ms: float

class PacketBuffer:
    received: int
    late: int
    duplicate: int
    lost: int
    frames: int
    skipped: int
    key_frames_wanted: int
    def __init__(
        self, clock_rate_hz: float, *, video: bool, max_delay_ms: float = 2000.0, late_target: float = 0.01
    ) -> None: ...
    @property
    def target_ms(self) -> float: ...
    def push(
        self, sequence: int, timestamp: int, marker: bool, payload: Bytes, arrival_ms: float
    ) -> None: ...
    def pop(self, now_ms: float) -> Frame | None: ...
    def next_due_ms(self, now_ms: float) -> float | None: ...
    def missing(self, now_ms: float) -> list[int]: ...
