"""What helps with a note: templates, snippets, and the words of last time."""

from functools import partial

from webapp.access import Actor
from webapp.locale import _, date, language
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.records.copying import plain_text
from webapp.records.note_field import NoteField
from webapp.records.outlines import Outline, outlines
from webapp.records.service import LastTime, Records
from webapp.records.snippets import TEXT_AT_MOST, Snippets, SnippetView


class NoteTools:
    """A line above the field: each press puts words where the cursor stands."""

    def __init__(self, records: Records, actor: Actor, encounter_id: str, field: NoteField) -> None:
        self.records, self.snippets, self.actor = records, records.snippets, actor
        self.encounter_id, self.field = encounter_id, field
        self.live = Live(self._read, self._show)
        follow(self.snippets.changed, self._changed)

    async def build(self) -> None:
        self.last = await self.records.last_time(self.actor, self.encounter_id)
        with w.element("div", "note-tools", role="group", aria_label=_("Words for the note")):
            with self._menu(_("Template"), "note-templates"):
                for outline in outlines(language()):
                    _item(outline.name, partial(self._begin, outline), f"template-{outline.key}")
            with w.element("div"):
                await self.live.build()
            if self.last is not None:
                w.button(
                    _("As last time"),
                    partial(self._as_last_time, self.last),
                    picture="undo",
                    classes="note-tool",
                    testid="as-last-time",
                )

    async def _read(self) -> tuple[SnippetView, ...]:
        return await self.snippets.mine(self.actor)

    def _show(self, mine: tuple[SnippetView, ...]) -> None:
        self.field.offer({snippet.name: snippet.text for snippet in mine})
        with self._menu(_("Snippets"), "note-snippets"):
            for snippet in mine:
                _item(f".{snippet.name}", partial(self.field.insert, snippet.text), "snippet")
            if not mine:
                w.text(_("Words that you write often, typed as .name"), "small muted menu-head")
            w.element("div", "menu-line")
            _item(_("Manage snippets"), self._manage, "snippets-manage")

    def _menu(self, words: str, testid: str) -> w.Holder:
        menu = w.Holder("details", "menu note-menu")
        with menu:
            with w.element("summary", "button button-secondary note-tool", testid=testid):
                w.text(words, tag="span")
                w.icon("chevron-down", "icon-small")
            menu.inside = w.element("div", "menu-sheet")
        return menu

    def _begin(self, outline: Outline) -> None:
        self.field.begin(outline.text)

    def _as_last_time(self, last: LastTime) -> None:
        self.field.insert(last.text)
        w.toast(
            _(
                "Copied from the note of {date}. ↺ marks what you have not edited.",
                date=date(last.signed_at.date()),
            )
        )

    async def _manage(self) -> None:
        await SnippetDialog(self.snippets, self.actor).open()

    async def _changed(self, account_id: str) -> None:
        if account_id == self.actor.id:
            await self.live.again()


class RecordCopy:
    """The note for another record: to the clipboard as plain text, or as a PDF."""

    def __init__(self, records: Records, actor: Actor, encounter_id: str) -> None:
        self.records, self.actor, self.encounter_id = records, actor, encounter_id
        self.live = Live(self._read, self._show)

    async def build(self) -> None:
        follow(self.records.changed, self._changed)
        await self.live.build()

    async def _read(self) -> str:
        note = await self.records.note(self.actor, self.encounter_id)
        if note is None or not note.text.strip():
            return ""
        patient = await self.records.people.patient(self.actor, note.patient_id)
        return plain_text(note, patient, self.actor.zone)

    def _show(self, text: str) -> None:
        if text:
            with w.line():
                w.copy_button(_("Copy for my record"), text, testid="copy-record")
                href = f"/notes/{self.encounter_id}/note.pdf"
                w.link_button(_("PDF"), href, picture="document", testid="note-pdf")

    async def _changed(self, encounter_id: str) -> None:
        if encounter_id == self.encounter_id:
            await self.live.again()


class SnippetDialog:
    """The actor's snippets: added, changed, removed."""

    def __init__(self, snippets: Snippets, actor: Actor) -> None:
        self.snippets, self.actor = snippets, actor
        self.live = Live(self._read, self._show)

    async def open(self) -> None:
        self.dialog = w.Dialog(_("Your snippets"), testid="snippet-dialog")
        with self.dialog:
            w.text(_("Type .name and a space in a note, and the words stand there."), "muted")
            await self.live.build()
            with w.form(self._keep):
                self.name = w.text_field(
                    _("Name"), maxlength=31, placeholder=".throat", testid="snippet-name"
                )
                self.text = w.textarea_field(
                    _("Words"), rows=5, maxlength=TEXT_AT_MOST, testid="snippet-text"
                )
        with self.dialog.foot:
            w.button(_("Close"), self._close, testid="snippets-close")
            w.primary_button(_("Keep"), self._keep, testid="snippet-keep")
        self.dialog.open()

    async def _read(self) -> tuple[SnippetView, ...]:
        return await self.snippets.mine(self.actor)

    def _show(self, mine: tuple[SnippetView, ...]) -> None:
        if not mine:
            w.empty_state(_("None yet. Write the first one below."), testid="snippets-empty")
            return
        with w.rows(_("Your snippets")):
            for snippet in mine:
                with w.row(f".{snippet.name}", " ".join(snippet.text.split())[:80], testid="snippet-row"):
                    label = _("Change {name}", name=f".{snippet.name}")
                    w.icon_button(
                        label, partial(self._change, snippet), picture="edit", testid="snippet-change"
                    )
                    label = _("Remove {name}", name=f".{snippet.name}")
                    w.icon_button(
                        label, partial(self._remove, snippet), picture="bin", testid="snippet-remove"
                    )

    def _close(self) -> None:
        self.dialog.close()

    def _change(self, snippet: SnippetView) -> None:
        self.name.value, self.text.value = f".{snippet.name}", snippet.text
        self.text.focus()

    async def _keep(self) -> None:
        with mending({"name": self.name, "text": self.text}):
            await self.snippets.keep(self.actor, self.name.words, self.text.value or "")
            self.name.value = self.text.value = ""
            self.name.focus()
        await self.live.again()

    async def _remove(self, snippet: SnippetView) -> None:
        await self.snippets.remove(self.actor, snippet.name)
        await self.live.again()
        w.toast(_("{name} is removed.", name=f".{snippet.name}"), undo=partial(self._restore, snippet))

    async def _restore(self, snippet: SnippetView) -> None:
        await self.snippets.keep(self.actor, snippet.name, snippet.text)
        await self.live.again()


def _item(words: str, press: w.Press, testid: str) -> None:
    w.Button(words, press, kind="menu", classes="menu-item", testid=testid)
