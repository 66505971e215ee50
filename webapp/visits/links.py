"""Join links: tokens derived from the practice's key, and the hours in which they work."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from webapp.visits.states import RUNNING

BEFORE = timedelta(minutes=30)
AFTER = timedelta(hours=2)
OVERRUN = timedelta(hours=12)  # who sits in a running visit may reload for this long after its planned end


def join_token(key: bytes, seat_id: str, version: int) -> str:
    """256 bits, safe in a URL. The same for the same seat and version, so that a link can be shown again."""
    made = hmac.new(key, f"join {seat_id} {version}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What is stored of a token with 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def join_path(visit_id: str, token: str) -> str:
    """The token stands in the fragment, which no browser sends."""
    return f"/join/{visit_id}#{token}"


def summary_sign(key: bytes, what: str, seat_id: str, version: int) -> str:
    """A signature for what a seat may read after the visit; over with a newer link of the seat."""
    return hmac.new(key, f"summary {what} {seat_id} {version}".encode(), hashlib.sha256).hexdigest()


def summary_path(key: bytes, visit_id: str, seat_id: str, version: int) -> str:
    """The secret stands in the fragment, which no browser sends."""
    return f"/join/{visit_id}/summary#{summary_sign(key, 'link', seat_id, version)}"


def opens_at(starts_at: datetime) -> datetime:
    return starts_at - BEFORE


def over_at(ends_at: datetime, state: str, *, seated: bool) -> datetime:
    """When the way in closes: later for who already sits in a visit that runs on."""
    return ends_at + (OVERRUN if seated and state in RUNNING else AFTER)
