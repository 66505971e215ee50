"""Photos that the clinician asks for during a visit: of which place, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.access import Action, Actor, Subject, authorize, policy
from webapp.records.body import checked
from webapp.store.ids import new_id
from webapp.visits.ledger import Ledger
from webapp.visits.model import PhotoRequest, PhotoUpload, Visit
from webapp.visits.states import NotNow

MOVING = timedelta(minutes=10)  # an upload that was touched since is on its way
TAKING = timedelta(minutes=3)  # so long may a camera app keep somebody before they count as gone


class RequestState(StrEnum):
    ASKED = "asked"
    TAKING = "taking"  # the patient's camera app may be in front
    SENDING = "sending"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


STANDING = (RequestState.ASKED, RequestState.TAKING, RequestState.SENDING)
FROM_PATIENT = (RequestState.ASKED, RequestState.TAKING, RequestState.DECLINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    id: str
    site: str
    side: str
    state: RequestState
    since: datetime

    def shown(self) -> dict[str, str]:
        """As the two pages read it."""
        return {"id": self.id, "site": self.site, "side": self.side, "state": self.state}

    def taking(self, now: datetime) -> bool:
        """Whether the patient's page may be silent now because their camera has taken over."""
        return self.state is RequestState.TAKING and now - self.since < TAKING


class PhotoRequests:
    """A visit has one standing request at most; another takes its place."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.store = ledger, ledger.store

    @policy(Action.PHOTO_ASK)
    async def ask(self, actor: Actor, visit_id: str, site: str, side: str) -> str:
        """Ask the patient for a photo of this place; returns the request's id. Raises Invalid."""
        site, side = checked(site, side)

        def work(_: list[str]) -> tuple[str, str]:
            visit, subject = self.ledger.opened(actor, Action.PHOTO_ASK, visit_id)
            standing = standing_request(visit)
            if standing is not None:
                self._move(standing, RequestState.WITHDRAWN)
            now = self.store.clock.now()
            row = PhotoRequest.create(
                id=new_id(),
                visit=visit.id,
                site=site,
                side=side,
                state=RequestState.ASKED,
                asked_at=now,
                since=now,
            )
            self.ledger.tell(visit.id, "photo asked")
            self.store.audit.record(actor, Action.PHOTO_ASK, subject, request=row.id)
            return visit.id, row.id

        return await self.ledger.change(work)

    @policy(Action.PHOTO_ASK)
    async def withdraw(self, actor: Actor, visit_id: str, request_id: str) -> None:
        """The photo is not needed any more. One that is done or declined stays so."""

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.PHOTO_ASK, visit_id)
            standing = standing_request(visit)
            if standing is None or standing.id != request_id:
                return "", None
            self._move(standing, RequestState.WITHDRAWN)
            self.store.audit.record(actor, Action.PHOTO_ASK, subject, withdrawn=standing.id)
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.PHOTO_SEND)
    async def answer(self, actor: Actor, visit_id: str, request_id: str, state: RequestState) -> None:
        """The patient takes the photo now (`taking`), is back without one (`asked`), or will not (`declined`).

        Raises NotNow for a request that stands no longer.
        """

        def work(_: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.PHOTO_SEND, visit_id)
            standing = standing_request(visit)
            if standing is None or standing.id != request_id or state not in FROM_PATIENT:
                raise NotNow(visit.state, "photo")
            if standing.state == RequestState.SENDING and state is not RequestState.DECLINED:
                return "", None  # said before what is known by now
            if standing.state == state:
                return "", None
            self._move(standing, state)
            seat = self.ledger.own_seat(actor, Action.PHOTO_SEND, visit)
            if state is not RequestState.ASKED:
                self.ledger.tell(visit.id, f"photo {state}", seat.id)
            self.store.audit.record(actor, Action.PHOTO_SEND, subject, request=standing.id, state=state)
            return visit.id, None

        await self.ledger.change(work)

    @policy(Action.SYSTEM)
    async def latest(self, actor: Actor, visit_id: str) -> tuple[RequestView | None, int]:
        """For the room that shows it: a visit's newest request, unless withdrawn; how many photos are on their way."""

        def work() -> tuple[RequestView | None, int]:
            authorize(actor, Action.SYSTEM, Subject(kind="visit", id=visit_id))
            row = (
                PhotoRequest.select()
                .where(PhotoRequest.visit == visit_id)
                .order_by(PhotoRequest.asked_at.desc(), PhotoRequest.id.desc())
                .first()
            )
            shown = None if row is None or row.state == RequestState.WITHDRAWN else view(row)
            since = self.store.clock.now() - MOVING
            begun = PhotoUpload.select().where(PhotoUpload.visit == visit_id, PhotoUpload.photo_id == "")
            return shown, begun.where(PhotoUpload.touched_at >= since).count()

        return await self.store.read(work)

    def reached_within(self, visit: Visit, request_id: str, state: RequestState) -> None:
        """A step for the upload, inside its write: the request it answers has come this far."""
        standing = standing_request(visit)
        if standing is not None and standing.id == request_id and standing.state != state:
            self._move(standing, state)

    def _move(self, row: PhotoRequest, state: RequestState) -> None:
        row.state, row.since = state, self.store.clock.now()
        row.save()


def standing_request(visit: Visit) -> PhotoRequest | None:
    rows = PhotoRequest.select().where(PhotoRequest.visit == visit.id, PhotoRequest.state.in_(STANDING))
    found: PhotoRequest | None = rows.order_by(PhotoRequest.asked_at.desc()).first()
    return found


def view(row: PhotoRequest) -> RequestView:
    return RequestView(
        id=row.id, site=row.site, side=row.side, state=RequestState(row.state), since=row.since
    )
