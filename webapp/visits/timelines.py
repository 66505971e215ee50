"""Everything that happened in a visit, gathered for its timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.access import Action, Actor, policy
from webapp.records.service import NoteSave, Records
from webapp.visits.chats import chat_view
from webapp.visits.facts import Facts, FactView
from webapp.visits.ledger import Ledger
from webapp.visits.model import Chat
from webapp.visits.views import ChatView, EventView, Kind, VisitView

PAUSE = timedelta(seconds=30)  # saves of a note that are closer stand as one stretch of writing
CHAT_AT_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A stretch in which somebody wrote in the note: so many versions."""

    begin: datetime
    end: datetime
    by: str
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """Each part oldest first."""

    visit: VisitView
    events: tuple[EventView, ...]
    chat: tuple[ChatView, ...]
    facts: tuple[FactView, ...]
    writing: tuple[Writing, ...]


class Timelines:
    def __init__(self, ledger: Ledger, facts: Facts, records: Records) -> None:
        self.ledger, self.store, self.facts, self.records = ledger, ledger.store, facts, records

    @policy(Action.VISIT_TIMELINE)
    async def timeline(self, actor: Actor, visit_id: str) -> TimelineView:
        """For a clinician who treats the patient; the chat's words for the visit's own alone."""

        def work() -> TimelineView:
            visit, subject = self.ledger.opened(actor, Action.VISIT_TIMELINE, visit_id)
            self.store.audit.record(actor, Action.VISIT_TIMELINE, subject)
            names = self.ledger.seat_names(visit)
            rows = Chat.select().where(Chat.visit == visit.id).order_by(Chat.id).limit(CHAT_AT_MOST)
            said = (chat_view(row, names.get(row.seat_id, "")) for row in rows)
            return TimelineView(
                visit=self.ledger.view(visit),
                events=self.ledger.events(visit),
                chat=tuple(said) if subject.own else (),
                facts=self.facts.all_within(visit.id),
                writing=stretches(self.records.saves_within(visit.id)),
            )

        return await self.store.read(work)


def stretches(saves: Iterable[NoteSave]) -> tuple[Writing, ...]:
    """Saves by the same hand without a pause between them, as one."""
    made: list[Writing] = []
    for save in saves:
        last = made[-1] if made else None
        if last is not None and last.by == save.by and save.at - last.end <= PAUSE:
            made[-1] = Writing(begin=last.begin, end=save.at, by=last.by, versions=last.versions + 1)
        else:
            made.append(Writing(begin=save.at, end=save.at, by=save.by, versions=1))
    return tuple(made)


def seat_order(view: VisitView) -> list[str]:
    """The seats in the order of their lanes: patient, guests, clinician."""
    rank = {Kind.PATIENT: 0, Kind.CLINICIAN: 2}
    return [seat.id for seat in sorted(view.seats, key=lambda seat: (rank.get(seat.kind, 1), seat.id))]
