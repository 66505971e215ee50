"""Other people, from another process: socket clients on built pages, and visits that are signalled."""

import asyncio
import json
import re
import subprocess
import sys
import uuid
from collections import Counter
from typing import Any

import httpx
import socketio
import websockets
from websockets.typing import Origin


class Crowd:
    """Runs beside the browsers until it is stopped."""

    def __init__(
        self, url: str, cookie: dict[str, str], links: list[str], *, pages: int, visits: int
    ) -> None:
        self._asked = json.dumps({"url": url, "cookie": cookie, "links": links[:visits], "pages": pages})

    def start(self) -> None:
        """Returns once everybody is connected."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crowd", self._asked],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def stop(self) -> int:
        """Returns how many errors there were."""
        told, _ = self._process.communicate("stop\n")
        return int(told)


class People:
    def __init__(self, url: str, cookie: dict[str, str]) -> None:
        self.url, self.cookie = url, cookie
        self.header = "; ".join(f"{name}={value}" for name, value in cookie.items())
        self.errors = 0
        self.signalling = asyncio.Semaphore(0)  # one for each visit whose two sides are in

    async def open_page(self) -> socketio.AsyncClient:
        async with httpx.AsyncClient(cookies=self.cookie) as client:
            html = (await client.get(self.url + "/")).text
        client_id = re.findall(r"['\"]client_id['\"]: ['\"]([0-9a-f-]{36})['\"]", html)[0]
        sio = socketio.AsyncClient(reconnection=False)
        query = f"client_id={client_id}&next_message_id=0&implicit_handshake=true&tab_id={uuid.uuid4()}&document_id=d"
        await sio.connect(
            f"{self.url}?{query}",
            headers={"Cookie": self.header, "Origin": self.url},
            socketio_path="/_nicegui_ws/socket.io",
            transports=["websocket"],
        )
        return sio

    async def visit(self, link: str) -> None:
        """Both sides of a visit: ten pings a second, and each second a candidate and a chat line to the other side."""
        path, _, token = link.partition("#")
        visit_id = path.rpartition("/")[2]
        async with httpx.AsyncClient(headers={"Origin": self.url}) as client:
            entered = await client.post(f"{self.url}{path}/enter", json={"token": token})
            seat_cookie = entered.headers["set-cookie"].partition(";")[0]
        sides = [
            await self._socket(f"{path}/socket", seat_cookie),
            await self._socket(f"/visits/{visit_id}/socket", self.header),
        ]
        seat = entered.json()["seat"]
        await sides[1].send(json.dumps({"t": "admit", "seat": seat}))
        seats = await _admitted(sides[1], seat)
        others = [next(one for one in seats if (one["seat"] == seat) == (place == 1)) for place in (0, 1)]
        self.signalling.release()
        heard = [Counter[str](), Counter[str]()]
        readers = [
            asyncio.create_task(_listen(side, kinds), name="read")
            for side, kinds in zip(sides, heard, strict=True)
        ]
        beat = 0
        try:
            while True:
                await asyncio.sleep(0.1)
                beat += 1
                for side, other in zip(sides, others, strict=True):
                    await side.send(json.dumps({"t": "ping"}))
                    if beat % 10 == 0:
                        await side.send(json.dumps(_candidate(other, beat // 10)))
                        await side.send(json.dumps(_line(beat)))
        except websockets.ConnectionClosed:
            self.errors += 1
        finally:
            for reader, kinds in zip(readers, heard, strict=True):
                reader.cancel()
                self.errors += sum(kinds[kind] < beat // 10 - 1 for kind in ("signal", "chat"))

    async def _socket(self, path: str, cookie: str) -> websockets.ClientConnection:
        socket = await websockets.connect(
            self.url.replace("http", "ws") + path,
            additional_headers={"Cookie": cookie},
            origin=Origin(self.url),
        )
        await socket.send(json.dumps({"t": "hello", "instance": uuid.uuid4().hex, "epoch": None, "last": 0}))
        return socket


async def _admitted(socket: websockets.ClientConnection, seat: str) -> list[dict[str, Any]]:
    """The seats as they stand once this one is admitted."""
    async for text in socket:
        seats: list[dict[str, Any]] = json.loads(text).get("seats", [])
        if any(one["seat"] == seat and one["admitted"] for one in seats):
            return seats
    raise ConnectionError("the socket closed before anybody was admitted")


def _candidate(to: dict[str, Any], number: int) -> dict[str, Any]:
    words = f"candidate:{number} 1 udp 2122260223 192.0.2.{number % 250 + 1} 50000 typ host"
    candidate = {"candidate": words, "sdpMid": "0", "sdpMLineIndex": 0}
    return {
        "t": "signal",
        "to": to["seat"],
        "to_instance": to["instance"],
        "link": 1 + number // 40,
        "candidate": candidate,
    }


def _line(beat: int) -> dict[str, str]:
    return {"t": "chat", "id": str(uuid.uuid4()), "text": f"line {beat}"}


async def _listen(socket: websockets.ClientConnection, kinds: Counter[str]) -> None:
    async for text in socket:
        kinds[json.loads(text)["t"]] += 1


async def main(asked: dict[str, Any]) -> None:
    people = People(str(asked["url"]), asked["cookie"])
    pages = [await people.open_page() for _ in range(int(asked["pages"]))]
    tasks = [asyncio.create_task(people.visit(link), name=link) for link in asked["links"]]
    for _ in tasks:
        await asyncio.wait_for(people.signalling.acquire(), 60)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    errors = sum(task.done() for task in tasks) + sum(not page.connected for page in pages)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for page in pages:
        await page.disconnect()
    print(errors + people.errors)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
