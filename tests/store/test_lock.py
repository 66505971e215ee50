"""One process per data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.store.errors import Busy
from webapp.store.lock import Lock

HOLDER = """
import sys
from pathlib import Path
from webapp.store.lock import Lock
Lock(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with Lock(tmp_path):
        told = subprocess.run(
            [sys.executable, "-c", HOLDER, str(tmp_path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    assert f"in use by process {os.getpid()}" in told.stderr


def test_the_lock_ends_with_its_holder_even_by_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Busy, match=f"process {holder.pid}"):
            Lock(tmp_path).take()
        holder.kill()
        holder.wait()
    with Lock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_it_can_be_taken_again_after_it_was_let_go(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    for _ in range(2):
        lock.take()
        lock.let_go()
        lock.let_go()
