"""What is seen of visits: who waits, the day, inviting, the timeline, the note beside a call."""

from webapp.access import Actor
from webapp.locale import _
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.records.components import NoteEditor
from webapp.records.service import NoteView
from webapp.visits.service import Visits
from webapp.visits.states import ENDED


class PanelNote:
    """The note beside the call, and the button that signs it with its visit once that is finished."""

    def __init__(self, visits: Visits, actor: Actor, visit_id: str) -> None:
        self.visits, self.actor, self.visit_id = visits, actor, visit_id
        self.editor = NoteEditor(visits.records, actor, visit_id)
        self.signing = Live(self._read, self._show)
        follow(visits.changed, self._changed)

    async def build(self) -> None:
        with w.section(_("Note")):
            await self.editor.build()
            await self.signing.build()

    async def _read(self) -> tuple[NoteView | None, bool]:
        note = await self.visits.records.note(self.actor, self.visit_id)
        visit = await self.visits.visit(self.actor, self.visit_id)
        return note, visit.state in ENDED

    def _show(self, read: tuple[NoteView | None, bool]) -> None:
        note, ended = read
        if note is None or note.signed or not note.own:
            return
        with w.line("line-spread"):
            if ended:
                w.primary_button(_("Sign"), self._sign, picture="check", testid="sign-note")
            else:
                w.text(_("You can sign once the visit is finished."), "small muted")

    async def _sign(self) -> None:
        if not await self.editor.settle():
            w.toast(_("The note is not saved yet. See beside it why."))
            return
        lost = _("From then on it cannot be changed. You can add amendments below it.")
        if await w.confirm(_("Sign this note?"), lost, _("Sign"), danger=False):
            with mending():
                await self.visits.sign(self.actor, self.visit_id)

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.signing.again()
