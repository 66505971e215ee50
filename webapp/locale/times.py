"""Times, dates and numbers as the reader writes them. Moments come in as aware datetimes."""

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_decimal

from webapp.locale.pseudo import PSEUDO, disguise
from webapp.locale.spoken import _, language, ngettext

# Day before month and a clock of 24 hours: British rather than American English.
_LOCALES = {"en": "en_GB", "es": "es_ES", PSEUDO: "en_GB"}
_DAY = {"en": "EEEE, d MMMM", "es": "EEEE, d 'de' MMMM"}


def clock(moment: dt.datetime, zone: str) -> str:
    """The time of day in an IANA zone: "10:32"."""
    return f"{_there(moment, zone):%H:%M}"


def clock_seconds(moment: dt.datetime, zone: str) -> str:
    """The time of day with seconds: "10:32:05"."""
    return f"{_there(moment, zone):%H:%M:%S}"


def day(moment: dt.datetime, zone: str) -> str:
    """Weekday, day and month in an IANA zone: "Tuesday, 24 November"."""
    pattern = _DAY.get(language(), _DAY["en"])
    return _worded(format_datetime(_there(moment, zone), pattern, locale=_LOCALES[language()]))


def date(value: dt.date) -> str:
    """A date in short: "14 Mar 1968"."""
    return _worded(format_date(value, "d MMM y", locale=_LOCALES[language()]))


def instant(moment: dt.datetime, zone: str) -> str:
    """A moment that needs no other word beside it: "23 Nov 2026 10:32, Madrid time (CET)"."""
    there = _there(moment, zone)
    return f"{date(there.date())} {clock(moment, zone)}, {zone_label(zone, moment)}"


def zone_label(zone: str, moment: dt.datetime) -> str:
    """The zone in words at a moment: "Madrid time (CET)"."""
    there = _there(moment, zone)
    short = there.tzname() or ""
    if not short.isalpha():
        minutes = int((there.utcoffset() or dt.timedelta()).total_seconds()) // 60
        rest = abs(minutes) % 60
        short = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60}" + (f":{rest:02d}" if rest else "")
    if zone in ("UTC", "Etc/UTC"):
        return "UTC"
    city = get_timezone_location(ZoneInfo(zone), locale=_LOCALES[language()], return_city=True)
    return _("{city} time ({zone})", city=city, zone=short)


def age(birth_date: dt.date, today: dt.date) -> str:
    """How old somebody is: "58 y", in months under two years, in days under one month.

    :raises ValueError: when the birth date lies ahead
    """
    if birth_date > today:
        raise ValueError(f"born on {birth_date}; need {today} or before")
    months = (today.year - birth_date.year) * 12 + today.month - birth_date.month
    months -= today.day < birth_date.day
    if months >= 24:
        return ngettext("{n} y", "{n} y", months // 12)
    if months >= 1:
        return ngettext("{n} month", "{n} months", months)
    return ngettext("{n} day", "{n} days", (today - birth_date).days)


def duration(span: dt.timedelta) -> str:
    """A length of time in its two largest units: "45 s", "4 min", "1 h 5 min"; never below zero."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return _("{n} s", n=seconds)
    minutes = seconds // 60
    if minutes < 60:
        return _("{n} min", n=minutes)
    hours, minutes = divmod(minutes, 60)
    return _("{hours} h {minutes} min", hours=hours, minutes=minutes) if minutes else _("{n} h", n=hours)


def number(value: float, digits: int = 0) -> str:
    """A number with this many digits after the point: "1,234.5", in Spanish "1234,5"."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=_LOCALES[language()]))


def _there(moment: dt.datetime, zone: str) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError(f"got the naive time {moment}; need an aware one")
    return moment.astimezone(ZoneInfo(zone))


def _worded(text: str) -> str:
    return disguise(text) if language() == PSEUDO else text
