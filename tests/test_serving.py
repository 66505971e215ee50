"""The server itself: ready when it says so, gone when it is told, patient with nobody who stalls."""

import asyncio
import contextlib
import signal
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from webapp import serving
from webapp.serving import ServingError, listen, serve, tls_files
from webapp.settings import Settings, load


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers everything, and lives as long as it is asked to."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
    elif scope["type"] == "http":
        if scope["path"] == "/slow":
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(scope["client"][0]).encode()})


Work = Callable[[int], Awaitable[None]]


def served(tmp_path: Path, work: Work, **given: Any) -> None:
    """Serve `hello`, do `work` with its port once it is ready, then stop as by SIGTERM."""
    settings = load(data=tmp_path, key_file=tmp_path / "key", port=0, **given)

    async def main() -> None:
        bound = listen(settings.host, 0)
        done = asyncio.Event()
        worked: list[asyncio.Task[None]] = []

        async def then_stop() -> None:
            try:
                await work(bound.getsockname()[1])
            finally:
                done.set()
                signal.raise_signal(signal.SIGTERM)

        def ready() -> None:
            worked.append(asyncio.get_running_loop().create_task(then_stop()))

        async with asyncio.timeout(30):
            await serve(hello, settings, bound, ready)
            await worked[0]

    asyncio.run(main())


async def asked(port: int, request: bytes, **options: Any) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        await writer.drain()
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


def test_it_answers_as_soon_as_it_says_that_it_is_ready(tmp_path: Path) -> None:
    async def work(port: int) -> None:
        answer = await asked(port, GET + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"server:" not in answer.lower()

    served(tmp_path, work)


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServingError, match=f"cannot listen on 127.0.0.1 port {port}: .*--port"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_one_clear_line() -> None:
    with pytest.raises(ServingError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)
    with pytest.raises(ServingError, match="not an address"):
        listen("no such host.invalid", 0)


def test_an_endless_head_is_cut_off(tmp_path: Path) -> None:
    async def work(port: int) -> None:
        for head in (b"X-Long: " + b"x" * 1_000_000, b"X: y\r\n" * 100_000):
            assert b" 200 " not in await asked(port, GET + head)

    served(tmp_path, work)


def test_who_stalls_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.2)

    async def work(port: int) -> None:
        assert await asked(port, b"") == b""
        assert await asked(port, b"GET / HTTP/1.1\r\nHost:") == b""
        assert b" 200 " in await asked(port, GET + b"\r\n")

    served(tmp_path, work)


def test_it_stops_though_somebody_still_waits_for_an_answer(tmp_path: Path) -> None:
    with socket.socket() as waiting:

        async def work(port: int) -> None:
            waiting.connect(("127.0.0.1", port))
            waiting.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")

        begun = time.monotonic()
        served(tmp_path, work)
        assert time.monotonic() - begun < 10


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(tmp_path: Path) -> None:
    def asking(expected: bytes) -> Work:
        async def work(port: int) -> None:
            answer = await asked(port, GET + b"X-Forwarded-For: 203.0.113.9\r\n\r\n")
            assert expected in answer

        return work

    served(tmp_path, asking(b"127.0.0.1"))
    served(tmp_path, asking(b"203.0.113.9"), trusted_proxies=("127.0.0.0/8",))


# TLS -------------------------------------------------------------------------------------------------------------


def own(tmp_path: Path, **given: Any) -> Settings:
    return load(data=tmp_path, key_file=tmp_path / "key", tls="self-signed", **given)


def names(certificate: Path) -> set[str]:
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


def test_a_self_signed_certificate_serves_its_own_names(tmp_path: Path) -> None:
    settings = own(tmp_path, public_url="https://visits.example.org")
    certificate, key = tls_files(settings) or pytest.fail("none was made")
    assert names(certificate) >= {"localhost", "127.0.0.1", "::1", "visits.example.org"}
    assert (key.stat().st_mode & 0o077, key.parent.stat().st_mode & 0o077) == (0, 0)
    trusting = ssl.create_default_context(cafile=certificate)

    async def work(port: int) -> None:
        answer = await asked(port, GET + b"\r\n", ssl=trusting, server_hostname="visits.example.org")
        assert b" 200 " in answer

    served(tmp_path, work, tls="self-signed", public_url="https://visits.example.org")


def test_it_is_kept_until_a_name_changes_or_it_ends_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, _ = tls_files(own(tmp_path)) or pytest.fail("none was made")
    first = certificate.read_bytes()
    tls_files(own(tmp_path))
    assert certificate.read_bytes() == first
    tls_files(own(tmp_path, allowed_hosts=("desk.local",)))
    assert "desk.local" in names(certificate)
    monkeypatch.setattr(serving, "CERTIFICATE_DAYS", 20)
    certificate.unlink()
    tls_files(own(tmp_path))
    short = certificate.read_bytes()
    monkeypatch.undo()
    tls_files(own(tmp_path))
    assert certificate.read_bytes() != short
    assert serving.certificate_ends(certificate) > datetime.now(UTC) + timedelta(days=300)


def test_a_certificate_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    settings = load(
        data=tmp_path,
        key_file=tmp_path / "key",
        tls_cert=tmp_path / "none.pem",
        tls_key=tmp_path / "none.key",
    )
    with pytest.raises(ServingError, match=r"none.pem cannot be read"):
        tls_files(settings)
