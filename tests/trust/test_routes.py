"""Every address, by everybody: only those whom its policy names get an answer of 2xx."""

import json
import re
from collections import Counter
from collections.abc import Mapping

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.live import Live
from tests.loop import run
from tests.trust.stage import Staged, browsers, shown, staged
from tests.trust.surface import Address, addresses
from webapp.access import Role
from webapp.guard import Kind

FLOOR = 62  # addresses found last time; fewer means that the walk has lost some


@pytest.fixture(scope="module")
def surface(live: Live) -> list[Address]:
    return [address for address in addresses(live.built.inner.routes) if not address.static]


@pytest.fixture(scope="module")
def visit(live: Live) -> Staged:
    return staged(live, "Of nobody else's business")


def test_every_address_declares_its_policy(surface: list[Address]) -> None:
    undeclared = [address.path for address in surface if address.policy is None]
    assert not undeclared
    print(f"\naddresses: {len(surface)}")
    assert len(surface) >= FLOOR


def test_the_walk_finds_a_page_that_was_just_added() -> None:
    app, router = FastAPI(), APIRouter(prefix="/inner")
    router.add_api_route("/new", lambda: None, methods=["GET"])
    app.include_router(router)
    outer = FastAPI()
    outer.mount("/outer", app)
    found = [address for address in addresses(outer.routes) if address.path.endswith("/new")]
    assert found
    assert found[0].policy is None


def test_everybody_gets_exactly_what_the_policy_and_the_relation_give(
    live: Live, visit: Staged, surface: list[Address]
) -> None:
    """Real ids of Elena's patient: what is open answers, what is not says no more than it says of unknown ids."""
    counts: Counter[str] = Counter()
    for who, cookies in browsers(live, visit).items():
        with live.visitor(cookies=dict(cookies)) as client:
            for address in surface:
                for method in sorted(address.methods - {"HEAD", "OPTIONS"}):
                    if address.path in SPARED:
                        continue
                    status = client.request(method, visit.at(address)).status_code
                    expected = answers(address, method, who)
                    counts["open" if 200 in expected else "refused"] += 1
                    assert status in expected, f"{who}: {method} {address.path}: {status}"
    print(f"\nroutes: {dict(counts)} by {len(browsers(live, visit))} visitors, of {len(surface)} addresses")
    assert counts["refused"] >= 264
    assert counts["open"] >= 258


def answers(address: Address, method: str, who: str) -> set[int]:
    """The statuses that this visitor may get. An input that cannot be taken (4xx) counts as let in."""
    policy = address.policy
    assert policy is not None
    asks = method == "GET"
    if policy.kind is None:
        return {200, 303, 401, 404, 409, 410, 422, 429}
    if policy.kind is Kind.SEAT:
        if who == "guest" and "_id}/photos" in address.path:
            return {403, 404, 422}  # photos are the patient's own to send
        return {200, 204, 404, 409, 422} if who in ("patient", "guest") else {401}
    if who not in ("elena", "tom", "alma", "ada"):
        return {303} if asks else {401}
    if policy.roles and not set(policy.roles) & ROLES[who]:
        return {404}
    if OBJECTS.search(address.path) and who != "elena":
        return {404} if asks else {404, 422}
    if address.path == "/set-up/backup-key" and who != "ada":
        return {303} if asks else {403}
    return {200, 303} if asks else {200, 303, 409, 422}


SPARED = ("/sign-out", "/language")  # they end the visitor's own session, or give it a cookie
ROLES = {
    "elena": {Role.CLINICIAN},
    "tom": {Role.CLINICIAN},
    "alma": {Role.ASSISTANT},
    "ada": {Role.ADMINISTRATOR},
}
OBJECTS = re.compile(
    r"\{(patient|visit|encounter|photo|file|upload)_id\}"
)  # Elena's patient's; Tom treats others


def test_what_is_open_is_shown(live: Live, visit: Staged) -> None:
    """Each address with real ids, by somebody who may: so that a refusal elsewhere is not just a broken page."""
    seen: Counter[int] = Counter()
    for opened in shown(live, visit):
        with live.visitor(cookies=dict(opened.cookies)) as client:
            status = client.get(opened.path).status_code
        seen[status] += 1
        if (opened.who, opened.address.path) == ("stranger", "/join/{visit_id}/summary.pdf"):
            assert status == 404
            continue
        sent_on = opened.address.path in ("/set-up/factor", "/set-up/backup-key")
        assert status == (303 if sent_on else 200), f"{opened.who}: {opened.path}"
    print(f"\naddresses shown: {dict(seen)}")
    assert seen[200] >= 36


def test_no_socket_opens_for_anybody_else(live: Live, visit: Staged, surface: list[Address]) -> None:
    counts: Counter[str] = Counter()
    for address in surface:
        for who, cookies in browsers(live, visit).items():
            if address.socket:
                word, code = run(knock(live, visit.at(address), cookies))
                staff = address.policy is not None and address.policy.kind is Kind.STAFF
                sits = who == "elena" if staff else who in ("patient", "guest")
                counts["open" if sits else "refused"] += 1
                assert (word == "welcome") == sits, f"{who}: {address.path}: {word} {code}"
    print(f"\nsockets: {dict(counts)}")
    assert counts == {"open": 3, "refused": 15}


async def knock(live: Live, path: str, cookies: Mapping[str, str]) -> tuple[str, int]:
    """Say hello; the first word that comes back, or how the door was shut."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    try:
        async with connect(
            live.url.replace("http", "ws") + path,
            origin=Origin(live.url),
            additional_headers={"Cookie": cookie} if cookie else {},
        ) as socket:
            await socket.send(json.dumps({"t": "hello", "instance": "knock", "epoch": None, "last": 0}))
            return str(json.loads(await socket.recv())["t"]), 0
    except InvalidStatus as refused:
        return "", refused.response.status_code
    except ConnectionClosed as closed:
        return "", closed.rcvd.code if closed.rcvd else 0


def test_an_unsafe_request_from_a_foreign_origin_has_no_effect(
    live: Live, visit: Staged, surface: list[Address]
) -> None:
    tried = 0
    foreign = [
        None,
        "null",
        "https://evil.example",
        f"{live.url}.evil.example",
        live.url.replace("http:", "ftp:"),
    ]
    with live.visitor(live.actors["ada"], headers={}) as client:
        for address in surface:
            for method in address.methods & {"POST", "PUT", "PATCH", "DELETE"}:
                for origin in foreign:
                    headers = {} if origin is None else {"Origin": origin}
                    answer = client.request(method, visit.at(address), headers=headers)
                    assert answer.status_code == 403, f"{method} {address.path} from {origin}"
                    assert not answer.cookies
                    tried += 1
    print(f"\nforeign requests refused: {tried}")
    assert tried >= 120


def test_every_answer_leaves_with_the_full_set_of_headers(
    live: Live, visit: Staged, surface: list[Address]
) -> None:
    wanted = {
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "permissions-policy",
        "x-frame-options",
        "cross-origin-opener-policy",
    }
    with live.visitor(live.actors["elena"]) as client:
        for address in surface:
            answer = client.get(visit.at(address))
            missing = wanted - set(answer.headers)
            assert not missing, f"{address.path}: {missing}"
            policy = answer.headers["content-security-policy"]
            assert "default-src" in policy
            assert "'unsafe-inline'" not in policy.split("style-src")[0]
        for path in ("/nowhere", "/assets/nothing.css", "/_nicegui/nothing", "/..%2f..%2fetc/passwd"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert not wanted - set(answer.headers), path


def test_an_unknown_host_is_not_answered(live: Live) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80"):
        assert httpx.get(live.url + "/sign-in", headers={"Host": host}).status_code in (400, 421)
