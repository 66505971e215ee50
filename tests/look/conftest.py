"""One gallery for the folder."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.request import urlopen

import pytest


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """The address of a running gallery."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.look.gallery", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        for line in server.stderr:  # ends when the server dies, so a fault at start is seen at once
            if "running on" in line:
                break
        else:
            pytest.fail("the gallery did not start")
        with urlopen(f"http://127.0.0.1:{port}/today", timeout=20) as answer:
            assert answer.status == 200
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.stderr.close()
        server.wait()
