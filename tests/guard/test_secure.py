"""Behind TLS: cookies that only this host can set, a browser that comes by TLS from then on, no origin without it."""

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.responses import Response

from tests.cast import PushedClock
from tests.loop import run
from webapp.guard import PUBLIC, Door
from webapp.guard.wall import Wall

NAMES = ("staff", "half", "device", "language", "seat")


def asked(secure: bool, method: str, **headers: str) -> httpx.Response:
    """The answer of an address that sets every kind of cookie."""
    door = Door({}, secure=secure)
    app = FastAPI()

    async def give() -> Response:
        answer = Response("ok")
        for name in NAMES:
            door.set_cookie(answer, name, "token", visit_id="v" if name == "seat" else "")
        return answer

    app.add_api_route("/give", give, methods=["GET", "POST"], dependencies=[Depends(PUBLIC)])
    wall = Wall(app, door, PushedClock(), hosts=frozenset({"practice.example"}), languages=("en",))

    async def ask() -> httpx.Response:
        url = f"http{'s' if secure else ''}://practice.example"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(wall), base_url=url) as client:
            return await client.request(method, "/give", headers=headers)

    return run(ask())


def test_every_cookie_is_this_hosts_alone_and_travels_by_tls() -> None:
    cookies = asked(True, "GET").headers.get_list("set-cookie")
    assert len(cookies) == len(NAMES)
    for cookie in cookies:
        name, *rest = cookie.split("; ")
        assert name.startswith("__Host-tp-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(rest)
        assert "domain" not in cookie.lower()
    for cookie in asked(False, "GET").headers.get_list("set-cookie"):
        assert cookie.startswith("tp-")
        assert "Secure" not in cookie


def test_a_browser_is_told_to_come_by_tls_alone() -> None:
    assert asked(True, "GET").headers.get("strict-transport-security") == "max-age=31536000"
    assert "strict-transport-security" not in asked(False, "GET").headers


@pytest.mark.parametrize(("origin", "status"), [("https", 200), ("http", 403)])
def test_an_origin_without_tls_is_foreign(origin: str, status: int) -> None:
    assert asked(True, "POST", Origin=f"{origin}://practice.example").status_code == status
