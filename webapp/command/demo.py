"""telepraxis demo: a practice of invented people on this machine, and two links into it."""

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from webapp.command.place import builder
from webapp.demo.place import KEY, due_now, keys_of, made, told
from webapp.demo.seeding import Services
from webapp.settings import load
from webapp.store.errors import StoreError
from webapp.store.keys import Keys

if TYPE_CHECKING:
    from webapp.build import Built


def demonstrate(port: int, data: Path | None) -> None:
    """Serve a demo until told to stop. Without a folder of its own it leaves nothing behind."""
    with _folder(data) as folder:
        zone = local_zone()
        keys = keys_of(folder)
        settings = load(
            data=folder,
            key_file=folder / KEY,
            host="127.0.0.1",
            port=port,
            public_url="",
            trusted_proxies=(),
            tls="off",
            practice_name="Mill Lane Practice",
            practice_phone="020 7946 0145",
            zone=zone,
            password_cost="cheap",  # noqa: S106
            demo=True,
        )
        with _filling(folder, keys, zone):
            builder(settings)
        from webapp.command.serve import run

        run(settings, lambda built: _prepared(built, folder), quiet=True)


async def _prepared(built: "Built", folder: Path) -> Callable[[], None]:
    from webapp.command.serve import include_first, say
    from webapp.demo.pages import DemoPages, demo_token

    services = Services(
        accounts=built.accounts,
        sessions=built.sessions,
        sign_in=built.sign_in,
        people=built.people,
        charts=built.charts,
        records=built.records,
        visits=built.visits,
    )
    due, path = await due_now(folder, services, built.store.clock.now())
    token = demo_token(built.store.keys.secrets, due.clinician_id)
    pages = DemoPages(built.settings, built.sign_in, built.door, due.clinician_id, token)
    include_first(built.inner, pages.router)

    def ready() -> None:
        say(f"clinician  {built.settings.url}{pages.path}")
        say(f"patient  {built.settings.url}{path}")

    return ready


@contextmanager
def _filling(folder: Path, keys: Keys, zone: str) -> Iterator[None]:
    """A new demo is filled in a process of its own, while this one reads in what serving needs."""
    if made(folder):
        yield
        return
    filling = multiprocessing.get_context("fork").Process(target=told, args=(folder, keys, zone))
    filling.start()
    try:
        yield
    finally:
        filling.join()
    if filling.exitcode:
        raise StoreError(f"the demo in {folder} could not be filled")


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    made = Path(tempfile.mkdtemp(prefix="telepraxis-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def local_zone() -> str:
    """This machine's time zone by its IANA name, or UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        try:
            name = str(Path("/etc/localtime").readlink()).rpartition("zoneinfo/")[2]
        except OSError:
            name = "UTC"
    return name.removeprefix("Etc/") if name in available_timezones() else "UTC"
