"""Every address, by everybody: only those whom its policy names get an answer of 2xx."""

from collections import Counter

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from tests.live import Live
from tests.trust.surface import Address, addresses
from webapp.access import Actor
from webapp.guard import Kind

FLOOR = 20  # addresses found last time; fewer means that the walk has lost some


@pytest.fixture(scope="module")
def surface(live: Live) -> list[Address]:
    return [address for address in addresses(live.built.inner.routes) if not address.static]


def ids(live: Live) -> dict[str, str]:
    return {
        "patient_id": live.anna.id,
        "account_id": live.actors["elena"].id,
        "visit_id": "unknown",
        "file": "x",
    }


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


def test_nobody_gets_in_where_the_policy_does_not_name_them(live: Live, surface: list[Address]) -> None:
    counts: Counter[str] = Counter()
    visitors: dict[str, Actor | None] = {"stranger": None, **live.actors}
    for name, actor in visitors.items():
        with live.visitor(actor) as client:
            for address in surface:
                for method in address.methods - {"HEAD", "OPTIONS"}:
                    if address.path in ("/sign-out", "/language"):
                        continue
                    status = client.request(method, address.at(**ids(live))).status_code
                    allowed = may_enter(address, actor)
                    counts["allowed" if allowed else "refused"] += 1
                    if not allowed:
                        assert status in (303, 401, 403, 404, 405), (
                            f"{name}: {method} {address.path}: {status}"
                        )
                    assert status < 500, f"{name}: {method} {address.path}: {status}"
    print(f"\nroutes tried: {dict(counts)}")
    assert counts["refused"] >= FLOOR


def may_enter(address: Address, actor: Actor | None) -> bool:
    policy = address.policy
    assert policy is not None
    if policy.kind is None:
        return True
    if actor is None or policy.kind is not Kind.STAFF:
        return False
    return not policy.roles or bool(actor.roles & policy.roles)


def test_an_unsafe_request_from_a_foreign_origin_has_no_effect(live: Live, surface: list[Address]) -> None:
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
                    answer = client.request(method, address.at(**ids(live)), headers=headers)
                    assert answer.status_code == 403, f"{method} {address.path} from {origin}"
                    assert not answer.cookies
                    tried += 1
    print(f"\nforeign requests refused: {tried}")
    assert tried >= 25


def test_every_answer_leaves_with_the_full_set_of_headers(live: Live, surface: list[Address]) -> None:
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
            answer = client.get(address.at(**ids(live)))
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
