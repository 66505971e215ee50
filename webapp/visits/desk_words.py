"""Where a visit's patient stands, in words for the desk."""

from webapp.locale import _, clock
from webapp.post.letters import LetterState
from webapp.post.words import letter_words
from webapp.visits.desk import Standing
from webapp.visits.states import ENDED, PRESENT, RUNNING, SeatState
from webapp.visits.views import SeatView
from webapp.visits.words import device_words, seat_words


def standing_words(standing: Standing, zone: str) -> tuple[str, bool]:
    """ "opened the link 9:58 · Safari on iPhone · camera not allowed", and whether all is well. Empty once over."""
    visit, seat = standing.visit, standing.seat
    if visit.state in ENDED:
        return "", True
    if visit.by_phone_at is not None:
        return _("by telephone: {phone}", phone=standing.phone), True
    if standing.asked_at is not None and seat.state is SeatState.LEFT:
        return _asked(standing, zone), False
    if visit.state in RUNNING and seat.state in PRESENT:
        return "", True
    if seat.state is SeatState.INVITED:
        return _invited(standing, zone)
    said, well = device_words(seat.device)
    return " · ".join(part for part in (where_words(seat, zone), said) if part), well


def where_words(seat: SeatView, zone: str) -> str:
    """Where somebody is, and since when they are not."""
    if seat.state is SeatState.AWAY:
        return _("Away since {time}", time=clock(seat.since, zone))
    return seat_words(seat)


def may_want_help(standing: Standing) -> bool:
    """Not who sits in a visit that goes on; whoever dropped out of one may."""
    visit, here = standing.visit, standing.seat.state in PRESENT
    return visit.state not in ENDED and not (visit.state in RUNNING and here)


def _asked(standing: Standing, zone: str) -> str:
    letter, phone = standing.letter, standing.phone
    if standing.told_at is None:
        if standing.told_by == "mail":
            return _("left; a letter goes to them when you are ready")
        return _("left; call {phone} when it is their turn", phone=phone)
    if letter is None:
        at = clock(standing.told_at, zone)
        return _("it is their turn since {time}: call {phone}", time=at, phone=phone)
    said = _("left; the letter that it is their turn: {letter}", letter=letter_words(letter, zone))
    under_way = letter.posted and letter.state is LetterState.QUEUED and not letter.problem
    if letter.state is LetterState.SENT or under_way or not phone:
        return said
    return _("{words}; call {phone}", words=said, phone=phone)


def _invited(standing: Standing, zone: str) -> tuple[str, bool]:
    if standing.opened_at is None:
        return _("has not opened the link"), True
    parts = [_("opened the link {time}", time=clock(standing.opened_at, zone)), standing.browser]
    if standing.inside:
        parts.append(_("in an app's own browser ({app}): it may have no camera", app=standing.inside))
    return " · ".join(part for part in parts if part), not standing.inside
