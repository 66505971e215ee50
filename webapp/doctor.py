"""The doctor: looks at everything that may go wrong with a practice, and says what to do, one line each."""

import ipaddress
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from peewee import Database

from webapp.command.place import all_tables, verified_audit
from webapp.serving import ServingError, certificate_ends, listen, own_certificate
from webapp.settings import Settings
from webapp.store.backup import DATABASE, UNREADABLE, last_made
from webapp.store.database import open_database
from webapp.store.errors import Busy, StoreError
from webapp.store.files import FILES, GRACE_S, Files, needed
from webapp.store.keys import Keys, read_key_file
from webapp.store.lock import Lock
from webapp.store.table import TABLES
from webapp.turn import Client, Place, Refusal, TurnError
from webapp.visits.relay import Credentials, Relay

FREE_STOP, FREE_LOOK = 200_000_000, 2_000_000_000
BACKUP_AGE = timedelta(days=2)
CERTIFICATE_LEFT = timedelta(days=14)
CLOCK_SLACK = timedelta(minutes=5)
OWN_NETWORK = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
)  # what no relay may open to strangers
OLDEST_SQLITE = (
    3,
    51,
    3,
)  # before it, a write-ahead log that is reset at the wrong moment damages the database


class Level(StrEnum):
    OK = "OK"
    LOOK = "LOOK"
    STOP = "STOP"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str
    action: str = ""

    @property
    def stops(self) -> bool:
        return self.level is Level.STOP

    def __str__(self) -> str:
        return f"{self.level:5} {self.what}" + (f"; {self.action}" if self.action else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the checks look at. Without a key that opens the database, only the outer ones run."""

    settings: Settings
    keys: Keys
    database: Database
    now: datetime


Findings = Iterator[Finding]


def examine(settings: Settings, *, now: datetime | None = None) -> list[Finding]:
    """Every finding, in the order of the checks. Runs beside a server, and changes nothing."""
    all_tables()
    now = now or datetime.now(UTC)
    found = [finding for check in OUTER for finding in check(settings, now)]
    try:
        keys = Keys.derive(read_key_file(settings.key_file))
    except StoreError as error:
        return [*found, Finding(Level.STOP, str(error))]
    if not (settings.data / DATABASE).exists():
        return [
            *found,
            Finding(Level.STOP, f"there is no practice in {settings.data}", "begin one with serve"),
        ]
    database = open_database(settings.data / DATABASE, keys.database)
    try:
        with database.connection_context(), database.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
            patient = Patient(settings=settings, keys=keys, database=database, now=now)
            return [*found, *(finding for check in INNER for finding in check(patient))]
    except UNREADABLE as error:
        return [
            *found,
            Finding(Level.STOP, f"the database does not open: {error}", "restore the last backup"),
        ]


# Outside ---------------------------------------------------------------------------------------------------------


def folder_modes(settings: Settings, _: datetime) -> Findings:
    for place in (settings.data, settings.key_file):
        if not place.exists():
            continue
        about = place.stat()
        if about.st_uid != os.getuid():
            yield Finding(Level.STOP, f"{place} belongs to another user", f"chown it to user {os.getuid()}")
        elif stat.S_IMODE(about.st_mode) & 0o077:
            mode = "700" if place.is_dir() else "600"
            yield Finding(Level.STOP, f"{place} is open to other users", f"chmod {mode} {place}")
        else:
            yield Finding(Level.OK, f"{place} is closed to other users")


def key_apart(settings: Settings, _: datetime) -> Findings:
    if not (settings.data.exists() and settings.key_file.exists()):
        return
    if settings.data.stat().st_dev == settings.key_file.stat().st_dev:
        what = "key and data share a disk: whoever takes it has both"
        yield Finding(Level.LOOK, what, "keep the key file on another one, such as a USB stick")
    else:
        yield Finding(Level.OK, "key and data lie on different disks")


def free_space(settings: Settings, _: datetime) -> Findings:
    if not settings.data.exists():
        return
    free = shutil.disk_usage(settings.data).free
    what = f"{free / 1e9:.1f} GB are free"
    if free < FREE_STOP:
        yield Finding(Level.STOP, what, "make room: a full disk takes no more notes")
    elif free < FREE_LOOK:
        yield Finding(Level.LOOK, what, "make room soon")
    else:
        yield Finding(Level.OK, what)


def backup_age(settings: Settings, now: datetime) -> Findings:
    made = last_made(settings.data)
    if made is None:
        yield Finding(
            Level.LOOK, "there is no backup yet", "run telepraxis backup, and keep its file elsewhere"
        )
    elif now - made > BACKUP_AGE:
        yield Finding(
            Level.LOOK, f"the last backup is {(now - made).days} days old", "run telepraxis backup each day"
        )
    else:
        yield Finding(Level.OK, f"the last backup was made at {made:%Y-%m-%d %H:%M} UTC")


def transport(settings: Settings, now: datetime) -> Findings:
    if settings.tls == "off":
        if settings.loopback or settings.public_url.startswith("https:"):
            yield Finding(Level.OK, "TLS is not needed here, or done by a proxy")
        else:
            what = f"{settings.host} is served without TLS: no camera works, and anybody on the way can read along"
            yield Finding(
                Level.STOP,
                what,
                "set tls to files or self-signed, or public_url to the proxy's https address",
            )
        return
    certificate = settings.tls_cert or own_certificate(settings)
    if settings.tls == "self-signed" and not certificate.exists():
        yield Finding(Level.OK, "a certificate is made at the next start")
        return
    try:
        left = certificate_ends(certificate) - now
    except (OSError, ValueError) as error:
        yield Finding(Level.STOP, f"the certificate cannot be read: {error}", "check tls_cert and tls_key")
        return
    what = f"the certificate ends in {left.days} days"
    if left <= timedelta():
        yield Finding(Level.STOP, "the certificate has ended", "renew it")
    else:
        late = left < CERTIFICATE_LEFT
        yield Finding(Level.LOOK, what, "renew it") if late else Finding(Level.OK, what)


def passwords(settings: Settings, _: datetime) -> Findings:
    if settings.password_cost == "cheap":  # noqa: S105  # a cost
        yield Finding(Level.STOP, "passwords are hashed cheaply", "set password_cost to standard")
    else:
        yield Finding(Level.OK, "passwords are hashed with Argon2id")


def port(settings: Settings, _: datetime) -> Findings:
    """Free, or ours: whoever holds the data folder's lock is our server."""
    where = f"{settings.host} port {settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except ServingError as error:
        if _served(settings):
            yield Finding(Level.OK, f"the server listens, on {where}")
        else:
            yield Finding(Level.STOP, str(error))
    else:
        yield Finding(Level.OK, f"{where} is free")


def relay(settings: Settings, now: datetime) -> Findings:
    """Each relay is asked for a place as a browser would, and whether it would reach into its own machine."""
    if not settings.turn_urls or settings.relay == "off":
        if settings.loopback and not settings.public_url:
            yield Finding(Level.OK, "no relay is needed on this machine alone")
        else:
            what = "no relay is in use: a call that finds no direct way fails, and each side sees the other's address"
            yield Finding(Level.LOOK, what, "run one, as deploy/coturn says")
        return
    made = Relay(urls=settings.turn_urls, secret=settings.turn_secret.get_secret_value(), rule=settings.relay)
    needed_by_all = settings.relay == "required"
    for url in settings.turn_urls:
        yield _asked(url, made.credentials("doctor", "doctor", now), needed=needed_by_all)


def _asked(url: str, credentials: Credentials, *, needed: bool) -> Finding:
    try:
        with Client(Place.of(url), credentials.username, credentials.password) as client:
            client.allocate()
            inside = [peer for peer in OWN_NETWORK if _reaches(client, peer)]
    except Refusal as refusal:
        if refusal.code == 401:
            what = f"the relay {url} does not take our credentials"
            return Finding(Level.STOP, what, "give both the same secret, and set both clocks")
        return Finding(Level.LOOK, f"the relay {url} answered {refusal.code}", "look into its log")
    except TurnError as error:
        level = Level.STOP if needed else Level.LOOK
        return Finding(level, f"the relay {url} gives no place: {error}", "start it, and open its ports")
    if inside:
        what = f"the relay {url} lets strangers reach {inside[0]} through it"
        return Finding(Level.STOP, what, "run it with deploy/coturn/turnserver.conf")
    return Finding(Level.OK, f"the relay {url} gives places, and reaches into no network of its own")


def _reaches(client: Client, peer: str) -> bool:
    try:
        client.permit((peer, 80))
    except Refusal:
        return False
    return True


def mail(settings: Settings, _: datetime) -> Findings:
    if not settings.smtp_host:
        yield Finding(Level.OK, "no mail server: letters wait in the outbox to be copied")
    elif settings.smtp_security == "none" and not _on_this_machine(settings.smtp_host):
        what = f"letters, with their links, go to {settings.smtp_host} without TLS"
        yield Finding(Level.STOP, what, "set smtp_security to starttls or tls")
    else:
        yield Finding(Level.OK, f"letters are handed to {settings.smtp_host}")


def masthead(settings: Settings, _: datetime) -> Findings:
    name, phone = settings.practice_name, settings.practice_phone
    if name == Settings.model_fields["practice_name"].default:
        yield Finding(Level.LOOK, f"patients read {name!r} as the practice's name", "set practice_name")
    if not phone:
        yield Finding(Level.LOOK, "patients have no number to call", "set practice_phone")
    else:
        yield Finding(Level.OK, f"patients may call {phone}")


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _served(settings: Settings) -> bool:
    if not settings.data.is_dir():
        return False
    try:
        with Lock(settings.data):
            return False
    except Busy:
        return True


# Inside the database -----------------------------------------------------------------------------------------


def versions(patient: Patient) -> Findings:
    sqlite = str(_one(patient, "SELECT sqlite_version()"))
    cipher = _one(patient, "PRAGMA cipher_version")
    what = f"SQLite {sqlite}, SQLCipher {cipher}"
    if not cipher:
        yield Finding(Level.STOP, f"SQLite {sqlite} without SQLCipher", "install the locked dependencies")
    elif tuple(int(part) for part in sqlite.split(".")) < OLDEST_SQLITE:
        yield Finding(Level.STOP, f"{what} is too old", "install the locked dependencies")
    else:
        yield Finding(Level.OK, what)


def integrity(patient: Patient) -> Findings:
    said = _one(patient, "PRAGMA integrity_check")
    torn = _rows(patient, "PRAGMA cipher_integrity_check")
    if said != "ok" or torn:
        yield Finding(
            Level.STOP, f"the database is damaged: {torn[0][0] if torn else said}", "restore the last backup"
        )
    else:
        yield Finding(Level.OK, "the database is whole")


def foreign_keys(patient: Patient) -> Findings:
    broken = _rows(patient, "PRAGMA foreign_key_check")
    if broken:
        what = f"{len(broken)} rows of {broken[0][0]} refer to nothing"
        yield Finding(Level.STOP, what, "restore the last backup")
    else:
        yield Finding(Level.OK, "every reference holds")


def audit(patient: Patient) -> Findings:
    rows, problem = verified_audit(patient.settings, patient.keys)
    if problem:
        yield Finding(Level.STOP, f"audit: {problem}", "find out who had access to this machine; keep a copy")
    else:
        yield Finding(Level.OK, f"the audit's {rows} rows stand")


def clock(patient: Patient) -> Findings:
    last = _one(patient, "SELECT max(at) FROM audit")
    if last is not None and datetime.fromisoformat(str(last)) > patient.now + CLOCK_SLACK:
        what = f"the clock says {patient.now:%Y-%m-%d %H:%M} UTC, earlier than the last entry of the audit"
        yield Finding(Level.STOP, what, "set the machine's clock")
    else:
        yield Finding(Level.OK, "the clock is not behind the audit")


def files(patient: Patient) -> Findings:
    kept = Files(patient.settings.data / FILES, patient.keys.files)
    wanted, there = needed(patient.database), kept.names()
    lost = sorted(set(wanted) - there)
    aged = patient.now.timestamp() - GRACE_S
    orphans = [name for name in there - set(wanted) if kept.place(name).stat().st_mtime < aged]
    if lost:
        yield Finding(
            Level.STOP, f"{len(lost)} attachments are missing, {lost[0]} first", "restore the last backup"
        )
    if orphans:
        yield Finding(
            Level.LOOK, f"{len(orphans)} files belong to no row", "the server sweeps them at its next start"
        )
    if not lost and not orphans:
        yield Finding(Level.OK, f"{len(wanted)} attachments are in their place")


def administrator(patient: Patient) -> Findings:
    rows = _rows(patient, "SELECT roles FROM account WHERE state = 'active'")
    if any("administrator" in roles.split(",") for (roles,) in rows):
        yield Finding(Level.OK, "there is an administrator")
    else:
        yield Finding(Level.STOP, "there is no administrator", "open the set-up link that serve prints")


def _rows(patient: Patient, question: str) -> list[Any]:
    database: Any = patient.database
    return list(database.execute_sql(question).fetchall())


def _one(patient: Patient, question: str) -> object:
    rows = _rows(patient, question)
    return rows[0][0] if rows else None


OUTER: tuple[Callable[[Settings, datetime], Findings], ...] = (
    folder_modes,
    key_apart,
    free_space,
    backup_age,
    transport,
    passwords,
    port,
    relay,
    mail,
    masthead,
)
INNER: tuple[Callable[[Patient], Findings], ...] = (
    versions,
    integrity,
    foreign_keys,
    audit,
    clock,
    files,
    administrator,
)
