"""Plain pages and assets as a browser receives them."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.asking import asked
from webapp.locale import speaking
from webapp.look import answers
from webapp.look.assets import TOGETHER, asset_url, assets_router
from webapp.look.plain import plain_page


class Visitor:
    """Asks the routes of the assets without a server between."""

    app = Starlette(routes=[Mount("/assets", assets_router())])

    def get(self, address: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return asked(self.app, address, headers)


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_an_asset_is_kept_for_ever_under_its_hash(visitor: Visitor) -> None:
    answer = visitor.get(asset_url("tokens.css"))
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in answer.text


def test_an_asset_without_its_hash_is_asked_for_again(visitor: Visitor) -> None:
    for address in ("/assets/page.js", "/assets/page.js?v=0123456789abcdef"):
        answer = visitor.get(address)
        assert answer.headers["Cache-Control"] == "no-cache"
        again = visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert again.content == b""


@pytest.mark.parametrize("name", TOGETHER)
def test_a_page_asks_for_one_sheet_which_holds_all_of_them(visitor: Visitor, name: str) -> None:
    whole = visitor.get(asset_url(name))
    assert "immutable" in whole.headers["Cache-Control"]
    parts = [visitor.get(f"/assets/{part}").text for part in TOGETHER[name]]
    assert whole.text == "\n".join(parts)
    assert min(map(len, parts)) > 500


@pytest.mark.parametrize("name", ["page.js", "icons.css", "mark.svg", "icons.svg"])
def test_an_asset_has_its_type(visitor: Visitor, name: str) -> None:
    answer = visitor.get(f"/assets/{name}")
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    assert answer.headers["Content-Type"].startswith(kinds[name.rpartition(".")[2]])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdesign.py", "%2e%2e%2fdesign.py", "design.py", ".css"])
def test_nothing_else_is_served(visitor: Visitor, name: str) -> None:
    assert visitor.get(f"/assets/{name}").status_code == 404


def test_a_page_runs_no_inline_script_and_is_not_kept() -> None:
    answer = answers.failed()
    page = bytes(answer.body).decode()
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<style" not in page
    assert "style=" not in page
    assert page.count("<script") == page.count('<script type="module" src=')


def test_what_comes_from_outside_is_escaped() -> None:
    answer = plain_page("message.html", title="<script>", text="<b>&", practice="<i>", back='/x"><script>')
    page = bytes(answer.body).decode()
    assert "<b>" not in page
    assert "<i>" not in page
    assert page.count("<script") == 1


def test_each_answer_has_its_status_and_way_on() -> None:
    statuses = {
        answers.not_found: 404,
        answers.refused: 403,
        answers.busy: 503,
        answers.failed: 500,
        answers.signed_out: 200,
    }
    for answer, status in statuses.items():
        assert answer().status_code == status
    waiting = answers.too_many(90)
    assert waiting.status_code == 429
    assert waiting.headers["Retry-After"] == "90"
    assert "Wait 2 min" in bytes(waiting.body).decode()


def test_a_stranger_is_answered_in_their_language() -> None:
    with speaking("es"):
        page = bytes(answers.not_found().body).decode()
    assert '<html lang="es"' in page
    assert "Aquí no hay ninguna página" in page


def test_the_choice_of_language_returns_to_the_page() -> None:
    page = bytes(plain_page("message.html", title="Join", back="/join/7").body).decode()
    assert 'action="/language"' in page
    assert 'name="back" value="/join/7"' in page
    assert 'value="es" lang="es">Español' in page
