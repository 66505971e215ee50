"""The practice's key: one file outside the data folder, and a key of its own for each use, derived from it."""

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.store.errors import StoreError, WrongKey

LENGTH = 32
USES = ("database", "files", "audit", "secrets", "recovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """32 bytes for each use. RFC 5869 (HKDF) with the use as its info."""

    database: bytes = field(repr=False)
    files: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    secrets: bytes = field(repr=False)  # second factors, encrypted inside the database as well
    recovery: bytes = field(repr=False)  # opens the backups; the practice keeps it on paper

    @classmethod
    def derive(cls, master: bytes) -> "Keys":
        if len(master) != LENGTH:
            raise WrongKey(f"got a key of {len(master)} bytes; need {LENGTH}")
        return cls(**{use: _derived(master, use) for use in USES})


def _derived(master: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=LENGTH, salt=None, info=f"telepraxis {use}".encode()).derive(
        master
    )


def create_key_file(path: Path) -> bytes:
    """Write a new random key as 64 hex digits, mode 0600. An existing file is never replaced."""
    master = secrets.token_bytes(LENGTH)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(master.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return master


def read_key_file(path: Path) -> bytes:
    """Read the key. Raises StoreError if others may read the file, WrongKey if it does not hold one."""
    try:
        mode, text = path.stat().st_mode, path.read_text()
    except OSError as error:
        raise StoreError(f"the key file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise WrongKey(f"the key file {path} does not hold {LENGTH * 2} hex digits") from None
    if stat.S_IMODE(mode) & 0o077:
        raise StoreError(f"the key file {path} can be read by others: chmod 600 {path}")
    try:
        master = bytes.fromhex(text.strip())
    except ValueError:
        raise WrongKey(f"the key file {path} does not hold {LENGTH * 2} hex digits") from None
    if len(master) != LENGTH:
        raise WrongKey(f"the key file {path} holds {len(master)} bytes; need {LENGTH}")
    return master
