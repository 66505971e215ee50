"""A process that writes until it is killed, naming each write after it was acknowledged."""

import asyncio
import sys
from pathlib import Path

from webapp.access import Actor, Role, State
from webapp.clock import Clock
from webapp.people.model import Account
from webapp.people.service import NewPatient, People
from webapp.people.sessions import staff_actor
from webapp.store.database import Store
from webapp.store.ids import new_id
from webapp.store.keys import Keys


def opened(folder: Path) -> Store:
    store = Store(folder, Keys.derive(b"k" * 32), Clock())
    store.open()
    return store


async def write(store: Store) -> None:
    people, elena = People(store), await clinician(store)
    while True:
        patient = await people.add_patient(elena, NewPatient(name="Somebody"))
        sys.stdout.write(patient.id + "\n")
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
