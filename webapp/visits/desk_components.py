"""What the desk does for somebody who does not come in: a code to read out."""

from webapp.access import Actor
from webapp.locale import _, clock, zone_label
from webapp.look import widgets as w
from webapp.people.components import mending
from webapp.visits.codes import Code
from webapp.visits.service import Visits
from webapp.visits.views import SeatView


class CodeDialog:
    """Six digits, large enough to read out, with where to type them and how long they work."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str, url: str) -> None:
        self.visits, self.actor, self.visit_id, self.url = visits, actor, visit_id, url

    async def open(self, seat: SeatView) -> None:
        """The dialog stands before the code is made: whatever opened it may be shown anew by that."""
        self.seat = seat
        self.dialog = w.Dialog(_("A code for {name}", name=seat.name), testid="code-dialog")
        with self.dialog:
            self.body = w.stack()
        with self.dialog.foot:
            w.button(_("Another code"), self._another, picture="refresh", testid="code-another")
            w.primary_button(_("Done"), self._close, testid="code-done")
        self.dialog.open()
        await self._another()

    def _show(self, code: Code) -> None:
        zone = self.actor.zone
        self.body.clear()
        with self.body:
            w.text(_("They open this address in a browser:"), "muted")
            short = w.text(self.url.partition("://")[2] + "/join", "large bold", testid="code-address")
            short.props["data-untranslated"] = ""
            w.text(_("and type:"), "muted")
            digits = w.text(code.spoken, "huge bold mono", testid="code-digits")
            digits.props["data-untranslated"] = ""
            until = clock(code.over_at, zone)
            words = _("It works once, until {time}, {zone}.", time=until, zone=zone_label(zone, code.over_at))
            w.text(words, "small muted")

    def _close(self) -> None:
        self.dialog.close()

    async def _another(self) -> None:
        with mending():
            self._show(await self.visits.codes.make(self.actor, self.visit_id, self.seat.id))
