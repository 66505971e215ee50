"""What the patient has in hand after a visit: drafted from the note, edited by its clinician, sent, and read."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webapp.access import Action, Actor, Invalid, State, Subject, authorize, policy
from webapp.locale import N_
from webapp.records.merging import merge
from webapp.records.service import Records
from webapp.visits.codes import Code, Codes, Purpose
from webapp.visits.ledger import Ledger
from webapp.visits.links import summary_path, summary_sign, token_hash
from webapp.visits.mailing import Mailing
from webapp.visits.model import Feedback, Seat, SeatSession, Summary, Visit
from webapp.visits.services import After
from webapp.visits.sessions import ROLES
from webapp.visits.states import ENDED, NotNow, SeatState, VisitState
from webapp.visits.summary_words import Block, drafted
from webapp.visits.views import Kind

BLOCK_AT_MOST = 4_000
KNOWN_LASTS = timedelta(hours=24)  # how long the browser that sat in the visit needs no code
OPEN_LASTS = timedelta(hours=12)  # how long a code opens it in the browser where it was typed
LISTED = timedelta(days=7)  # how long a summary that was not sent is named
ANSWERS = ("yes", "partly", "no")
SENDABLE = (VisitState.FINISHED, VisitState.SIGNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    worked: str
    helped: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """As its clinician sees it. version 0: drafted from the note and not kept yet."""

    visit_id: str
    patient: str
    language: str
    blocks: dict[Block, str]
    version: int
    saved_at: datetime | None
    sent_at: datetime | None
    changed_since: bool  # since it was sent
    writable: bool
    over: bool  # the visit is finished: now it can be sent
    signed: bool
    expected: (
        bool  # by the service's setting it goes to the patient with the signature, unless it is held back
    )
    feedback: FeedbackView | None

    @property
    def empty(self) -> bool:
        return not any(self.blocks.values())

    @property
    def goes(self) -> bool:
        """Whether a signature sends it, unless it is held back."""
        now = self.writable and self.over and not self.signed
        return now and self.expected and self.sent_at is None and not self.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The link for the patient, whose secret stands after the "#", and the code to be told apart from it."""

    path: str
    code: Code
    mailed: bool = False  # the link is in a letter; the outbox says what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A signed visit whose service sends a summary, and it was not sent."""

    visit_id: str
    patient: str
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """As the patient reads it: only what was sent. `sent_at` is None while nothing was."""

    visit_id: str
    language: str
    zone: str
    name: str
    clinician: str
    starts_at: datetime
    sent_at: datetime | None
    blocks: dict[Block, str]
    feedback: bool  # it was given


class Summaries:
    """`ledger.changed` tells the id of the visit."""

    def __init__(self, ledger: Ledger, records: Records, codes: Codes, mailing: Mailing) -> None:
        self.ledger, self.store, self.records = ledger, ledger.store, records
        self.codes, self.mailing = codes, mailing

    # The clinician's side -------------------------------------------------------------------------------

    @policy(Action.SUMMARY_READ)
    async def summary(self, actor: Actor, visit_id: str) -> SummaryView:
        """What was kept; before that, a draft from the note."""

        def work() -> SummaryView:
            visit, subject = self.ledger.opened(actor, Action.SUMMARY_READ, visit_id)
            self.store.audit.record(actor, Action.SUMMARY_READ, subject)
            return self._view(actor, visit)

        return await self.store.read(work)

    @policy(Action.SUMMARY_EDIT)
    async def edit(self, actor: Actor, visit_id: str, block: Block, text: str, *, was: str) -> SummaryView:
        """Keep one block, typed over `was`; what was kept elsewhere meanwhile is joined with it. Raises Invalid."""
        text = text.strip()
        if len(text) > BLOCK_AT_MOST:
            raise Invalid(block, N_("Type at most {limit} characters."), limit=BLOCK_AT_MOST)

        def work(_: list[str]) -> tuple[str, SummaryView]:
            visit, subject = self.ledger.opened(actor, Action.SUMMARY_EDIT, visit_id)
            row = self._kept(actor, visit)
            now = str(getattr(row, block))
            merged = (
                text if now in (was, text) else merge(was, now, text, names=(actor.name, actor.name)).text
            )
            setattr(row, block, merged)
            row.version, row.saved_at, row.by_id = row.version + 1, self.store.clock.now(), actor.id
            row.save()
            self.store.audit.record(actor, Action.SUMMARY_EDIT, subject, version=str(row.version))
            return visit.id, self._view(actor, visit)

        return await self.ledger.change(work)

    @policy(Action.SUMMARY_SEND)
    async def send(self, actor: Actor, visit_id: str, shown: Mapping[Block, str]) -> Sent:
        """What stands now is what the patient reads from now on. A new code; earlier ones are over.

        shown: what the sender has read. Raises Invalid where something else stands now, or nothing at all.
        """

        def work(_: list[str]) -> tuple[str, tuple[str, str, bool]]:
            visit, subject = self.ledger.opened(actor, Action.SUMMARY_SEND, visit_id)
            row = self._kept(actor, visit)
            blocks = _blocks(row)
            if not any(blocks.values()):
                raise Invalid("summary", N_("Write the summary before you send it."))
            if any(text != shown.get(block, "").strip() for block, text in blocks.items()):
                raise Invalid(
                    "summary", N_("Not sent: the summary was changed since it was shown. Read it again.")
                )
            row.sent, row.sent_at, row.sent_version = json.dumps(blocks), self.store.clock.now(), row.version
            row.save()
            seat = self._patient_seat(visit)
            self.ledger.tell(visit.id, "summary sent", seat.id)
            self.store.audit.record(actor, Action.SUMMARY_SEND, subject, version=str(row.version))
            mailed = self.mailing.summary_within(visit, seat)
            path = summary_path(self.store.keys.secrets, visit.id, seat.id, seat.link_version)
            return visit.id, (seat.id, path, mailed)

        seat_id, path, mailed = await self.ledger.change(work)
        if mailed:
            self.mailing.outbox.put(visit_id)
        code = await self.codes.make(actor, visit_id, seat_id, Purpose.SUMMARY)
        return Sent(path=path, code=code, mailed=mailed)

    @policy(Action.NOTE_LIST)
    async def unsent(self, actor: Actor) -> tuple[Unsent, ...]:
        """Of the actor's own visits that were signed in the last week, held back or not; oldest first."""

        def work() -> tuple[Unsent, ...]:
            authorize(actor, Action.NOTE_LIST, Subject(kind="summary", own=True))
            sent = Summary.select(Summary.visit).where(Summary.sent_at.is_null(False))
            lately = Visit.signed_at >= self.store.clock.now() - LISTED
            mine = Visit.select().where(Visit.clinician_id == actor.id, lately, Visit.id.not_in(sent))
            rows = mine.order_by(Visit.starts_at, Visit.id)
            own = [row for row in rows if self.ledger.subject(actor, row).treating]
            views = [(row, self._view(actor, row)) for row in own]
            return tuple(
                Unsent(visit_id=row.id, patient=view.patient, starts_at=row.starts_at)
                for row, view in views
                if view.expected and not view.empty
            )

        return await self.store.read(work)

    # The patient's side -------------------------------------------------------------------------------------

    @policy(
        None
    )  # a link with its code is the permission; whatever is wrong with them, the answer is the same
    async def open(
        self, visit_id: str, *, token: str, digits: str, address: str, session: str = ""
    ) -> str | None:
        """The pass of a browser in which link and code were right; None for every other. Raises TooMany.

        token: of the summary's own link, or of the one that the patient came in by. session: of the browser that sat
        in the visit, which is as good as its link.
        """

        def named() -> str:
            seat = self._seat_of(visit_id)
            named = seat is not None and (self._leads_here(seat, token) or self._sat_in(seat, session))
            return str(seat.id) if seat is not None and named else ""

        seat_id = await self.store.read(named)
        opened = await self.codes.open(Purpose.SUMMARY, digits, address=address, seat_id=seat_id or "nobody")
        if opened is None or opened.visit_id != visit_id:
            return None

        def work() -> str:
            seat = Seat.get_by_id(seat_id)
            until = int((self.store.clock.now() + OPEN_LASTS).timestamp())
            return f"{until}.{self._signed(seat, f'pass {until}')}"

        return await self.store.read(work)

    @policy(None)  # as open, or the browser that sat in the patient's seat a short while ago
    async def received(self, visit_id: str, *, session: str = "", opened: str = "") -> Received | None:
        """What was sent, for whoever holds the visit's cookie or a pass. None for everybody else."""

        def work() -> Received | None:
            seat = self._holder(visit_id, session, opened)
            if seat is None:
                return None
            actor, visit = self._reader(seat), seat.visit
            subject = replace(self.ledger.subject(actor, visit), visit_id=visit.id)
            authorize(actor, Action.SUMMARY_READ, subject)
            self.store.audit.record(actor, Action.SUMMARY_READ, subject, seat=seat.id)
            return self._received(visit, seat)

        return await self.store.read(work)

    @policy(None)  # as received
    async def say(
        self, visit_id: str, *, worked: str, helped: str, session: str = "", opened: str = ""
    ) -> bool:
        """Whether it worked and helped: kept once for each visit. False from whoever may not. Raises Invalid."""
        if worked not in ANSWERS or helped not in ANSWERS:
            raise Invalid("feedback", N_("Choose an answer to both questions."))

        def work(_: list[str]) -> tuple[str, bool]:
            seat = self._holder(visit_id, session, opened)
            if seat is None or seat.visit.state not in ENDED:
                return "", False
            actor, visit = self._reader(seat), seat.visit
            subject = replace(self.ledger.subject(actor, visit), visit_id=visit.id)
            authorize(actor, Action.SUMMARY_READ, subject)
            if Feedback.select().where(Feedback.visit == visit.id).exists():
                return "", True
            Feedback.create(visit=visit.id, worked=worked, helped=helped, at=self.store.clock.now())
            self.store.audit.record(actor, Action.SUMMARY_READ, subject, feedback="given")
            return visit.id, True

        return await self.ledger.change(work)

    # Steps ----------------------------------------------------------------------------------------------

    def _kept(self, actor: Actor, visit: Visit) -> Summary:
        """The row, made of the draft the first time."""
        row = Summary.get_or_none(Summary.visit == visit.id)
        if row is None:
            blocks = drafted(self.records.standing_within(visit.id)[0], actor.language)
            row = Summary.create(
                visit=visit.id,
                by_id=actor.id,
                saved_at=self.store.clock.now(),
                **{str(b): t for b, t in blocks.items()},
            )
        return row

    def _view(self, actor: Actor, visit: Visit) -> SummaryView:
        row = Summary.get_or_none(Summary.visit == visit.id)
        patient = self.ledger.people.view(visit.patient_id)
        note = "" if row is not None else self.records.standing_within(visit.id)[0]
        service = self.ledger.services.facts()[self.ledger.view(visit).service]
        said = Feedback.get_or_none(Feedback.visit == visit.id)
        return SummaryView(
            visit_id=visit.id,
            patient=patient.name,
            language=patient.language,
            blocks=drafted(note, actor.language) if row is None else _blocks(row),
            version=0 if row is None else row.version,
            saved_at=None if row is None else row.saved_at,
            sent_at=None if row is None else row.sent_at,
            changed_since=row is not None and row.sent_at is not None and row.version != row.sent_version,
            writable=visit.clinician_id == actor.id,
            over=visit.state in SENDABLE,
            signed=visit.state == VisitState.SIGNED,
            expected=service.after is After.SUMMARY,
            feedback=FeedbackView(worked=said.worked, helped=said.helped, at=said.at) if said else None,
        )

    def _received(self, visit: Visit, seat: Seat) -> Received:
        row = Summary.get_or_none(Summary.visit == visit.id)
        patient = self.ledger.people.view(visit.patient_id)
        clinician = Seat.select(Seat.name).where(Seat.visit == visit.id, Seat.kind == Kind.CLINICIAN).get()
        sent: Mapping[str, str] = json.loads(row.sent) if row is not None and row.sent_at else {}
        return Received(
            visit_id=visit.id,
            language=patient.language,
            zone=visit.zone,
            name=seat.name,
            clinician=clinician.name,
            starts_at=visit.starts_at,
            sent_at=row.sent_at if row is not None else None,
            blocks={block: sent[block] for block in Block if sent.get(block)},
            feedback=Feedback.select().where(Feedback.visit == visit.id).exists(),
        )

    def _holder(self, visit_id: str, session: str, opened: str) -> Seat | None:
        """The patient's seat, for its own browser of today or one that holds a pass."""
        seat = self._seat_of(visit_id)
        if seat is None:
            return None
        now, ended = self.store.clock.now(), seat.visit.finished_at
        if self._passes(seat, opened):
            return seat
        if ended is None or now >= ended + KNOWN_LASTS:
            return None
        return seat if self._sat_in(seat, session) else None

    def _sat_in(self, seat: Seat, session: str) -> bool:
        """Whether this is the cookie of the browser that sat there last."""
        mine = SeatSession.hash == token_hash(session)
        stands = SeatSession.select().where(
            mine, SeatSession.seat == seat.id, SeatSession.replaced_at.is_null()
        )
        return bool(session) and bool(stands.exists())

    def _passes(self, seat: Seat, opened: str) -> bool:
        """Whether this is a pass of ours, and not too old."""
        until, _, signature = opened.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) <= 12 and signature.isascii()):
            return False
        genuine = hmac.compare_digest(self._signed(seat, f"pass {until}"), signature)
        return genuine and self.store.clock.now().timestamp() < int(until)

    def _leads_here(self, seat: Seat, token: str) -> bool:
        own = token.isascii() and hmac.compare_digest(self._signed(seat, "link"), token)
        return own or hmac.compare_digest(str(seat.link_hash), token_hash(token))

    def _seat_of(self, visit_id: str) -> Seat | None:
        rows = Seat.select(Seat, Visit).join(Visit)
        found: Seat | None = rows.where(
            Visit.id == visit_id,
            Seat.kind == Kind.PATIENT,
            Seat.revoked == False,  # noqa: E712  # a peewee expression
            Seat.state != SeatState.REMOVED,
        ).get_or_none()
        return found

    def _patient_seat(self, visit: Visit) -> Seat:
        seat = self._seat_of(visit.id)
        if seat is None:
            raise NotNow(visit.state, "summary")
        return seat

    def _reader(self, seat: Seat) -> Actor:
        return Actor(
            id=seat.id,
            name=seat.name,
            roles=frozenset({ROLES[Kind(seat.kind)]}),
            state=State.ACTIVE,
            visit_id=seat.visit_id,
            patient_id=seat.visit.patient_id,
        )

    def _signed(self, seat: Seat, what: str) -> str:
        return summary_sign(self.store.keys.secrets, what, seat.id, seat.link_version)


def _blocks(row: Summary) -> dict[Block, str]:
    return {block: str(getattr(row, block)) for block in Block}
