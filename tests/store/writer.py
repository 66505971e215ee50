"""A process that writes until it is killed, naming each write after it was acknowledged."""

import asyncio
import sys
from pathlib import Path

from webapp.access import Actor, Role, State
from webapp.clock import Clock
from webapp.people.accounts import Accounts
from webapp.people.model import Account
from webapp.people.service import NewPatient, People
from webapp.people.sessions import Sessions, staff_actor
from webapp.records.service import Records
from webapp.store.database import Store
from webapp.store.ids import new_id
from webapp.store.keys import Keys
from webapp.visits.service import Visits


def opened(folder: Path) -> Store:
    store = Store(folder, Keys.derive(b"k" * 32), Clock())
    store.open()
    return store


async def write(store: Store) -> None:
    """All that a day writes: a patient, a visit, an admission, chat, and a note that is saved again and again."""
    people, elena = People(store), await clinician(store)
    accounts = Accounts(store, Sessions(store))
    records = Records(store, people, accounts)
    visits = Visits(store, people, records, accounts)
    while True:
        patient = await people.add_patient(elena, NewPatient(name="Somebody"))
        done("patient", patient.id)
        made = await visits.invite_now(elena, name="", contact="", reason="", patient_id=patient.id)
        done("visit", made.visit_id)
        entered = await visits.seats.enter(made.visit_id, token=made.path.partition("#")[2])
        seat = await visits.sessions.resolve(entered.token)
        assert seat is not None
        await visits.seats.arrive(seat, made.visit_id, "page")
        await visits.admit(elena, made.visit_id, made.seat_id)
        done("admitted", made.seat_id)
        for number in range(3):
            message = f"{made.visit_id}-{number}"
            await visits.seats.say(seat, made.visit_id, message, f"line {number}")
            done("chat", message)
            note = await records.save_draft(elena, made.visit_id, f"note {number}", base=number)
            done("note", f"{made.visit_id} {note.version}")


def done(kind: str, what: str) -> None:
    sys.stdout.write(f"{kind} {what}\n")
    sys.stdout.flush()


async def clinician(store: Store) -> Actor:
    def work() -> Actor:
        row = Account.get_or_none() or Account.create(
            id=new_id(),
            name="Elena",
            email="elena@practice.example",
            roles=Role.CLINICIAN,
            state=State.ACTIVE,
            created_at=store.clock.now(),
        )
        return staff_actor(row)

    return await store.write(work)


if __name__ == "__main__":
    asyncio.run(write(opened(Path(sys.argv[1]))))
