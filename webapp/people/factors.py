"""The second factor: time-based codes and recovery codes.

RFC 6238 with 30 s steps and a window of one step either way; a step is accepted once.
"""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_S = 30
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def seal(secret: str, key: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), b"totp")


def unseal(sealed: bytes, key: bytes) -> str:
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"totp").decode()


def plain_code(code: str) -> str:
    """As typed, without blanks, digits of any script as 0 to 9."""
    return "".join(unicodedata.normalize("NFKC", code).split())[:40]


def accepted_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step that `code` belongs to if it is good now and newer than `last_step`, else None."""
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_S
    for step in (current - 1, current, current + 1):
        if step > last_step and hmac.compare_digest(
            totp.generate_otp(step).encode(), code.encode("utf-8", "replace")
        ):
            return step
    return None


def address(secret: str, email: str, practice: str) -> str:
    """The otpauth: address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=practice)


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 random bits, in two groups of five letters."""
    return [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(CODES)
    ]


def recovery_hash(code: str, key: bytes) -> str:
    """Keyed, so that the short codes cannot be searched in a stolen database."""
    plain = "".join(code.lower().split()).replace("-", "")
    return hmac.new(key, plain.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
