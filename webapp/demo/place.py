"""Where a demo lies, and which visit of it is due: a folder that says so itself, with its key inside."""

import asyncio
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from webapp.access import Actor, Invalid
from webapp.clock import Clock
from webapp.command.office import OPERATOR
from webapp.demo.cases import MARGARET, STAFF
from webapp.demo.seeding import PastClock, Services, Story, actor_of, fill_today
from webapp.store.database import Store
from webapp.store.errors import StoreError
from webapp.store.keys import Keys, create_key_file, read_key_file

MARKER, KEY = "DEMO", "demo.key"
DUE_MINUTES = 120
REASON = "Blood pressure, after four weeks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the marker remembers: who the demo's clinician is, and the visit that waits for the patient."""

    clinician_id: str
    visit_id: str = ""
    seat_id: str = ""


def owned(folder: Path) -> bool:
    """Whether a demo lives there. Raises StoreError for a folder that holds anything else."""
    if not folder.exists() or not any(folder.iterdir()):
        return False
    if not (folder / MARKER).is_file():
        raise StoreError(f"{folder} is not a demo: choose an empty folder, or one that a demo has made")
    return True


def keys_of(folder: Path) -> Keys:
    """The key of the demo in `folder`; a new or half-made demo begins with a new one."""
    if owned(folder) and _read(folder) is None:  # killed while it was made
        for found in folder.iterdir():
            if found.name != MARKER:
                shutil.rmtree(found) if found.is_dir() else found.unlink()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).touch(mode=0o600)
    if (folder / KEY).exists():
        return Keys.derive(read_key_file(folder / KEY))
    return Keys.derive(create_key_file(folder / KEY))


def told(folder: Path, keys: Keys, zone: str) -> None:
    """Fill a new demo. Blocking, with an event loop of its own."""
    clock = PastClock(Clock().now())
    store = Store(folder, keys, clock)
    store.open()
    try:
        staff = asyncio.run(Story(store, clock, zone).tell())
    finally:
        store.close()
    _write(folder, Due(clinician_id=staff["gp"].id))


def made(folder: Path) -> bool:
    """Whether the demo in `folder` was filled to its end."""
    return _read(folder) is not None


async def due_now(folder: Path, services: Services, now: datetime) -> tuple[Due, str]:
    """The visit that is due now, and the path of its patient's link: the last one, or a new one if that is over."""
    due = _read(folder)
    assert due is not None
    staff = await _staff(services, due)
    if due.visit_id:
        with suppress(Invalid):  # it has ended
            visit = await services.visits.visit(staff["gp"], due.visit_id)
            if now < visit.ends_at:
                return due, (await services.visits.link(staff["gp"], due.visit_id, due.seat_id)).path
    found = await services.people.find(staff["gp"], MARGARET.name) or await services.people.find(
        staff["gp"], ""
    )
    await fill_today(services, staff, now)
    starts_at = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    invitation = await services.visits.book(
        staff["gp"], patient_id=found[0].id, starts_at=starts_at, minutes=DUE_MINUTES, reason=REASON
    )
    due = replace(due, visit_id=invitation.visit_id, seat_id=invitation.seat_id)
    _write(folder, due)
    return due, invitation.path


async def _staff(services: Services, due: Due) -> dict[str, Actor]:
    """The demo's staff, whoever they have become; the clinician is the one of the marker."""
    accounts = {account.email: account for account in await services.accounts.all(OPERATOR)}
    parts = {part: accounts[email] for part, (_, email, _) in STAFF.items() if email in accounts}
    parts["gp"] = next(account for account in accounts.values() if account.id == due.clinician_id)
    return {part: actor_of(account) for part, account in parts.items()}


def _read(folder: Path) -> Due | None:
    try:
        return Due(**json.loads((folder / MARKER).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write(folder: Path, due: Due) -> None:
    fresh = folder / f"{MARKER}.new"
    with fresh.open("w") as file:
        json.dump(asdict(due), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MARKER)
