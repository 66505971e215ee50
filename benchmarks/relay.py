"""coturn on loopback behind a weak line: the relay that the benchmarks of the line use."""

import subprocess
import tempfile
from pathlib import Path

from tests.live import free_port
from tests.weak_line import WeakLine

SECRET = "a secret of the benchmarks"


class WeakRelay:
    """A coturn of its own with the test switches that loopback needs; `line` stands before it."""

    def __init__(self) -> None:
        self.port, folder = free_port(), Path(tempfile.mkdtemp())
        config = folder / "turnserver.conf"
        config.write_text(
            "\n".join(
                (
                    "listening-ip=127.0.0.1",
                    "relay-ip=127.0.0.1",
                    f"listening-port={self.port}",
                    "min-port=50000",
                    "max-port=50999",
                    "use-auth-secret",
                    f"static-auth-secret={SECRET}",
                    "realm=benchmark",
                    "allow-loopback-peers",
                    "cli-password=benchmark",
                    "no-cli",
                    "no-tls",
                    "no-dtls",
                    f"pidfile={folder / 'pid'}",
                    f"log-file={folder / 'log'}",
                    "simple-log",
                    "",
                )
            )
        )
        self.process = subprocess.Popen(
            ["turnserver", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.line = WeakLine(("127.0.0.1", self.port))

    @property
    def environment(self) -> dict[str, str]:
        """For a practice whose visits go through this relay alone."""
        return {
            "TELEPRAXIS_TURN_URLS": f"turn:127.0.0.1:{self.line.port}?transport=tcp",
            "TELEPRAXIS_TURN_SECRET": SECRET,
            "TELEPRAXIS_RELAY": "required",
        }

    def stop(self) -> None:
        self.line.stop()
        self.process.terminate()
        self.process.wait(10)
