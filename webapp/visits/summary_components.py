"""The summary beside the note: edited as it is typed, sent by hand or with the signature."""

from pathlib import Path

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from webapp.access import Actor
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
    """What the patient will read, block by block.

    signing: the page signs too. Where the visit's service says so, the summary then goes with the signature, unless
    it is held back; never with a signature that is given where the summary is not in sight.
    """

    def __init__(
        self, visits: Visits, actor: Actor, visit_id: str, url: str, *, signing: bool = False
    ) -> None:
        wear(STYLES)
        self.visits, self.summaries, self.actor, self.visit_id = visits, visits.summaries, actor, visit_id
        self.url, self.signing, self._with_signature = url, signing, True
        self.fields: dict[Block, SummaryField] = {}
        self.state = Live(self._read, self._show_state)

    async def build(self) -> None:
        follow(self.visits.changed, self._changed)
        view = await self._read()
        self.section = w.section(_("Summary for {name}", name=view.patient), testid="summary").classes(
            "note-part"
        )
        with self.section, w.stack("small"):
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

    async def settle(self) -> bool:
        """Keep what is typed; False where something could not be kept, which its field then says."""
        return all([await field.keep() for field in self.fields.values()])

    async def signed(self) -> None:
        """The note was signed on this page: what goes with the signature goes."""
        if self._goes(await self._read()) and self._with_signature:
            await self._send()

    def _goes(self, view: SummaryView) -> bool:
        return self.signing and view.expected and view.sent_at is None and not view.empty

    async def _read(self) -> SummaryView:
        return await self.summaries.summary(self.actor, self.visit_id)

    def _show_state(self, view: SummaryView) -> None:
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
            make(_("Send to the patient"), self._send, picture="send", testid="summary-send")
            w.link_button(
                _("PDF"), f"/visits/{self.visit_id}/summary.pdf", picture="document", testid="summary-pdf"
            )
        if self._goes(view):
            w.check(
                _("Send it with my signature"),
                value=self._with_signature,
                on_change=self._choose,
                testid="summary-with-signature",
            )
        if view.feedback is not None:
            self._feedback(view.feedback)

    def _sent(self, sent: Sent, view: SummaryView) -> None:
        words = _(
            "{name} opens it with the link and these digits, until {day}:",
            name=view.patient,
            day=day(sent.code.over_at, self.actor.zone),
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
                w.copy_button(_("Copy the link"), self.url + sent.path, testid="summary-link")
            w.text(_("Say the digits, or send them another way than the link."), "small muted")

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

    async def _send(self) -> None:
        if not await self.settle():
            w.toast(_("The summary is not saved yet. See beside it why."))
            return
        with self.section, mending():  # the button that was pressed is drawn anew meanwhile
            sent = await self.summaries.send(self.actor, self.visit_id)
            view = await self._read()
            self.below.clear()
            with self.below:
                self._sent(sent, view)

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.state.again()


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
            if self.kept != typed.strip():
                self.field.value = self.kept
            return True
        return False

    def _typed(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        with self.part.section:
            self._idle = ui.timer(IDLE_S, self.keep, once=True)
