"""Attachments: whole or not at all, unreadable without the key, and no change goes unseen."""

import random
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.store.chunks import CHUNK, HEADER, SEALED
from webapp.store.errors import Damaged, Full
from webapp.store.files import FileField, Files, Stored

KEY = bytes(range(32))
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", KEY)


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def read(files: Files, name: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(files.read(name, start, end))


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_in_comes_out(files: Files, size: int) -> None:
    data = content(size)
    stored = files.add([data[:100], data[100:]])
    assert read(files, stored.id) == data
    assert stored.size == size
    files.verify(stored)


@pytest.mark.parametrize("size", SIZES)
def test_a_range_is_what_a_slice_would_be(files: Files, size: int) -> None:
    data, stored = content(size), files.add([content(size)])
    edges = sorted({edge for edge in (0, 1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, size) if edge <= size})
    for start in edges:
        for end in edges:
            if start <= end:
                assert read(files, stored.id, start, end) == data[start:end], (start, end)


def test_a_file_is_closed_to_other_users(files: Files) -> None:
    place = files.place(files.add([b"a photo"]).id)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (place, place.parent)] == [0o600, 0o700]


def test_a_range_beyond_the_end_is_refused(files: Files) -> None:
    stored = files.add([b"four"])
    with pytest.raises(ValueError, match="got the range 5 to"):
        read(files, stored.id, 5)


def test_nothing_of_the_content_or_its_name_is_on_the_disk(files: Files) -> None:
    canary = b"CANARY-" * 3
    stored = files.add([canary * 9000])
    assert canary not in files.place(stored.id).read_bytes()


def changed(sealed: bytes) -> Iterator[tuple[str, bytes]]:
    first, second, rest = (
        sealed[HEADER : HEADER + SEALED],
        sealed[HEADER + SEALED : HEADER + 2 * SEALED],
        HEADER + 2 * SEALED,
    )
    yield "nothing left", b""
    yield "half a header", sealed[: HEADER // 2]
    yield "no chunk", sealed[:HEADER]
    yield "cut at a chunk", sealed[:rest]
    yield "cut within a chunk", sealed[:-1]
    yield "cut within a tag", sealed[: rest + 5]
    yield "longer by a byte", sealed + b"\0"
    yield "longer by a chunk", sealed + sealed[-SEALED:]
    yield "reordered", sealed[:HEADER] + second + first + sealed[rest:]
    yield "repeated", sealed[:HEADER] + first + first + sealed[rest:]
    yield "another salt", sealed[:10] + b"\0" + sealed[11:]
    for at in (0, HEADER, HEADER + SEALED - 1, len(sealed) // 2, len(sealed) - 1):
        yield f"a bit at {at}", sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


def test_no_change_goes_unseen(files: Files) -> None:
    stored = files.add([content(2 * CHUNK + 1000)])
    place = files.place(stored.id)
    seen = 0
    for what, data in changed(place.read_bytes()):
        place.write_bytes(data)
        with pytest.raises(Damaged):
            read(files, stored.id)
            pytest.fail(what)
        seen += 1
    assert seen == 16


def test_a_file_under_another_name_is_refused(files: Files) -> None:
    one, other = files.add([b"one"]), files.add([b"other"])
    files.place(one.id).write_bytes(files.place(other.id).read_bytes())
    with pytest.raises(Damaged):
        read(files, one.id)


def test_another_key_reads_nothing(files: Files) -> None:
    stored = files.add([b"secret"])
    with pytest.raises(Damaged):
        read(Files(files.folder, bytes(32)), stored.id)


def test_a_file_that_is_gone_is_damage(files: Files) -> None:
    stored = files.add([b"secret"])
    files.remove(stored.id)
    files.remove(stored.id)
    with pytest.raises(Damaged, match="cannot be read"):
        files.verify(stored)


def test_content_other_than_the_row_names_is_damage(files: Files) -> None:
    stored = files.add([b"one"])
    with pytest.raises(Damaged, match="not the one its row names"):
        files.verify(Stored(id=stored.id, size=stored.size, sha256="0" * 64))


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a" * 25, "A" * 26, "u" * 26, "a" * 25 + "/", "a" * 26 + "\n", "é" * 26]
)
def test_a_name_that_is_no_id_reaches_no_file(files: Files, name: str) -> None:
    with pytest.raises(ValueError, match="need a file's id"):
        read(files, name)


def test_a_source_that_fails_leaves_nothing(files: Files) -> None:
    def failing() -> Iterator[bytes]:
        yield b"x" * CHUNK * 2
        raise RuntimeError("the sender left")

    with pytest.raises(RuntimeError):
        files.add(failing())
    assert list(files.folder.rglob("*.new")) == []
    assert not files.names()


def test_a_full_disk_is_said_and_leaves_nothing(files: Files) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (CHUNK, old[1]))
    try:
        with pytest.raises(Full):
            files.add([content(3 * CHUNK)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(files.folder.rglob("*.new")) == []
    assert not files.names()


def test_orphans_and_unfinished_files_are_swept_after_their_grace(files: Files) -> None:
    kept, orphan = files.add([b"kept"]), files.add([b"orphan"])
    files.place(orphan.id).with_suffix(".new").write_bytes(b"unfinished")
    assert files.sweep({kept.id}, before=time.time() - 3600) == 0
    assert files.sweep({kept.id}, before=time.time() + 1) == 2
    assert files.names() == {kept.id}


def test_a_reference_survives_its_column() -> None:
    stored, field = Stored(id="0" * 26, size=3, sha256="f" * 64), FileField()
    assert field.python_value(field.db_value(stored)) == stored
    assert field.db_value(None) is None


WRITER = """
import sys
from pathlib import Path
from webapp.store.files import Files
files = Files(Path(sys.argv[1]), bytes(range(32)))
while True:
    print(files.add([bytes(200_000)] * 3), flush=True)
"""


@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_a_kill_leaves_whole_files_only(files: Files, after: int) -> None:
    """Every acknowledged file is whole, and every file that is there at all is whole."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(files.folder)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [Stored.parse(writer.stdout.readline()) for _ in range(after)]
        writer.kill()
        acknowledged += [Stored.parse(line) for line in writer.stdout if line.endswith("\n")]
    for stored in acknowledged:
        files.verify(stored)
    for name in files.names():
        assert read(files, name) == bytes(600_000)
