"""Photos on their way: pieces that survive whatever happens between, and what is refused."""

import asyncio
import hashlib
import io
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.photo_kit import farthest, jpeg_of_p3, patches
from tests.visits.conftest import Stage
from webapp.access import SYSTEM, Actor, Invalid, Refused
from webapp.budget import TooMany
from webapp.records.photos import Photos
from webapp.store.files import FILES, Files, needed
from webapp.store.images import BYTES, Images
from webapp.visits.model import PhotoUpload
from webapp.visits.photo_requests import RequestState
from webapp.visits.states import NotNow
from webapp.visits.uploads import (
    PHOTOS_AT_MOST,
    PIECE_AT_MOST,
    PIECES,
    UNFINISHED_AT_MOST,
    Elsewhere,
    Uploads,
)
from webapp.visits.views import Invitation

DATA = Path(__file__).parents[1] / "data" / "photos"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Anna in her seat, with photos to send."""

    stage: Stage
    uploads: Uploads
    photos: Photos
    invitation: Invitation
    anna: Actor

    @property
    def visit_id(self) -> str:
        return self.invitation.visit_id

    async def begun(self, data: bytes, key: str = "key-0001", **more: str) -> str:
        place = {"site": "knee", "side": "left", **more}
        made = await self.uploads.begin(self.anna, self.visit_id, key=key, size=len(data), **place)
        return made.id

    async def pieces(self, upload_id: str, data: bytes, start: int = 0, end: int | None = None) -> None:
        for at in range(start, end or len(data), PIECE_AT_MOST):
            piece = data[at : min(at + PIECE_AT_MOST, end or len(data))]
            await self.uploads.add(self.anna, self.visit_id, upload_id, at, piece)

    async def sent(self, data: bytes, key: str = "key-0001", **more: str) -> str:
        """The id of the photo in the chart."""
        upload_id = await self.begun(data, key, **more)
        await self.pieces(upload_id, data)
        digest = hashlib.sha256(data).hexdigest()
        return (await self.uploads.finish(self.anna, self.visit_id, upload_id, digest)).photo_id


async def sending(stage: Stage) -> Sending:
    store = stage.cast.store
    photos = Photos(store, stage.cast.people, Files(store.folder / FILES, store.keys.files))
    invitation = await stage.invited()
    return Sending(
        stage=stage,
        photos=photos,
        uploads=Uploads(stage.visits.ledger, stage.visits.photo_requests, photos, Images()),
        invitation=invitation,
        anna=await stage.waits(invitation),
    )


def files(stage: Stage) -> frozenset[str]:
    return Files(stage.cast.store.folder / FILES, stage.cast.store.keys.files).names()


async def wanted(stage: Stage) -> frozenset[str]:
    store = stage.cast.store
    return frozenset(await store.read(lambda: needed(store.database)))


def test_a_photo_comes_whole_into_the_chart_in_its_colours_and_without_its_place(stage: Stage) -> None:
    async def story() -> None:
        here = await sending(stage)
        data = jpeg_of_p3(patches(1600, 1200, texture=200))
        assert len(data) > 2 * PIECE_AT_MOST
        photo_id = await here.sent(data)
        (photo,) = await here.photos.photos(stage.cast.elena, stage.cast.anna.id)
        assert (photo.id, photo.site, photo.side, photo.by) == (photo_id, "knee", "left", "Anna Keller")
        assert (photo.width, photo.height, photo.visit_id) == (1600, 1200, here.visit_id)
        shown = await here.photos.picture(stage.cast.elena, photo_id, small=False)
        assert farthest(shown.data) < 2
        assert b"CANARY" not in shown.data
        small = await here.photos.picture(stage.cast.elena, photo_id, small=True)
        assert max(Image.open(io.BytesIO(small.data)).size) == 1280
        assert files(stage) == await wanted(stage)
        assert len(files(stage)) == 2  # the pieces are gone
        await here.uploads.images.close()

    stage.cast.run(story())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIC"])
def test_what_phones_send_is_taken(stage: Stage, kind: str) -> None:
    async def story() -> None:
        here = await sending(stage)
        out = io.BytesIO()
        if kind != "HEIC":
            patches(400, 300).save(out, kind)
        data = out.getvalue() or (DATA / "patches.heic").read_bytes()
        assert await here.sent(data)
        await here.uploads.images.close()

    stage.cast.run(story())


def test_it_goes_on_where_it_stood(stage: Stage) -> None:
    async def story() -> None:
        here = await sending(stage)
        data = jpeg_of_p3(patches(1600, 1200, texture=300))
        upload_id = await here.begun(data)
        await here.pieces(upload_id, data, 0, PIECE_AT_MOST)
        assert await here.begun(data) == upload_id  # as after a reload
        with pytest.raises(Elsewhere) as where:
            await here.pieces(upload_id, data)  # a piece whose answer was lost is sent again
        assert where.value.received == PIECE_AT_MOST
        digest = hashlib.sha256(data).hexdigest()
        with pytest.raises(Elsewhere):
            await here.uploads.finish(here.anna, here.visit_id, upload_id, digest)
        again = Uploads(stage.visits.ledger, stage.visits.photo_requests, here.photos, Images())
        for at in range(PIECE_AT_MOST, len(data), PIECE_AT_MOST):  # as after a restart of the server
            await again.add(here.anna, here.visit_id, upload_id, at, data[at : at + PIECE_AT_MOST])
        done = await asyncio.gather(
            *(again.finish(here.anna, here.visit_id, upload_id, digest) for _ in range(2))
        )
        assert done[0].photo_id == done[1].photo_id  # finished twice at once, and there once
        assert len(await here.photos.photos(stage.cast.elena, stage.cast.anna.id)) == 1
        assert files(stage) == await wanted(stage)
        await again.images.close()

    stage.cast.run(story())


def test_a_wrong_hash_begins_again_and_what_is_no_picture_is_forgotten(stage: Stage) -> None:
    async def story() -> None:
        here = await sending(stage)
        data = b"<html>" + bytes(1000)
        upload_id = await here.begun(data)
        await here.pieces(upload_id, data)
        for wrong in ("", "0" * 64, "x"):
            with pytest.raises(Elsewhere) as where:
                await here.uploads.finish(here.anna, here.visit_id, upload_id, wrong)
            assert where.value.received == 0
            await here.pieces(upload_id, data)
        with pytest.raises(Invalid, match="not a picture"):
            await here.uploads.finish(here.anna, here.visit_id, upload_id, hashlib.sha256(data).hexdigest())
        assert await here.photos.photos(stage.cast.elena, stage.cast.anna.id) == ()
        assert files(stage) == frozenset()
        await here.uploads.images.close()

    stage.cast.run(story())


def test_every_limit_is_kept(stage: Stage) -> None:
    async def story() -> None:
        here = await sending(stage)
        begin = here.uploads.begin
        for key, size, site, side in (
            ("key-0001", 0, "knee", "left"),
            ("key-0001", BYTES + 1, "knee", "left"),
            ("key-0001", 10, "knee", ""),
            ("key-0001", 10, "moon", ""),
            ("short", 10, "knee", "left"),
            ("a/../../b", 10, "knee", "left"),
        ):
            with pytest.raises(Invalid):
                await begin(here.anna, here.visit_id, key=key, size=size, site=site, side=side)
        upload_id = await here.begun(bytes(10))
        for piece in (b"", bytes(PIECE_AT_MOST + 1)):
            with pytest.raises(Invalid):
                await here.uploads.add(here.anna, here.visit_id, upload_id, 0, piece)
        with pytest.raises(Elsewhere):
            await here.uploads.add(here.anna, here.visit_id, upload_id, 0, bytes(11))
        for number in range(UNFINISHED_AT_MOST - 1):
            await here.begun(b"x", f"more-{number:04}")
        with pytest.raises(Invalid, match="on their way"):
            await here.begun(b"x", "one-too-many")
        for number in range(PHOTOS_AT_MOST - UNFINISHED_AT_MOST):
            if number % UNFINISHED_AT_MOST == 0:  # what stands still does not count as on its way
                stage.cast.clock.push(minutes=11)
            await here.begun(b"x", f"slow-{number:04}")
        with pytest.raises(Invalid, match="At most 20 photos"):
            stage.cast.clock.push(minutes=11)
            await here.begun(b"x", "one-too-many")
        assert files(stage) == frozenset()

    stage.cast.run(story())


def test_a_flood_of_pieces_waits(stage: Stage) -> None:
    async def story() -> None:
        here = await sending(stage)
        upload_id = await here.begun(bytes(PIECES + 1))
        for at in range(PIECES):
            await here.uploads.add(here.anna, here.visit_id, upload_id, at, b"x")
        with pytest.raises(TooMany):
            await here.uploads.add(here.anna, here.visit_id, upload_id, PIECES, b"x")
        stage.cast.clock.push(seconds=61)
        await here.uploads.add(here.anna, here.visit_id, upload_id, PIECES, b"x")

    stage.cast.run(story())


def test_only_the_patient_of_the_visit_sends_and_only_their_own(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        here = await sending(stage)
        upload_id = await here.begun(b"picture")
        guest = await stage.waits(
            await stage.visits.invite_guest(cast.elena, here.visit_id, name="Ben"), "tablet"
        )
        for other in (cast.elena, cast.tom, cast.alma, cast.ada, cast.charlie, guest):
            for refused in (
                here.uploads.begin(other, here.visit_id, key="key-0002", size=9, site="face", side=""),
                here.uploads.add(other, here.visit_id, upload_id, 0, b"x"),
                here.uploads.finish(other, here.visit_id, upload_id, "0" * 64),
                here.uploads.discard(other, here.visit_id, upload_id),
            ):
                with pytest.raises(Refused):
                    await refused
        second = await stage.waits(await stage.invited())
        with pytest.raises(Refused):  # from her own seat in another visit
            await here.uploads.add(second, here.visit_id, upload_id, 0, b"x")
        with pytest.raises(Refused):
            await here.uploads.sweep(cast.elena)

    cast.run(story())


def test_what_nobody_goes_on_with_is_forgotten(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        here = await sending(stage)
        kept = await here.begun(b"kept picture", "key-kept")
        await here.pieces(kept, b"kept picture", 0, 4)
        cancelled = await here.begun(b"cancelled", "key-cancel")
        await here.pieces(cancelled, b"cancelled")
        await here.uploads.discard(here.anna, here.visit_id, cancelled)
        assert await here.uploads.sweep(SYSTEM) == 0
        await stage.visits.admit(cast.elena, here.visit_id, here.invitation.seat_id)
        await stage.visits.finish(cast.elena, here.visit_id)
        assert await here.uploads.sweep(SYSTEM) == 1
        assert await cast.store.read(lambda: PhotoUpload.select().count()) == 0
        assert files(stage) == frozenset()

    cast.run(story())


def test_a_request_goes_from_asked_to_done(stage: Stage) -> None:
    cast, requests = stage.cast, stage.visits.photo_requests

    async def story() -> None:
        here = await sending(stage)

        async def state() -> str:
            latest, _ = await requests.latest(SYSTEM, here.visit_id)
            return latest.state if latest else ""

        first = await requests.ask(cast.elena, here.visit_id, "knee", "left")
        second = await requests.ask(cast.elena, here.visit_id, "face", "")
        with pytest.raises(NotNow):  # another took its place
            await requests.answer(here.anna, here.visit_id, first, RequestState.TAKING)
        await requests.answer(here.anna, here.visit_id, second, RequestState.TAKING)
        latest, _ = await requests.latest(SYSTEM, here.visit_id)
        assert latest is not None
        assert latest.taking(cast.clock.now())
        assert not latest.taking(cast.clock.now() + timedelta(minutes=3))
        data = jpeg_of_p3(patches(400, 300))
        upload_id = await here.begun(data, site="face", side="", request_id=second)
        assert await state() == "sending"
        await here.uploads.discard(here.anna, here.visit_id, upload_id)
        assert await state() == "asked"
        assert await here.sent(data, "key-0002", site="face", side="", request_id=second)
        assert await state() == "done"
        with pytest.raises(NotNow):
            await requests.answer(here.anna, here.visit_id, second, RequestState.DECLINED)
        third = await requests.ask(cast.elena, here.visit_id, "knee", "right")
        await requests.withdraw(cast.elena, here.visit_id, first)  # an old one: nothing happens
        assert await state() == "asked"
        await requests.withdraw(cast.elena, here.visit_id, third)
        assert await state() == ""
        for refused in (cast.tom, cast.alma, cast.ada, cast.charlie, here.anna):
            with pytest.raises(Refused):
                await requests.ask(refused, here.visit_id, "knee", "left")
            with pytest.raises(Refused):
                await requests.withdraw(refused, here.visit_id, third)
        for refused in (cast.elena, cast.tom, cast.charlie):
            with pytest.raises(Refused):
                await requests.answer(refused, here.visit_id, third, RequestState.TAKING)
            with pytest.raises(Refused):
                await requests.latest(refused, here.visit_id)
        await here.uploads.images.close()

    cast.run(story())
