"""A real mail server on loopback that does what a test tells it: takes letters, refuses them, or hangs up."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from webapp.post.courier import MailServer

ACCOUNT = ("practice", "a password")


class Box:
    """What it has taken, and how it answers from now on: a reply to a command, or "" to take it."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.to: list[str] = []
        self.rcpt = self.data = ""
        self.hangs_up = False
        self.connections = 0

    async def handle_EHLO(  # noqa: N802  # the server's own name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if not self.data:
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))
            self.to.extend(envelope.rcpt_tos)
        return self.data or "250 OK"


def allowed(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
    right = (given.login.decode(), given.password.decode()) == ACCOUNT
    return AuthResult(success=right, handled=False)  # the server itself answers a wrong one


@asynccontextmanager
async def serving(
    box: Box, *, tls: ssl.SSLContext | None = None, trust: ssl.SSLContext | None = None, password: str = ""
) -> AsyncIterator[MailServer]:
    """The settings of a server that takes letters into this box. With `tls` by STARTTLS, and after signing in."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def protocol() -> SMTP:
        if tls is None:
            return SMTP(box, enable_SMTPUTF8=True)
        return SMTP(box, tls_context=tls, require_starttls=True, authenticator=allowed, auth_required=True)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    try:
        yield MailServer(
            host="127.0.0.1",
            port=port,
            security="starttls" if tls else "none",
            user=ACCOUNT[0] if tls else "",
            password=password,
            sender="desk@practice.example",
            name="Test practice",
            context=trust,
        )
    finally:
        server.close()
        await server.wait_closed()
