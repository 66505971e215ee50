"""Ask an application without a server between."""

from collections.abc import Mapping

import httpx
from starlette.types import ASGIApp

from tests.loop import run


def asked(
    app: ASGIApp, address: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, address, headers=headers)

    return run(ask())
