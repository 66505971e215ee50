"""Random ids that sort by the time they were made."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """A lower-case ULID of 26 characters: 48 bits of milliseconds, 80 random bits. Unguessable, and still checked.

    Source: the ULID specification (Crockford's base 32).
    """
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def new_token() -> str:
    """256 random bits, safe in a URL: a session, a join link, a set-up link. Only its hash is ever stored."""
    return secrets.token_urlsafe(32)
