"""The demo's own door: its clinician signs in by an address, from this machine alone."""

import hashlib
import hmac
import ipaddress

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from webapp.guard import PUBLIC, Door
from webapp.look.answers import not_found
from webapp.people.sign_in import SignIn
from webapp.settings import Settings


class DemoPages:
    """Exists in a demo only, which listens on this machine only; every other visitor finds nothing here."""

    def __init__(
        self, settings: Settings, sign_in: SignIn, door: Door, clinician_id: str, token: str
    ) -> None:
        self.settings, self.sign_in, self.door = settings, sign_in, door
        self.clinician_id, self._token = clinician_id, token
        self.router = APIRouter(dependencies=[Depends(PUBLIC)])
        self.router.add_api_route("/demo/clinician/{token}", self.enter)

    @property
    def path(self) -> str:
        return f"/demo/clinician/{self._token}"

    async def enter(self, request: Request, token: str) -> Response:
        """Any number of times, in any number of browsers."""
        right = hmac.compare_digest(token.encode(), self._token.encode())
        if not (right and self.settings.demo and self.settings.loopback and self._near(request)):
            return not_found()
        answer = RedirectResponse("/", 303)
        self.door.set_cookie(answer, "staff", await self.sign_in.enter_demo(self.clinician_id))
        return answer

    def _near(self, request: Request) -> bool:
        try:
            return ipaddress.ip_address(self.door.address(request.scope)).is_loopback
        except ValueError:
            return False


def demo_token(key: bytes, clinician_id: str) -> str:
    """256 bits, the same whenever this demo starts."""
    return hmac.new(key, f"demo clinician {clinician_id}".encode(), hashlib.sha256).hexdigest()
