"""The visits' addresses over HTTP: the door that tells nothing, the cookie, the documents and their files."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.live import Live
from webapp.visits.views import Invitation


@pytest.fixture
def stranger(live: Live) -> Iterator[httpx.Client]:
    with live.visitor() as client:
        yield client


@pytest.fixture
def invitation(live: Live) -> Invitation:
    """A patient of Elena alone: Anna may have been shared by another test meanwhile."""
    elena = live.actors["elena"]
    return live.call(live.built.visits.invite_now(elena, name="Anna Keller", contact="", reason="Knee"))


def tap(client: httpx.Client, invitation: Invitation, what: str, **body: object) -> httpx.Response:
    return client.post(f"/join/{invitation.visit_id}/{what}", json=body)


def token(invitation: Invitation) -> str:
    return invitation.path.partition("#")[2]


def test_the_door_is_the_same_for_every_id_and_gives_nothing(
    stranger: httpx.Client, invitation: Invitation
) -> None:
    pages = [stranger.get(f"/join/{name}") for name in (invitation.visit_id, "0" * 26)]
    assert {page.status_code for page in pages} == {200}
    real, other = (page.text for page in pages)
    assert real.replace(invitation.visit_id, "0" * 26) == other
    for page in pages:
        assert "set-cookie" not in page.headers
        assert "script-src 'self';" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] in ("no-referrer", "same-origin")
        scripts = re.findall(r"<script[^>]*>", page.text)
        assert all("src=" in script or "application/json" in script for script in scripts)
        assert "<style" not in page.text


def test_a_link_says_what_is_so_and_the_tap_gives_a_cookie(
    live: Live, stranger: httpx.Client, invitation: Invitation
) -> None:
    seen = tap(stranger, invitation, "look", token=token(invitation)).json()
    assert (seen["status"], seen["clinician"], seen["name"]) == ("ready", "Dr Elena Ruiz", "Anna Keller")
    assert (seen["practice"], seen["phone"]) == ("Test practice", "91 555 01 23")
    assert (seen["seated"], seen["entered"]) == (False, False)
    assert seen["zone"] == "Europe/Madrid"
    answer = tap(stranger, invitation, "enter", token=token(invitation), camera=True, microphone=False)
    assert answer.json() == {"seat": invitation.seat_id}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert invitation.visit_id in cookie
    again = tap(stranger, invitation, "look").json()
    assert (again["status"], again["seated"], again["entered"]) == ("ready", True, True)
    assert tap(stranger, invitation, "enter").status_code == 200


def test_what_is_wrong_with_a_link_is_not_told(stranger: httpx.Client, invitation: Invitation) -> None:
    strangers: list[dict[str, object]] = [{}, {"token": "x"}, {"token": "y" * 43}, {"token": ""}]
    for body in strangers:
        assert tap(stranger, invitation, "look", **body).json() == {"status": "unknown"}
        refused = tap(stranger, invitation, "enter", **body)
        assert (refused.status_code, refused.json()) == (409, {"status": "unknown"})
        assert "set-cookie" not in refused.headers
    broken: list[dict[str, object]] = [{"token": 5}, {"token": "x" * 500}, {"camera": "perhaps"}]
    for body in broken:
        assert tap(stranger, invitation, "look", **body).status_code == 422


def test_the_call_is_its_clinicians_alone(live: Live, invitation: Invitation) -> None:
    for name, status in (("elena", 200), ("tom", 404), ("alma", 404), ("ada", 404), ("", 303)):
        with live.visitor(live.actors[name] if name else None) as client:
            for page in ("call", "panel"):
                answer = client.get(f"/visits/{invitation.visit_id}/{page}")
                assert answer.status_code == status, (name, page)
                assert status == 200 or "Anna" not in answer.text
            assert client.head(f"/visits/{invitation.visit_id}/call").status_code == status
            assert client.get(f"/visits/{'0' * 26}/call").status_code == (303 if not name else 404)


def test_the_panel_may_be_framed_by_our_own_shell_alone(live: Live, invitation: Invitation) -> None:
    with live.visitor(live.actors["elena"]) as client:
        panel = client.get(f"/visits/{invitation.visit_id}/panel")
        call = client.get(f"/visits/{invitation.visit_id}/call")
    assert "frame-ancestors 'self'" in panel.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in call.headers["content-security-policy"]
    assert call.headers["cache-control"] == "no-store"


def test_the_shells_files_last_as_long_as_their_content(stranger: httpx.Client) -> None:
    page = stranger.get("/join/" + "0" * 26).text
    addresses = re.findall(r'"(/shell/[a-z-]+\.(?:js|css)\?v=\w+)"', page)
    assert {address.partition("?")[0] for address in addresses} >= {"/shell/both.js", "/shell/patient.js"}
    for address in set(addresses):
        file = stranger.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
        for imported in re.findall(r"from '\./([a-z]+\.js[^']*)'", file.text):
            assert f"/shell/{imported}" in addresses, f"{address} imports what the page does not preload"
    address = addresses[0]
    plain = stranger.get(address.partition("?")[0])
    assert plain.headers["cache-control"] == "no-cache"
    assert stranger.get(address, headers={"If-None-Match": plain.headers["etag"]}).status_code == 304
    for missing in ("nothing.js", "call.html", "..%2fpages.py", "%2e%2e/pages.py", "__init__.py"):
        assert stranger.get(f"/shell/{missing}").status_code == 404
