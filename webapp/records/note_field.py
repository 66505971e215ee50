"""The field that a note is typed into: saved as it is typed, and never silent about what is not saved."""

import asyncio

from nicegui import ui
from nicegui.events import GenericEventArguments

from webapp.access import Actor, Invalid, Refused
from webapp.locale import _, clock_seconds, language, number, speaking
from webapp.records.service import NOTE_AT_MOST, NoteView, Records, Stale
from webapp.store.errors import Full


class NoteField(ui.element, component="note_field.js"):
    """One's own draft. The browser sends {text, base, turn} and is answered by the method `answered`.

    A save is taken once however often it is sent: what this page saved last counts as the base of what follows.
    """

    def __init__(self, records: Records, actor: Actor, note: NoteView) -> None:
        super().__init__()
        self._records, self._actor, self._encounter_id = records, actor, note.encounter_id
        self._version = note.version
        self._spoken = language()
        self._saving = asyncio.Lock()
        self.props["note"] = note.encounter_id
        self.props["text"] = note.text
        self.props["version"] = note.version
        self.props["saved"] = self._when(note)
        self.props["limit"] = NOTE_AT_MOST
        self.props["words"] = field_words()
        self.on("save", self._save)

    @property
    def saving(self) -> bool:
        """Whether a save of this page's own is under way."""
        return self._saving.locked()

    async def settle(self) -> bool:
        """Save now what is typed. False if something stays unsaved; the field then says why."""
        try:
            return await self.run_method("settle", timeout=8) is True
        except TimeoutError:
            return False

    async def left(self) -> str | None:
        """What is typed and not saved; None if the browser does not say."""
        try:
            text = await self.run_method("left", timeout=8)
        except TimeoutError:
            return None
        return text if isinstance(text, str) else None

    def hear(self, note: NoteView) -> None:
        """The note was saved elsewhere: shown here unless something unsaved stands here."""
        if note.version > self._version:
            self.run_method("heard", self._standing(note))

    async def _save(self, event: GenericEventArguments) -> None:
        asked = event.args if isinstance(event.args, dict) else {}
        text, base, turn = asked.get("text"), asked.get("base"), asked.get("turn")
        if isinstance(text, str) and isinstance(base, int) and isinstance(turn, int):
            async with self._saving:
                with speaking(self._spoken):
                    answer = await self._answer(text, max(base, self._version))
            self.run_method("answered", {"turn": turn, **answer})

    async def _answer(self, text: str, base: int) -> dict[str, object]:
        try:
            note = await self._records.save_draft(self._actor, self._encounter_id, text, base=base)
        except Stale as stale:
            return {"outcome": "stale", **self._standing(stale.current)}
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
        self._version = note.version
        return {"outcome": "saved", **self._standing(note), "text": ""}

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
        "nothing": _("Saved as you type"),
        "saving": _("Saving"),
        "offline": _("Not saved: no connection. Go on typing; it is sent as soon as the line is back."),
        "silent": _("Not saved yet: the server does not answer. Keep this page open."),
        "long": _("Not saved: a note has at most {limit} characters.", limit=limit),
        "stale": _("Not saved: this note was changed elsewhere."),
        "twice": _("This note was changed elsewhere while you typed."),
        "choose": _("Nothing is lost. Both texts are here: choose the one that counts."),
        "mine": _("Yours, typed here"),
        "theirs": _("Elsewhere"),
        "useMine": _("Use this one"),
        "takeOther": _("Take the other"),
        "aside": _("Your text was laid aside."),
        "bringBack": _("Bring it back"),
    }
