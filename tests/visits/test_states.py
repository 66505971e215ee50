"""The two state machines: every pair of state and event is walked, for everyone who might cause it."""

from itertools import product

import pytest

from webapp.visits.states import (
    ENDED,
    SEAT,
    VISIT,
    Need,
    NotNow,
    SeatMove,
    SeatState,
    Table,
    VisitMove,
    VisitState,
    Who,
    after,
)

# state: the events that it allows and where they lead. Written by hand, from the words of the design.
VISIT_ALLOWS = {
    "booked": "open>open admit>in_visit finish>finished cancel>cancelled miss>no_show",
    "open": "open>open admit>in_visit finish>finished cancel>cancelled miss>no_show",
    "in_visit": "admit>in_visit interrupt>interrupted finish>finished",
    "interrupted": "admit>in_visit resume>in_visit finish>finished",
    "finished": "sign>signed",
    "signed": "",
    "cancelled": "",
    "no_show": "",
}
SEAT_ALLOWS = {
    "invited": "enter>checking arrive>waiting return>admitted remove>removed",
    "checking": "enter>checking arrive>waiting admit>admitted drop>away leave>left remove>removed",
    "waiting": "enter>waiting arrive>waiting admit>admitted drop>away leave>left remove>removed",
    "admitted": "enter>admitted return>admitted admit>admitted connect>connected disconnect>admitted "
    "drop>away leave>left remove>removed",
    "connected": "enter>connected return>connected admit>connected connect>connected disconnect>admitted "
    "drop>away leave>left remove>removed",
    "away": "enter>away arrive>waiting return>admitted admit>away drop>away leave>left remove>removed",
    "left": "enter>left arrive>waiting return>admitted leave>left remove>removed",
    "removed": "",
}


@pytest.mark.parametrize(
    ("table", "states", "moves", "allows", "counts"),
    [
        (VISIT, VisitState, VisitMove, VISIT_ALLOWS, (17, 47)),
        (SEAT, SeatState, SeatMove, SEAT_ALLOWS, (44, 28)),
    ],
    ids=["visit", "seat"],
)
def test_every_pair_leads_where_the_design_says_or_nowhere(
    table: Table,
    states: type[VisitState] | type[SeatState],
    moves: type[VisitMove] | type[SeatMove],
    allows: dict[str, str],
    counts: tuple[int, int],
) -> None:
    assert set(allows) == set(states)
    allowed = refused = 0
    for state, move in product(states, moves):
        expected = dict(pair.split(">") for pair in allows[state].split())
        reached = {to for who in Who if (to := _reached(table, state, move, who))}
        if move in expected:
            assert reached == {expected[move]}, (state, move)
            allowed += 1
        else:
            assert not reached, (state, move)
            refused += 1
    print(f"{allowed} pairs allowed, {refused} refused")
    assert (allowed, refused) == counts
    assert allowed == len(table)


def _reached(table: Table, state: str, move: str, who: Who) -> str:
    try:
        return after(table, state, move, who, frozenset(Need))
    except NotNow:
        return ""


@pytest.mark.parametrize(("table", "floor"), [(VISIT, 52), (SEAT, 143)], ids=["visit", "seat"])
def test_a_missing_need_or_the_wrong_person_is_refused_everywhere(table: Table, floor: int) -> None:
    tried = 0
    for (state, move), step in table.items():
        for who in set(Who) - step.who:
            with pytest.raises(NotNow):
                after(table, state, move, who, frozenset(Need))
            tried += 1
        for need in step.needs:
            with pytest.raises(NotNow):
                after(table, state, move, next(iter(step.who)), frozenset(Need) - {need})
            tried += 1
    print(f"{tried} refused")
    assert tried >= floor


def test_nothing_but_finishing_by_the_clinician_ends_a_running_visit() -> None:
    ending = {
        (state, move): step.who
        for (state, move), step in VISIT.items()
        if state in ("in_visit", "interrupted") and step.to in ENDED
    }
    assert set(ending) == {("in_visit", "finish"), ("interrupted", "finish")}
    assert all(who == {Who.CLINICIAN} for who in ending.values())


def test_who_left_or_dropped_always_finds_a_way_back() -> None:
    for state in ("away", "left"):
        assert after(SEAT, state, "arrive", Who.SEAT, {Need.NOT_ADMITTED}) == "waiting"
        assert after(SEAT, state, "return", Who.SEAT, {Need.ADMITTED}) == "admitted"
