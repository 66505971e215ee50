"""The command line: beside a running server and without one, each failure one line and exit code 2."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pyotp
import pytest

from tests.cast import Cast
from tests.running import ROOT, Running, command, environment
from webapp.__main__ import main
from webapp.access import State
from webapp.command.place import prepared
from webapp.command.serve import first_link
from webapp.people.model import Account
from webapp.settings import load
from webapp.store.database import open_database
from webapp.store.keys import Keys, read_key_file

NORA = "nora@practice.example"
HEAVY = (
    "aiortc",
    "av",
    "pydicom",
    "pynetdicom",
    "numpy",
    "scipy",
    "PIL",
    "cv2",
    "matplotlib",
    "fhir",
    "bleak",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("practice")


@pytest.fixture(scope="module")
def at(place: Path) -> tuple[str | Path, ...]:
    return ("--data", place / "data", "--key-file", place / "keys" / "key")


@pytest.fixture(scope="module")
def links(server: Running) -> dict[str, str]:
    said = server.links("ready", "set-up")
    print(f"\nready {time.time() - psutil.Process(server.process.pid).create_time():.1f} s after its start")
    return said


@pytest.fixture(scope="module")
def server(place: Path, at: tuple[str | Path, ...]) -> Iterator[Running]:
    running = Running(["serve", *at, "--port", "0"], place / "log")
    yield running
    running.end()


# A server that runs: the tests below share it, in this order ------------------------------------------------------


def test_it_is_reachable_as_soon_as_it_says_so(links: dict[str, str]) -> None:
    assert httpx.get(links["ready"] + "/readyz").text == "ok\n"
    assert httpx.get(links["ready"] + "/healthz").text == "ok\n"
    assert "#" in links["set-up"]
    assert httpx.get(links["set-up"].partition("#")[0]).status_code == 200


def test_folder_and_key_are_closed_to_others(links: dict[str, str], place: Path) -> None:
    found = [place / "data", place / "keys" / "key", *(place / "data").rglob("*")]
    assert all(stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 for one in found)
    assert {"telepraxis.db", "audit.head", "lock", "control"} <= {one.name for one in found}


def test_it_listens_on_its_port_of_this_machine_alone(links: dict[str, str], server: Running) -> None:
    process = psutil.Process(server.process.pid)
    family = [process, *process.children(recursive=True)]
    listening = [
        (one.laddr.ip, one.laddr.port)
        for each in family
        for one in each.net_connections("inet")
        if one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and one.laddr)
    ]
    assert listening == [("127.0.0.1", int(links["ready"].rpartition(":")[2]))]


def test_no_password_exists_at_a_first_start(
    links: dict[str, str], place: Path, at: tuple[str | Path, ...]
) -> None:
    """Nor a second factor: the one account there is waits for its set-up link."""
    database = open_database(
        place / "data" / "telepraxis.db", Keys.derive(read_key_file(place / "keys" / "key")).database
    )
    database.connect()
    try:
        rows = database.execute_sql("SELECT state, password_hash, totp_secret FROM account").fetchall()
        sessions = database.execute_sql("SELECT count(*) FROM session").fetchone()
    finally:
        database.close()
    assert [(row[0], bool(row[1]), bool(row[2])) for row in rows] == [("invited", False, False)]
    assert sessions == (0,)


def test_a_second_server_is_told_who_holds_the_folder(
    links: dict[str, str], server: Running, at: tuple[str | Path, ...]
) -> None:
    told = command("serve", *at, "--port", "0")
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert f"in use by process {server.process.pid}" in told.stderr


def test_a_taken_port_is_one_clear_line(links: dict[str, str], tmp_path: Path) -> None:
    port = links["ready"].rpartition(":")[2]
    told = command("serve", "--data", tmp_path / "data", "--key-file", tmp_path / "key", "--port", port)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in told.stderr


@pytest.fixture(scope="module")
def nora(links: dict[str, str], at: tuple[str | Path, ...]) -> subprocess.CompletedProcess[str]:
    """A colleague, invited while the server runs."""
    return command("user", "add", "Nora Falk", NORA, "--role", "clinician", *at)


def test_staff_are_added_and_listed_beside_it(
    nora: subprocess.CompletedProcess[str], links: dict[str, str], at: tuple[str | Path, ...]
) -> None:
    assert nora.stdout.startswith("set-up "), nora.stderr
    address = re.split(r"[\s#]+", nora.stdout)[1]
    assert address.startswith(links["ready"]), "the link is the running server's, whatever port it has"
    assert NORA in command("user", "list", *at).stdout


@pytest.fixture(scope="module")
def signed_in(nora: subprocess.CompletedProcess[str], links: dict[str, str]) -> Iterator[httpx.Client]:
    """Nora's browser, after she has set herself up by the link that the command gave."""
    with httpx.Client(base_url=links["ready"], headers={"Origin": links["ready"]}) as browser:
        set_up(browser, nora.stdout)
        yield browser


def set_up(browser: httpx.Client, said: str) -> None:
    token = re.split(r"[\s#]+", said)[2]
    asked = {"token": token, "name": "Nora Falk", "email": NORA, "password": "correct horse battery staple"}
    assert browser.post("/set-up", data=asked).headers["location"] == "/set-up/factor"
    secret = re.findall(r'data-testid="factor-secret">([^<]+)<', browser.get("/set-up/factor").text)[0]
    code = pyotp.TOTP(secret.replace(" ", "")).now()
    assert browser.post("/set-up/factor", data={"code": code}).status_code == 200
    assert browser.get("/").status_code == 200


def test_a_colleague_who_is_disabled_beside_it_is_out_at_once(
    signed_in: httpx.Client, at: tuple[str | Path, ...]
) -> None:
    disabled = command("user", "disable", NORA, *at)
    assert disabled.returncode == 0, disabled.stderr
    assert signed_in.get("/").headers["location"] == "/sign-in"
    enabled = command("user", "enable", NORA, *at)
    assert enabled.stdout.startswith("set-up "), enabled.stderr
    assert signed_in.get("/").headers["location"] == "/sign-in"  # what was over stays over
    set_up(signed_in, enabled.stdout)


def test_a_second_factor_is_reset_beside_it(signed_in: httpx.Client, at: tuple[str | Path, ...]) -> None:
    reset = command("user", "reset-2fa", NORA, *at)
    assert reset.stdout.startswith("set-up "), reset.stderr
    assert signed_in.get("/").headers["location"] == "/sign-in"
    assert NORA in command("user", "list", *at).stdout


def test_the_settings_in_force_are_shown_beside_it_and_its_secrets_are_not(
    links: dict[str, str], at: tuple[str | Path, ...], place: Path
) -> None:
    told = command(
        "config",
        "check",
        *at,
        TELEPRAXIS_SMTP_PASSWORD="canary-mail-word",
        TELEPRAXIS_TURN_SECRET="canary-turn-word",
        TELEPRAXIS_TURN_URLS="turn:turn.example:3478",
    )
    assert told.returncode == 0, told.stderr
    assert re.search(rf"data +{place / 'data'}", told.stdout)
    assert "smtp_password" in told.stdout
    assert "turn_secret" in told.stdout
    assert "canary" not in told.stdout + told.stderr


def test_a_mistake_is_one_line_beside_it_too(
    nora: object, links: dict[str, str], at: tuple[str | Path, ...]
) -> None:
    for words in (
        ("user", "disable", "nobody@practice.example"),
        ("user", "add", "Nora", NORA, "--role", "clinician"),
        ("user", "add", "Nora", "another@practice.example", "--role", "king"),
    ):
        told = command(*words, *at)
        assert (told.returncode, told.stderr.count("\n")) == (2, 1), told.stderr
        assert "Traceback" not in told.stderr


def test_a_backup_is_made_beside_it_and_comes_back(
    nora: object, links: dict[str, str], at: tuple[str | Path, ...], tmp_path: Path
) -> None:
    saved = command("backup", "--to", tmp_path / "b", *at)
    assert saved.stdout.startswith("saved "), saved.stderr
    (tmp_path / "recovery").write_text(command("recovery-key", *at).stdout)
    there = ("--data", tmp_path / "again", "--key-file", tmp_path / "new")
    restored = command("restore", tmp_path / "b", *there, "--recovery-key-file", tmp_path / "recovery")
    assert "new recovery key" in restored.stdout, restored.stderr
    assert NORA in command("user", "list", *there).stdout
    assert command("audit", "verify", *there).stdout.startswith("OK ")


def test_the_audit_is_verified_beside_it(links: dict[str, str], at: tuple[str | Path, ...]) -> None:
    assert command("audit", "verify", *at).stdout.startswith("OK ")


def test_the_doctor_examines_beside_it(links: dict[str, str], at: tuple[str | Path, ...]) -> None:
    port = links["ready"].rpartition(":")[2]
    said = command("doctor", *at, TELEPRAXIS_PORT=port)
    assert f"OK    the server listens, on 127.0.0.1 port {port}" in said.stdout, said.stderr
    assert "STOP  there is no administrator" in said.stdout
    assert said.returncode == 1


def test_its_log_is_json_and_holds_no_link(links: dict[str, str], server: Running) -> None:
    assert server.logged()
    assert links["set-up"].partition("#")[2] not in server.log.read_text()


def test_it_is_small_and_stops_at_once_when_told(
    nora: object, links: dict[str, str], server: Running, at: tuple[str | Path, ...]
) -> None:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) < 150_000
    begun = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - begun < 3
    assert NORA in command("user", "list", *at).stdout


def test_after_it_has_gone_the_commands_open_the_practice_themselves(
    nora: object, at: tuple[str | Path, ...]
) -> None:
    assert command("user", "disable", NORA, *at).returncode == 0
    enabled = command("user", "enable", NORA, *at)
    assert enabled.stdout.startswith("set-up "), enabled.stderr
    assert command("user", "reset-2fa", NORA, *at).stdout.startswith("set-up ")


def test_after_a_kill_it_starts_again_with_a_new_link(tmp_path: Path) -> None:
    at = ("--data", tmp_path / "data", "--key-file", tmp_path / "keys" / "key")
    first = Running(["serve", *at, "--port", "0"], tmp_path / "log")
    old = first.links("ready", "set-up")
    nora = command("user", "add", "Nora Falk", NORA, "--role", "clinician", *at)
    with httpx.Client(base_url=old["ready"], headers={"Origin": old["ready"]}) as browser:
        set_up(browser, nora.stdout)  # a colleague is ready before the first administrator
    first.end(signal.SIGKILL)
    orphan = tmp_path / "data" / "files" / "zz" / ("0" * 24 + "zz")
    orphan.parent.mkdir(parents=True)
    orphan.touch()
    os.utime(orphan, (0, 0))
    second = Running(["serve", *at, "--port", "0"], tmp_path / "log")
    try:
        assert second.links("ready", "set-up")["set-up"] != old["set-up"]
        assert not orphan.exists(), "a file that no row needs is swept at the start"
    finally:
        second.end()


def test_a_start_prints_a_link_while_no_administrator_is_set_up(cast: Cast, tmp_path: Path) -> None:
    settings = load(data=tmp_path, key_file=tmp_path / "key")

    def link_with_ada(state: State) -> str | None:
        ada = Account.id == cast.ada.id
        cast.run(cast.store.write(lambda: Account.update(state=state).where(ada).execute()))
        return cast.run(first_link(cast.accounts, settings, cast.store))

    assert link_with_ada(State.ACTIVE) is None
    first, second = link_with_ada(State.INVITED), link_with_ada(State.INVITED)
    assert first and second and first != second
    assert link_with_ada(State.DISABLED) is None, "whoever was shut out is let in by `user enable` alone"


# Without a server -------------------------------------------------------------------------------------------------


def test_nothing_heavy_is_read_in_at_the_start() -> None:
    code = "import sys, webapp.command.demo, webapp.command.serve, webapp.demo.pages, webapp.build, webapp.__main__\n"
    loaded = subprocess.run(
        [sys.executable, "-c", code + "print(*sys.modules)"],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    assert not set(HEAVY).intersection(loaded.stdout.split()), loaded.stderr


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path
) -> tuple[int, str, str]:
    """The command in this process: (exit code, what it said, what it complained of)."""
    monkeypatch.setattr(sys, "argv", ["telepraxis", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "list"), "data is needed (--data or TELEPRAXIS_DATA)"),
        (
            ("user", "list", "--data", "/nowhere/d", "--key-file", "/nowhere/k"),
            "there is no practice in /nowhere/d",
        ),
        (("doctor", "--config", "/nowhere/c.toml"), "/nowhere/c.toml does not exist"),
        (
            ("backup", "--data", "/nowhere/d", "--key-file", "/nowhere/k"),
            "there is no practice in /nowhere/d",
        ),
    ],
)
def test_a_failure_is_one_line_and_exit_code_2(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = run(monkeypatch, capsys, *words)
    assert code == 2
    assert said in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("serve", "--prot", "1"), ("fly",), ("user", "add"), ("serve", "--port", "x")]
)
def test_a_wrong_command_is_explained(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = run(monkeypatch, capsys, *words)
    assert code == 2
    assert "Traceback" not in complaint


def test_a_folder_that_holds_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "holiday.jpg").touch()
    code, _, said = run(
        monkeypatch, capsys, "serve", "--data", tmp_path, "--key-file", tmp_path.with_name("key")
    )
    assert code == 2
    assert "holds something else" in said
    assert not tmp_path.with_name("key").exists()


def test_a_new_practice_is_closed_to_others_whatever_the_shell_allows(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        prepared(load(data=tmp_path / "data", key_file=tmp_path / "keys" / "key"))
    finally:
        os.umask(before)
    made = [tmp_path / "data", tmp_path / "keys", tmp_path / "keys" / "key"]
    assert [stat.S_IMODE(one.stat().st_mode) for one in made] == [0o700, 0o700, 0o600]


def test_a_practice_without_its_key_is_never_given_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "telepraxis.db").write_bytes(os.urandom(4096))
    at = ("--data", tmp_path / "data", "--key-file", tmp_path / "key")
    code, _, said = run(monkeypatch, capsys, "serve", *at)
    assert (code, "is missing" in said) == (2, True)
    assert not (tmp_path / "key").exists()


def test_a_key_that_others_may_read_or_that_is_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "telepraxis.db").write_bytes(os.urandom(4096))
    key = tmp_path / "key"
    key.write_text("00" * 32)
    at = ("--data", tmp_path / "data", "--key-file", key)
    key.chmod(0o644)
    assert "chmod 600" in run(monkeypatch, capsys, "user", "list", *at)[2]
    key.chmod(0o600)
    assert "the key does not open this database" in run(monkeypatch, capsys, "user", "list", *at)[2]


def test_the_settings_in_force_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text(f'data = "{tmp_path}"\nkey_file = "k"\npractice_name = "Dr Ruiz"\n')
    code, said, _ = run(monkeypatch, capsys, "config", "check", "--config", tmp_path / "c.toml")
    assert code == 0
    assert re.search(r"practice_name +Dr Ruiz", said)
