"""The practice's relay (TURN): which way a visit's media goes, and credentials for one seat that last an hour.

For the check at the door they last two minutes, and count apart for the relay's quota of one name.

Source of the credentials: draft-uberti-behave-turn-rest-00, which coturn implements as `use-auth-secret`.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LASTS = timedelta(hours=1)
TRIED = timedelta(minutes=2)
RENEWED = timedelta(minutes=45)  # before they end, so that an ICE restart finds living ones


class Way(StrEnum):
    """How media may go."""

    DIRECT = "direct"  # between the devices; no relay is used
    FALLBACK = "fallback"  # between the devices, else through the relay
    ONLY = "only"  # through the relay alone: nobody learns another's address


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    username: str
    password: str
    over_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """urls: what the browsers try. rule: the practice's `off`, `fallback` or `required`."""

    urls: tuple[str, ...] = ()
    secret: str = ""
    rule: str = "off"

    @property
    def configured(self) -> bool:
        return bool(self.urls) and self.rule != "off"

    def way(self, *, only: bool) -> Way:
        """only: the visit's service wants its media relayed."""
        if not self.configured:
            return Way.DIRECT
        return Way.ONLY if only or self.rule == "required" else Way.FALLBACK

    def credentials(self, visit_id: str, seat_id: str, now: datetime, *, check: bool = False) -> Credentials:
        """For this seat of this visit and nobody else, until they end. check: for the check at the door alone."""
        over_at = now + (TRIED if check else LASTS)
        username = f"{int(over_at.timestamp())}:{visit_id}.{seat_id}{'.check' if check else ''}"
        made = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        return Credentials(username=username, password=base64.b64encode(made).decode(), over_at=over_at)

    def ice(
        self, way: Way, visit_id: str, seat_id: str, now: datetime, *, check: bool = False
    ) -> dict[str, object]:
        """What a browser is told: servers with credentials, and whether to use nothing else."""
        if way is Way.DIRECT:
            return {"servers": [], "policy": "all"}
        made = self.credentials(visit_id, seat_id, now, check=check)
        server = {"urls": list(self.urls), "username": made.username, "credential": made.password}
        return {"servers": [server], "policy": "relay" if way is Way.ONLY else "all"}


NO_RELAY = Relay()
