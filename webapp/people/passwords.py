"""Passwords: Argon2id, off the event loop, and the rules for a new one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.access import Invalid
from webapp.budget import TooMany

SHORTEST, LONGEST = 12, 128
WAITING_AT_MOST, WAIT_S = 8, 5.0
# The choices that every guesser tries first and that are long enough to pass the length rule.
TRIED_FIRST = (
    "123456789012",
    "passwordpassword",
    "qwertyuiop12",
    "password1234",
    "telepraxis123",
    "letmeinletmein",
)


class Passwords:
    """Hash and verify on threads of its own; an unknown account costs the same as a known one.

    Browsers that have signed in before have a thread to themselves, so that a flood of guesses keeps no owner waiting.
    """

    def __init__(self, *, cheap: bool = False) -> None:
        times, kib = (1, 1024) if cheap else (3, 64 * 1024)
        self._hasher = PasswordHasher(time_cost=times, memory_cost=kib, parallelism=1, type=Type.ID)
        self._strangers = ThreadPoolExecutor(1, "argon2-strangers")
        self._known = ThreadPoolExecutor(1, "argon2-known")
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Raises Invalid for a password that breaks the rules."""
        checked_password(password)
        return await asyncio.get_running_loop().run_in_executor(self._known, self._hasher.hash, password)

    async def verify(self, stored: str, password: str, *, known: bool = True) -> bool:
        """Whether it matches; takes as long for an empty `stored` (nobody, or no password yet).

        Raises TooMany while eight strangers' guesses are waiting already.
        """
        if not known and self._waiting >= WAITING_AT_MOST:
            raise TooMany(WAIT_S)
        self._waiting += not known
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._known if known else self._strangers, self._matches, stored, password[:LONGEST]
            )
        finally:
            self._waiting -= not known

    def _matches(self, stored: str, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)


def checked_password(password: str) -> None:
    if len(password) < SHORTEST:
        raise Invalid("password", "Use at least {limit} characters.", limit=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password", "Use at most {limit} characters.", limit=LONGEST)
    if password.casefold() in TRIED_FIRST or len(set(password)) < 5:
        raise Invalid("password", "This one is guessed first. Choose another.")
