"""Inviting somebody now, and everything that is seldom needed about one visit: links, guests, lateness, calling off."""

from functools import partial
from urllib.parse import quote

from nicegui import ui

from webapp.access import Actor, Role
from webapp.locale import _, clock, date, day, ngettext, zone_label
from webapp.look import widgets as w
from webapp.people.components import mending
from webapp.people.service import NAME_AT_MOST, PatientView
from webapp.post.components import LetterLine
from webapp.visits.desk_components import CodeDialog
from webapp.visits.inviting import REASON_AT_MOST
from webapp.visits.service import Visits
from webapp.visits.states import ENDED, RUNNING, SeatState, VisitState
from webapp.visits.timeline import show_events
from webapp.visits.views import GUESTS, Invitation, Kind, SeatView, VisitView
from webapp.visits.words import device_words, role_words, seat_words

OFFERED_AT_MOST = 4
LATE = (5, 10, 15, 30)


class InviteDialog:
    """A name, a number or address, and a reason: then the link. `url`: what links begin with.

    Where an assistant invites for one of several clinicians, that choice stands in place of the reason.
    """

    def __init__(self, visits: Visits, actor: Actor, url: str) -> None:
        self.visits, self.actor, self.url = visits, actor, url
        self.known: PatientView | None = None

    async def open(self) -> None:
        self.known = None
        clinicians, services = await self._clinicians(), await self._services()
        self.dialog = w.Dialog(_("Invite now"), testid="invite-dialog")
        with self.dialog:
            self.body = w.stack()
        with self.body, w.form(self._invite):
            self._fields(clinicians)
            self._service(services)
        with self.dialog.foot:
            w.button(_("Cancel"), self._close, testid="invite-cancel")
            w.primary_button(_("Make the link"), self._invite, picture="link", testid="invite-make")
        self.dialog.open()
        self.name.focus()

    def _fields(self, clinicians: dict[str, str]) -> None:
        self.name = w.text_field(
            _("Name"), maxlength=NAME_AT_MOST, on_change=self._look, testid="invite-name"
        )
        self.offers = w.element("div", "stack stack-tight")
        self.contact = w.text_field(
            _("Phone number or mail address"),
            maxlength=254,
            hint=_("To a mail address the link is sent at once. A number is for when the line fails."),
            testid="invite-contact",
        )
        self.clinician = self.reason = None
        if clinicians:
            self.clinician = w.select_field(_("With"), clinicians, testid="invite-clinician")
            self.clinician.props["data-untranslated"] = ""
        else:
            self.reason = w.text_field(_("Reason"), maxlength=REASON_AT_MOST, testid="invite-reason")

    def _service(self, services: dict[str, str]) -> None:
        """Folded: the first one offered is what most visits are for."""
        self.service = None
        if len(services) < 2:
            return
        first = next(iter(services))
        with w.element("details", "folded"):
            with w.element("summary", testid="invite-more"):
                w.text(_("Service: {name}", name=services[first]), tag="span")
            self.service = w.select_field(_("Service"), services, value=first, testid="invite-service")
            self.service.props["data-untranslated"] = ""

    async def _services(self) -> dict[str, str]:
        """Those that are offered, by key."""
        found = await self.visits.services.all(self.actor)
        return {service.key: service.words for service in found if service.offered}

    async def _clinicians(self) -> dict[str, str]:
        """Those to choose from; none where there is nothing to choose."""
        if self.actor.has(Role.CLINICIAN):
            return {}
        found = await self.visits.clinicians(self.actor)
        return {account.id: account.name for account in found} if len(found) > 1 else {}

    async def _look(self) -> None:
        """Offer the patients whose name begins to be typed, so that nobody is added twice."""
        typed = self.name.words
        if self.known is not None and typed == self.known.name:
            return
        self.known = None
        found = await self.visits.people.find(self.actor, typed) if len(typed) >= 2 else ()
        if typed != self.name.words or self.dialog.is_deleted:
            return
        self.offers.clear()
        with self.offers:
            for patient in found[:OFFERED_AT_MOST]:
                born = date(patient.birth_date) if patient.birth_date else _("birth date not known")
                known, choose = f"{patient.name} · {born}", partial(self._choose, patient)
                with w.line():
                    w.quiet_button(known, choose, picture="person", testid="invite-known")

    def _choose(self, patient: PatientView) -> None:
        self.known = patient
        self.name.value = patient.name
        self.contact.value = patient.phone or patient.email
        self.offers.clear()
        with self.offers:
            w.pill("good", _("A patient of the practice"), testid="invite-chosen")

    async def _invite(self) -> None:
        with mending({"name": self.name, "email": self.contact, "phone": self.contact}):
            made = await self.visits.invite_now(
                self.actor,
                name=self.name.words,
                contact=self.contact.words,
                reason=self.reason.words if self.reason else "",
                patient_id=self.known.id if self.known else None,
                clinician_id=self.clinician.value if self.clinician else None,
                by_mail="@" in self.contact.words,
                service=self.service.value if self.service else "",
            )
            await self._made(made)

    async def _made(self, made: Invitation) -> None:
        link, contact = self.url + made.path, self.contact.words
        self.body.clear()
        self.dialog.foot.clear()
        with self.body:
            words = _(
                "Send this link. It works at once, and again for the same person until the visit is over."
            )
            w.notice("good", words, title=_("The visit is open"))
            field = w.text_field(_("Link"), value=link, testid="invite-link")
            field.props["readonly"] = True
            with w.line():
                copy = w.copy_button(_("Copy the link"), link, kind="primary", testid="invite-copy")
                self._send(link, contact)
            await LetterLine(self.visits.outbox, self.actor, made.visit_id, made.seat_id).build()
        with self.dialog.foot:
            w.button(_("Close"), self._close, testid="invite-close")
            if self.actor.has(Role.CLINICIAN) and self.clinician is None:
                w.link_button(
                    _("Open the visit"),
                    f"/visits/{made.visit_id}/call",
                    picture="video",
                    testid="invite-open",
                )
        ui.run_javascript(
            f"getHtmlElement({copy.id})?.click()"
        )  # copied at once; the button says how that went

    def _close(self) -> None:
        self.dialog.close()

    def _send(self, link: str, contact: str) -> None:
        """The device's own message app, filled in. Nothing clinical stands in it."""
        words = quote(_("Your visit is open. Please tap: {link}", link=link))
        if contact and "@" not in contact:
            number = "".join(c for c in contact if c in "+0123456789")
            w.link_button(_("Write a message"), f"sms:{number}?body={words}", picture="message")


class VisitDialog:
    """One visit: who sits in it and their links, a further person, lateness, what happened, calling it off."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str, url: str) -> None:
        self.visits, self.actor, self.visit_id, self.url = visits, actor, visit_id, url

    async def open(self) -> None:
        visit = await self.visits.visit(self.actor, self.visit_id)
        self.dialog = w.Dialog(visit.patient, wide=True, testid="visit-dialog")
        with self.dialog:
            self.body = w.stack()
        await self._again()
        self.dialog.open()

    async def _again(self) -> None:
        visit = await self.visits.visit(self.actor, self.visit_id)
        links = await self._links(visit)
        events = await self.visits.timeline(self.actor, self.visit_id)
        self.body.clear()
        self.dialog.foot.clear()
        with self.body:
            w.text(self._when(visit), "muted")
            with w.rows(_("Who takes part")):
                for seat in visit.seats:
                    self._seat(visit, seat, links.get(seat.id, ""))
            if visit.state not in ENDED:
                self._guest()
                self._late(visit)
            with w.element("details", "folded"):
                with w.element("summary"):
                    w.text(_("What happened"), tag="span")
                show_events(events, self.actor.zone)
                if self.actor.has(Role.CLINICIAN):
                    href = f"/visits/{visit.id}/timeline"
                    w.link_button(_("Timeline"), href, picture="clock", testid="to-timeline")
        with self.dialog.foot:
            self._endings(visit)

    def _when(self, visit: VisitView) -> str:
        zone, at = self.actor.zone, visit.starts_at
        parts = (day(at, zone), clock(at, zone), zone_label(zone, at), visit.clinician, visit.reason)
        return " · ".join(part for part in parts if part)

    async def _links(self, visit: VisitView) -> dict[str, str]:
        if visit.state in ENDED:
            return {}
        seats = [seat for seat in visit.seats if seat.kind is not Kind.CLINICIAN and not seat.revoked]
        made = [await self.visits.link(self.actor, visit.id, seat.id) for seat in seats]
        return {one.seat_id: self.url + one.path for one in made}

    def _seat(self, visit: VisitView, seat: SeatView, link: str) -> None:
        parts = (role_words(seat.kind), seat_words(seat), device_words(seat.device)[0])
        said = " · ".join(part for part in parts if part)
        with w.row(seat.name, said, person=True, testid="seat-row"):
            if seat.kind is Kind.CLINICIAN or visit.state in ENDED:
                return
            if link:
                w.copy_button(_("Copy the link"), link, testid="copy-link")
                w.button(_("Read out a code"), partial(self._code, seat), testid="read-code")
                if seat.kind in GUESTS and visit.clinician_id == self.actor.id and seat.admitted:
                    w.quiet_button(_("Show out"), partial(self._remove, seat), testid="seat-remove")
                w.quiet_button(_("Revoke"), partial(self._revoke, seat), testid="revoke-link")
            elif seat.state is not SeatState.REMOVED:
                w.button(_("New link"), partial(self._renew, seat), picture="refresh", testid="renew-link")

    def _guest(self) -> None:
        with w.form(self._add_guest, "line"):
            self.guest = w.text_field(
                _("Invite a further person"),
                hint=_("They get a link of their own, and see no chart."),
                maxlength=NAME_AT_MOST,
                testid="guest-name",
            )
            roles = {kind.value: role_words(kind) for kind in GUESTS}
            self.role = w.select_field(_("As"), roles, value=GUESTS[0].value, testid="guest-role")
            w.button(_("Make the link"), self._add_guest, picture="plus", testid="guest-add")

    def _late(self, visit: VisitView) -> None:
        if visit.clinician_id != self.actor.id or visit.state in RUNNING:
            return
        with w.line():
            w.text(_("Tell who waits that you are late by"), tag="span")
            for minutes in LATE:
                words = _("{n} min", n=minutes)
                w.button(words, partial(self._tell_late, minutes), testid=f"late-{minutes}")
            if visit.late_minutes:
                told = ngettext("Told: {n} minute late", "Told: {n} minutes late", visit.late_minutes)
                w.pill("attention", told, testid="late-told")
                w.quiet_button(_("Take it back"), partial(self._tell_late, 0), testid="late-none")

    def _endings(self, visit: VisitView) -> None:
        w.button(_("Close"), self._close, testid="visit-close")
        if visit.state in (VisitState.BOOKED, VisitState.OPEN):
            if visit.starts_at <= self.visits.store.clock.now():
                w.button(_("Did not come"), partial(self._miss, visit), testid="visit-miss")
            w.danger_button(_("Cancel the visit"), partial(self._cancel, visit), testid="visit-cancel")

    def _close(self) -> None:
        self.dialog.close()

    async def _add_guest(self) -> None:
        with mending({"name": self.guest}):
            kind = Kind(self.role.value)
            await self.visits.invite_guest(self.actor, self.visit_id, name=self.guest.words, kind=kind)
            await self._again()

    async def _code(self, seat: SeatView) -> None:
        await CodeDialog(self.visits, self.actor, self.visit_id, self.url).open(seat)

    async def _revoke(self, seat: SeatView) -> None:
        lost = _("{name} can no longer come in by it, and is out if they are in.", name=seat.name)
        if await w.confirm(_("Revoke the link?"), lost, _("Revoke")):
            with mending():
                await self.visits.revoke_link(self.actor, self.visit_id, seat.id)
                await self._again()

    async def _remove(self, seat: SeatView) -> None:
        lost = _("{name} is out at once, and their link opens the visit no more.", name=seat.name)
        if await w.confirm(_("Show {name} out?", name=seat.name), lost, _("Show out")):
            with mending():
                await self.visits.remove(self.actor, self.visit_id, seat.id)
                await self._again()

    async def _renew(self, seat: SeatView) -> None:
        with mending():
            await self.visits.renew_link(self.actor, self.visit_id, seat.id)
            await self._again()

    async def _tell_late(self, minutes: int) -> None:
        with mending():
            await self.visits.running_late(self.actor, self.visit_id, minutes)
            await self._again()

    async def _miss(self, visit: VisitView) -> None:
        lost = _("The visit of {name} is closed for good, and its link opens it no more.", name=visit.patient)
        if await w.confirm(_("Did they not come?"), lost, _("Did not come")):
            with mending():
                await self.visits.miss(self.actor, self.visit_id)
                self.dialog.close()

    async def _cancel(self, visit: VisitView) -> None:
        lost = _("The visit of {name} will not take place; the link says so.", name=visit.patient)
        if await w.confirm(_("Cancel the visit?"), lost, _("Cancel the visit")):
            with mending():
                await self.visits.cancel(self.actor, self.visit_id)
                self.dialog.close()
