"""Asking a relay for a place, as a browser would: enough of STUN and TURN for the doctor and the tests.

RFC 8489 (STUN), RFC 8656 (TURN). Blocking, with a time limit; never used while serving.

TurnError          the relay does not do what was asked
  Refusal          it answered with an error; `code` is its number
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import Self

COOKIE = 0x2112A442
ALLOCATE, REFRESH, SEND, DATA, PERMIT, BIND = 0x003, 0x004, 0x006, 0x007, 0x008, 0x009
REQUEST, INDICATION, SUCCESS, ERROR = 0x000, 0x010, 0x100, 0x110
USERNAME, INTEGRITY, ERROR_CODE, CHANNEL, PEER, CONTENT = 0x0006, 0x0008, 0x0009, 0x000C, 0x0012, 0x0013
REALM, NONCE, RELAYED, FAMILY, TRANSPORT = 0x0014, 0x0015, 0x0016, 0x0017, 0x0019
UDP = 17
MESSAGE_AT_MOST = 4096
URL = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")

Address = tuple[str, int]


class TurnError(Exception):
    pass


class Refusal(TurnError):
    def __init__(self, code: int) -> None:
        super().__init__(f"the relay answered {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where a relay listens."""

    host: str
    port: int
    tcp: bool
    tls: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """Raises TurnError."""
        parts = URL.fullmatch(url)
        if parts is None:
            raise TurnError(f"{url} is no relay")
        scheme, host, port, transport = parts.groups()
        tls = scheme == "turns"
        tcp = (transport or ("tcp" if tls else "udp")) == "tcp"
        return cls(host.strip("[]"), int(port or (5349 if tls else 3478)), tcp, tls)


@dataclass(frozen=True, slots=True)
class Message:
    """One STUN message. `kind` is a method and a class."""

    kind: int
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = field(default=())

    def get(self, name: int) -> bytes | None:
        return next((value for known, value in self.attributes if known == name), None)

    def pack(self, key: bytes = b"") -> bytes:
        """With `key`, signed."""
        body = b"".join(_attribute(name, value) for name, value in self.attributes)
        if key:
            signed = self._head(len(body) + 24) + body
            body += _attribute(INTEGRITY, hmac.new(key, signed, hashlib.sha1).digest())
        return self._head(len(body)) + body

    def _head(self, length: int) -> bytes:
        return struct.pack("!HHI", self.kind, length, COOKIE) + self.transaction

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Raises TurnError."""
        if len(data) < 20 or data[0] & 0xC0:
            raise TurnError(f"got {len(data)} bytes that are no STUN message")
        kind, length, _cookie = struct.unpack_from("!HHI", data)
        if len(data) < 20 + length:
            raise TurnError(f"got {len(data)} bytes; need {20 + length}")
        found, place = [], 20
        while place + 4 <= 20 + length:
            name, size = struct.unpack_from("!HH", data, place)
            found.append((name, data[place + 4 : place + 4 + size]))
            place += 4 + size + -size % 4
        return cls(kind, data[8:20], tuple(found))


class Client:
    """One connection to a relay, and at most one allocation of its own. Close it, or use it in a `with`."""

    def __init__(self, place: Place, username: str, password: str, *, seconds: float = 3.0) -> None:
        """Raises TurnError if nothing can be reached."""
        self.username, self.password, self._realm, self._nonce = username, password, b"", b""
        self._tcp = place.tcp
        try:
            self._socket = _connected(place, seconds)
        except (OSError, ValueError) as error:
            raise TurnError(f"{place.host} port {place.port} cannot be reached: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def allocate(self, *, family: int = 0) -> Address:
        """The relayed address. family: 1 for IPv4, 2 for IPv6, 0 for what the relay chooses. Raises TurnError."""
        asked = [(TRANSPORT, bytes([UDP, 0, 0, 0]))]
        if family:
            asked.append((FAMILY, bytes([family, 0, 0, 0])))
        answer = self.ask(ALLOCATE, *asked)
        relayed = answer.get(RELAYED)
        if relayed is None:
            raise TurnError("the relay gave no address")
        return read_address(relayed, answer.transaction)

    def permit(self, peer: Address) -> None:
        """Raises TurnError."""
        self.ask(PERMIT, peer=peer)

    def bind(self, peer: Address, channel: int = 0x4000) -> None:
        """Raises TurnError."""
        self.ask(BIND, (CHANNEL, struct.pack("!HH", channel, 0)), peer=peer)

    def send(self, peer: Address, data: bytes) -> None:
        """An indication: there is no answer to it."""
        transaction = secrets.token_bytes(12)
        said = ((PEER, write_address(peer, transaction)), (CONTENT, data))
        self._write(Message(SEND | INDICATION, transaction, said).pack())

    def send_on(self, data: bytes, channel: int = 0x4000) -> None:
        """Over a bound channel."""
        padding = b"\0" * (-len(data) % 4 if self._tcp else 0)
        self._write(struct.pack("!HH", channel, len(data)) + data + padding)

    def ask(self, method: int, *attributes: tuple[int, bytes], peer: Address | None = None) -> Message:
        """Ask, once more with credentials if the relay wants them. Raises Refusal or TurnError."""
        for _ in range(2):
            transaction = secrets.token_bytes(12)
            named = () if peer is None else ((PEER, write_address(peer, transaction)),)
            signed = self._signature()
            message = Message(method | REQUEST, transaction, (*attributes, *named, *signed))
            self._write(message.pack(self._key() if signed else b""))
            answer = self._answer(transaction)
            if answer.kind == method | SUCCESS:
                return answer
            code = _code(answer)
            if code not in (401, 438) or (signed and code == 401):
                raise Refusal(code)
            self._realm = answer.get(REALM) or self._realm
            self._nonce = answer.get(NONCE) or b""
        raise Refusal(401)

    def _signature(self) -> tuple[tuple[int, bytes], ...]:
        if not self._nonce:
            return ()
        return (USERNAME, self.username.encode()), (REALM, self._realm), (NONCE, self._nonce)

    def _key(self) -> bytes:
        """RFC 8489, 9.2.2: MD5 is the protocol's own."""
        words = b":".join((self.username.encode(), self._realm, self.password.encode()))
        return hashlib.md5(words, usedforsecurity=False).digest()

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise TurnError(f"the relay is gone: {error}") from error

    def _answer(self, transaction: bytes) -> Message:
        while True:
            message = Message.unpack(self._read())
            if message.transaction == transaction:
                return message

    def _read(self) -> bytes:
        try:
            if not self._tcp:
                return self._socket.recv(MESSAGE_AT_MOST)
            head = self._exactly(20)
            return head + self._exactly(struct.unpack_from("!H", head, 2)[0])
        except OSError as error:
            raise TurnError(f"the relay does not answer: {error}") from error

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise TurnError("the relay has hung up")
            data += part
        return data


def _connected(place: Place, seconds: float) -> socket.socket:
    if place.tcp:
        plain = socket.create_connection((place.host, place.port), timeout=seconds)
        if not place.tls:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=place.host)
    if place.tls:
        raise ValueError("turns over UDP is not tried")
    kind, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)[0][::4]
    made = socket.socket(kind, socket.SOCK_DGRAM)
    made.settimeout(seconds)
    made.connect(address)
    return made


def _attribute(name: int, value: bytes) -> bytes:
    return struct.pack("!HH", name, len(value)) + value + b"\0" * (-len(value) % 4)


def _code(answer: Message) -> int:
    value = answer.get(ERROR_CODE)
    if value is None or len(value) < 4:
        raise TurnError("the relay answered something else than was asked")
    return (value[2] & 7) * 100 + value[3]


def write_address(address: Address, transaction: bytes) -> bytes:
    """RFC 8489, 14.2: XOR-MAPPED-ADDRESS and its like."""
    packed = ipaddress.ip_address(address[0]).packed
    mask = (struct.pack("!I", COOKIE) + transaction)[: len(packed)]
    family = 1 if len(packed) == 4 else 2
    hidden = bytes(a ^ b for a, b in zip(packed, mask, strict=True))
    return struct.pack("!BBH", 0, family, address[1] ^ COOKIE >> 16) + hidden


def read_address(value: bytes, transaction: bytes) -> Address:
    """Raises TurnError."""
    packed = value[4:]
    if len(packed) not in (4, 16):
        raise TurnError(f"got an address of {len(packed)} bytes; need 4 or 16")
    mask = (struct.pack("!I", COOKIE) + transaction)[: len(packed)]
    shown = bytes(a ^ b for a, b in zip(packed, mask, strict=True))
    return str(ipaddress.ip_address(shown)), struct.unpack_from("!H", value, 2)[0] ^ COOKIE >> 16
