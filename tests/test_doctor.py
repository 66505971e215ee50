"""The doctor: each check is seen to find what it looks for, and a healthy practice is told so."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cast import assemble
from tests.visits.relaying import SECRET, coturn
from webapp import doctor
from webapp.command.place import all_tables
from webapp.doctor import Finding, Level, examine
from webapp.people.model import Account, Patient
from webapp.serving import make_certificate
from webapp.settings import Settings, load
from webapp.store.audit import AuditRow
from webapp.store.backup import back_up
from webapp.store.database import open_database
from webapp.store.files import FileField, Files, Stored
from webapp.store.keys import Keys
from webapp.store.lock import Lock

KEYS = Keys.derive(b"k" * 32)
all_tables()
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice, closed, to be copied by each test."""
    place = tmp_path_factory.mktemp("sound")
    (place / "data").mkdir(mode=0o700)
    assemble(place / "data").close()
    (place / "key").write_text((b"k" * 32).hex())
    (place / "key").chmod(0o600)
    back_up(place / "data", KEYS, place / "backup", now=NOW - timedelta(hours=1), practice={})
    return place


@pytest.fixture
def practice(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "practice")
    return tmp_path / "practice"


def settings(practice: Path, **given: Any) -> Settings:
    usual = {"data": practice / "data", "key_file": practice / "key", "port": 0}
    return load(**usual | {"practice_name": "Mill Lane", "practice_phone": "020 7946 0145"} | given)


def findings(practice: Path, level: Level, **given: Any) -> list[str]:
    now = given.pop("now", NOW)
    return [str(found) for found in examine(settings(practice, **given), now=now) if found.level is level]


def changed(practice: Path, statement: str, *values: object) -> None:
    database: Any = open_database(practice / "data" / "telepraxis.db", KEYS.database)
    with database.connection_context():
        database.execute_sql("PRAGMA foreign_keys = 0")
        database.execute_sql(statement, values)


def test_a_sound_practice_has_nothing_to_stop_for(practice: Path) -> None:
    assert findings(practice, Level.STOP) == []
    assert [line for line in findings(practice, Level.LOOK) if "share a disk" not in line] == []
    assert len(findings(practice, Level.OK)) >= 13


def test_a_line_says_how_bad_what_and_what_to_do() -> None:
    assert str(Finding(Level.LOOK, "it leans", "prop it up")) == "LOOK  it leans; prop it up"
    assert str(Finding(Level.OK, "it stands")) == "OK    it stands"


@pytest.mark.parametrize("name", ["data", "key"])
def test_modes_that_let_others_in(practice: Path, name: str) -> None:
    (practice / name).chmod(0o755)
    (found, *_) = findings(practice, Level.STOP)
    assert f"{practice / name} is open to other users; chmod" in found


def test_a_folder_of_another_user(practice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert "belongs to another user" in findings(practice, Level.STOP)[0]


def test_key_and_data_on_one_disk(practice: Path) -> None:
    assert any("share a disk" in line for line in findings(practice, Level.LOOK))


def test_key_and_data_apart(practice: Path) -> None:
    (found,) = doctor.key_apart(settings(practice, key_file=Path("/proc/self/stat")), NOW)
    assert found == Finding(Level.OK, "key and data lie on different disks")


@pytest.mark.parametrize(("free", "level"), [(100_000_000, Level.STOP), (1_000_000_000, Level.LOOK)])
def test_a_disk_that_fills(practice: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    usage = shutil.disk_usage(practice)._replace(free=free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)  # type: ignore[attr-defined]
    assert any("GB are free; make room" in line for line in findings(practice, level))


def test_no_backup_or_an_old_one(practice: Path) -> None:
    last = practice / "data" / "backup.last"
    last.write_text((NOW - timedelta(days=5)).isoformat())
    assert any("the last backup is 5 days old" in line for line in findings(practice, Level.LOOK))
    last.unlink()
    assert any("there is no backup yet" in line for line in findings(practice, Level.LOOK))


def test_an_open_address_without_tls(practice: Path) -> None:
    assert any("without TLS" in line for line in findings(practice, Level.STOP, host="0.0.0.0"))
    behind = findings(practice, Level.STOP, host="0.0.0.0", public_url="https://visits.example.org")
    assert behind == []


@pytest.mark.parametrize(
    ("at", "level", "said"),
    [
        (timedelta(), Level.OK, "the certificate ends in"),
        (timedelta(days=360), Level.LOOK, "the certificate ends in"),
        (timedelta(days=400), Level.STOP, "the certificate has ended"),
    ],
)
def test_a_certificate_that_ends(practice: Path, at: timedelta, level: Level, said: str) -> None:
    certificate, key = practice / "c.pem", practice / "k.pem"
    make_certificate(certificate, key, ["localhost"])
    found = examine(settings(practice, tls_cert=certificate, tls_key=key), now=datetime.now(UTC) + at)
    assert any(one.level is level and said in one.what for one in found)


def test_a_certificate_that_is_none(practice: Path) -> None:
    (practice / "c.pem").write_text("nothing")
    found = findings(practice, Level.STOP, tls_cert=practice / "c.pem", tls_key=practice / "c.pem")
    assert any("the certificate cannot be read" in line for line in found)


def test_a_self_signed_certificate_is_looked_at_and_not_made(practice: Path) -> None:
    assert any("made at the next start" in line for line in findings(practice, Level.OK, tls="self-signed"))
    assert not (practice / "data" / "tls").exists()


def test_cheap_passwords(practice: Path) -> None:
    assert any("hashed cheaply" in line for line in findings(practice, Level.STOP, password_cost="cheap"))


def test_a_port_that_another_holds_and_one_that_we_hold(practice: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert any("cannot listen" in line for line in findings(practice, Level.STOP, port=port))
        with Lock(practice / "data"):
            assert any("the server listens" in line for line in findings(practice, Level.OK, port=port))


def test_no_practice_or_no_key(practice: Path) -> None:
    (practice / "data" / "telepraxis.db").unlink()
    assert any("there is no practice" in line for line in findings(practice, Level.STOP))
    (practice / "key").unlink()
    assert any("cannot be read" in line for line in findings(practice, Level.STOP))


def test_a_key_of_another_practice(practice: Path) -> None:
    (practice / "key").write_text("00" * 32)
    assert any("the database does not open" in line for line in findings(practice, Level.STOP))


def test_a_database_that_was_damaged(practice: Path) -> None:
    place = practice / "data" / "telepraxis.db"
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)
    assert any("damaged" in line or "does not open" in line for line in findings(practice, Level.STOP))


def test_a_reference_to_nothing(practice: Path) -> None:
    changed(practice, "DELETE FROM account WHERE name LIKE '%Elena%'")
    assert any("refer to nothing" in line for line in findings(practice, Level.STOP))


def test_an_audit_that_was_changed(practice: Path) -> None:
    changed(practice, "UPDATE audit SET actor_id = 'somebody' WHERE id = 1")
    assert any("audit: row 1 was changed" in line for line in findings(practice, Level.STOP))


def test_a_clock_behind_the_audit(practice: Path) -> None:
    found = examine(settings(practice), now=NOW - timedelta(days=30))
    assert any(one.stops and "set the machine's clock" in one.action for one in found)


def test_an_sqlite_or_a_cipher_of_old(practice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_SQLITE", (99, 0, 0))
    assert any("is too old" in line for line in findings(practice, Level.STOP))
    asked = doctor._one
    monkeypatch.setattr(doctor, "_one", lambda p, q: None if "cipher_version" in q else asked(p, q))
    assert any("without SQLCipher" in line for line in findings(practice, Level.STOP))


def test_nobody_who_administers(practice: Path) -> None:
    changed(practice, "UPDATE account SET state = 'disabled' WHERE roles LIKE '%administrator%'")
    assert any("there is no administrator" in line for line in findings(practice, Level.STOP))


@pytest.fixture
def attached(practice: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stored]:
    """An attachment that a row names, in a column that has another use."""
    files = Files(practice / "data" / "files", KEYS.files)
    stored = files.add([b"scan"])
    changed(practice, "UPDATE patient SET address = ?", str(stored))
    field = FileField(column_name="address")
    field.bind(Patient, "attachment", set_attribute=False)
    monkeypatch.setattr(Patient._meta, "sorted_fields", [*Patient._meta.sorted_fields, field])
    yield stored


def test_rows_without_files_and_files_without_rows(practice: Path, attached: Stored) -> None:
    files = Files(practice / "data" / "files", KEYS.files)
    assert any("1 attachments are in their place" in line for line in findings(practice, Level.OK))
    orphan = files.place(files.add([b"nobody's"]).id)
    long_ago = NOW.timestamp() - 7200
    os.utime(orphan, (long_ago, long_ago))
    assert any("1 files belong to no row" in line for line in findings(practice, Level.LOOK))
    os.utime(orphan, (time.time() + 10**9,) * 2)
    assert not any("belong to no row" in line for line in findings(practice, Level.LOOK))
    files.remove(attached.id)
    assert any(f"1 attachments are missing, {attached.id}" in line for line in findings(practice, Level.STOP))


def test_every_check_is_examined_here() -> None:
    names = {check.__name__ for check in (*doctor.OUTER, *doctor.INNER)}
    assert names == {
        "folder_modes",
        "key_apart",
        "free_space",
        "backup_age",
        "transport",
        "passwords",
        "port",
        "relay",
        "mail",
        "masthead",
        "versions",
        "integrity",
        "foreign_keys",
        "audit",
        "clock",
        "files",
        "administrator",
    }


def test_a_practice_without_a_name_or_a_number(practice: Path) -> None:
    look = findings(practice, Level.LOOK, practice_name="Our practice", practice_phone="")
    assert any("as the practice's name; set practice_name" in line for line in look)
    assert any("no number to call; set practice_phone" in line for line in look)


def test_the_tables_belong_to_nobody_afterwards(practice: Path) -> None:
    bound = (Account._meta.database, AuditRow._meta.database)
    examine(settings(practice), now=NOW)
    assert (Account._meta.database, AuditRow._meta.database) == bound


def test_a_relay_is_asked_for_a_place(practice: Path, tmp_path: Path) -> None:
    with coturn(tmp_path / "relay", loopback=False) as running:
        given = {"turn_urls": running.relay().urls, "turn_secret": SECRET, "now": datetime.now(UTC)}
        assert any("gives places" in line for line in findings(practice, Level.OK, **given))
        assert not findings(practice, Level.STOP, **given)
        wrong = given | {"turn_secret": "another secret of some length"}
        assert any(
            "does not take our credentials" in line for line in findings(practice, Level.STOP, **wrong)
        )
    for rule, level in (("fallback", Level.LOOK), ("required", Level.STOP)):
        gone = findings(practice, level, relay=rule, **given)
        assert any("gives no place" in line for line in gone), gone


def test_a_relay_that_reaches_into_its_own_machine(practice: Path, tmp_path: Path) -> None:
    with coturn(tmp_path / "relay", loopback=True) as running:
        given = {"turn_urls": running.relay().urls, "turn_secret": SECRET, "now": datetime.now(UTC)}
        assert any(
            "lets strangers reach 127.0.0.1" in line for line in findings(practice, Level.STOP, **given)
        )


def test_a_practice_in_the_open_without_a_relay(practice: Path) -> None:
    assert any("no relay is in use" in line for line in findings(practice, Level.LOOK, host="0.0.0.0"))


@pytest.mark.parametrize(
    ("host", "security", "level"),
    [
        ("mail.example.org", "none", Level.STOP),
        ("mail.example.org", "tls", Level.OK),
        ("127.0.0.1", "none", Level.OK),
    ],
)
def test_letters_go_out_over_tls(practice: Path, host: str, security: str, level: Level) -> None:
    given = {"smtp_host": host, "smtp_security": security, "mail_from": "desk@example.org"}
    assert any(host in line for line in findings(practice, level, **given))
