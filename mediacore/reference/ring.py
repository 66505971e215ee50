"""A list that remembers everything, read as if it kept only the newest."""


class Ring:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.written: list[tuple[list[float], float]] = []

    def write(self, rows: list[list[float]], times_ms: list[float]) -> int:
        self.written += list(zip(rows, times_ms, strict=True))
        return len(self.written)

    def read_since(self, cursor: int) -> tuple[list[list[float]], list[float], int, int]:
        start = max(cursor, len(self.written) - self.capacity)
        new = self.written[start:]
        return [row for row, _ in new], [time for _, time in new], len(self.written), start - cursor
