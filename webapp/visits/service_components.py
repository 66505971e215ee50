"""The practice's services as an administrator sees and changes them."""

from dataclasses import replace
from functools import partial

from webapp.access import Actor
from webapp.locale import _
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.visits.relay import Relay, Way
from webapp.visits.services import NAME_AT_MOST, After, Services, ServiceView


class ServiceList:
    """Every service, the way its media goes, and what the patient receives afterwards."""

    def __init__(self, services: Services, relay: Relay, actor: Actor) -> None:
        self.services, self.relay, self.actor = services, relay, actor
        self.live = Live(self._read, self._show)
        follow(services.changed, self._changed)

    async def build(self) -> None:
        w.notice("information", self._about_the_relay(), testid="relay-state")
        await self.live.build()

    def _about_the_relay(self) -> str:
        if not self.relay.configured:
            return _(
                "No relay is configured: every call goes directly between the devices, and each device learns the "
                "other's internet address."
            )
        if self.relay.rule == "required":
            return _("The practice's settings send every call through the relay.")
        return _(
            "A call goes directly between the devices where it can, unless its service uses the relay alone."
        )

    async def _read(self) -> tuple[ServiceView, ...]:
        return await self.services.all(self.actor)

    def _show(self, services: tuple[ServiceView, ...]) -> None:
        with w.rows(_("Services")):
            for service in services:
                detail = " · ".join((self._way(service), after_words(service.after)))
                with w.row(service.words, detail, testid="service-row"):
                    if not service.offered:
                        w.pill("neutral", _("Not offered"))
                    dialog = ServiceDialog(self.services, self.actor)
                    w.button(_("Change"), partial(dialog.open, service), testid="service-change")

    def _way(self, service: ServiceView) -> str:
        match self.relay.way(only=service.relay_only):
            case Way.ONLY:
                return _("Through the relay alone")
            case Way.FALLBACK:
                return _("Directly, else through the relay")
            case Way.DIRECT:
                return (
                    _("Directly; through the relay alone once there is one")
                    if service.relay_only
                    else _("Directly between the devices")
                )

    async def _changed(self, _key: str) -> None:
        await self.live.again()


class ServiceDialog:
    """One service: its name, whether its media is relayed only, what is sent, whether it is offered."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self.services, self.actor = services, actor

    def open(self, service: ServiceView) -> None:
        self.service = service
        self.dialog = w.Dialog(service.words, testid="service-dialog")
        with self.dialog, w.form(self._save):
            self.name = w.text_field(
                _("Name"),
                value=service.name,
                maxlength=NAME_AT_MOST,
                hint=_("Empty: as we call it, in the reader's language."),
                testid="service-name",
            )
            self.relay_only = w.check(
                _("Through the relay alone: neither side learns the other's internet address"),
                value=service.relay_only,
                testid="service-relay",
            )
            ways = {each.value: after_words(each) for each in After}
            self.after = w.select_field(
                _("After the visit"), ways, value=service.after, testid="service-after"
            )
            self.offered = w.check(
                _("Offered when inviting"), value=service.offered, testid="service-offered"
            )
        with self.dialog.foot:
            w.button(_("Cancel"), self.dialog.close, testid="service-cancel")
            w.primary_button(_("Save"), self._save, testid="service-save")
        self.dialog.open()

    async def _save(self) -> None:
        new = replace(
            self.service,
            name=self.name.words,
            relay_only=bool(self.relay_only.value),
            after=After(self.after.value),
            offered=bool(self.offered.value),
        )
        with mending({"name": self.name}):
            await self.services.change(self.actor, new)
            self.dialog.close()


def after_words(after: After) -> str:
    return {
        After.SUMMARY: _("a summary goes to the patient with the signature"),
        After.BY_HAND: _("a summary goes only if it is sent by hand"),
    }[after]
