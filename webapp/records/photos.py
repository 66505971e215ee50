"""Photos of a patient, in the chart."""

from dataclasses import dataclass, replace
from datetime import datetime

from webapp.access import Action, Actor, Hidden, Subject, authorize, policy
from webapp.people.service import People
from webapp.records.model import Photo
from webapp.signal import Signal
from webapp.store.database import Store
from webapp.store.files import Files, Stored
from webapp.store.ids import new_id

SMALL = 1280  # pixels of the longer side of the small one


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoView:
    """A photo without its bytes."""

    id: str
    patient_id: str
    visit_id: str
    site: str
    side: str
    taken_at: datetime
    by: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhoto:
    """What became of the bytes that came in: whole and small, made by us, stored already."""

    patient_id: str
    visit_id: str
    site: str
    side: str
    taken_at: datetime
    kind: str
    width: int
    height: int
    received_bytes: int
    received_sha256: str
    whole: Stored
    small: Stored
    small_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A picture that is safe to show. kind: "jpeg", "png" or "webp"."""

    kind: str
    data: bytes


class Photos:
    """`changed` tells the id of the patient."""

    def __init__(self, store: Store, people: People, files: Files) -> None:
        self.store, self.people, self.files = store, people, files
        self.changed: Signal[str] = Signal()

    @policy(Action.PHOTO_READ)
    async def photos(self, actor: Actor, patient_id: str, *, visit_id: str = "") -> tuple[PhotoView, ...]:
        """What photos there are, newest first; their bytes are `picture`."""

        def work() -> tuple[PhotoView, ...]:
            subject = replace(self.people.subject(actor, patient_id), visit_id=visit_id)
            authorize(actor, Action.PHOTO_READ, subject)
            self.store.audit.record(actor, Action.PHOTO_READ, subject)
            rows = Photo.select().where(Photo.patient_id == patient_id)
            return tuple(view(row) for row in rows.order_by(Photo.taken_at.desc(), Photo.id.desc()))

        return await self.store.read(work)

    @policy(Action.PHOTO_READ)
    async def photo(self, actor: Actor, photo_id: str) -> tuple[PhotoView, PhotoView | None]:
        """One photo, and the one of the same place before it."""

        def work() -> tuple[PhotoView, PhotoView | None]:
            row = self._opened(actor, photo_id)
            earlier = (
                Photo.select()
                .where(
                    Photo.patient_id == row.patient_id,
                    Photo.site == row.site,
                    Photo.side == row.side,
                    Photo.taken_at < row.taken_at,
                )
                .order_by(Photo.taken_at.desc())
                .first()
            )
            return view(row), None if earlier is None else view(earlier)

        return await self.store.read(work)

    @policy(Action.PHOTO_READ)
    async def picture(self, actor: Actor, photo_id: str, *, small: bool) -> Bytes:
        """The bytes of one photo; each view leaves a row. Hidden from who does not treat the patient."""

        def work() -> Bytes:
            row = self._opened(actor, photo_id)
            file, kind = (row.small, row.small_kind) if small else (row.whole, row.kind)
            return Bytes(kind=kind, data=b"".join(self.files.read(file.id)))

        return await self.store.read(work)

    def add_within(self, actor: Actor, new: NewPhoto) -> str:
        """A step for the slices above, which have authorised it, inside their own write. The caller emits `changed`."""
        row = Photo.create(
            id=new_id(),
            by_id=actor.id,
            by_name=actor.name,
            **{name: getattr(new, name) for name in NewPhoto.__dataclass_fields__},
        )
        return str(row.id)

    def _opened(self, actor: Actor, photo_id: str) -> Photo:
        row = Photo.get_or_none(Photo.id == photo_id)
        if row is None:
            raise Hidden(actor, Action.PHOTO_READ, Subject(kind="photo"))
        treating = self.people.treats(actor, row.patient_id)
        subject = Subject(
            kind="photo", id=row.id, patient_id=row.patient_id, visit_id=row.visit_id, treating=treating
        )
        authorize(actor, Action.PHOTO_READ, subject)
        self.store.audit.record(actor, Action.PHOTO_READ, subject)
        return row


def view(row: Photo) -> PhotoView:
    return PhotoView(
        id=row.id,
        patient_id=row.patient_id,
        visit_id=row.visit_id,
        site=row.site,
        side=row.side,
        taken_at=row.taken_at,
        by=row.by_name,
        width=row.width,
        height=row.height,
    )
