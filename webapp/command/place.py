"""Where a practice lies: its data folder and its key, created at the first start, refused when they are not ours."""

import importlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from webapp.clock import Clock
from webapp.settings import Settings
from webapp.store.audit import Audit, AuditRow
from webapp.store.backup import DATABASE, HEAD
from webapp.store.database import Store, open_database
from webapp.store.errors import StoreError
from webapp.store.keys import Keys, create_key_file, read_key_file

DEMO = "DEMO"


def prepared(settings: Settings) -> Keys:
    """Create what is missing at a first start and read the key. Raises StoreError."""
    refuse_foreign(settings.data)
    if (settings.data / DEMO).exists() and not settings.demo:
        raise StoreError(f"{settings.data} holds a demo, whose key lies beside it: choose an empty folder")
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be created: {error.strerror}") from error
    if settings.key_file.exists():
        return Keys.derive(read_key_file(settings.key_file))
    if (settings.data / DATABASE).exists():
        raise StoreError(
            f"the key file {settings.key_file} is missing; without it {settings.data} cannot be opened"
        )
    try:
        return Keys.derive(create_key_file(settings.key_file))
    except OSError as error:
        raise StoreError(f"the key file {settings.key_file} cannot be created: {error.strerror}") from error


def existing(settings: Settings) -> Keys:
    """The key of a practice that is there already. Raises StoreError."""
    refuse_foreign(settings.data)
    if not (settings.data / DATABASE).exists():
        raise StoreError(f"there is no practice in {settings.data}")
    return Keys.derive(read_key_file(settings.key_file))


def refuse_foreign(folder: Path) -> None:
    """Raises StoreError for a folder of another user, or one that holds something else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder")
    if folder.stat().st_uid != os.getuid():
        raise StoreError(f"{folder} belongs to another user")
    inside = {found.name for found in folder.iterdir()}
    if inside - {"lock", "lost+found"} and DATABASE not in inside and DEMO not in inside:
        raise StoreError(f"{folder} holds something else: choose an empty folder")


def opened(settings: Settings, keys: Keys) -> Store:
    store = Store(settings.data, keys, Clock())
    try:
        store.open()
    except BaseException:
        with suppress(StoreError):
            store.close()
        raise
    return store


def verified_audit(settings: Settings, keys: Keys) -> tuple[int, str]:
    """(rows that stand, "" or what is wrong), through a connection of its own, beside a running server."""
    database = open_database(settings.data / DATABASE, keys.database)
    audit = Audit(settings.data / HEAD, keys.audit, Clock())
    with database.connection_context(), database.bind_ctx([AuditRow], bind_refs=False, bind_backrefs=False):
        return audit.verify()


def builder(settings: Settings) -> Any:
    """`build`, imported here for the first time and NiceGUI with it, which decides then where its own files go."""
    os.environ["NICEGUI_STORAGE_PATH"] = str(settings.data / "nicegui")
    return importlib.import_module("webapp.build").build


def all_tables() -> None:
    """Make every table known, for what walks them all without building the practice."""
    importlib.import_module("webapp.people.model")
    importlib.import_module("webapp.records.model")
    importlib.import_module("webapp.post.model")
    importlib.import_module("webapp.visits.model")
