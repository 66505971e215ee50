"""Photos in the chart: who may see them, beside which one they stand, and that each view leaves a row."""

from datetime import datetime

import pytest

from tests.cast import Cast
from webapp.access import Hidden, Invalid
from webapp.records.body import SITES, Side, checked, place_words
from webapp.records.photo_components import by_place
from webapp.records.photos import NewPhoto
from webapp.store.audit import AuditRow


async def taken(cast: Cast, site: str = "knee", side: str = "left", what: bytes = b"picture") -> str:
    """A photo of Anna is in her chart."""
    whole, small = cast.photos.files.add([what]), cast.photos.files.add([b"small " + what])
    at: datetime = cast.clock.now()
    new = NewPhoto(
        patient_id=cast.anna.id,
        visit_id="visit",
        site=site,
        side=side,
        taken_at=at,
        kind="jpeg",
        width=8000,
        height=6000,
        received_bytes=len(what),
        received_sha256="0" * 64,
        whole=whole,
        small=small,
        small_kind="jpeg",
    )
    cast.clock.push(minutes=1)
    return await cast.store.write(lambda: cast.photos.add_within(cast.elena, new))


def test_a_photo_stands_beside_the_last_one_of_its_place(cast: Cast) -> None:
    async def story() -> None:
        first = await taken(cast)
        await taken(cast, side="right")
        await taken(cast, site="face", side="")
        newest = await taken(cast)
        photo, before = await cast.photos.photo(cast.elena, newest)
        assert before is not None
        assert (photo.id, before.id) == (newest, first)
        photo, before = await cast.photos.photo(cast.elena, first)
        assert before is None
        places = by_place(await cast.photos.photos(cast.elena, cast.anna.id))
        assert [[(p.site, p.side) for p in place] for place in places] == [
            [("knee", "left"), ("knee", "left")],
            [("face", "")],
            [("knee", "right")],
        ]
        assert places[0][0].id == newest

    cast.run(story())


def test_each_view_of_a_photo_leaves_a_row(cast: Cast) -> None:
    async def story() -> None:
        photo_id = await taken(cast)
        shown = await cast.photos.picture(cast.elena, photo_id, small=True)
        assert (shown.kind, shown.data) == ("jpeg", b"small picture")
        assert (await cast.photos.picture(cast.elena, photo_id, small=False)).data == b"picture"
        rows = await cast.store.read(
            lambda: list(AuditRow.select().where(AuditRow.object_id == photo_id, AuditRow.kind == "photo"))
        )
        assert [(row.action, row.outcome, row.patient_id) for row in rows] == [
            ("photo read", "done", cast.anna.id)
        ]

    cast.run(story())


def test_who_does_not_treat_the_patient_never_learns_of_a_photo(cast: Cast) -> None:
    async def story() -> None:
        photo_id = await taken(cast)
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie):
            for refused in (
                cast.photos.picture(stranger, photo_id, small=False),
                cast.photos.photo(stranger, photo_id),
                cast.photos.photos(stranger, cast.anna.id),
            ):
                with pytest.raises(Hidden):
                    await refused
        with pytest.raises(Hidden):
            await cast.photos.picture(cast.elena, "unknown", small=False)

    cast.run(story())


def test_a_place_with_two_sides_needs_one() -> None:
    assert checked("knee", "left") == ("knee", Side.LEFT)
    assert checked("face", "left") == ("face", Side.NONE)
    for site, side in (("knee", ""), ("knee", "up"), ("moon", "left"), ("", "")):
        with pytest.raises(Invalid):
            checked(site, side)
    assert place_words("knee", "left") == "Knee (left side)"
    assert len({site.label for site in SITES.values()}) == len(SITES)
