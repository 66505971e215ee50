"""Where on the body: our own short list, coarse enough to be found by a patient and fine enough to compare by."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.access import Invalid
from webapp.locale import N_, _


class Side(StrEnum):
    NONE = ""
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place on the body; `paired` where left and right must be told apart."""

    key: str
    label: str
    paired: bool


def _site(key: str, label: str, paired: bool = False) -> tuple[str, Site]:
    return key, Site(key=key, label=label, paired=paired)


SITES: dict[str, Site] = dict(
    (
        _site("scalp", N_("Scalp")),
        _site("forehead", N_("Forehead")),
        _site("face", N_("Face")),
        _site("eye", N_("Eye"), True),
        _site("ear", N_("Ear"), True),
        _site("nose", N_("Nose")),
        _site("mouth", N_("Mouth and lips")),
        _site("tongue", N_("Tongue")),
        _site("throat", N_("Throat")),
        _site("neck", N_("Neck")),
        _site("shoulder", N_("Shoulder"), True),
        _site("armpit", N_("Armpit"), True),
        _site("upper-arm", N_("Upper arm"), True),
        _site("elbow", N_("Elbow"), True),
        _site("forearm", N_("Forearm"), True),
        _site("wrist", N_("Wrist"), True),
        _site("hand", N_("Hand"), True),
        _site("finger", N_("Finger or nail"), True),
        _site("chest", N_("Chest")),
        _site("breast", N_("Breast"), True),
        _site("belly", N_("Belly")),
        _site("upper-back", N_("Upper back")),
        _site("lower-back", N_("Lower back")),
        _site("hip", N_("Hip"), True),
        _site("groin", N_("Groin"), True),
        _site("genitals", N_("Genitals")),
        _site("buttock", N_("Buttock"), True),
        _site("thigh", N_("Thigh"), True),
        _site("knee", N_("Knee"), True),
        _site("lower-leg", N_("Lower leg"), True),
        _site("ankle", N_("Ankle"), True),
        _site("foot", N_("Foot"), True),
        _site("toe", N_("Toe or nail"), True),
        _site("other", N_("Another place")),
    )
)


def checked(site: str, side: str) -> tuple[str, Side]:
    """The place as it may be stored. Raises Invalid."""
    known = SITES.get(site)
    if known is None:
        raise Invalid("site", N_("Choose a place on the body."))
    if known.paired and side not in (Side.LEFT, Side.RIGHT):
        raise Invalid("side", N_("Choose left or right."))
    return site, Side(side) if known.paired else Side.NONE


def place_words(site: str, side: str) -> str:
    """ "Knee (left side)", in the reader's language."""
    known = SITES.get(site)
    name = _(known.label) if known else site
    if side == Side.LEFT:
        return _("{place} (left side)", place=name)
    if side == Side.RIGHT:
        return _("{place} (right side)", place=name)
    return name
