"""Breaking the glass: for one patient who is named, with a reason, and told to whoever treats them."""

from datetime import date

import pytest

from tests.cast import Cast
from webapp.access import Action, Hidden, Invalid, Refused, State
from webapp.budget import TooMany
from webapp.people.model import Account
from webapp.people.service import GLASSES, NewPatient
from webapp.store.audit import AuditRow

BORN, REASON = date(1968, 3, 14), "Collapsed at the desk"


def test_it_is_broken_with_a_reason_and_by_name_and_birth_date(cast: Cast) -> None:
    with pytest.raises(Invalid):
        cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, "  short   "))
    for name, born in (("Anna", BORN), ("Anna Keller", date(1968, 3, 15)), ("Anna Keller", None)):
        with pytest.raises(Hidden):
            cast.run(cast.people.break_glass(cast.tom, name, born, REASON))
    with pytest.raises(Hidden):
        cast.run(cast.people.patient(cast.tom, cast.anna.id))
    assert cast.run(cast.people.break_glass(cast.tom, "anna keller", BORN, REASON)) == cast.anna.id
    assert cast.run(cast.people.patient(cast.tom, cast.anna.id)).name == "Anna Keller"


def test_of_two_who_cannot_be_told_apart_neither_is_opened(cast: Cast) -> None:
    cast.run(cast.people.add_patient(cast.elena, NewPatient(name="Anna KELLER", birth_date=BORN)))
    with pytest.raises(Hidden):
        cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, REASON))


def test_five_in_an_hour_and_a_treating_clinician_is_told_of_each(cast: Cast) -> None:
    for _ in range(GLASSES):
        cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, REASON))
    with pytest.raises(TooMany):
        cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, REASON))
    told = cast.run(cast.people.glass_notices(cast.elena))
    assert [(notice.by, notice.reason) for notice in told] == [("Tom Berg", REASON)] * GLASSES
    assert cast.run(cast.people.glass_notices(cast.tom)) == ()
    audited = AuditRow.action == Action.BREAK_GLASS, AuditRow.patient_id == cast.anna.id
    assert cast.run(cast.store.read(lambda: AuditRow.select().where(*audited).count())) == GLASSES
    cast.clock.push(hours=1)
    assert cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, REASON))


def test_whoever_broke_it_shares_with_nobody_not_even_with_themself(cast: Cast) -> None:
    cast.run(cast.people.break_glass(cast.tom, "Anna Keller", BORN, REASON))
    for clinician in (cast.tom, cast.elena):
        with pytest.raises(Refused):
            cast.run(cast.people.share(cast.tom, cast.anna.id, clinician.id))


def test_nobody_but_an_active_clinician_is_made_to_treat(cast: Cast) -> None:
    def disable() -> None:
        Account.update(state=State.DISABLED).where(Account.id == cast.tom.id).execute()

    cast.run(cast.store.write(disable))
    for who in (cast.alma.id, cast.ada.id, cast.tom.id, "nobody"):
        with pytest.raises(Invalid):
            cast.run(cast.people.share(cast.elena, cast.anna.id, who))
    assert cast.run(cast.people.treating(cast.elena, cast.anna.id)) == (cast.elena.id,)
