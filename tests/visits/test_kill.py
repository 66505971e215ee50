"""A server that is killed: what it had acknowledged is there when it comes back, once."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import httpx

from tests.loop import run
from tests.visits.call_server import Person

MESSAGES = 60


async def serving(folder: Path) -> tuple[Process, dict[str, Any]]:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.visits.call_server", str(folder), stdout=PIPE, stderr=DEVNULL
    )
    assert server.stdout is not None
    async with asyncio.timeout(30):
        async for line in server.stdout:
            if line.startswith(b"{"):
                return server, json.loads(line)
    raise AssertionError("the server did not start")


async def kill(server: Process) -> None:
    if server.returncode is None:
        os.kill(server.pid, signal.SIGKILL)
    await server.wait()


async def seat(told: dict[str, Any]) -> Person:
    """Anna, with the cookie of a tap of her own."""
    token = told["path"].partition("#")[2]
    async with httpx.AsyncClient(base_url=told["url"], headers={"Origin": told["url"]}) as client:
        answer = await client.post(f"/join/{told['visit_id']}/enter", json={"token": token})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return Person(told["url"], f"/join/{told['visit_id']}/socket", cookie)


async def told_late(told: dict[str, Any]) -> int:
    """What stands at the door of whoever comes next."""
    path, _, token = told["next"].partition("#")
    async with httpx.AsyncClient(base_url=told["url"], headers={"Origin": told["url"]}) as client:
        return int((await client.post(f"{path}/look", json={"token": token})).json()["late"])


async def speak(anna: Person, acknowledged: set[str], said: dict[str, str]) -> None:
    """Send every message that has no ack yet, and note the acks until the line breaks."""
    for number in range(MESSAGES):
        said.setdefault(f"m{number}", f"message {number}")
    for key, text in said.items():
        if key not in acknowledged:
            await anna.say("chat", id=key, text=text)
    while len(acknowledged) < len(said):
        acknowledged.add((await anna.hear("ack"))["id"])


def test_what_was_acknowledged_or_told_survives_the_kill_of_the_server(tmp_path: Path) -> None:
    servers: list[Process] = []

    async def served() -> dict[str, Any]:
        server, told = await serving(tmp_path)
        servers.append(server)
        return told

    async def story() -> None:
        told = await served()
        elena = await Person(told["url"], f"/visits/{told['visit_id']}/socket", told["cookie"]).open()
        anna = await (await seat(told)).open()
        await elena.say("admit", seat=told["seat_id"])
        await anna.sees(told["seat_id"], "admitted")
        acknowledged: set[str] = set()
        said: dict[str, str] = {}
        speaking = asyncio.create_task(speak(anna, acknowledged, said))
        while len(acknowledged) < MESSAGES // 3:
            await asyncio.sleep(0)
        await kill(servers[0])
        await asyncio.gather(speaking, return_exceptions=True)
        before = set(acknowledged)
        await elena.close()
        invited = told["next"]

        told = await served()
        assert told["next"] != invited
        assert 55 <= await told_late(told) <= 60  # she said it before the kill
        anna.url, epoch = told["url"], anna.epoch
        await anna.open()
        assert anna.epoch != epoch
        stored = [message["id"] for message in anna.welcome["chat"]]
        assert before <= set(stored)
        assert anna.welcome["visit"]["state"] == "in_visit"
        await speak(anna, acknowledged, said)
        elena = await Person(told["url"], f"/visits/{told['visit_id']}/socket", told["cookie"]).open()
        once = [message["id"] for message in elena.welcome["chat"]]
        assert sorted(once) == sorted(said)
        print(f"{len(before)} acknowledged before the kill, {len(stored)} stored, {len(once)} in the end")
        for person in (elena, anna):
            await person.close()

    async def ended() -> None:
        try:
            await story()
        finally:
            for server in servers:
                await kill(server)

    run(ended())
