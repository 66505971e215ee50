import datetime as dt

import pytest

from webapp.locale import age, clock, clock_seconds, date, day, duration, load, number, speaking, zone_label

MOMENT = dt.datetime(2026, 11, 24, 9, 32, 5, tzinfo=dt.UTC)
SUMMER = dt.datetime(2026, 7, 1, 9, 0, tzinfo=dt.UTC)


def test_a_clock_shows_the_time_of_the_zone() -> None:
    assert clock(MOMENT, "Europe/Madrid") == "10:32"
    assert clock(MOMENT, "America/New_York") == "04:32"
    assert clock_seconds(MOMENT, "Europe/Madrid") == "10:32:05"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock(MOMENT.replace(tzinfo=None), "Europe/Madrid")


def test_a_day_is_told_in_the_language_of_the_reader() -> None:
    assert day(MOMENT, "Europe/Madrid") == "Tuesday, 24 November"
    assert date(dt.date(1968, 3, 14)) == "14 Mar 1968"
    with speaking("es"):
        assert day(MOMENT, "Europe/Madrid") == "martes, 24 de noviembre"
        assert date(dt.date(1968, 3, 14)) == "14 mar 1968"


def test_the_day_is_the_day_of_the_zone() -> None:
    late = dt.datetime(2026, 11, 24, 23, 30, tzinfo=dt.UTC)
    assert day(late, "Europe/Madrid") == "Wednesday, 25 November"


def test_a_zone_is_named_by_its_city_and_season() -> None:
    assert zone_label("Europe/Madrid", MOMENT) == "Madrid time (CET)"
    assert zone_label("Europe/Madrid", SUMMER) == "Madrid time (CEST)"
    assert zone_label("America/Sao_Paulo", MOMENT) == "Sao Paulo time (UTC-3)"
    assert zone_label("Asia/Kathmandu", MOMENT).endswith("(UTC+5:45)")
    assert zone_label("UTC", MOMENT) == "UTC"
    with speaking("es"):
        assert zone_label("America/New_York", MOMENT) == "Hora de Nueva York (EST)"


def test_a_western_zone_with_half_hours_keeps_its_sign() -> None:
    assert zone_label("Pacific/Marquesas", MOMENT).endswith("(UTC-9:30)")


def test_an_age_is_told_in_the_unit_that_matters() -> None:
    today = dt.date(2026, 11, 24)
    assert age(dt.date(1968, 3, 14), today) == "58 y"
    assert age(dt.date(1968, 11, 25), today) == "57 y"
    assert age(dt.date(2026, 1, 24), today) == "10 months"
    assert age(dt.date(2026, 10, 1), today) == "1 month"
    assert age(dt.date(2026, 11, 23), today) == "1 day"
    assert age(dt.date(2004, 2, 29), dt.date(2026, 2, 28)) == "21 y"
    with speaking("es"):
        assert age(dt.date(1968, 3, 14), today) == "58 años"


def test_nobody_is_born_tomorrow() -> None:
    with pytest.raises(ValueError, match="2026-11-25"):
        age(dt.date(2026, 11, 25), dt.date(2026, 11, 24))


def test_a_duration_has_at_most_two_units() -> None:
    assert duration(dt.timedelta(seconds=-3)) == "0 s"
    assert duration(dt.timedelta(seconds=45)) == "45 s"
    assert duration(dt.timedelta(minutes=4, seconds=59)) == "4 min"
    assert duration(dt.timedelta(hours=1)) == "1 h"
    assert duration(dt.timedelta(hours=1, minutes=5)) == "1 h 5 min"


def test_a_number_is_written_as_the_reader_writes_it() -> None:
    assert number(12345.67, 1) == "12,345.7"
    with speaking("es"):
        assert number(12345.67, 1) == "12.345,7"


def test_the_pseudo_language_disguises_dates_too() -> None:
    load(pseudo=True)
    with speaking("qps"):
        assert day(MOMENT, "Europe/Madrid").startswith("⟦Ţûéšðåý, 24")
    load()
