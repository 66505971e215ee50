"""What leaves the outbox: frozen values. A letter's life: queued, sent; or failed, or withdrawn."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LetterState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # given up: somebody has to look
    WITHDRAWN = "withdrawn"  # its link was revoked, or its visit is over, before it was sent


class Problem(StrEnum):
    """What keeps a letter from being sent, in one word; the screen says it in a sentence."""

    NONE = ""
    NO_ANSWER = "no answer"  # no connection, or it was dropped
    LATER = "later"  # the server asks to come back (4xx)
    ADDRESS = "address"  # the server does not take this address
    REFUSED = "refused"  # the server does not take the letter (5xx)
    SIGN_IN = "sign in"  # the server does not take our account
    SECURITY = "security"  # the server offers no TLS, or its certificate is not good


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to be. `body` holds `{link}` where the link of `seat_id` comes."""

    patient_id: str
    visit_id: str
    seat_id: str
    kind: str
    address: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """For staff. `posted`: whether there is a mail server at all."""

    id: str
    patient_id: str
    name: str  # the patient's
    visit_id: str
    seat_id: str
    kind: str
    address: str
    subject: str
    state: LetterState
    problem: Problem
    attempts: int
    made_at: datetime
    next_at: datetime
    sent_at: datetime | None
    posted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter with its link in it, ready to be handed over. The same letter has the same `message_id` each time."""

    id: str
    message_id: str
    address: str
    subject: str
    body: str


def masked(address: str) -> str:
    """ "a***@example.org": enough to know one's own."""
    name, at, host = address.partition("@")
    return f"{name[:1]}***{at}{host}"
