"""The composition root: the only file that knows everyone."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from functools import partial
from urllib.parse import urlsplit

from fastapi import FastAPI
from nicegui import core, ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from webapp.access import SYSTEM, Role
from webapp.guard import Door, Kind, sparing
from webapp.guard.faults import answer_faults
from webapp.guard.nicegui_door import NiceguiDoor
from webapp.guard.wall import Wall
from webapp.health import Health
from webapp.lasting import Lasting
from webapp.locale import N_, languages, load
from webapp.look.assets import assets_router
from webapp.look.frame import Entry, Frame
from webapp.people.account_pages import AccountPages
from webapp.people.accounts import Accounts
from webapp.people.entrance import Entrance
from webapp.people.pages import PatientPages
from webapp.people.passwords import Passwords
from webapp.people.portraits import Portraits
from webapp.people.practice import Practice
from webapp.people.preferences import Preferences
from webapp.people.service import People
from webapp.people.sessions import Sessions
from webapp.people.sign_in import SignIn
from webapp.people.staff_pages import StaffPages
from webapp.post.courier import Courier, MailServer
from webapp.post.pages import OutboxPages
from webapp.post.service import Outbox
from webapp.records.chart import Charts
from webapp.records.pages import RecordPages
from webapp.records.photo_pages import PhotoPages
from webapp.records.photos import Photos
from webapp.records.service import Records
from webapp.rounds import Rounds
from webapp.settings import Settings
from webapp.store.database import Store
from webapp.store.files import FILES, Files
from webapp.store.images import Images
from webapp.today.finding import Finding
from webapp.today.pages import TodayPages
from webapp.visits.attachment_pages import AttachmentPages
from webapp.visits.attachments import Attachments
from webapp.visits.code_pages import CodePages
from webapp.visits.mailing import Sender
from webapp.visits.pages import VisitPages
from webapp.visits.relay import Relay
from webapp.visits.service import Visits
from webapp.visits.service_pages import ServicePages
from webapp.visits.signalling import Rooms
from webapp.visits.upload_pages import UploadPages
from webapp.visits.uploads import Uploads

SWEEP_S = 1.0
UPLOADS_SWEEP_S = 600.0
DESK = frozenset({Role.CLINICIAN, Role.ASSISTANT})
RAIL = (
    Entry(label=N_("Today"), icon="today", href="/", roles=DESK | {Role.ADMINISTRATOR}, keys="ta"),
    Entry(label=N_("Patients"), icon="patients", href="/patients", roles=DESK, keys="p"),
    Entry(label=N_("Outbox"), icon="send", href="/outbox", roles=DESK, keys="o"),
    Entry(
        label=N_("Practice"),
        icon="practice",
        href="/practice",
        roles=frozenset({Role.ADMINISTRATOR}),
        keys="c",
        foot=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that acts; none of it knows a page."""

    settings: Settings
    store: Store
    sessions: Sessions
    accounts: Accounts
    sign_in: SignIn
    practice: Practice
    portraits: Portraits
    people: People
    charts: Charts
    records: Records
    photos: Photos
    uploads: Uploads
    visits: Visits
    rooms: Rooms
    courier: Courier
    images: Images
    attachments: Attachments
    preferences: Preferences


@dataclass(frozen=True, kw_only=True)
class Built(Services):
    """A practice, ready to be served. `app` is the ASGI application with the wall around it."""

    app: ASGIApp
    inner: FastAPI
    door: Door
    nicegui: NiceguiDoor


def build(settings: Settings, store: Store) -> Built:
    """Put the practice together. NiceGUI's core is global: once per process."""
    load(pseudo=settings.pseudo_locale)
    services = _services(settings, store)
    door = Door(
        {Kind.STAFF: services.sessions, Kind.SEAT: services.visits.sessions},
        secure=settings.secure,
        proxies=settings.trusted_proxies,
    )
    health = Health(store)
    inner = _application(services, health)
    inner.include_router(health.router)
    _include_pages(services, inner, door)
    _mount_nicegui(inner, settings)
    nicegui = NiceguiDoor(store.clock)
    nicegui.install()
    services.sessions.ended.listen(nicegui.close)
    wall = Wall(Lasting(inner), door, store.clock, hosts=settings.hosts, languages=languages())
    made = {field.name: getattr(services, field.name) for field in fields(services)}
    return Built(app=wall, inner=inner, door=door, nicegui=nicegui, **made)


def _services(settings: Settings, store: Store) -> Services:
    sessions = Sessions(store)
    accounts = Accounts(store, sessions)
    cheap = settings.password_cost == "cheap"  # noqa: S105  # a cost
    people = People(store)
    records = Records(store, people, accounts)
    secret = settings.turn_secret.get_secret_value()
    relay = Relay(urls=settings.turn_urls, secret=secret, rule=settings.relay)
    name, phone = settings.practice_name, settings.practice_phone
    posted = bool(settings.smtp_host)
    outbox = Outbox(store, people, posted=posted, host=urlsplit(settings.url).hostname or "localhost")
    sender = Sender(practice=name, phone=phone, url=settings.url)
    visits = Visits(store, people, records, accounts, relay, outbox, sender)
    rooms = Rooms(visits, store.clock)
    sessions.awake = lambda account_id: bool(visits.watching.calls_of(account_id))
    sessions.ended.listen(rooms.end_staff_session)
    images, files = Images(), Files(store.folder / FILES, store.keys.files)
    photos = Photos(store, people, files)
    return Services(
        settings=settings,
        store=store,
        sessions=sessions,
        accounts=accounts,
        sign_in=SignIn(store, sessions, Passwords(cheap=cheap), name, demo=settings.demo),
        practice=Practice(
            store, name=name, phone=phone, demo=settings.demo, emergency=settings.emergency_number
        ),
        portraits=Portraits(store, files, images),
        people=people,
        images=images,
        charts=Charts(store, people, visits.facts.consents),
        records=records,
        photos=photos,
        attachments=Attachments(visits.ledger, visits.seats, files, images),
        preferences=Preferences(store),
        uploads=Uploads(visits.ledger, visits.photo_requests, photos, images),
        visits=visits,
        rooms=rooms,
        courier=Courier(outbox, mail_server(settings), store.clock),
    )


def mail_server(settings: Settings) -> MailServer | None:
    """Where letters are handed over; None where none is configured."""
    if not settings.smtp_host:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        sender=settings.mail_from,
        name=settings.practice_name,
    )


def _include_pages(services: Services, inner: FastAPI, door: Door) -> None:
    """Plain addresses first, into our own application; NiceGUI's pages into its own, below."""
    s = services
    frame = Frame(practice=s.practice.name, entries=RAIL, demo=s.settings.demo, find=Finding(s.people))
    visits = VisitPages(
        s.visits,
        s.rooms,
        s.charts,
        s.practice,
        frame,
        door,
        s.settings.url,
        photos=s.photos,
        portraits=s.portraits,
    )
    photos, uploads = PhotoPages(s.photos, s.charts, frame), UploadPages(s.uploads)
    entrance = Entrance(s.sign_in, s.accounts, s.practice, door)
    account = AccountPages(s.sign_in, s.accounts, s.portraits, s.practice, door)
    codes = CodePages(s.visits.codes, s.practice, door)
    files = (photos.router, uploads.router, *AttachmentPages(s.attachments, s.rooms).routers)
    for router in (entrance.router, entrance.inside, account.router, codes.router, *files, *visits.routers):
        inner.include_router(router)
    patients = PatientPages(s.people, s.accounts, frame)
    for router in (
        TodayPages(
            s.visits,
            s.records,
            s.people,
            s.preferences,
            frame,
            s.settings.url,
            visits.shell.needed("clinician"),
        ).router,
        patients.router,
        patients.glass,
        RecordPages(s.charts, s.records, s.photos, s.accounts, frame, s.visits.sign, visits.below).router,
        StaffPages(s.accounts, s.practice, frame, s.settings.url).router,
        photos.pages,
        visits.pages,
        OutboxPages(s.visits.outbox, frame).router,
        ServicePages(s.visits.services, s.visits.ledger.relay, frame).router,
    ):
        core.app.include_router(router)


def _application(services: Services, health: Health) -> FastAPI:
    jobs = (
        Rounds("end idle sessions", services.sessions.sweep, every_s=SWEEP_S),
        Rounds("forget unfinished uploads", partial(services.uploads.sweep, SYSTEM), every_s=UPLOADS_SWEEP_S),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.rooms.start()
        await services.courier.start()
        for job in jobs:
            job.start()
        health.now_ready()
        yield
        for job in jobs:
            await job.stop()
        await services.courier.stop()
        await services.rooms.stop()
        await services.images.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.mount("/assets", assets_router())
    app.router.redirect_slashes = core.app.router.redirect_slashes = False
    return app


def _mount_nicegui(app: FastAPI, settings: Settings) -> None:
    """NiceGUI's pages last, below our own routes, with our plain answers for whatever goes wrong."""
    sparing.install()
    ui.run_with(
        app,
        title=settings.practice_name,
        dark=None,
        tailwind=False,
        reconnect_timeout=20,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )
    answer_faults(app)
    answer_faults(core.app)
