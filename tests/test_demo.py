"""The demo: two links, one line each, the same after a kill, and nothing that a real practice could be mistaken for."""

import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.cast import Cast
from tests.loop import run
from tests.running import Running, command
from webapp.access import Actor
from webapp.clock import Clock
from webapp.command.office import OPERATOR
from webapp.demo import place
from webapp.demo.cases import CASES
from webapp.demo.pages import DemoPages, demo_token
from webapp.demo.place import due_now, keys_of, told
from webapp.demo.seeding import Services, fill_today
from webapp.guard import Door
from webapp.people.model import Account
from webapp.people.passwords import Passwords
from webapp.people.sign_in import SignIn
from webapp.settings import Settings
from webapp.store.database import Store
from webapp.store.errors import StoreError
from webapp.visits.states import VisitState

ZONE = "Europe/London"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was filled and is not served."""
    made = tmp_path_factory.mktemp("demo") / "data"
    told(made, keys_of(made), ZONE)
    return made


class Told:
    """The practice of the demo, opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder, keys_of(folder), Clock())
        self.store.open()
        self.services = Services.over(self.store)

    async def staff(self) -> dict[str, Actor]:
        due = place._read(self.folder)
        assert due is not None
        return await place._staff(self.services, due)

    async def due(self) -> tuple[place.Due, str]:
        return await due_now(self.folder, self.services, self.store.clock.now())


@pytest.fixture
def demo(folder: Path) -> Iterator[Told]:
    opened = Told(folder)
    yield opened
    opened.store.close()


# What is in it ---------------------------------------------------------------------------------------------------


def test_each_patient_has_the_chart_and_the_signed_notes_of_their_story(demo: Told) -> None:
    async def main() -> None:
        staff = await demo.staff()
        for case in CASES:
            (patient,) = await demo.services.people.find(staff[case.by], case.name)
            assert patient.language == case.language
            chart = await demo.services.charts.chart(staff[case.by], patient.id)
            lines = [
                (str(entry.kind), entry.text)
                for entry in (*chart.problems, *chart.allergies, *chart.medicines)
            ]
            assert sorted(lines) == sorted((kind, text) for kind, text, _ in case.lines)
            notes = await demo.services.records.notes(staff[case.by], patient.id)
            signed = [note.text for note in notes if note.signed]
            assert sorted(signed) == sorted(past.text for past in case.history)
            assert all(
                note.signed_at and note.signed_at < datetime.now(UTC) - timedelta(days=1)
                for note in notes
                if note.signed
            )

    run(main())


def test_the_people_are_as_many_as_promised(demo: Told) -> None:
    async def main() -> None:
        people = await demo.services.accounts.all(OPERATOR)
        assert sorted(",".join(sorted(person.roles)) for person in people) == [
            "administrator,clinician",
            "assistant",
            "clinician",
        ]
        staff = await demo.staff()
        patients = await demo.services.people.find(staff["desk"], "")
        assert len(patients) == 8
        assert [patient.language for patient in patients].count("es") == 2

    run(main())


def test_one_note_waits_for_its_signature(demo: Told) -> None:
    async def main() -> None:
        (unsigned,) = await demo.services.records.unsigned((await demo.staff())["gp"])
        assert unsigned.patient == "Ruth Abel"
        assert not unsigned.empty

    run(main())


def test_the_agenda_is_around_now_with_one_visit_of_tomorrow(demo: Told) -> None:
    async def main() -> None:
        due, path = await demo.due()
        staff, now = await demo.staff(), demo.store.clock.now()
        days = {now.astimezone(ZoneInfo("UTC")).date() + timedelta(days=n) for n in (-1, 0, 1, 2)}
        visits = [
            one
            for day in sorted(days)
            for one in await demo.services.visits.agenda(staff["desk"], day, "UTC")
        ]
        booked = [one for one in visits if one.state == VisitState.BOOKED]
        soon = [one for one in booked if one.starts_at - now < timedelta(hours=2)]
        assert (len(booked), len(soon)) == (6, 5)
        assert next(one for one in booked if one.id == due.visit_id).starts_at <= now
        assert path.startswith(f"/join/{due.visit_id}#")

    run(main())


def test_the_audit_of_the_past_stands_and_is_in_order(demo: Told) -> None:
    async def main() -> None:
        rows, problem = await demo.store.read(demo.store.audit.verify)
        assert problem == ""
        assert rows > 100

    run(main())


def test_the_same_visit_is_due_until_it_is_finished(demo: Told) -> None:
    async def main() -> None:
        first = await demo.due()
        assert await demo.due() == first
        due, path = first
        await demo.services.visits.seats.enter(due.visit_id, token=path.partition("#")[2])
        gp = (await demo.staff())["gp"]
        await demo.services.visits.admit(gp, due.visit_id, due.seat_id)
        assert await demo.due() == first
        await demo.services.visits.finish(gp, due.visit_id)
        second, _ = await demo.due()
        assert second.visit_id != due.visit_id

    run(main())


def test_the_next_day_has_an_agenda_too(demo: Told) -> None:
    async def main() -> None:
        staff, now = await demo.staff(), demo.store.clock.now() + timedelta(days=3)
        desk = staff["desk"]
        await fill_today(demo.services, staff, now)
        soon = await demo.services.visits.agenda(desk, now.date(), "UTC")
        later = await demo.services.visits.agenda(desk, now.date() + timedelta(days=1), "UTC")
        assert len(soon) + len(later) == 5
        await fill_today(demo.services, staff, now)
        assert await demo.services.visits.agenda(desk, now.date(), "UTC") == soon

    run(main())


def test_nobody_knows_a_password_of_it(demo: Told) -> None:
    async def main() -> None:
        rows = await demo.store.read(lambda: list(Account.select()))
        assert all(row.password_hash and row.totp_secret for row in rows)

    run(main())


# Where it may lie -------------------------------------------------------------------------------------------------


def test_a_folder_of_a_real_practice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "telepraxis.db").touch()
    with pytest.raises(StoreError, match="is not a demo"):
        keys_of(tmp_path)
    refused = command("demo", "--data", tmp_path, "--port", "0")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_no_real_practice_begins_in_the_folder_of_a_demo(folder: Path, tmp_path: Path) -> None:
    refused = command("serve", "--data", folder, "--key-file", folder / "demo.key", "--port", "0")
    assert (refused.returncode, "holds a demo" in refused.stderr) == (2, True)


def test_a_demo_that_was_killed_while_it_was_made_begins_anew(tmp_path: Path) -> None:
    first = keys_of(tmp_path / "d")
    (tmp_path / "d" / "telepraxis.db").write_bytes(b"half")
    assert keys_of(tmp_path / "d") != first
    assert not (tmp_path / "d" / "telepraxis.db").exists()


# Who may come in by its door --------------------------------------------------------------------------------------


class Nobody:
    """A request from an address."""

    def __init__(self, address: str) -> None:
        self.scope = {"type": "http", "client": (address, 1), "headers": []}


@pytest.mark.parametrize(
    ("demo_on", "host", "address", "token", "status"),
    [
        (True, "127.0.0.1", "127.0.0.1", "right", 303),
        (False, "127.0.0.1", "127.0.0.1", "right", 404),
        (True, "0.0.0.0", "127.0.0.1", "right", 404),
        (True, "127.0.0.1", "192.168.1.7", "right", 404),
        (True, "127.0.0.1", "not an address", "right", 404),
        (True, "127.0.0.1", "127.0.0.1", "wrong", 404),
        (True, "127.0.0.1", "127.0.0.1", "ünlesbar", 404),
    ],
)
def test_the_door_is_not_there_but_for_a_demo_on_this_machine(
    cast: Cast, demo_on: bool, host: str, address: str, token: str, status: int
) -> None:
    folder = cast.store.folder
    settings = Settings(data=folder, key_file=folder / "k", host=host, demo=demo_on)
    sign_in = SignIn(cast.store, cast.sessions, Passwords(cheap=True), "A demo", demo=True)
    pages = DemoPages(settings, sign_in, Door({}, secure=False), cast.elena.id, "right")
    answer = run(pages.enter(Nobody(address), token))  # type: ignore[arg-type]
    assert answer.status_code == status


def test_the_door_differs_from_demo_to_demo() -> None:
    assert demo_token(b"a" * 32, "x") == demo_token(b"a" * 32, "x")
    assert demo_token(b"a" * 32, "x") != demo_token(b"b" * 32, "x")


# Served -----------------------------------------------------------------------------------------------------------


def test_both_links_open_again_and_again_and_survive_a_kill(folder: Path, tmp_path: Path) -> None:
    port = "0"
    seen = []
    for _ in range(2):
        running = Running(["demo", "--port", port, "--data", folder], tmp_path / "log")
        try:
            links = running.links("clinician", "patient")
            port = re.findall(r":(\d+)/", links["patient"])[0]
            seen.append(links)
            for _ in range(2):
                with httpx.Client(follow_redirects=True) as browser:
                    home = browser.get(links["clinician"])
                    assert (home.status_code, home.url.path) == (200, "/")
                    short = browser.get(home.url.join("/join"))
                    for page in (home, short):
                        assert "DEMO with invented people" in page.text, page.url
                    assert browser.get(links["patient"].partition("#")[0]).status_code == 200
            assert httpx.get(links["clinician"][:-1] + "0x").status_code == 404
        finally:
            running.end(signal.SIGKILL)
    assert seen[0] == seen[1]
    assert "--data" not in (tmp_path / "log").read_text()


def test_without_a_folder_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    running = Running(["demo", "--port", "0"], tmp_path / "log")
    running.links("clinician", "patient")
    assert [found.name for found in tmp_path.iterdir() if found.is_dir()] != []
    assert running.end() == 0
    assert [found.name for found in tmp_path.iterdir() if found.is_dir()] == []
