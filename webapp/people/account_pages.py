"""One's own account, on a plain page: password, language, time zone, signing out."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from webapp.access import Actor, Invalid
from webapp.budget import TooMany
from webapp.guard import STAFF, Door
from webapp.locale import LANGUAGES, _
from webapp.look.answers import too_many
from webapp.look.languages import LANGUAGE_NAMES
from webapp.look.plain import plain_page
from webapp.people.accounts import Accounts
from webapp.people.components import zones
from webapp.people.portraits import Portraits, PortraitView
from webapp.people.practice import Practice
from webapp.people.sign_in import SignIn

Text = Annotated[str, Form()]
Who = Annotated[Actor, Depends(STAFF)]


class AccountPages:
    """Every POST has been checked for its origin before it comes here."""

    def __init__(
        self, sign_in: SignIn, accounts: Accounts, portraits: Portraits, practice: Practice, door: Door
    ) -> None:
        self.sign_in, self.accounts, self.portraits = sign_in, accounts, portraits
        self.practice, self.door = practice, door
        self.router = APIRouter(dependencies=[Depends(STAFF)])
        add = self.router.add_api_route
        add("/account", self.account, methods=["GET"])
        add("/account/password", self.password, methods=["POST"])
        add("/account/place", self.place, methods=["POST"])
        add("/account/picture", self.picture, methods=["POST"])
        add("/portraits/{account_id}", self.portrait, methods=["GET"])

    async def account(self, actor: Who, done: str = "") -> Response:
        said = {
            "password": _("Your password is changed. Every other browser of yours is signed out."),
            "place": _("Saved."),
        }
        return await self._page(actor, said=said.get(done, ""))

    async def password(self, request: Request, actor: Who, old: Text = "", new: Text = "") -> Response:
        try:
            done = await self.sign_in.change_password(self.door.token(request, "staff"), old, new)
        except Invalid as wrong:
            return await self._page(actor, errors={"new": _(wrong.text, **wrong.values)}, status=422)
        except TooMany as wait:
            return too_many(round(wait.wait_s))
        if done is None:
            return await self._page(actor, errors={"old": _("This is not your password.")}, status=422)
        answer = RedirectResponse("/account?done=password", 303)
        self.door.set_cookie(answer, "staff", done.session)
        self.door.set_cookie(answer, "device", done.device)
        return answer

    async def place(self, actor: Who, language: Text = "", zone: Text = "") -> Response:
        if language not in LANGUAGES or zone not in dict(zones()):
            return await self._page(actor, errors={"zone": _("Choose one of the list.")}, status=422)
        await self.accounts.set_zone(actor, zone)
        await self.accounts.set_language(actor, language)
        answer = RedirectResponse("/account?done=place", 303)
        self.door.set_cookie(answer, "language", language)
        return answer

    async def picture(
        self, actor: Who, picture: Annotated[UploadFile | None, File()] = None, remove: Text = ""
    ) -> Response:
        """The name of the file is never read."""
        if remove:
            await self.portraits.remove(actor)
            return RedirectResponse("/account?done=place", 303)
        try:
            await self.portraits.change(actor, await picture.read() if picture else b"")
        except Invalid as wrong:
            return await self._page(actor, errors={"picture": _(wrong.text, **wrong.values)}, status=422)
        return RedirectResponse("/account?done=place", 303)

    async def portrait(self, account_id: str, actor: Who) -> Response:
        return shown(await self.portraits.portrait(actor, account_id))

    async def _page(
        self, actor: Actor, *, said: str = "", errors: dict[str, str] | None = None, status: int = 200
    ) -> Response:
        everybody = await self.accounts.all(actor)
        return plain_page(
            "people/account.html",
            title=_("Your account"),
            status=status,
            practice=self.practice.name,
            demo=self.practice.demo,
            actor=actor,
            email=next(each.email for each in everybody if each.id == actor.id),
            said=said,
            errors={"old": "", "new": "", "zone": "", "picture": "", **(errors or {})},
            languages=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
            zones=zones(),
        )


def shown(portrait: PortraitView) -> Response:
    """A picture that we made ourselves: never anything but a picture to the browser."""
    headers = {
        "Content-Disposition": f'inline; filename="portrait.{portrait.kind}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=300",
    }
    return Response(portrait.data, media_type=f"image/{portrait.kind}", headers=headers)
