"""A visit on the served practice, with words of the test's choosing in every field that is shown anywhere."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from PIL import Image

from tests.live import Live
from tests.trust.surface import Address, addresses
from webapp.access import Role, State
from webapp.guard import Kind as Cookie
from webapp.people.model import Account
from webapp.people.service import NewPatient, PatientView
from webapp.people.sessions import staff_actor
from webapp.records.chart import EntryKind
from webapp.records.photos import NewPhoto
from webapp.store.ids import new_id
from webapp.visits.facts import FactKind
from webapp.visits.summary_words import Block
from webapp.visits.views import Kind

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
AFTERWARDS = ("/summary", "/summary.pdf", "/feedback")  # what there is of a visit once it is signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """`ids`: a value for each parameter of an address. `past_id`: the visit before, signed, its summary sent."""

    patient: PatientView
    visit_id: str
    seat_id: str
    link: str
    past_id: str
    ids: Mapping[str, str]
    seats: Mapping[str, str]  # the cookies of the patient's browser
    guests: Mapping[str, str]  # and of an interpreter's

    def at(self, address: Address) -> str:
        past = {"visit_id": self.past_id} if address.path.endswith(AFTERWARDS) else {}
        return address.at(**{**self.ids, **past})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An address that shows something, and the browser that opens it."""

    address: Address
    path: str
    who: str
    cookies: Mapping[str, str]


def shown(live: Live, stage: Staged) -> Iterator[Opened]:
    """Every address that can be looked at, by somebody who may: found by walking, so a new one is there at once."""
    elena, ada = live.cookie(live.actors["elena"]), live.cookie(live.actors["ada"])
    for address in addresses(live.built.inner.routes):
        if "GET" not in address.methods or address.static or address.policy is None:
            continue
        path, roles = stage.at(address), address.policy.roles
        if address.policy.kind is Cookie.STAFF:
            mine = not roles or Role.CLINICIAN in roles
            yield Opened(
                address=address, path=path, who="elena" if mine else "ada", cookies=elena if mine else ada
            )
            continue
        if address.policy.kind is None:
            yield Opened(address=address, path=path, who="stranger", cookies={})
        if address.path.startswith("/join/"):
            yield Opened(address=address, path=path, who="patient", cookies=stage.seats)


def staged(live: Live, words: str) -> Staged:
    """Anna's namesake with `words` in every text that staff or a patient can write."""
    return live.call(_staged(live, words))


async def _staged(live: Live, words: str) -> Staged:
    built, elena = live.built, live.actors["elena"]
    new = NewPatient(
        name=words[:110],
        birth_date=date(1950, 1, 1),
        phone=words[:40],
        address=words[:300],
        email="namesake@example.org",
    )
    patient = await built.people.add_patient(elena, new)
    for kind in EntryKind:
        entry = await built.charts.add(elena, patient.id, kind, words[:200], words[:300])
    past_id, past_seat = await _signed(live, patient.id, words)
    invited = await built.visits.invite_now(
        elena, name="", contact="", reason=words[:200], patient_id=patient.id
    )
    entered = await built.visits.seats.enter(invited.visit_id, token=invited.path.partition("#")[2])
    seat = await built.visits.sessions.resolve(entered.token)
    assert seat is not None
    await built.visits.seats.arrive(seat, invited.visit_id, "phone")
    await built.visits.admit(elena, invited.visit_id, invited.seat_id)
    await built.visits.seats.say(seat, invited.visit_id, "chat-" + seat.id, words)
    await built.records.save_draft(elena, invited.visit_id, words, base=0)
    said = await built.attachments.attach(seat, invited.visit_id, "file-" + seat.id, words[:90] + ".pdf", PDF)
    assert said.chat.file is not None
    sent = await built.uploads.begin(seat, invited.visit_id, key="k" * 32, size=9, site="knee", side="left")
    guest = await built.visits.invite_guest(elena, invited.visit_id, name=words[:100], kind=Kind.INTERPRETER)
    sits = await built.visits.seats.enter(guest.visit_id, token=guest.path.partition("#")[2])
    await built.portraits.change(elena, picture())
    fact = await built.visits.facts.establish(elena, invited.visit_id, FactKind.TELEHEALTH, words[:90])
    request_id = await built.visits.photo_requests.ask(elena, invited.visit_id, "knee", "left")
    await built.visits.mailing.send_link(elena, invited.visit_id, invited.seat_id)
    letters = await built.visits.outbox.letters(elena, [invited.visit_id])
    cookie = built.door.cookie("seat", invited.visit_id)
    return Staged(
        patient=patient,
        visit_id=invited.visit_id,
        seat_id=invited.seat_id,
        link=invited.path,
        past_id=past_id,
        ids={
            "patient_id": patient.id,
            "account_id": elena.id,
            "visit_id": invited.visit_id,
            "encounter_id": invited.visit_id,
            "photo_id": await photographed(live, patient.id),
            "form": "small",
            "upload_id": sent.id,
            "file_id": said.chat.file.id,
            "message_id": "message-1",
            "seat_id": invited.seat_id,
            "entry_id": entry.id,
            "fact_id": fact.id,
            "request_id": request_id,
            "letter_id": letters[0].id,
        },
        seats={cookie: entered.token, built.door.cookie("seat", past_id): past_seat},
        guests={cookie: sits.token},
    )


async def _signed(live: Live, patient_id: str, words: str) -> tuple[str, str]:
    """A visit that is over: its id, and the token of the seat that the patient had in it."""
    built, elena = live.built, live.actors["elena"]
    made = await built.visits.invite_now(elena, name="", contact="", reason="", patient_id=patient_id)
    entered = await built.visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
    seat = await built.visits.sessions.resolve(entered.token)
    assert seat is not None
    await built.visits.seats.arrive(seat, made.visit_id, "phone")
    await built.visits.admit(elena, made.visit_id, made.seat_id)
    await built.records.save_draft(elena, made.visit_id, words, base=0)
    await built.visits.finish(elena, made.visit_id)
    await built.visits.sign(elena, made.visit_id)
    await built.records.amend(elena, made.visit_id, words[:300])
    for block in Block:
        before = (await built.visits.summaries.summary(elena, made.visit_id)).blocks.get(block, "")
        await built.visits.summaries.edit(elena, made.visit_id, block, words[:300], was=before)
    shown = (await built.visits.summaries.summary(elena, made.visit_id)).blocks
    await built.visits.summaries.send(elena, made.visit_id, shown)
    return made.visit_id, entered.token


async def photographed(live: Live, patient_id: str) -> str:
    built, elena = live.built, live.actors["elena"]
    whole, small = built.photos.files.add([picture()]), built.photos.files.add([picture()])
    new = NewPhoto(
        patient_id=patient_id,
        visit_id="",
        site="knee",
        side="left",
        taken_at=live.clock.now(),
        kind="jpeg",
        width=64,
        height=48,
        received_bytes=9,
        received_sha256="0" * 64,
        whole=whole,
        small=small,
        small_kind="jpeg",
    )
    return await live.store.write(lambda: built.photos.add_within(elena, new))


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (40, 90, 120)).save(out, "JPEG")
    return out.getvalue()


def browsers(live: Live, stage: Staged) -> dict[str, Mapping[str, str]]:
    """The cookies of everybody who may try a door; the disabled one treats the patient, and her session was left."""

    def dora() -> Account:
        mark = new_id()
        return Account.create(
            id=mark,
            name="Dora",
            email=f"{mark}@practice.example",
            roles=Role.CLINICIAN,
            state=State.ACTIVE,
            created_at=live.clock.now(),
        )

    account = live.call(live.store.write(dora))
    live.call(live.built.people.share(live.actors["elena"], stage.patient.id, account.id))
    disabled = live.cookie(staff_actor(account))
    live.call(
        live.store.write(
            lambda: Account.update(state=State.DISABLED).where(Account.id == account.id).execute()
        )
    )
    ended = live.cookie(live.actors["elena"])
    live.call(live.built.sign_in.sign_out(next(iter(ended.values()))))
    return {
        "stranger": {},
        **{key: live.cookie(actor) for key, actor in live.actors.items()},
        "patient": stage.seats,
        "guest": stage.guests,
        "disabled": disabled,
        "ended": ended,
    }
