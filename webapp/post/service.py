"""The outbox: letters that wait, were sent or could not be. Without a mail server they wait to be copied."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from webapp.access import Action, Actor, Hidden, Invalid, Role, Subject, authorize, policy
from webapp.locale import N_
from webapp.people.service import People
from webapp.post.letters import LetterState, LetterView, NewLetter, Parcel, Problem
from webapp.post.model import Letter
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.ids import new_id

LEASE = timedelta(minutes=5)
PAUSES = tuple(
    timedelta(minutes=m) for m in (1, 2, 5, 15, 60, 180, 360)
)  # after the first try, the second, ...
LISTED_AT_MOST = 100
AT_ONCE = 20
SUBJECT_AT_MOST, BODY_AT_MOST = 200, 4000

Link = Callable[
    [str, str], str | None
]  # a seat's id, a letter's kind -> the link now, None if it works no more


class Outbox:
    """`changed` tells the id of a visit whose letters changed; `due` that something may be sent.

    link: runs inside a transaction of the caller's. posted: whether a mail server is configured.
    """

    def __init__(
        self, store: Store, people: People, *, posted: bool = False, host: str = "telepraxis.invalid"
    ) -> None:
        self.store, self.people, self.posted, self.host = store, people, posted, host
        self.link: Link = lambda _seat_id, _kind: None
        self.changed: Signal[str] = Signal()
        self.due: Signal[str] = Signal()

    # For staff ------------------------------------------------------------------------------------------

    @policy(Action.LETTER_READ)
    async def letters(self, actor: Actor, visit_ids: Iterable[str] | None = None) -> tuple[LetterView, ...]:
        """Letters to a clinician's own patients, for an assistant to all, newest first, at most 100."""
        wanted = None if visit_ids is None else sorted(visit_ids)

        def work() -> tuple[LetterView, ...]:
            subject = Subject(kind="letter")
            authorize(actor, Action.LETTER_READ, subject)
            self.store.audit.record(actor, Action.LETTER_READ, subject)
            rows = Letter.select().order_by(Letter.made_at.desc(), Letter.id.desc()).limit(LISTED_AT_MOST)
            if wanted is not None:
                rows = rows.where(Letter.visit_id.in_(wanted))
            if not actor.has(Role.ASSISTANT):
                rows = rows.where(Letter.patient_id.in_(self.people.treated(actor)))
            names = self.people.names([row.patient_id for row in rows])
            return tuple(self._view(row, names.get(row.patient_id, "")) for row in rows)

        return await self.store.read(work)

    @policy(Action.LETTER_SEND)
    async def text(self, actor: Actor, letter_id: str) -> str:
        """The whole letter with its link, to be copied. Raises Invalid where its link works no more."""

        def work() -> str:
            row = self._row(actor, Action.LETTER_SEND, letter_id)
            body = self._filled(row)
            if body is None:
                raise Invalid("letter", N_("Its link works no more: send a new one from the visit."))
            return body

        return await self.store.read(work)

    @policy(Action.LETTER_SEND)
    async def again(self, actor: Actor, letter_id: str) -> None:
        """Try it now, from the first pause on, whatever became of it before."""

        def work() -> str:
            row = self._row(actor, Action.LETTER_SEND, letter_id)
            if row.leased_until is not None and row.leased_until > self.store.clock.now():
                raise Invalid("letter", N_("It is being sent just now."))
            row.state, row.attempts, row.problem = LetterState.QUEUED, 0, Problem.NONE
            row.next_at, row.leased_until = self.store.clock.now(), None
            row.save()
            return str(row.visit_id)

        self._tell(await self.store.write(work))

    # For the slices above, inside their transaction -------------------------------------------------------

    def put_within(self, new: NewLetter) -> str:
        """Queue a letter; one of the same kind to the same seat that has not left yet is replaced. Its id."""
        if "\n" in new.subject or len(new.subject) > SUBJECT_AT_MOST or len(new.body) > BODY_AT_MOST:
            raise Invalid("letter", N_("This letter is too long."))
        waits = (Letter.seat_id == new.seat_id, Letter.kind == new.kind, Letter.state == LetterState.QUEUED)
        Letter.delete().where(*waits, Letter.leased_until.is_null()).execute()
        now = self.store.clock.now()
        made = Letter.create(
            id=new_id(),
            patient_id=new.patient_id,
            visit_id=new.visit_id,
            seat_id=new.seat_id,
            kind=new.kind,
            address=new.address,
            subject=new.subject,
            body=new.body,
            state=LetterState.QUEUED,
            next_at=now,
            made_at=now,
        )
        return str(made.id)

    def last_within(self, seat_ids: Iterable[str], kind: str) -> dict[str, LetterView]:
        """The last letter of this kind to each of these seats, for a caller that has authorised it."""
        rows = Letter.select().where(Letter.seat_id.in_(list(seat_ids)), Letter.kind == kind)
        return {row.seat_id: self._view(row, "") for row in rows.order_by(Letter.made_at, Letter.id)}

    def put(self, visit_id: str) -> None:
        """After the commit: tell that letters of this visit wait."""
        self._tell(visit_id)

    # For the courier --------------------------------------------------------------------------------------

    @policy(Action.SYSTEM)
    async def take(self, actor: Actor) -> tuple[Parcel, ...]:
        """Letters that are due, leased to the caller for five minutes: nobody else gets them meanwhile.

        A letter whose link works no more is withdrawn.
        """

        def work() -> tuple[tuple[Parcel, ...], tuple[str, ...]]:
            authorize(actor, Action.SYSTEM, Subject(kind="letter"))
            now, taken, withdrawn = self.store.clock.now(), [], []
            free = Letter.leased_until.is_null() | (Letter.leased_until <= now)
            due = Letter.select().where(Letter.state == LetterState.QUEUED, Letter.next_at <= now, free)
            for row in due.order_by(Letter.next_at, Letter.id).limit(AT_ONCE):
                body = self._filled(row)
                if body is None:
                    row.state = LetterState.WITHDRAWN
                    withdrawn.append(str(row.visit_id))
                else:
                    row.leased_until, row.attempts = now + LEASE, row.attempts + 1
                    taken.append(self._parcel(row, body))
                row.save()
            return tuple(taken), tuple(withdrawn)

        parcels, withdrawn = await self.store.write(work)
        for visit_id in withdrawn:
            self.changed.emit(visit_id)
        return parcels

    @policy(Action.SYSTEM)
    async def settle(self, actor: Actor, letter_id: str, problem: Problem, *, final: bool = False) -> None:
        """What became of a leased letter: sent, to be tried later, or given up."""

        def work() -> str:
            authorize(actor, Action.SYSTEM, Subject(kind="letter", id=letter_id))
            row = Letter.get_or_none(Letter.id == letter_id)
            if row is None or row.state != LetterState.QUEUED:
                return ""  # erased, or told already
            now = self.store.clock.now()
            row.leased_until, row.problem = None, problem
            if not problem:
                row.state, row.sent_at = LetterState.SENT, now
            elif final or row.attempts > len(PAUSES):
                row.state = LetterState.FAILED
            else:
                row.next_at = now + PAUSES[row.attempts - 1]
            row.save()
            return str(row.visit_id)

        if visit_id := await self.store.write(work):
            self.changed.emit(visit_id)

    # Steps ------------------------------------------------------------------------------------------------

    def _tell(self, visit_id: str) -> None:
        self.changed.emit(visit_id)
        self.due.emit(visit_id)

    def _row(self, actor: Actor, action: Action, letter_id: str) -> Letter:
        row = Letter.get_or_none(Letter.id == letter_id)
        patient_id = row.patient_id if row else ""
        treating = row is not None and self.people.treats(actor, patient_id)
        subject = Subject(kind="letter", id=letter_id[:40], patient_id=patient_id, treating=treating)
        authorize(actor, action, subject)
        if row is None:
            raise Hidden(actor, action, subject)
        self.store.audit.record(actor, action, subject)
        return row

    def _filled(self, row: Letter) -> str | None:
        link = self.link(row.seat_id, row.kind)
        return None if link is None else row.body.replace("{link}", link)

    def _parcel(self, row: Letter, body: str) -> Parcel:
        return Parcel(
            id=row.id,
            message_id=f"<{row.id}@{self.host}>",
            address=row.address,
            subject=row.subject,
            body=body,
        )

    def _view(self, row: Any, name: str) -> LetterView:
        return LetterView(
            id=row.id,
            patient_id=row.patient_id,
            name=name,
            visit_id=row.visit_id,
            seat_id=row.seat_id,
            kind=row.kind,
            address=row.address,
            subject=row.subject,
            state=LetterState(row.state),
            problem=Problem(row.problem),
            attempts=row.attempts,
            made_at=row.made_at,
            next_at=row.next_at,
            sent_at=row.sent_at,
            posted=self.posted,
        )
