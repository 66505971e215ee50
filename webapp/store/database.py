"""The store: one encrypted database, one thread that writes, a few that read, and the audit inside every write."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from peewee import DatabaseError, OperationalError
from playhouse.migrations import Runner
from playhouse.sqlcipher_ext import SqlCipherDatabase

from webapp.access import Refused
from webapp.budget import Budget
from webapp.clock import Clock
from webapp.store.audit import Audit, Event
from webapp.store.errors import Full, StoreError, WrongKey
from webapp.store.keys import Keys
from webapp.store.table import TABLES

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent / "migrations"
REFUSALS_KEPT, REFUSALS_WINDOW_S = 20, 86400.0  # audit rows for the refusals of one account
OWED_AT_MOST = 1000


class Store:
    """Everything that lasts, in one folder. Open it once per process."""

    def __init__(self, folder: Path, keys: Keys, clock: Clock, *, readers: int = 3) -> None:
        self.folder, self.keys, self.clock = folder, keys, clock
        self.audit = Audit(folder / "audit.head", keys.audit, clock)
        self.full = False
        self.database = open_database(folder / "telepraxis.db", keys.database)
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(readers, "store-reader", initializer=self._read_only)
        self._refusals = Budget(REFUSALS_KEPT, REFUSALS_WINDOW_S, clock)
        self._owed: list[Event] = []  # seen while the disk was full

    def open(self) -> None:
        """Connect, migrate and take up the audit chain. Raises WrongKey, Damaged or StoreError."""
        self._writer.submit(self._prepare).result()

    def close(self) -> None:
        self._readers.shutdown()
        self._writer.submit(self.database.close).result()
        self._writer.shutdown()

    async def write(self, work: Callable[[], T], *, then: Callable[[T], object] | None = None) -> T:
        """Run `work` on the writer's thread in one durable transaction; what it raises undoes it.

        `then` is called with its result on the event loop after the commit, even if the caller was cancelled.
        """
        loop = asyncio.get_running_loop()

        def durable() -> T:
            result = self._transaction(work)
            if then is not None:
                loop.call_soon_threadsafe(then, result)
            return result

        return await self._guarded(self._writer, durable)

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work` on a reader's thread, in one snapshot. What it records as seen is durable before this returns.

        On a full disk care goes on: up to 1,000 such rows wait in memory for the next write; then reading stops.
        """
        result, seen = await self._guarded(self._readers, lambda: self._reading(work))
        if seen:
            try:
                await self.write(lambda: self._append(seen))
            except Full:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._owe, seen)
        return result

    def _owe(self, events: list[Event]) -> None:
        """On the writer's thread: keep what was seen until there is space again."""
        if len(self._owed) + len(events) > OWED_AT_MOST:
            raise Full("no space is left on the disk, and too much was read without being written down")
        self._owed += events

    def _append(self, events: list[Event]) -> None:
        for event in events:
            self.audit.append(event)

    async def _guarded(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except Refused as refusal:
            await self._note(refusal)
            raise

    async def _note(self, refusal: Refused) -> None:
        """A refusal leaves a row; a flood of them by one account proves nothing more."""
        actor = refusal.actor
        if self.full or not self._refusals.take(actor.id):
            return
        event = Event(actor=actor, action=refusal.action, subject=refusal.subject, outcome="refused")
        await self.write(lambda: self.audit.append(event))

    def _transaction(self, work: Callable[[], T]) -> T:
        try:
            with self.database.atomic("IMMEDIATE"):
                self._append(self._owed)
                result = work()
        except BaseException as error:
            self.audit.discard()
            if _is_full(error):
                self.full = True
                raise Full("no space is left on the disk: nothing was saved, reading goes on") from error
            raise
        self.full = False
        self._owed.clear()
        self.audit.publish()
        return result

    def _reading(self, work: Callable[[], T]) -> tuple[T, list[Event]]:
        self.audit.begin_read()
        try:
            with self.database.atomic():
                result = work()
        finally:
            seen = self.audit.end_read()
        return result, seen

    def bind(self) -> None:
        """Let the tables mean this store's in the calling thread."""
        self.database.bind(TABLES, bind_refs=False, bind_backrefs=False)

    def _prepare(self) -> None:
        self.bind()
        try:
            self.database.connect()
            self.database.execute_sql("SELECT count(*) FROM sqlite_master")
        except (DatabaseError, OperationalError) as error:
            if "not a database" in str(error):
                raise WrongKey("the key does not open this database") from error
            raise StoreError(f"the database does not open: {error}") from error
        Runner(self.database, str(MIGRATIONS)).up()
        self.audit.resume()

    def _read_only(self) -> None:
        self.bind()
        self.database.connect()
        self.database.execute_sql("PRAGMA query_only = 1")


def open_database(path: Path, key: bytes) -> SqlCipherDatabase:
    """A database with a raw 32-byte key: write-ahead log, every commit on disk before it is acknowledged."""
    return SqlCipherDatabase(
        str(path),
        passphrase=f"x'{key.hex()}'",
        autoconnect=False,
        pragmas={
            "cipher_log_level": "none",  # a wrong key is our error to tell, not a line on standard error
            "journal_mode": "wal",
            "synchronous": "full",
            "foreign_keys": 1,
            "busy_timeout": 5000,
            "cache_size": -8000,
            "temp_store": "memory",
        },
    )


def _is_full(error: BaseException | None) -> bool:
    """Whether the disk was full. SQLite has then rolled back by itself, and the rollback after it fails as well."""
    while error is not None:
        if isinstance(error, DatabaseError) and "disk is full" in str(error):
            return True
        error = error.__context__
    return False
