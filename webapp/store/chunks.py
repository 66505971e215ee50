"""A stream sealed in chunks of 64 KB: read from anywhere, and nothing of it can be cut, moved or added unseen.

A 24-byte header (8 of magic, 16 random), then the chunks, each AES-256-GCM with its index and whether it is the last
in the nonce, under a key of its own: HKDF of the given key with the random bytes as salt and the purpose as info.
The construction is that of Hoang, Reyhanitabar, Rogaway and Vizar, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance" (STREAM).
"""

import io
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.store.errors import Damaged

MAGIC = b"TPCHUNK1"
SALT = 16
HEADER = len(MAGIC) + SALT
CHUNK = 64 * 1024
TAG = 16
SEALED = CHUNK + TAG


class Writer(io.RawIOBase):
    """Seal what is written into `target`. Only `finish` makes it whole: without it, reading reports damage."""

    def __init__(self, target: BinaryIO, key: bytes, purpose: str) -> None:
        salt = secrets.token_bytes(SALT)
        target.write(MAGIC + salt)
        self._target, self._cipher = target, _cipher(key, salt, purpose)
        self._waiting, self._index = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > CHUNK:  # a full last chunk waits for `finish`
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._index, last), chunk, None))
        self._index += 1


class Reader:
    """What `Writer` sealed, from where a seekable `source` stands to its end. Raises Damaged for anything else."""

    def __init__(self, source: BinaryIO, key: bytes, purpose: str) -> None:
        self._start = source.tell()
        whole = source.seek(0, io.SEEK_END) - self._start
        source.seek(self._start)
        header = source.read(HEADER)
        body = whole - HEADER
        if len(header) < HEADER or header[: len(MAGIC)] != MAGIC or body < TAG:
            raise Damaged(f"this is no sealed stream: got {whole} bytes; need {HEADER + TAG} and our mark")
        self._source, self._cipher = source, _cipher(key, header[len(MAGIC) :], purpose)
        self._chunks = -(-body // SEALED)
        if body - (self._chunks - 1) * SEALED < TAG:
            raise Damaged("the last chunk is cut")
        self.size = body - self._chunks * TAG
        self.chunk(self._chunks - 1)  # the end is authentic, and with it the size

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, a chunk at a time."""
        end = self.size if end is None else min(end, self.size)
        if not 0 <= start <= end:
            raise ValueError(f"got the range {start} to {end}; need one within {self.size} bytes")
        for index in range(start // CHUNK, -(-end // CHUNK)):
            first = index * CHUNK
            piece = self.chunk(index)[max(0, start - first) : end - first]
            if piece:
                yield piece

    def chunk(self, index: int) -> bytes:
        self._source.seek(self._start + HEADER + index * SEALED)
        sealed = self._source.read(SEALED)
        try:
            return self._cipher.decrypt(_nonce(index, index == self._chunks - 1), sealed, None)
        except (InvalidTag, ValueError):
            raise Damaged(f"chunk {index} of {self._chunks} is not what was written") from None


class Plain(io.RawIOBase):
    """A Reader as a file that is read from its beginning to its end."""

    def __init__(self, reader: Reader) -> None:
        self._pieces, self._rest = reader.pieces(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def _cipher(key: bytes, salt: bytes, purpose: str) -> AESGCM:
    derived = HKDF(
        algorithm=SHA256(), length=32, salt=salt, info=f"telepraxis chunks {purpose}".encode()
    ).derive(key)
    return AESGCM(derived)


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + bytes([last])
