"""Debian's coturn, run from the very configuration that we ship, and a practice that uses it."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import free_port
from webapp.serving import make_certificate
from webapp.turn import Client, Place, Refusal, TurnError
from webapp.visits.relay import Relay

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ROOT / "deploy" / "coturn" / "turnserver.conf"
SECRET = "a secret that the relay and the practice share"
OUTSIDE = (
    "203.0.113.7"  # what the relay says that its address is (RFC 5737), so that 127.0.0.1 in a signal shows
)
PATIENCE_S = 10.0
HERE = """
realm=relay.practice.example
static-auth-secret={secret}
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={port}
min-port=50000
max-port=59999
userdb={folder}/turndb
pidfile={folder}/turnserver.pid
"""
PLAIN = """
no-tls
no-dtls
"""
TLS = """
tls-listening-port={port}
cert={folder}/cert.pem
pkey={folder}/key.pem
cipher-list=ALL:@SECLEVEL=0
"""  # of the ciphers even those that old versions of TLS need, so that the version alone is refused
# The loopback switches: two browsers of one machine meet on 127.0.0.1, and there alone.
LOOPBACK = f"""
allow-loopback-peers
allowed-peer-ip=127.0.0.1
external-ip={OUTSIDE}/127.0.0.1
"""


@dataclass(frozen=True, slots=True)
class Coturn:
    """A relay that is running."""

    port: int
    folder: Path
    tls_port: int = 0

    @property
    def tls_place(self) -> Place:
        return Place("127.0.0.1", self.tls_port, tcp=True, tls=True)

    def place(self, *, tcp: bool = False) -> Place:
        return Place("127.0.0.1", self.port, tcp, tls=False)

    def relay(self, rule: str = "fallback", *, transport: str = "udp") -> Relay:
        """The practice's settings for it."""
        url = f"turn:127.0.0.1:{self.port}?transport={transport}"
        return Relay(urls=(url,), secret=SECRET, rule=rule)


@contextmanager
def coturn(folder: Path, *, loopback: bool = False, tls: bool = False, without: str = "") -> Iterator[Coturn]:
    """Until the block ends.

    loopback: with the switches that let two browsers of this machine meet. tls: with a certificate of this machine's
    own in `cert.pem`. without: leave out the shipped lines that begin so.
    """
    folder.mkdir(exist_ok=True)
    port, tls_port = free_port(), free_port() if tls else 0
    own = HERE.format(secret=SECRET, port=port, folder=folder) + (LOOPBACK if loopback else "")
    own += TLS.format(port=tls_port, folder=folder) if tls else PLAIN
    if tls:
        make_certificate(folder / "cert.pem", folder / "key.pem", ["127.0.0.1"])
    lines = SHIPPED.read_text().splitlines()
    shipped = [line for line in lines if not (without and line.startswith(without))]
    settings = folder / "turnserver.conf"
    settings.write_text("\n".join(shipped) + own)
    log = folder / "relay.log"
    with log.open("wb") as said:
        command = ["turnserver", "-c", str(settings), "--log-file=stdout"]
        running = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env=_path())
    try:
        for listening in filter(None, (port, tls_port)):
            _wait(running, listening, log)
        yield Coturn(port, folder, tls_port)
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


def _path() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}


def _wait(running: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until it answers over UDP and over TCP."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answered = 0
        for tcp in (False, True):
            place = Place("127.0.0.1", port, tcp, tls=False)
            with contextlib.suppress(TurnError), Client(place, "nobody", "", seconds=0.2) as client:
                try:
                    client.allocate()
                except Refusal:
                    answered += 1
        if answered == 2:
            return
        assert running.poll() is None, log.read_text(errors="replace")[-2000:]
    raise AssertionError(log.read_text(errors="replace")[-2000:])
