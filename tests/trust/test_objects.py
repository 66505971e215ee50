"""Somebody else's ids in every address that takes one: the same answer as to ids that nobody has."""

import re
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import httpx
import pytest

from tests.live import Live
from tests.trust.stage import Staged, staged
from tests.trust.surface import Address, addresses
from webapp.guard import Kind
from webapp.store.ids import new_id

ROUNDS = 9
NOT_SECRET = {"account_id", "form", "message_id"}  # a face of the staff, a size, and the sender's own word


@pytest.fixture(scope="module")
def anna(live: Live) -> Staged:
    return staged(live, "Only Elena knows")


@pytest.fixture(scope="module")
def berta(live: Live) -> Staged:
    return staged(live, "Another patient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One address, asked for what is Anna's and for what is nobody's, by somebody who may have neither."""

    who: str
    method: str
    address: Address
    theirs: str
    nobodys: str
    cookies: Mapping[
        str, str
    ]  # beside these, a foreign seat calls itself by the cookie of the visit it asks for


def tries(live: Live, anna: Staged, berta: Staged) -> Iterator[Try]:
    seat = live.built.door.cookie("seat", "")
    token = next(iter(berta.seats.values()))
    tom = live.cookie(live.actors["tom"])
    for address in addresses(live.built.inner.routes):
        secret = set(re.findall(r"\{(\w+)\}", address.path)) - NOT_SECRET
        if address.static or address.socket or address.policy is None or not secret:
            continue
        nobody = replace(anna, ids={**anna.ids, **dict.fromkeys(secret, new_id())}, past_id=new_id())
        for method in sorted(address.methods - {"HEAD", "OPTIONS"}):
            theirs, nobodys = anna.at(address), nobody.at(address)
            if address.policy.kind is Kind.STAFF:
                yield Try(
                    who="tom", method=method, address=address, theirs=theirs, nobodys=nobodys, cookies=tom
                )
                continue
            visits = (anna.visit_id, anna.past_id, *nobody.ids.values(), nobody.past_id)
            forged = {f"{seat}-{visit_id}": token for visit_id in visits}
            for who, cookies in (("a foreign seat", forged), ("its own seat", berta.seats)):
                yield Try(
                    who=who, method=method, address=address, theirs=theirs, nobodys=nobodys, cookies=cookies
                )


def test_an_address_says_of_anothers_what_it_says_of_nobodys(live: Live, anna: Staged, berta: Staged) -> None:
    compared, apart_ms = 0, []
    for one in tries(live, anna, berta):
        with live.visitor(cookies=dict(one.cookies)) as client:
            theirs, nobodys = asked(client, one.method, one.theirs), asked(client, one.method, one.nobodys)
            assert theirs == nobodys, f"{one.who}: {one.method} {one.address.path}"
            if one.address.path not in DOORS:
                assert theirs[0] in (303, 401, 403, 404, 405, 422), (
                    f"{one.who}: {one.address.path}: {theirs[0]}"
                )
            compared += 1
            if one.method == "GET":
                apart_ms.append(apart(client, one.theirs, one.nobodys))
    print(
        f"\nobjects: {compared} answers about another's ids as about none; apart {max(apart_ms):.1f} ms at most"
    )
    assert compared >= 45


DOORS = {"/join/{visit_id}", "/join/{visit_id}/summary"}  # the same page for everybody: it asks for the link


def asked(client: httpx.Client, method: str, path: str) -> tuple[int, str]:
    """The status and the words, without what differs from answer to answer: the address itself."""
    answer = client.request(method, path)
    visit_id = path.split("/")[2]
    return answer.status_code, answer.text.replace(visit_id, "ID")


def apart(client: httpx.Client, theirs: str, nobodys: str) -> float:
    """Milliseconds between the medians, asked in turns."""
    spent: dict[str, list[float]] = {theirs: [], nobodys: []}
    for path in (theirs, nobodys) * ROUNDS:
        begun = time.perf_counter()
        client.get(path)
        spent[path].append(time.perf_counter() - begun)
    return abs(statistics.median(spent[theirs]) - statistics.median(spent[nobodys])) * 1000


def test_a_seat_reaches_nothing_of_another_visit_from_its_own(
    live: Live, anna: Staged, berta: Staged
) -> None:
    """Each in her own visit, with the ids of the other's files and uploads in the rest of the address.

    Both ways, for what was said since somebody came in is not hidden from them by its hour.
    """
    compared = 0
    for mine, others in ((berta, anna), (anna, berta)):
        with live.visitor(cookies=dict(mine.seats)) as client:
            for address in addresses(live.built.inner.routes):
                inner = set(re.findall(r"\{(\w+)\}", address.path)) - NOT_SECRET - {"visit_id"}
                if not inner or address.policy is None or address.policy.kind is not Kind.SEAT:
                    continue
                own = {**others.ids, "visit_id": mine.visit_id}
                theirs = address.at(**own)
                nobodys = address.at(**{**own, **dict.fromkeys(inner, new_id()), "visit_id": mine.visit_id})
                for method in sorted(address.methods - {"HEAD", "OPTIONS"}):
                    assert asked(client, method, theirs) == asked(client, method, nobodys), address.path
                    assert asked(client, method, theirs)[0] in (404, 422), address.path
                    compared += 1
    print(f"\nobjects of another visit: {compared} answers as about none")
    assert compared >= 8
