"""Six digits that stand for a seat for a while: read out over the telephone, typed at `/join`, kept only as a hash."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.access import Action, Actor, authorize, policy
from webapp.budget import Budget
from webapp.visits.inviting import Inviting
from webapp.visits.links import join_path
from webapp.visits.model import Seat, SeatCode, Visit
from webapp.visits.states import ENDED, NotNow, SeatState
from webapp.visits.views import Kind

DIGITS = 6
TRIES_S = 15 * 60.0
ADDRESS_TRIES = 6  # of one address and for one purpose in 15 min, until one is right
WRONG_AT_MOST = 5  # for one seat's code, where the seat is known: then it is dead
GUESSES_AT_MOST = 1_000  # of everybody together while a code that may be anybody's lives: then it is dead


class Purpose(StrEnum):
    JOIN = "join"  # the way to the visit's door
    SUMMARY = "summary"  # opens what was sent after the visit, beside its link


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """once: one use and it is over. ended: also for a visit that has ended."""

    lasts: timedelta
    once: bool
    ended: bool


TERMS = {
    Purpose.JOIN: Terms(lasts=timedelta(minutes=15), once=True, ended=False),
    Purpose.SUMMARY: Terms(lasts=timedelta(days=7), once=False, ended=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Shown once, to whoever reads it out."""

    digits: str
    over_at: datetime

    @property
    def spoken(self) -> str:
        """ "482 913"."""
        return f"{self.digits[:3]} {self.digits[3:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Whose code it was."""

    visit_id: str
    seat_id: str


class Codes:
    """One living code for each seat and purpose; a new one replaces it. The tries of an address are counted in memory.

    Nobody's guesses keep another from trying: only an address is ever told to wait. So that many addresses do not
    find a code by guessing, each dies of the thousandth wrong try since it was made, wherever that came from; the
    next one that is read out begins anew. Of a million, so the odds that a code is ever guessed are 1 in 1,000
    at most, and 6 in 10,000 from a hundred addresses, which kill none. A code that is found leads to the waiting
    room and no further. Where a link has named the seat five wrong tries end its code: 5 in 1,000,000, by whoever
    holds the link.
    """

    def __init__(self, inviting: Inviting) -> None:
        self.inviting, self.ledger, self.store = inviting, inviting.ledger, inviting.store
        self._by_address = Budget(ADDRESS_TRIES, TRIES_S, self.store.clock)

    @policy(Action.VISIT_INVITE)
    async def make(self, actor: Actor, visit_id: str, seat_id: str, purpose: Purpose = Purpose.JOIN) -> Code:
        """A new code for a patient's or guest's seat; its earlier one of this purpose is over. Raises NotNow."""

        def work(_: list[str]) -> tuple[str, Code]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            authorize(actor, Action.VISIT_INVITE, subject)
            seat = self.ledger.seat(actor, Action.VISIT_INVITE, visit, seat_id)
            shut = visit.state in ENDED and not TERMS[purpose].ended
            if shut or seat.kind == Kind.CLINICIAN or seat.revoked or seat.state == SeatState.REMOVED:
                raise NotNow(visit.state, "code")
            made = self._made(seat, purpose)
            self.ledger.tell(visit.id, "code made", seat.id, purpose=purpose)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, code_of=seat.id, purpose=purpose)
            return visit.id, made

        return await self.ledger.change(work)

    @policy(None)  # the code is the permission; whatever is wrong with it, the answer is the same
    async def open(self, purpose: Purpose, digits: str, *, address: str, seat_id: str = "") -> Opened | None:
        """Whose code this is, and one that works once is used up. None for every other. Raises TooMany.

        address: where the try comes from. seat_id: the seat that a link has named already; its code alone counts.
        """
        place = f"{purpose} {address}"
        self._by_address.spend(place)
        typed = plain(digits)

        def work(_: list[str]) -> tuple[str, Opened | None]:
            code = self._living(purpose, typed, seat_id)
            if code is None:
                return "", None
            if TERMS[purpose].once:
                code.used_at = self.store.clock.now()
                code.save()
            self.ledger.tell(code.seat.visit_id, "code used", code.seat_id, purpose=purpose)
            return code.seat.visit_id, Opened(visit_id=code.seat.visit_id, seat_id=code.seat_id)

        opened = await self.ledger.change(work)
        if opened is not None:
            self._by_address.forgive(place)
        return opened

    @policy(None)  # as open
    async def path(self, digits: str, *, address: str) -> str | None:
        """Where a join code leads: the seat's own link. None for every other. Raises TooMany."""
        opened = await self.open(Purpose.JOIN, digits, address=address)
        if opened is None:
            return None

        def work() -> str:
            return join_path(opened.visit_id, self.inviting.token(Seat.get_by_id(opened.seat_id)))

        return await self.store.read(work)

    def _made(self, seat: Seat, purpose: Purpose) -> Code:
        SeatCode.delete().where(SeatCode.seat == seat.id, SeatCode.purpose == purpose).execute()
        now, digits = self.store.clock.now(), self._free(purpose)
        over_at = now + TERMS[purpose].lasts
        SeatCode.create(
            seat=seat.id,
            purpose=purpose,
            hash=self._hash(purpose, digits),
            link_version=seat.link_version,
            made_at=now,
            over_at=over_at,
        )
        return Code(digits=digits, over_at=over_at)

    def _free(self, purpose: Purpose) -> str:
        """Digits that no other living code has."""
        while True:
            digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            taken = SeatCode.hash == self._hash(purpose, digits)
            if not SeatCode.select().where(taken, SeatCode.over_at > self.store.clock.now()).exists():
                return digits

    def _living(self, purpose: Purpose, digits: str, seat_id: str) -> SeatCode | None:
        """A wrong try is counted with the code of the seat that is known, else with every code that lives."""
        alive = (SeatCode.purpose == purpose) & (SeatCode.over_at > self.store.clock.now())
        made = self._hash(purpose, digits)
        mine = (SeatCode.seat == seat_id) if seat_id else (SeatCode.hash == made)
        code = SeatCode.select(SeatCode, Seat, Visit).join(Seat).join(Visit).where(alive, mine).get_or_none()
        if code is None or not hmac.compare_digest(code.hash, made):
            tried = (alive & mine) if seat_id else alive
            SeatCode.update(wrong=SeatCode.wrong + 1).where(tried).execute()
            return None
        at_most = WRONG_AT_MOST if seat_id else GUESSES_AT_MOST
        return code if code.wrong < at_most and self._stands(code) else None

    def _stands(self, code: SeatCode) -> bool:
        """Neither used up nor left behind by a newer or revoked link."""
        seat, terms = code.seat, TERMS[Purpose(code.purpose)]
        used = terms.once and code.used_at is not None
        gone = seat.revoked or seat.state == SeatState.REMOVED or seat.link_version != code.link_version
        return not used and not gone and (terms.ended or seat.visit.state not in ENDED)

    def _hash(self, purpose: Purpose, digits: str) -> str:
        """Under the practice's key: a million codes are hashed in a second, a key cannot be guessed."""
        return hmac.new(
            self.store.keys.secrets, f"code {purpose} {digits}".encode(), hashlib.sha256
        ).hexdigest()


def plain(digits: str) -> str:
    """What was typed without blanks and dashes; "" for what is no code."""
    typed = "".join(each for each in digits if not each.isspace() and each not in "-–.")
    return typed if len(typed) == DIGITS and typed.isascii() and typed.isdigit() else ""
