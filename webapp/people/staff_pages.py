"""The practice for its administrators: who belongs to it, in which roles, and how they are let in and out."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from fastapi import Depends
from nicegui import APIRouter

from webapp.access import Actor, Role, State
from webapp.guard import Kind, Policy
from webapp.locale import N_, _
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.frame import Frame
from webapp.people.accounts import Accounts, AccountView, Added, NewAccount
from webapp.people.components import PAGE_S, Live, mending
from webapp.people.practice import Practice

ADMINISTRATOR = Policy(Kind.STAFF, frozenset({Role.ADMINISTRATOR}))
ROLES = {
    Role.CLINICIAN: N_("Clinician"),
    Role.ASSISTANT: N_("Assistant"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
Press = Callable[[], Awaitable[None]]


class StaffPages:
    """`url`: what the practice's links begin with."""

    def __init__(self, accounts: Accounts, practice: Practice, frame: Frame, url: str) -> None:
        self.accounts, self.practice, self.frame, self.url = accounts, practice, frame, url
        self.router = APIRouter(dependencies=[Depends(ADMINISTRATOR)])
        self.router.page("/practice", response_timeout=PAGE_S)(self.staff)

    async def staff(self, actor: Annotated[Actor, Depends(ADMINISTRATOR)], invite: bool = False) -> None:
        with self.frame.page(actor, title=_("Practice"), active="/practice"):
            listed = StaffList(self.accounts, actor, self.url)
            with w.page_header(_("Practice"), self.practice.name):
                w.finder()
                w.link_button(_("Services"), "/practice/services", testid="to-services")
                w.primary_button(
                    _("Invite a colleague"), listed.invite, picture="plus", testid="invite-staff"
                )
            if not await self.practice.backup_key_kept(actor):
                words = _(
                    "Nobody has confirmed yet that the key to the backups is kept. Without it they open for no one."
                )
                with w.notice("attention", words, testid="backup-key-notice"), w.line():
                    w.link_button(_("Write it down now"), "/set-up/backup-key", picture="key")
            await listed.build()
            if invite:
                listed.invite()


class StaffList:
    """Everybody of the practice, and what can be done about each."""

    def __init__(self, accounts: Accounts, actor: Actor, url: str) -> None:
        self.accounts, self.actor, self.url = accounts, actor, url
        self.live = Live(self._read, self._show)
        follow(accounts.changed, self._changed)

    async def build(self) -> None:
        self.section = w.section(_("Staff"))
        with self.section:
            await self.live.build()

    def invite(self) -> None:
        InviteStaff(self.accounts, self.actor, self.url).open()

    async def _read(self) -> tuple[AccountView, ...]:
        return await self.accounts.all(self.actor)

    def _show(self, accounts: tuple[AccountView, ...]) -> None:
        with w.rows(_("Staff"), testid="staff"):
            for account in accounts:
                self._row(account)

    def _row(self, account: AccountView) -> None:
        roles = ", ".join(_(ROLES[role]) for role in account.roles)
        with w.row(account.name, f"{roles} · {account.email}", person=True, testid="staff-row"):
            if _is_invited(account):
                w.pill("information", _("Invited"), picture="clock")
            elif account.state is State.DISABLED:
                w.pill("neutral", _("Disabled"), picture="lock")
            if account.id == self.actor.id:
                w.pill("neutral", _("You"))
            self._menu(account)

    def _menu(self, account: AccountView) -> None:
        with w.element("details", "menu"):
            label = _("What to do about {name}", name=account.name)
            with w.element("summary", "button button-icon", aria_label=label, testid="staff-menu"):
                w.icon("more")
            with w.element("div", "menu-sheet"):
                _item("edit", _("Change roles"), partial(self._roles, account), "change-roles")
                if account.state is State.DISABLED:
                    _item("check", _("Let in again"), partial(self._enable, account), "enable")
                    return
                words = (
                    _("Make a new link") if _is_invited(account) else _("Reset password and second factor")
                )
                _item("key", words, partial(self._reset, account), "reset-factor")
                _item("lock", _("Disable"), partial(self._disable, account), "disable")

    def _roles(self, account: AccountView) -> None:
        RolesDialog(self.accounts, self.actor, account).open()

    async def _enable(self, account: AccountView) -> None:
        with self.section, mending():
            show_link(await self.accounts.enable(self.actor, account.id), self.url)

    async def _reset(self, account: AccountView) -> None:
        title = _("Reset password and second factor of {name}?", name=account.name)
        lost = _("Their password, second factor and known browsers are forgotten. A new link lets them in.")
        with self.section, mending():
            if _is_invited(account) or await w.confirm(title, lost, _("Reset")):
                show_link(await self.accounts.reset_factor(self.actor, account.id), self.url)

    async def _disable(self, account: AccountView) -> None:
        title = _("Disable {name}?", name=account.name)
        lost = _(
            "They are signed out at once, on every screen. What they wrote stays. You can let them in again."
        )
        with self.section, mending():
            if await w.confirm(title, lost, _("Disable")):
                await self.accounts.disable(self.actor, account.id)
                w.toast(_("{name} is disabled.", name=account.name))

    async def _changed(self, _account_id: str) -> None:
        await self.live.again()


def _is_invited(account: AccountView) -> bool:
    return account.state is State.INVITED


class InviteStaff:
    """Name, mail address and roles; then the link that lets them in, shown once."""

    def __init__(self, accounts: Accounts, actor: Actor, url: str) -> None:
        self.accounts, self.actor, self.url = accounts, actor, url

    def open(self) -> None:
        self.dialog = w.Dialog(_("Invite a colleague"), testid="staff-dialog")
        with self.dialog, w.form(self._invite):
            self.name = w.text_field(_("Name"), maxlength=120, testid="staff-name")
            self.email = w.text_field(_("Mail address"), kind="email", testid="staff-email")
            self.roles = RoleChecks(frozenset({Role.CLINICIAN}))
        with self.dialog.foot:
            w.button(_("Cancel"), self.dialog.close)
            w.primary_button(_("Make the link"), self._invite, testid="staff-save")
        self.dialog.open()
        self.name.focus()

    async def _invite(self) -> None:
        new = NewAccount(
            name=self.name.words,
            email=self.email.words,
            roles=self.roles.chosen,
            language=self.actor.language,
            zone=self.actor.zone,
        )
        with mending({"name": self.name, "email": self.email, "roles": self.roles}):
            added = await self.accounts.add(self.actor, new)
            self.dialog.close()
            show_link(added, self.url)


class RolesDialog:
    """What somebody may do; they sign in again everywhere."""

    def __init__(self, accounts: Accounts, actor: Actor, account: AccountView) -> None:
        self.accounts, self.actor, self.account = accounts, actor, account

    def open(self) -> None:
        self.dialog = w.Dialog(_("Roles of {name}", name=self.account.name), testid="roles-dialog")
        with self.dialog:
            w.text(_("They are signed out and sign in again with the new roles."), "muted")
            self.roles = RoleChecks(frozenset(self.account.roles))
        with self.dialog.foot:
            w.button(_("Cancel"), self.dialog.close)
            w.primary_button(_("Save"), self._save, testid="roles-save")
        self.dialog.open()

    async def _save(self) -> None:
        with mending({"roles": self.roles, "account": self.roles}):
            await self.accounts.set_roles(self.actor, self.account.id, self.roles.chosen)
            self.dialog.close()
            w.toast(_("The roles of {name} are changed.", name=self.account.name))


class RoleChecks:
    """A box for each role, and a sentence below when none will do."""

    def __init__(self, roles: frozenset[Role]) -> None:
        with w.element("fieldset", "stack stack-tight"):
            w.text(_("Roles"), "field-label", tag="legend")
            self.boxes = {
                role: w.check(_(words), value=role in roles, testid=f"role-{role}")
                for role, words in ROLES.items()
            }
            self._error = w.text("", "field-error")
            self._error.props["aria-live"] = "polite"

    @property
    def chosen(self) -> frozenset[Role]:
        return frozenset(role for role, box in self.boxes.items() if box.value)

    @property
    def error(self) -> str | None:
        return self._error.text or None

    @error.setter
    def error(self, words: str | None) -> None:
        self._error.set_text(words or "")


def show_link(added: Added, url: str) -> None:
    """The link that lets somebody in: it stands here this once and nowhere else."""
    dialog = w.Dialog(_("A link for {name}", name=added.account.name), testid="link-dialog")
    link = f"{url}/set-up#{added.token}"
    with dialog:
        w.text(_("Send it to them yourself. It works once, for 24 hours, and is shown only now."), "prose")
        w.text(link, "mono small card card-sunk", testid="set-up-link").props["data-untranslated"] = ""
    with dialog.foot:
        w.copy_button(_("Copy the link"), link, kind="primary", testid="copy-link")
        w.button(_("Done"), dialog.close, testid="link-done")
    dialog.open()


def _item(picture: str, words: str, press: Press | Callable[[], None], testid: str) -> None:
    with w.element("button", "menu-item", type="button", testid=testid) as made:
        w.icon(picture)
        w.text(words, tag="span")
    made.on("click", press, [])
