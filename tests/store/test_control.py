"""The socket by which a second process reaches the server: this user, these commands, these arguments."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.loop import run
from webapp.access import Invalid
from webapp.store import control
from webapp.store.control import CommandFailed, Commands, Control, NotAnswering, ask


@dataclass(frozen=True)
class Add:
    left: int
    right: int = 1


async def added(arguments: Add) -> object:
    if arguments.left < 0:
        raise Invalid("left", "This is below zero.")
    if arguments.left == 99:
        raise RuntimeError("CANARY inside")
    return {"sum": arguments.left + arguments.right}


def commands() -> Commands:
    known = Commands()
    known.add("add", Add, added)
    return known


def beside(folder: Path, work: Callable[[], Any]) -> Any:
    """Run `work` on a thread while a server listens in `folder`."""

    async def main() -> Any:
        server = Control(folder, commands())
        await server.start()
        try:
            return await asyncio.to_thread(work)
        finally:
            await server.stop()

    return run(main())


def raw(folder: Path, line: bytes) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as asking, control._short(folder) as path:
            asking.connect(path)
            try:
                asking.sendall(line)
                asking.shutdown(socket.SHUT_WR)
                answered: dict[str, Any] = json.loads(asking.recv(65_536) or b"{}")
            except ConnectionError:
                return {}
        return answered

    found: dict[str, Any] = beside(folder, work)
    return found


def test_a_command_is_answered(tmp_path: Path) -> None:
    assert beside(tmp_path, lambda: ask(tmp_path, "add", {"left": 2, "right": 3})) == {"sum": 5}


def test_the_socket_is_for_this_user_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    mode = beside(tmp_path, lambda: (tmp_path / "control").stat().st_mode)
    assert stat.S_IMODE(mode) == 0o600
    assert not (tmp_path / "control").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("subtract", {"left": 1}, "'subtract' is not a command"),
        ("add", {}, "left"),
        ("add", {"left": "1"}, "left"),
        ("add", {"left": True}, "left"),
        ("add", {"left": 1, "further": 2}, "further"),
        ("add", {"left": -1}, "This is below zero."),
        ("add", {"left": 99}, "its log says more"),
    ],
)
def test_what_is_not_right_is_refused_with_a_reason(
    tmp_path: Path, name: str, arguments: dict[str, object], said: str
) -> None:
    def work() -> None:
        with pytest.raises(CommandFailed) as caught:
            ask(tmp_path, name, arguments)
        assert said in str(caught.value)
        assert "CANARY" not in str(caught.value)

    beside(tmp_path, work)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b'{"command": 1, "arguments": {}}\n',
        b"[" * 30_000 + b"\n",
        b"\xff\n",
    ],
)
def test_what_is_no_question_is_said_to_be_none(tmp_path: Path, line: bytes) -> None:
    assert "not a question" in raw(tmp_path, line)["error"]


def test_an_endless_line_is_cut_off(tmp_path: Path) -> None:
    def work() -> bytes:
        with socket.socket(socket.AF_UNIX) as asking, control._short(tmp_path) as path:
            asking.connect(path)
            try:
                asking.sendall(b"x" * 5_000_000)
                return asking.recv(10)
            except ConnectionError:
                return b""

    assert beside(tmp_path, work) == b""


def test_another_user_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_peer", lambda _: os.getuid() + 12345)
    assert raw(tmp_path, b'{"command": "add", "arguments": {"left": 1}}\n') == {}


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAnswering):
        ask(tmp_path, "add", {"left": 1})


def test_a_socket_left_by_a_killed_server_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left, control._short(tmp_path) as path:
        left.bind(path)
    with pytest.raises(NotAnswering):
        ask(tmp_path, "add", {"left": 1})
    assert beside(tmp_path, lambda: ask(tmp_path, "add", {"left": 1})) == {"sum": 2}


def test_a_long_path_works(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 120) / ("b" * 120)
    folder.mkdir(parents=True)
    assert beside(folder, lambda: ask(folder, "add", {"left": 2})) == {"sum": 3}


def test_many_ask_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        server = Control(tmp_path, commands())
        await server.start()
        asked: list[Awaitable[Any]] = [
            asyncio.to_thread(ask, tmp_path, "add", {"left": n}) for n in range(30)
        ]
        assert await asyncio.gather(*asked) == [{"sum": n + 1} for n in range(30)]
        await server.stop()

    run(main())
