"""A practice that is served for a benchmark: `python -m benchmarks.served FOLDER PORT VISITS`.

Prints one JSON line: the clinician's cookie and the path of each visit's patient link. Started again on the same
folder it goes on with the same practice. SIGUSR1 writes lags.json, the loop's lags in milliseconds since the last one.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

from webapp.access import Actor, Role, State
from webapp.clock import Clock
from webapp.people.model import Account
from webapp.people.sessions import staff_actor
from webapp.serving import Server, configured, listen, runner
from webapp.settings import load
from webapp.store.database import Store
from webapp.store.ids import new_id
from webapp.store.keys import Keys

LAG_EVERY_S = 0.01


def main(folder: Path, port: int, visits: int) -> None:
    os.umask(0o077)
    os.environ["NICEGUI_STORAGE_PATH"] = str(folder / "nicegui")
    from webapp.build import Built, build

    settings = load(data=folder, key_file=folder / "key", port=port, password_cost="cheap")
    store = Store(folder, Keys.derive(b"k" * 32), Clock())
    store.open()
    built = build(settings, store)

    async def seeded(built: Built) -> dict[str, object]:
        elena = await store.write(_clinician)
        token = await store.write(lambda: built.sessions.start_within(_account(elena), complete=True))
        paths = []
        for number in range(visits):
            invitation = await built.visits.invite_now(elena, name=f"Patient {number}", contact="", reason="")
            paths.append(invitation.path)
        return {"cookie": {built.door.cookie("staff"): token}, "links": paths}

    seed = folder / "seed.json"
    if not seed.exists():
        seed.write_text(json.dumps(asyncio.run(seeded(built))))
    server = Server(configured(built.app, settings), lambda: print(seed.read_text(), flush=True))

    async def serve(bound: socket.socket) -> None:
        watching = asyncio.create_task(watch(folder / "lags.json"), name="watch")
        await server.serve([bound])
        watching.cancel()

    with listen("127.0.0.1", port) as bound, runner() as running:
        running.run(serve(bound))


async def watch(file: Path) -> None:
    """How much later than asked the loop comes back, 100 times a second."""
    loop, lags = asyncio.get_running_loop(), list[float]()

    def written() -> None:
        file.with_suffix(".new").write_text(json.dumps(lags))
        file.with_suffix(".new").replace(file)
        lags.clear()

    loop.add_signal_handler(signal.SIGUSR1, written)
    while True:
        asked = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        lags.append((loop.time() - asked) * 1000)


def _clinician() -> Actor:
    return staff_actor(
        Account.create(
            id=new_id(),
            name="Dr Elena Ruiz",
            email="elena@practice.example",
            roles=Role.CLINICIAN,
            state=State.ACTIVE,
            created_at=Clock().now(),
        )
    )


def _account(actor: Actor) -> Account:
    return Account.get_by_id(actor.id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
