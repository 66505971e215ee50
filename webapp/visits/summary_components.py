"""The summary beside the note: edited as it is typed, sent by hand or with the signature."""

from contextlib import suppress
from pathlib import Path

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from webapp.access import Actor, Refused
from webapp.locale import _, clock, clock_seconds, day
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.look.languages import LANGUAGE_NAMES
from webapp.look.sheet import wear
from webapp.people.components import Live, mending
from webapp.visits.service import Visits
from webapp.visits.summaries import BLOCK_AT_MOST, FeedbackView, Sent, SummaryView
from webapp.visits.summary_words import HEADINGS, Block

STYLES = Path(__file__).parent / "facts.css"
IDLE_S = 0.8


class SummaryPart:
    """What the patient will read, block by block, as soon as the visit is over.

    It follows the note until somebody edits it. Where the visit's service says so it goes with the signature that the
    page gives, unless it is held back; and it goes only as it was shown.
    """

    def __init__(self, visits: Visits, actor: Actor, visit_id: str, url: str) -> None:
        wear(STYLES)
        self.visits, self.summaries, self.actor, self.visit_id = visits, visits.summaries, actor, visit_id
        self.url, self._with_signature, self._offered = url, True, False
        self.fields: dict[Block, SummaryField] = {}
        self.state = Live(self._read, self._show_state)

    async def build(self) -> None:
        self.place = w.element("div")
        follow(self.visits.changed, self._changed)
        follow(self.visits.records.changed, self._changed)
        await self._begin()

    async def _begin(self) -> None:
        view = await self._read()
        if not view.over or self.fields:
            return
        with self.place:
            self.section = w.section(_("Summary for {name}", name=view.patient), testid="summary")
        with self.section.classes("note-part"), w.stack("small"):
            if view.language != self.actor.language:
                spoken = LANGUAGE_NAMES.get(view.language, view.language)
                words = _(
                    "{name} reads {language}: write it in that language.", name=view.patient, language=spoken
                )
                w.notice("information", words).props["data-untranslated"] = ""
            for block in Block:
                self.fields[block] = SummaryField(self, block, view.blocks[block])
            await self.state.build()
            self.below = w.element("div")

    async def goes(self) -> bool:
        """Whether a signature sends it, unless it is held back here."""
        return (await self._read()).goes

    async def settle(self) -> bool:
        """Keep what is typed; False where something could not be kept, which its field then says."""
        return all([await field.keep() for field in self.fields.values()])

    def shown(self) -> dict[Block, str]:
        return {block: field.field.value or "" for block, field in self.fields.items()}

    def going(self) -> dict[Block, str] | None:
        """What goes with a signature that is given now: as it is shown, or nothing."""
        return self.shown() if self._offered and self._with_signature else None

    async def signed(self, going: dict[Block, str] | None) -> None:
        """The note was signed on this page: what was going goes."""
        if going is not None:
            await self._send(going)

    async def _read(self) -> SummaryView:
        return await self.summaries.summary(self.actor, self.visit_id)

    def _fill(self, view: SummaryView) -> None:
        for block, field in self.fields.items():
            field.hear(view.blocks[block])

    def _show_state(self, view: SummaryView) -> None:
        self._fill(view)
        self._offered = view.goes
        with w.line():
            if view.sent_at is None:
                w.pill("neutral", _("Not sent"), testid="summary-state")
            else:
                when = clock(view.sent_at, self.actor.zone)
                w.pill("good", _("Sent {time}", time=when), testid="summary-state")
                if view.changed_since:
                    w.pill("attention", _("Changed since: send it again"), testid="summary-changed")
            if view.saved_at is not None:
                w.text(
                    _("Saved {time}", time=clock_seconds(view.saved_at, self.actor.zone)),
                    "small muted",
                    tag="span",
                )
        with w.line():
            make = w.button if view.sent_at and not view.changed_since else w.primary_button
            make(_("Send to the patient"), self._press, picture="send", testid="summary-send")
            w.link_button(
                _("PDF"), f"/visits/{self.visit_id}/summary.pdf", picture="document", testid="summary-pdf"
            )
        if self._offered:
            w.check(
                _("Send it with my signature"),
                value=self._with_signature,
                on_change=self._choose,
                testid="summary-with-signature",
            )
        if view.feedback is not None:
            self._feedback(view.feedback)

    def _feedback(self, said: FeedbackView) -> None:
        words = {"yes": _("yes"), "partly": _("partly"), "no": _("no")}
        line = _(
            "The patient says: it worked: {worked}; it helped: {helped}.",
            worked=words[said.worked],
            helped=words[said.helped],
        )
        w.text(line, "small", testid="summary-feedback")

    def _choose(self, event: ValueChangeEventArguments[bool]) -> None:
        self._with_signature = event.value

    async def _press(self) -> None:
        await self._send(self.shown())

    async def _send(self, shown: dict[Block, str]) -> None:
        """What was shown when the button was pressed."""
        if not await self.settle():
            w.toast(_("The summary is not saved yet. See beside it why."))
            return
        with self.section, mending():  # the button that was pressed is drawn anew meanwhile
            sent = await self.summaries.send(self.actor, self.visit_id, shown)
            view = await self._read()
            self.below.clear()
            with self.below:
                sent_notice(sent, view.patient, self.actor, self.url)
            return
        self._fill(await self._read())

    async def _changed(self, visit_id: str) -> None:
        if visit_id != self.visit_id:
            return
        if self.fields:
            await self.state.again()
            return
        with suppress(Refused):
            await self._begin()


class SummaryField:
    """One block. `kept` is what stands on the server."""

    def __init__(self, part: SummaryPart, block: Block, text: str) -> None:
        self.part, self.block, self.kept = part, block, text
        self._idle: ui.timer | None = None
        self.field = w.textarea_field(
            _(HEADINGS[block]),
            rows=2,
            wide=True,
            value=text,
            maxlength=BLOCK_AT_MOST,
            on_change=self._typed,
            testid="summary-edit" if block is Block.FOUND else f"summary-{block}",
        )

    async def keep(self) -> bool:
        typed = self.field.value or ""
        if typed.strip() == self.kept.strip():
            return True
        with mending({self.block: self.field}):
            view = await self.part.summaries.edit(
                self.part.actor, self.part.visit_id, self.block, typed, was=self.kept
            )
            self.kept = view.blocks[self.block]
            if self.kept != typed.strip() and self.field.value == typed:
                self.field.value = self.kept
            return True
        return False

    def hear(self, text: str) -> None:
        """It stands so on the server now: shown here unless something else is being typed."""
        if text != self.kept and (self.field.value or "").strip() == self.kept.strip():
            self.field.value = self.kept = text

    def _typed(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        with self.part.section:
            self._idle = ui.timer(IDLE_S, self.keep, once=True)


def sent_notice(sent: Sent, name: str, actor: Actor, url: str) -> None:
    """With what the patient opens it: the link, and the digits, which are shown this once."""
    words = _(
        "{name} opens it with the link and these digits, until {day}:",
        name=name,
        day=day(sent.code.over_at, actor.zone),
    )
    with w.notice("information", words, testid="summary-sent"):
        w.text(sent.code.spoken, "large bold", testid="summary-code").props["data-untranslated"] = ""
        if sent.mailed:
            w.text(
                _("The link goes to them by mail: the outbox says when."),
                "small",
                testid="summary-mailed",
            )
        with w.line():
            w.copy_button(_("Copy the link"), url + sent.path, testid="summary-link")
        w.text(_("Say the digits, or send them another way than the link."), "small muted")
