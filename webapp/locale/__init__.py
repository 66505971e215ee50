"""The words on the screen, in the reader's language, and times in the reader's zone."""

from webapp.locale.spoken import (
    LANGUAGES,
    N_,
    _,
    best,
    catalog,
    language,
    languages,
    load,
    ngettext,
    speaking,
    use,
)
from webapp.locale.times import (
    age,
    clock,
    clock_seconds,
    date,
    day,
    duration,
    instant,
    number,
    zone_label,
)

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "age",
    "best",
    "catalog",
    "clock",
    "clock_seconds",
    "date",
    "day",
    "duration",
    "instant",
    "language",
    "languages",
    "load",
    "ngettext",
    "number",
    "speaking",
    "use",
    "zone_label",
]
