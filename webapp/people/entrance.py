"""The plain pages at the door: signing in and out, setting up, the choice of language."""

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from webapp.access import Actor, Invalid, Role
from webapp.budget import TooMany
from webapp.guard import PUBLIC, STAFF, Door
from webapp.guard.policy import Kind
from webapp.locale import LANGUAGES, _, language
from webapp.look.answers import message, signed_out, too_many
from webapp.look.plain import plain_page
from webapp.people.accounts import Accounts
from webapp.people.practice import Practice
from webapp.people.sign_in import SignedIn, SignIn

Text = Annotated[str, Form()]
HALF = "half"


class Entrance:
    """Addresses that anybody may open. Every POST has been checked for its origin before it comes here."""

    def __init__(self, sign_in: SignIn, accounts: Accounts, practice: Practice, door: Door) -> None:
        self.sign_in, self.accounts, self.practice, self.door = sign_in, accounts, practice, door
        self.router = APIRouter(dependencies=[Depends(PUBLIC)])
        add = self.router.add_api_route
        add("/sign-in", self.ask, methods=["GET"])
        add("/sign-in", self.password, methods=["POST"])
        add("/sign-in/code", self.ask_code, methods=["GET"])
        add("/sign-in/code", self.code, methods=["POST"])
        add("/sign-out", self.sign_out, methods=["POST"])
        add("/signed-out", self.signed_out, methods=["GET"])
        add("/set-up", self.ask_set_up, methods=["GET"])
        add("/set-up", self.set_up, methods=["POST"])
        add("/set-up/factor", self.ask_factor, methods=["GET"])
        add("/set-up/factor", self.factor, methods=["POST"])
        add("/language", self.language, methods=["POST"])
        self.inside = APIRouter(dependencies=[Depends(STAFF)])
        self.inside.add_api_route("/set-up/backup-key", self.ask_backup_key, methods=["GET"])
        self.inside.add_api_route("/set-up/backup-key", self.backup_key, methods=["POST"])

    async def ask(self, request: Request) -> Response:
        if await self.door.actor(request, Kind.STAFF):
            return RedirectResponse("/", 303)
        return self._sign_in_page()

    async def password(self, request: Request, email: Text = "", password: Text = "") -> Response:
        try:
            half = await self.sign_in.password(
                email,
                password,
                device=self.door.token(request, "device"),
                client=self.door.address(request.scope),
            )
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if half is None:
            wrong = _("This address and password do not belong together.")
            return self._sign_in_page(email=email[:254], error=wrong, status=401)
        return await self._half(request, half, "/sign-in/code")

    async def ask_code(self) -> Response:
        return self._code_page()

    async def code(self, request: Request, code: Text = "") -> Response:
        half, device = self.door.token(request, HALF), self.door.token(request, "device")
        try:
            done = await self.sign_in.code(half, code, device=device)
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if done is None:
            if not await self.sign_in.halfway(half):
                return RedirectResponse("/sign-in", 303)
            return self._code_page(
                error=_("This code is not right, or was used before. Wait for the next one.")
            )
        return await self._whole(request, done, RedirectResponse("/", 303))

    async def sign_out(self, request: Request) -> Response:
        await self.sign_in.sign_out(self.door.token(request, "staff"))
        answer = RedirectResponse("/signed-out", 303)
        self.door.clear_cookie(answer, "staff")
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    async def signed_out(self) -> Response:
        return signed_out()

    async def ask_set_up(self) -> Response:
        return self._set_up_page()

    async def set_up(
        self,
        request: Request,
        token: Text = "",
        name: Text = "",
        email: Text = "",
        password: Text = "",
        zone: Text = "",
    ) -> Response:
        try:
            half = await self.sign_in.set_up(
                token, name=name, email=email, password=password, language=language(), zone=zone
            )
        except Invalid as wrong:
            again = _("Type it once more: a password is never sent back.")
            errors = {"password": again, wrong.field: _(wrong.text, **wrong.values)}
            return self._set_up_page(token=token, name=name, email=email, errors=errors, status=422)
        if half is None:
            return message(
                _("This link is used up"),
                _("Set-up links work once, for a short time. Ask the practice for a new one."),
                action=(_("Sign in"), "/sign-in"),
                status=410,
                picture="link",
                kind="attention",
            )
        return await self._half(request, half, "/set-up/factor")

    async def ask_factor(self, request: Request) -> Response:
        return await self._factor_page(request)

    async def factor(self, request: Request, code: Text = "") -> Response:
        half, device = self.door.token(request, HALF), self.door.token(request, "device")
        try:
            done = await self.sign_in.confirm(half, code, device=device)
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if done is None:
            return await self._factor_page(
                request, error=_("These digits are not right. Wait for the next ones.")
            )
        page = plain_page(
            "people/recovery.html",
            title=_("Your recovery codes"),
            codes=done.recovery_codes,
            onward="/set-up/backup-key",
        )
        return await self._whole(request, done, page)

    async def ask_backup_key(self, actor: Annotated[Actor, Depends(STAFF)]) -> Response:
        if not actor.has(Role.ADMINISTRATOR) or await self.practice.backup_key_kept(actor):
            return RedirectResponse("/", 303)
        return await self._backup_key_page(actor)

    async def backup_key(self, actor: Annotated[Actor, Depends(STAFF)], last: Text = "") -> Response:
        if not await self.practice.keep_backup_key(actor, last):
            return await self._backup_key_page(actor, error=_("This is not the last group. Look again."))
        return RedirectResponse("/", 303)

    async def language(self, request: Request, language: Text = "", back: Text = "/") -> Response:
        local = back.startswith("/") and not back.startswith(("//", "/\\"))
        answer = RedirectResponse(back if local else "/", 303)
        if language in LANGUAGES:
            self.door.set_cookie(answer, "language", language)
            if actor := await self.door.actor(request, Kind.STAFF):
                await self.accounts.set_language(actor, language)
        return answer

    # Pages ---------------------------------------------------------------------------------------------------

    def _sign_in_page(self, *, email: str = "", error: str = "", status: int = 200) -> Response:
        return plain_page(
            "people/sign_in.html",
            title=_("Sign in"),
            status=status,
            practice=self.practice.name,
            demo=self.practice.demo,
            email=email,
            error=error,
            back="/sign-in",
        )

    def _code_page(self, *, error: str = "") -> Response:
        return plain_page(
            "people/code.html",
            title=_("One more step"),
            status=401 if error else 200,
            practice=self.practice.name,
            error=error,
        )

    def _set_up_page(
        self,
        *,
        token: str = "",
        name: str = "",
        email: str = "",
        errors: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        shown = {"name": "", "email": "", "password": "", **(errors or {})}
        return plain_page(
            "people/set_up.html",
            title=_("Set up your account"),
            status=status,
            practice=self.practice.name,
            token=token,
            name=name[:120],
            email=email[:254],
            errors=shown,
            error="" if not errors else _("Please mend what is marked."),
            back="/set-up",
        )

    async def _factor_page(self, request: Request, *, error: str = "") -> Response:
        enrolment = await self.sign_in.enrolment(self.door.token(request, HALF))
        if enrolment is None:
            return RedirectResponse("/sign-in", 303)
        picture = segno.make(enrolment.address, error="m").svg_data_uri(scale=4, border=2, light="#fff")
        return plain_page(
            "people/factor.html",
            title=_("A second factor"),
            status=401 if error else 200,
            practice=self.practice.name,
            picture=picture,
            address=enrolment.address,
            secret=" ".join(enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4)),
            error=error,
        )

    async def _backup_key_page(self, actor: Actor, *, error: str = "") -> Response:
        return plain_page(
            "people/backup_key.html",
            title=_("The key to your backups"),
            status=422 if error else 200,
            practice=self.practice.name,
            key=await self.practice.backup_key(actor),
            error=error,
        )

    async def _half(self, request: Request, half: str, onward: str) -> Response:
        """Between the factors: a cookie of its own; whatever session this browser held is over."""
        await self.sign_in.sign_out(self.door.token(request, "staff"))
        answer = RedirectResponse(onward, 303)
        self.door.clear_cookie(answer, "staff")
        self.door.set_cookie(answer, HALF, half)
        return answer

    async def _whole(self, request: Request, done: SignedIn, answer: Response) -> Response:
        self.door.clear_cookie(answer, HALF)
        self.door.set_cookie(answer, "staff", done.session)
        self.door.set_cookie(answer, "device", done.device)
        return answer
