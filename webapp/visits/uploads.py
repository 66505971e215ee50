"""Photos on their way from a patient's seat into the chart: in pieces that survive drops, reloads and restarts."""

import asyncio
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from webapp.access import Action, Actor, Hidden, Invalid, Subject, authorize, policy
from webapp.budget import Budget
from webapp.locale import N_
from webapp.records.body import checked
from webapp.records.photos import SMALL, NewPhoto, Photos
from webapp.store.files import Stored
from webapp.store.ids import new_id
from webapp.store.images import BYTES as SIZE_AT_MOST
from webapp.store.images import Images
from webapp.visits.ledger import Ledger
from webapp.visits.model import PhotoPiece, PhotoUpload, Visit
from webapp.visits.photo_requests import MOVING, PhotoRequests, RequestState
from webapp.visits.states import ENDED

PIECE_AT_MOST = 192 * 1024
PHOTOS_AT_MOST = 20  # of one seat in one visit
UNFINISHED_AT_MOST = 3  # of one seat at a time
PIECES, PIECES_S = 400, 60.0  # of one seat
FORGOTTEN = timedelta(hours=24)
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
SHA256 = re.compile(r"[0-9a-f]{64}")


class Elsewhere(Exception):
    """The upload stands at another place than the sender believes; it goes on from `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes are here")
        self.received = received


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """How far an upload has come; `photo_id` once it is in the chart."""

    id: str
    received: int
    size: int
    photo_id: str


class Uploads:
    """At most 30 MB a photo, 20 photos a seat, 3 of them unfinished; unfinished ones are forgotten after a day."""

    def __init__(self, ledger: Ledger, requests: PhotoRequests, photos: Photos, images: Images) -> None:
        self.ledger, self.requests, self.photos, self.images = ledger, requests, photos, images
        self.store, self.files = ledger.store, photos.files
        self._pieces = Budget(PIECES, PIECES_S, ledger.store.clock)

    @policy(Action.PHOTO_SEND)
    async def begin(
        self,
        actor: Actor,
        visit_id: str,
        *,
        key: str,
        size: int,
        site: str,
        side: str,
        request_id: str = "",
    ) -> UploadView:
        """Begin an upload, or find the one begun before under this key. Raises Invalid."""
        site, side = checked(site, side)
        if not KEY.fullmatch(key) or not 1 <= size <= SIZE_AT_MOST:
            raise Invalid("photo", N_("Send a photo of at most {limit} MB."), limit=SIZE_AT_MOST // 2**20)

        def work(_: list[str]) -> tuple[str, UploadView]:
            visit, subject = self.ledger.opened(actor, Action.PHOTO_SEND, visit_id)
            seat = self.ledger.own_seat(actor, Action.PHOTO_SEND, visit)
            row = PhotoUpload.get_or_none(PhotoUpload.seat == seat.id, PhotoUpload.key == key)
            if row is not None:
                return "", view(row)
            self._within_limits(seat.id)
            now = self.store.clock.now()
            row = PhotoUpload.create(
                id=new_id(),
                visit=visit.id,
                seat=seat.id,
                key=key,
                request_id=request_id[:64],
                site=site,
                side=side,
                size=size,
                created_at=now,
                touched_at=now,
            )
            self.requests.reached_within(visit, row.request_id, RequestState.SENDING)
            self.store.audit.record(actor, Action.PHOTO_SEND, subject, upload=row.id, change="begin")
            return visit.id, view(row)

        return await self.ledger.change(work)

    @policy(Action.PHOTO_SEND)
    async def add(self, actor: Actor, visit_id: str, upload_id: str, start: int, piece: bytes) -> UploadView:
        """The next piece, durable when this returns. Raises Elsewhere, Invalid, TooMany."""
        if not 1 <= len(piece) <= PIECE_AT_MOST:
            raise Invalid("piece", N_("A piece has at most {limit} KB."), limit=PIECE_AT_MOST // 1024)

        def fits() -> PhotoUpload:
            row = self._opened(actor, visit_id, upload_id)
            if row.photo_id or start != row.received or start + len(piece) > row.size:
                raise Elsewhere(row.received)
            return row

        def work(_: list[str]) -> tuple[str, UploadView]:
            row = fits()
            PhotoPiece.create(upload=row.id, start=start, file=stored)
            row.received, row.touched_at = start + len(piece), self.store.clock.now()
            row.save()
            return "", view(row)

        await self.store.read(fits)
        self._pieces.spend(actor.id)
        stored = await asyncio.to_thread(self.files.add, [piece])
        try:
            return await self.ledger.change(work)
        except BaseException:
            await asyncio.to_thread(self.files.remove, stored.id)
            raise

    @policy(Action.PHOTO_SEND)
    async def finish(self, actor: Actor, visit_id: str, upload_id: str, sha256: str) -> UploadView:
        """Everything has come: it is compared with its hash, made anew and put into the chart.

        Raises Elsewhere while something is missing, and from 0 when the hash differs; Invalid for no picture.
        """

        def whole() -> tuple[PhotoUpload, bytes]:
            row = self._opened(actor, visit_id, upload_id)
            if row.photo_id:
                return row, b""
            if row.received != row.size:
                raise Elsewhere(row.received)
            pieces = PhotoPiece.select().where(PhotoPiece.upload == row.id).order_by(PhotoPiece.start)
            return row, b"".join(part for piece in pieces for part in self.files.read(piece.file.id))

        row, data = await self.store.read(whole)
        if row.photo_id:
            return view(row)
        if not SHA256.fullmatch(sha256) or hashlib.sha256(data).hexdigest() != sha256:
            await self._start_over(row.id)
            raise Elsewhere(0)
        try:
            new = await self._made(row, data, sha256)
        except Invalid:
            await self.discard(actor, visit_id, upload_id)
            raise
        return await self._kept(actor, visit_id, upload_id, new)

    @policy(Action.PHOTO_SEND)
    async def discard(self, actor: Actor, visit_id: str, upload_id: str) -> None:
        """The sender changed their mind, or it cannot be read. One that is in the chart stays there."""

        def work(_: list[str]) -> tuple[str, list[Stored]]:
            row = self._opened(actor, visit_id, upload_id)
            if row.photo_id:
                return "", []
            visit = Visit.get_by_id(row.visit_id)
            self.requests.reached_within(visit, row.request_id, RequestState.ASKED)
            return visit.id, self._forgotten([row])

        await self._remove(await self.ledger.change(work))

    @policy(Action.SYSTEM)
    async def sweep(self, actor: Actor) -> int:
        """Forget what nobody goes on with: untouched for a day, or of a visit that is over. Returns how many."""

        def work() -> tuple[int, list[Stored]]:
            authorize(actor, Action.SYSTEM, Subject(kind="photo upload"))
            old = PhotoUpload.touched_at < self.store.clock.now() - FORGOTTEN
            over = PhotoUpload.visit.in_(Visit.select(Visit.id).where(Visit.state.in_(sorted(ENDED))))
            rows = list(PhotoUpload.select().where(old | over))
            return len(rows), self._forgotten(rows)

        count, files = await self.store.write(work)
        await self._remove(files)
        return count

    # Steps ----------------------------------------------------------------------------------------------

    def _opened(self, actor: Actor, visit_id: str, upload_id: str) -> PhotoUpload:
        """The actor's own upload. Raises Hidden or Refused."""
        visit, _ = self.ledger.opened(actor, Action.PHOTO_SEND, visit_id)
        seat = self.ledger.own_seat(actor, Action.PHOTO_SEND, visit)
        row = PhotoUpload.get_or_none(PhotoUpload.id == upload_id, PhotoUpload.seat == seat.id)
        if row is None:
            raise Hidden(actor, Action.PHOTO_SEND, Subject(kind="photo upload", visit_id=visit.id))
        return row

    def _within_limits(self, seat_id: str) -> None:
        mine = PhotoUpload.select().where(PhotoUpload.seat == seat_id)
        if mine.count() >= PHOTOS_AT_MOST:
            raise Invalid("photo", N_("At most {limit} photos can be sent in a visit."), limit=PHOTOS_AT_MOST)
        since = self.store.clock.now() - MOVING
        moving = mine.where(PhotoUpload.photo_id == "", PhotoUpload.touched_at >= since)
        if moving.count() >= UNFINISHED_AT_MOST:
            raise Invalid("photo", N_("Other photos are still on their way. Wait until they have arrived."))

    async def _made(self, row: PhotoUpload, data: bytes, sha256: str) -> NewPhoto:
        whole = await self.images.reencode(data)
        small = await self.images.reencode(whole.data, longest=SMALL)
        visit = row.visit_id
        patient_id = await self.store.read(lambda: str(Visit.get_by_id(visit).patient_id))
        return NewPhoto(
            patient_id=patient_id,
            visit_id=visit,
            site=row.site,
            side=row.side,
            taken_at=row.created_at,
            kind=whole.kind,
            width=whole.width,
            height=whole.height,
            received_bytes=len(data),
            received_sha256=sha256,
            whole=await asyncio.to_thread(self.files.add, [whole.data]),
            small=await asyncio.to_thread(self.files.add, [small.data]),
            small_kind=small.kind,
        )

    async def _kept(self, actor: Actor, visit_id: str, upload_id: str, new: NewPhoto) -> UploadView:
        made = [new.whole, new.small]

        def work(_: list[str]) -> tuple[str, tuple[UploadView, list[Stored]]]:
            row = self._opened(actor, visit_id, upload_id)
            if row.photo_id:  # finished twice at once: the first one counts
                return "", (view(row), made)
            visit, subject = self.ledger.opened(actor, Action.PHOTO_SEND, visit_id)
            row.photo_id, row.touched_at = self.photos.add_within(actor, new), self.store.clock.now()
            row.save()
            pieces = self._pieces_of([row])
            PhotoPiece.delete().where(PhotoPiece.upload == row.id).execute()
            self.requests.reached_within(visit, row.request_id, RequestState.DONE)
            self.ledger.tell(visit.id, "photo", row.seat_id)
            self.store.audit.record(actor, Action.PHOTO_SEND, subject, photo=row.photo_id, change="add")
            return visit.id, (view(row), pieces)

        try:
            done, unneeded = await self.ledger.change(work)
        except BaseException:
            await self._remove(made)
            raise
        await self._remove(unneeded)
        self.photos.changed.emit(new.patient_id)
        return done

    async def _start_over(self, upload_id: str) -> None:
        def work() -> list[Stored]:
            row = PhotoUpload.get_or_none(PhotoUpload.id == upload_id, PhotoUpload.photo_id == "")
            if row is None:
                return []
            files = self._pieces_of([row])
            PhotoPiece.delete().where(PhotoPiece.upload == row.id).execute()
            row.received = 0
            row.save()
            return files

        await self._remove(await self.store.write(work))

    def _forgotten(self, rows: list[PhotoUpload]) -> list[Stored]:
        files = self._pieces_of(rows)
        PhotoUpload.delete().where(PhotoUpload.id.in_([row.id for row in rows])).execute()
        return files

    def _pieces_of(self, rows: list[PhotoUpload]) -> list[Stored]:
        pieces = PhotoPiece.select(PhotoPiece.file).where(PhotoPiece.upload.in_([row.id for row in rows]))
        return [piece.file for piece in pieces]

    async def _remove(self, files: Iterable[Stored]) -> None:
        for stored in files:
            await asyncio.to_thread(self.files.remove, stored.id)


def view(row: PhotoUpload) -> UploadView:
    return UploadView(id=row.id, received=row.received, size=row.size, photo_id=row.photo_id)
