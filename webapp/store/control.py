"""How a second process reaches the server that holds the data folder: a Unix socket in it, for this user alone.

One JSON line asks, one answers. The commands are a closed set, each with typed arguments; without a running server
the same commands run in the asking process, which then holds the folder itself.
"""

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from webapp.access import Invalid, Refused
from webapp.faults import told
from webapp.store.errors import StoreError

Arguments = TypeVar("Arguments")
NAME = "control"
LINE = 64 * 1024
PATIENCE_S = 10.0
log = logging.getLogger(__name__)


class NotAnswering(StoreError):
    """No server listens in this folder."""


class CommandFailed(StoreError):
    """The command was understood and could not be done; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Command:
    arguments: TypeAdapter[Any]
    work: Callable[[Any], Awaitable[object]]


class Commands:
    """What may be asked. Only what was added here exists."""

    def __init__(self) -> None:
        self._known: dict[str, Command] = {}

    def add(
        self, name: str, arguments: type[Arguments], work: Callable[[Arguments], Awaitable[object]]
    ) -> None:
        """`arguments` is a dataclass of plain types; what is missing, of another type or too much is refused."""
        strict = with_config(ConfigDict(extra="forbid", strict=True))(arguments)
        self._known[name] = Command(TypeAdapter(strict), work)

    async def run(self, name: str, arguments: Mapping[str, object]) -> object:
        """The command's result, in plain JSON types. Raises CommandFailed."""
        command = self._known.get(name)
        if command is None:
            raise CommandFailed(f"{name[:40]!r} is not a command")
        try:
            taken = command.arguments.validate_json(json.dumps(arguments))
        except ValidationError as error:
            fields = ", ".join(str(part) for problem in error.errors() for part in problem["loc"])
            raise CommandFailed(f"{name}: the arguments are not right: {fields}") from None
        try:
            return await command.work(taken)
        except (Invalid, Refused, StoreError) as error:
            raise CommandFailed(str(error)) from error


class Control:
    """The listening end, in the server's event loop."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self._folder, self._commands = folder, commands
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Needs the folder's lock: a socket that is left over from a killed server is replaced."""
        self._server = await asyncio.start_unix_server(self._answer, sock=_bound(self._folder), limit=LINE)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            (self._folder / NAME).unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if _peer(writer.get_extra_info("socket")) not in (0, os.getuid()):
                return
            async with asyncio.timeout(PATIENCE_S):
                line = await reader.readline()
            writer.write(json.dumps(await self._answered(line)).encode() + b"\n")
            await writer.drain()
        except (TimeoutError, ValueError, OSError):
            log.warning("the control socket: a question was too slow, too long or cut off")
        finally:
            writer.close()

    async def _answered(self, line: bytes) -> dict[str, object]:
        try:
            question = json.loads(line)
            name, arguments = question["command"], question["arguments"]
            if not isinstance(name, str) or not isinstance(arguments, dict):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError):
            return {"error": "this is not a question: need a command and its arguments"}
        with told():
            try:
                return {"result": await self._commands.run(name, arguments)}
            except CommandFailed as error:
                return {"error": str(error)}
        return {"error": "the server failed at this; its log says more"}


def ask(folder: Path, name: str, arguments: Mapping[str, object]) -> Any:
    """Ask the server of this folder and wait. Raises NotAnswering, CommandFailed."""
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(60)
    try:
        with asking, _short(folder) as path:
            asking.connect(path)
            asking.sendall(json.dumps({"command": name, "arguments": arguments}).encode() + b"\n")
            with asking.makefile("rb") as answers:
                line = answers.readline()
    except (FileNotFoundError, ConnectionError) as error:
        raise NotAnswering(f"no server answers in {folder}") from error
    except TimeoutError:
        raise CommandFailed("the server did not answer within 60 s") from None
    answer = json.loads(line) if line else {"error": "the server closed the connection"}
    if "error" in answer:
        raise CommandFailed(answer["error"])
    return answer["result"]


def _bound(folder: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(folder) as path:
        Path(path).unlink(missing_ok=True)
        listening.bind(path)
        Path(path).chmod(0o600)
    return listening


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path to the socket that fits into 100 bytes, however long the folder's own is."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{NAME}"
    finally:
        os.close(handle)


def _peer(connection: Any) -> int:
    """The user at the other end (unix(7), SO_PEERCRED)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return int(user)
