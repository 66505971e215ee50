"""The field that a note is typed into: saved as it is typed, and never silent about what is not saved."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from webapp.access import Actor, Invalid, Refused
from webapp.locale import _, clock_seconds, language, number, speaking
from webapp.records.service import NOTE_AT_MOST, NoteView, Records, Saved
from webapp.store.errors import Full


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """version: what stands in the field and is saved; None where something is not, and the field says why.

    unread: what somebody else wrote came into it just now, so that nobody can have read it.
    """

    version: int | None
    unread: bool = False


class NoteField(ui.element, component="note_field.js"):
    """A draft that the reader may write in. The browser sends {text, base, id}; the method `answered` answers it.

    A save is taken once however often it is sent. What was saved elsewhere since its base is joined with it.
    """

    def __init__(
        self, records: Records, actor: Actor, note: NoteView, behind: Callable[[], Awaitable[None]]
    ) -> None:
        """`behind` is called when somebody else saved while a save of this page's own was under way."""
        super().__init__()
        self._behind, self._told_while_saving = behind, 0
        self._records, self._actor, self._encounter_id = records, actor, note.encounter_id
        self._shown = note.version
        self._spoken = language()
        self._saving = asyncio.Lock()
        self.props["note"] = note.encounter_id
        self.props["text"] = note.text
        self.props["version"] = note.version
        self.props["saved"] = self._when(note)
        self.props["limit"] = NOTE_AT_MOST
        self.props["words"] = field_words()
        self.props["snippets"] = {}
        self.props["keeping"] = records.keeping_key(actor, note.encounter_id)
        self.on("save", self._save)

    @property
    def saving(self) -> bool:
        """Whether a save of this page's own is under way."""
        return self._saving.locked()

    async def settle(self) -> Settled:
        """Save now what is typed, and say what then stands in the field."""
        try:
            found = await self.run_method("settle", timeout=8)
        except TimeoutError:
            found = None
        found = found if isinstance(found, dict) else {}
        version = found.get("version")
        return Settled(
            version=version if isinstance(version, int) else None, unread=found.get("unread") is True
        )

    async def left(self) -> str | None:
        """What is typed and not saved; None if the browser does not say."""
        try:
            text = await self.run_method("left", timeout=8)
        except TimeoutError:
            return None
        return text if isinstance(text, str) else None

    def told(self) -> None:
        """The note was saved while a save of this page's own is under way: once by that save, else by somebody else."""
        self._told_while_saving += 1

    def hear(self, note: NoteView) -> None:
        """The note was saved elsewhere: shown here unless something unsaved stands here, which joins it when saved."""
        if note.version > self._shown:
            self._shown = note.version
            with speaking(self._spoken):
                told = self._changed_words(note)
            foreign = note.saved_by != self._actor.name
            self.run_method("heard", {**self._standing(note), "told": told, "foreign": foreign})

    def insert(self, text: str) -> None:
        """Put this at the cursor, as if it had been typed."""
        self.run_method("insert", text)

    def begin(self, text: str) -> None:
        """Put a template's headings at the end."""
        self.run_method("begin", text)

    def offer(self, snippets: dict[str, str]) -> None:
        """From now on ".name" and a blank become these words."""
        self.props["snippets"] = snippets

    async def _save(self, event: GenericEventArguments) -> None:
        asked = event.args if isinstance(event.args, dict) else {}
        text, base, save_id = asked.get("text"), asked.get("base"), asked.get("id")
        if isinstance(text, str) and isinstance(base, int) and isinstance(save_id, str) and save_id:
            async with self._saving:
                self._told_while_saving = 0
                with speaking(self._spoken):
                    answer = await self._answer(text, base, save_id)
            self.run_method("answered", {"id": save_id, **answer})
            if self._told_while_saving > 1:
                await self._behind()

    async def _answer(self, text: str, base: int, save_id: str) -> dict[str, object]:
        try:
            saved = await self._records.save_draft(
                self._actor, self._encounter_id, text, base=base, save_id=save_id
            )
        except Invalid as wrong:
            return {"outcome": "refused", "why": _(wrong.text, **wrong.values)}
        except Refused:
            return {
                "outcome": "refused",
                "why": _("Not saved: this note is signed, or no longer open to you."),
            }
        except Full:
            return {
                "outcome": "refused",
                "why": _("No space is left on the server: nothing was saved"),
                "again": True,
            }
        self._shown = saved.note.version
        standing = self._standing(saved.note)
        if saved.version == saved.note.version:
            standing["text"] = ""  # the browser has it
        told = {
            "told": self._joined_words(saved),
            "foreign": saved.joined and saved.others != self._actor.name,
        }
        return {"outcome": "saved", "mine": saved.version, **told, **standing}

    def _joined_words(self, saved: Saved) -> str:
        """What became of it where somebody had saved meanwhile."""
        if not saved.joined:
            return ""
        if saved.others == self._actor.name:
            return _("Joined with what you wrote on another device.")
        return _("Joined with what {name} wrote meanwhile.", name=saved.others)

    def _changed_words(self, note: NoteView) -> str:
        if note.saved_by == self._actor.name:
            return _("Changed by you, and shown here.")
        return _("Changed by {name}, and shown here.", name=note.saved_by)

    def _standing(self, note: NoteView) -> dict[str, object]:
        return {"text": note.text, "version": note.version, "when": self._when(note)}

    def _when(self, note: NoteView) -> str:
        if note.version == 0:
            return ""
        with speaking(self._spoken):
            return _("Saved {time}", time=clock_seconds(note.saved_at, self._actor.zone))


def field_words() -> dict[str, str]:
    """What the field says by itself."""
    limit = number(NOTE_AT_MOST)
    return {
        "label": _("Note"),
        "hint": _("What brings them, what you found, what you think, what comes next"),
        "nothing": _("It saves itself as you type"),
        "saving": _("Saving"),
        "offline": _("Not saved: no connection. Go on typing; it is sent as soon as the line is back."),
        "silent": _("Not saved yet: the server does not answer. Keep this page open."),
        "long": _("Not saved: a note has at most {limit} characters.", limit=limit),
        "twice": _("Two versions of one paragraph stand in this note"),
        "choose": _("Nothing is lost: both stand between the marks ⟪ ⟫. Keep what counts; delete the rest."),
    }
