"""The practice itself: its name, and the key to its backups."""

import base64
import hashlib
import hmac
from typing import Any

from webapp.access import Action, Actor, Refused, Subject, authorize, policy
from webapp.people.model import PracticeFact
from webapp.store.database import Store

KEPT = "backup key kept"


class Practice:
    """Facts about the practice. The name and the phone numbers come from the settings."""

    def __init__(self, store: Store, *, name: str, phone: str, demo: bool, emergency: str = "112") -> None:
        self.store, self.name, self.phone, self.demo = store, name, phone, demo
        self.emergency = emergency

    @property
    def masthead(self) -> dict[str, Any]:
        """What a patient's plain page says of the practice."""
        return {"practice": self.name, "phone": self.phone, "demo": self.demo}

    @policy(Action.STAFF_MANAGE)
    async def backup_key(self, actor: Actor) -> str:
        """The key that opens backups, as an administrator is shown it until they have confirmed to keep it.

        Eight groups of seven letters and digits; the last four characters check the others. Refused once it is kept.
        """

        def work() -> str:
            subject = Subject(kind="practice", id="backup key")
            authorize(actor, Action.STAFF_MANAGE, subject)
            if PracticeFact.select().where(PracticeFact.name == KEPT).exists():
                raise Refused(actor, Action.STAFF_MANAGE, subject)
            self.store.audit.record(actor, Action.STAFF_MANAGE, subject, change="show backup key")
            return written(self.store.keys.recovery)

        return await self.store.write(work)

    @policy(Action.STAFF_MANAGE)
    async def backup_key_kept(self, actor: Actor) -> bool:
        def work() -> bool:
            authorize(actor, Action.STAFF_MANAGE, Subject(kind="practice", id="backup key"))
            return PracticeFact.select().where(PracticeFact.name == KEPT).exists()

        return await self.store.read(work)

    @policy(Action.STAFF_MANAGE)
    async def keep_backup_key(self, actor: Actor, last: str) -> bool:
        """The administrator types the last group; False if it is another."""

        def work() -> bool:
            subject = Subject(kind="practice", id="backup key")
            authorize(actor, Action.STAFF_MANAGE, subject)
            right = written(self.store.keys.recovery).rpartition("-")[2]
            if not hmac.compare_digest(right.encode(), last.strip().upper().encode()):
                return False
            PracticeFact.insert(
                name=KEPT, value=self.store.clock.now().isoformat()
            ).on_conflict_replace().execute()
            self.store.audit.record(actor, Action.STAFF_MANAGE, subject, change="keep backup key")
            return True

        return await self.store.write(work)


def written(key: bytes) -> str:
    """32 bytes and a check of four letters as groups that a person can copy by hand (RFC 4648 base 32)."""
    text = base64.b32encode(key).decode().rstrip("=")
    check = base64.b32encode(hashlib.sha256(key).digest()).decode()[:4]
    whole = text + check
    return "-".join(whole[i : i + 7] for i in range(0, len(whole), 7))
