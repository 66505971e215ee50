"""Photos in the chart: the newest of each place beside the one before it."""

from itertools import groupby

from webapp.access import Actor
from webapp.locale import _, clock, ngettext, zone_label
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live
from webapp.records.body import place_words
from webapp.records.components import day_written, dress
from webapp.records.photos import Photos, PhotoView


class PhotoList:
    """Every place that was photographed, the one with the newest photo first. Each photo opens large."""

    def __init__(self, photos: Photos, actor: Actor, patient_id: str, visit_id: str = "") -> None:
        dress()
        self.photos, self.actor, self.patient_id, self.visit_id = photos, actor, patient_id, visit_id
        self.live = Live(self._read, self._show)
        follow(photos.changed, self._changed)

    async def build(self) -> None:
        with w.section(_("Photos"), testid="photos"):
            await self.live.build()

    async def _read(self) -> tuple[PhotoView, ...]:
        return await self.photos.photos(self.actor, self.patient_id, visit_id=self.visit_id)

    def _show(self, photos: tuple[PhotoView, ...]) -> None:
        if not photos:
            w.text(_("No photos yet. In a visit you can ask for one."), "muted small", testid="photos-empty")
            return
        places = by_place(photos)
        for place in places:
            self._place(place)
        if any(len(place) > 1 for place in places):
            scale_notice()

    def _place(self, photos: list[PhotoView]) -> None:
        newest = photos[0]
        with w.stack("small", classes="photo-place"):
            with w.line("line-spread"):
                w.text(place_words(newest.site, newest.side), "bold", tag="h3", testid="photo-place")
                if len(photos) > 2:
                    w.text(ngettext("{n} photo", "{n} photos", len(photos)), "small muted", tag="span")
            with w.element("div", "photo-pair"):
                for photo in photos[:2]:
                    photo_figure(photo, self.actor.zone, newest=photo is newest)
            if len(photos) > 2:
                self._earlier(photos[2:])

    def _earlier(self, photos: list[PhotoView]) -> None:
        with w.element("details", "folded"):
            with w.element("summary"):
                w.text(_("Earlier ({n})", n=len(photos)), tag="span")
                w.icon("chevron-down", "icon-small")
            with w.stack("tight"):
                for photo in photos:
                    words = taken_words(photo, self.actor.zone)
                    w.link_button(words, f"/photos/{photo.id}", kind="quiet", testid="photo-earlier")

    async def _changed(self, patient_id: str) -> None:
        if patient_id == self.patient_id:
            await self.live.again()


def photo_figure(photo: PhotoView, zone: str, *, newest: bool, whole: bool = False) -> None:
    """One photo with when and by whom; the small one is a link to the large one."""
    label = _(
        "Photo: {place}, {when}", place=place_words(photo.site, photo.side), when=taken_words(photo, zone)
    )
    with w.element("figure", "photo"):
        with w.element("div" if whole else "a", "photo-frame", testid="photo") as frame:
            if not whole:
                frame.props["href"] = f"/photos/{photo.id}"
                frame.props["target"] = "_blank"
            with w.element("img") as picture:
                picture.props["src"] = f"/photos/{photo.id}/{'whole' if whole else 'small'}"
                picture.props["alt"] = label
                picture.props["loading"] = "lazy"
                picture.props["width"], picture.props["height"] = str(photo.width), str(photo.height)
        with w.element("figcaption", "small"):
            w.text(_("Newest") if newest else _("Before"), "bold", tag="span")
            w.text(" · ", tag="span")
            w.text(f"{taken_words(photo, zone)} · {photo.by}", "muted", tag="span")


def scale_notice() -> None:
    """Honest words beside two pictures that invite measuring."""
    words = _(
        "The two pictures have no common scale: compare sizes only by a ruler or a coin that lies in both."
    )
    w.text(words, "small muted", testid="photo-scale")


def taken_words(photo: PhotoView, zone: str) -> str:
    """ "23 Nov 2026, 10:32 CET"."""
    time = f"{clock(photo.taken_at, zone)} {zone_label(zone, photo.taken_at)}"
    return _("{day}, {time}", day=day_written(photo.taken_at, zone), time=time)


def by_place(photos: tuple[PhotoView, ...]) -> list[list[PhotoView]]:
    """Newest first, within each place and among the places."""

    def place(photo: PhotoView) -> tuple[str, str]:
        return photo.site, photo.side

    grouped = [list(group) for _key, group in groupby(sorted(photos, key=place), key=place)]
    for group in grouped:
        group.sort(key=lambda photo: photo.taken_at, reverse=True)
    return sorted(grouped, key=lambda group: group[0].taken_at, reverse=True)
