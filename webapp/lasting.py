"""What browsers may keep for ever is made and compressed once; from then on it leaves from memory."""

import zlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BYTES_AT_MOST = 4 * 1024 * 1024
CONDITIONS = ("range", "if-none-match", "if-modified-since", "if-range")
GZIP = 16 + zlib.MAX_WBITS  # zlib's word for "with its frame"
Key = tuple[str, bytes]


class Lasting:
    """Wraps an application: its whole answers that say `public` and `immutable`, to browsers that take gzip.

    A browser that is new here asks for two dozen of them at once, and compressing NiceGUI's own takes the loop some
    50 ms each time. Up to `at_most` bytes are kept; what comes later is answered by the application, as before.
    """

    def __init__(self, app: ASGIApp, at_most: int = BYTES_AT_MOST) -> None:
        self.app = app
        self._room = at_most
        self._kept: dict[Key, list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        if key in self._kept:
            for part in self._kept[key]:
                await send(_copy(part))
            return
        parts = list[Message]()

        async def leave(part: Message) -> None:
            if parts or _lasts(part):
                parts.append(_copy(part))
            await send(part)

        await self.app(scope, receive, leave)
        self._keep(key, parts)

    def _keep(self, key: Key, parts: list[Message]) -> None:
        size = sum(len(part.get("body", b"")) for part in parts)
        if len(parts) > 1 and size <= self._room and key not in self._kept and _whole(parts):
            self._kept[key] = parts
            self._room -= size


def _key(scope: Scope) -> Key | None:
    """What an answer depends on, or None where it may depend on more than the address."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    headers = Headers(scope=scope)
    if "gzip" not in headers.get("accept-encoding", "") or any(name in headers for name in CONDITIONS):
        return None
    path, query = scope["path"], scope["query_string"]
    # NiceGUI's parts say so whatever the query is, and anybody could ask for any number of them.
    return None if query and path.startswith("/_nicegui/") else (path, query)


def _lasts(part: Message) -> bool:
    caching = Headers(raw=part.get("headers", [])).get("cache-control", "")
    return part.get("status") == 200 and "public" in caching and "immutable" in caching


def _whole(parts: list[Message]) -> bool:
    """Whether that is all of it: where a browser left in the middle, a layer below may end its answer as if it were."""
    headers, body = Headers(raw=parts[0]["headers"]), b"".join(part.get("body", b"") for part in parts)
    if parts[-1].get("more_body", False) or headers.get("content-length", str(len(body))) != str(len(body)):
        return False
    if headers.get("content-encoding") != "gzip":
        return "content-length" in headers
    unpacked = zlib.decompressobj(GZIP)
    unpacked.decompress(body)
    return unpacked.eof


def _copy(part: Message) -> Message:
    """Whoever sends it on may write into its headers."""
    return {**part, "headers": list(part["headers"])} if "headers" in part else dict(part)
