"""Our own style sheets, scripts and pictures under /assets/, cached for as long as their content stands."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from webapp.look.design import mark_svg, tokens_css
from webapp.look.icons import icons_css

FOLDER = Path(__file__).parent / "assets"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
GENERATED: dict[str, Callable[[], str]] = {
    "tokens.css": tokens_css,
    "icons.css": icons_css,
    "mark.svg": mark_svg,
}
SEEN = ("tokens.css", "icons.css", "base.css", "parts.css", "float.css", "frame.css")
TOGETHER = {  # one request instead of seven, in the order of the cascade
    "portal.css": (*SEEN, "quasar.css"),
    "door.css": (*SEEN, "plain.css"),
}


def asset_url(name: str) -> str:
    """The address of an asset with its content's hash: the browser may keep it for ever.

    :raises KeyError: when there is no such asset
    """
    return f"/assets/{name}?v={_digest(name)}"


def assets_router() -> Router:
    """The routes of every asset; mount it at /assets. They are public: nothing in them is about anybody."""
    return Router(routes=[Route("/{name}", _answer, methods=["GET", "HEAD"])])


async def _answer(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        body, digest = _body(name), _digest(name)
    except KeyError:
        return PlainTextResponse("no such asset", status_code=404)
    tag = f'"{digest}"'
    lasting = request.query_params.get("v") == digest
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=TYPES[Path(name).suffix])


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_body(name)).hexdigest()[:16]


@cache
def _body(name: str) -> bytes:
    if name in TOGETHER:
        return b"\n".join(map(_body, TOGETHER[name]))
    if name in GENERATED:
        return GENERATED[name]().encode()
    return _files()[name].read_bytes()


@cache
def _files() -> dict[str, Path]:
    return {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}
