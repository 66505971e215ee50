"""Serving: one socket, uvicorn on it, TLS if the practice wants it, and an orderly stop.

ServingError     with these settings the server cannot start; the message says what to do
"""

import asyncio
import contextlib
import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webapp.settings import Settings, SettingsError

HEAD_BYTES = 64 * 1024  # of a request before its body
HEAD_S = 15.0  # for a client to send it
STOP_S = 2
SWITCH_S = 0.001  # Python's own 5 ms make a busy reader wait that long at each call into the database
# The whole heap once in a million new objects, some 70 pages: with 50 pages open that halts for 0.3 s.
GARBAGE = (5_000, 5, 40)
CONNECTIONS = 1000
SOCKET_MESSAGE = 1024 * 1024
CERTIFICATE_DAYS = 365
RENEWED_DAYS = 30


class ServingError(SettingsError):
    pass


def listen(host: str, port: int) -> socket.socket:
    """The socket, bound and not yet listening. Raises ServingError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise ServingError(f"{host} is not an address of this machine: choose another with --host") from None
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(1)  # a port that another program listens on shows only now
    except OSError as error:
        bound.close()
        raise ServingError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from None
    return bound


def runner() -> asyncio.Runner:
    """The loop that a practice is served on, whose turn comes soon whatever else the process does."""
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*GARBAGE)
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def serve(app: ASGIApp, settings: Settings, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once the socket answers."""
    server = Server(configured(app, settings), ready)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        await server.serve([bound])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def configured(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    certificate, key = tls_files(settings) or (None, None)
    return uvicorn.Config(
        app,
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


class Server(uvicorn.Server):
    """Says when it is ready, and leaves signals to `serve`: uvicorn would die of them before our own cleaning up."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()  # what stands from the start is never garbage, and is looked over no more
            self._ready()

    def stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Connection(HttpToolsProtocol):
    """A request must come within its time and size: the parser itself would wait and gather for ever."""

    _head: int | None = 0  # bytes of an unfinished request head; None while a request is answered
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is None:
            return
        self._head += len(data)
        if self._head > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._stop_timer()
        self._timer = self.loop.call_later(HEAD_S, self._too_slow)

    def on_headers_complete(self) -> None:
        self._head = None
        self._stop_timer()
        super().on_headers_complete()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self.transport.close()


# TLS --------------------------------------------------------------------------------------------------------


def tls_files(settings: Settings) -> tuple[Path, Path] | None:
    """The certificate and its key; a self-signed one is made, and made again before it ends or when names change."""
    if settings.tls == "off":
        return None
    if settings.tls == "files":
        assert settings.tls_cert is not None
        assert settings.tls_key is not None
        for file in (settings.tls_cert, settings.tls_key):
            if not os.access(file, os.R_OK):
                raise ServingError(f"{file} cannot be read")
        return settings.tls_cert, settings.tls_key
    certificate = own_certificate(settings)
    key = certificate.with_name("key.pem")
    names = sorted(
        {*settings.hosts, *([] if settings.loopback else [socket.gethostname().lower()])} - WILDCARDS
    )
    if not _still_good(certificate, key, names):
        certificate.parent.mkdir(mode=0o700, exist_ok=True)
        make_certificate(certificate, key, names)
    return certificate, key


def own_certificate(settings: Settings) -> Path:
    """Where the self-signed one is kept."""
    return settings.data / "tls" / "certificate.pem"


WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104  # addresses that are listened on and never called


def make_certificate(certificate: Path, key: Path, names: list[str]) -> None:
    """A self-signed certificate for these host names and addresses."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    _write(key, private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def certificate_ends(certificate: Path) -> datetime:
    """Raises ValueError if the file holds no certificate."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _still_good(certificate: Path, key: Path, names: list[str]) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        alternatives = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = kept.not_valid_after_utc - datetime.now(UTC) > timedelta(days=RENEWED_DAYS)
    return key.is_file() and lasts and list(alternatives) == [_named(name) for name in names]


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _write(file: Path, data: bytes) -> None:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(data)
    fresh.rename(file)
