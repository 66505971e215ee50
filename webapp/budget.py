"""How often something may happen: a sliding window per key, on the monotonic clock, with bounded memory."""

from collections import OrderedDict, deque

from webapp.clock import Clock


class Budget:
    """At most `limit` in any `seconds`, for each key. The oldest keys are forgotten beyond `keys`."""

    def __init__(self, limit: int, seconds: float, clock: Clock, *, keys: int = 20_000) -> None:
        self.limit, self.seconds, self._clock, self._keys = limit, seconds, clock, keys
        self._spent: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Spend one; False if none is left."""
        now = self._clock.monotonic()
        spent = self._spent.setdefault(key, deque())
        self._spent.move_to_end(key)
        while spent and spent[0] <= now - self.seconds:
            spent.popleft()
        if len(self._spent) > self._keys:
            self._spent.popitem(last=False)
        if len(spent) >= self.limit:
            return False
        spent.append(now)
        return True

    def spend(self, key: str) -> None:
        """Take one, or raise TooMany."""
        if not self.take(key):
            raise TooMany(self.wait_s(key))

    def wait_s(self, key: str) -> float:
        """Seconds until the next one may be taken; 0 if now."""
        spent = self._spent.get(key)
        if spent is None or len(spent) < self.limit:
            return 0.0
        return max(0.0, spent[0] + self.seconds - self._clock.monotonic())

    def forgive(self, key: str) -> None:
        self._spent.pop(key, None)


class TooMany(Exception):
    """Tried too often; `wait_s` until the next try."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s
