"""What is seen of letters: the line beside an invitation, the outbox, the dialog that copies one."""

from functools import partial

from webapp.access import Actor
from webapp.locale import _, instant
from webapp.look import widgets as w
from webapp.look.follow import follow
from webapp.people.components import Live, mending
from webapp.post.letters import LetterState, LetterView, masked
from webapp.post.service import Outbox
from webapp.post.words import kind_words, letter_pill, letter_words, problem_words


class LetterLine:
    """What became of the last letter of one kind to one seat, as it changes."""

    def __init__(self, outbox: Outbox, actor: Actor, visit_id: str, seat_id: str) -> None:
        self.outbox, self.actor, self.visit_id, self.seat_id = outbox, actor, visit_id, seat_id
        self.live = Live(self._read, self._show)
        follow(outbox.changed, self._changed)

    async def build(self) -> None:
        await self.live.build()

    async def _read(self) -> LetterView | None:
        letters = await self.outbox.letters(self.actor, [self.visit_id])
        return next((letter for letter in letters if letter.seat_id == self.seat_id), None)

    def _show(self, letter: LetterView | None) -> None:
        if letter is None:
            return
        with w.line():
            w.pill(*letter_pill(letter))
            w.text(letter_words(letter, self.actor.zone), "small", tag="span", testid="letter-state")
            if letter.state not in (LetterState.SENT, LetterState.WITHDRAWN):
                copy = CopyLetter(self.outbox, self.actor)
                w.quiet_button(_("Copy the letter"), partial(copy.open, letter), testid="letter-copy")

    async def _changed(self, visit_id: str) -> None:
        if visit_id == self.visit_id:
            await self.live.again()


class OutboxList:
    """Every letter, newest first, with what became of it and what can be done."""

    def __init__(self, outbox: Outbox, actor: Actor) -> None:
        self.outbox, self.actor = outbox, actor
        self.live = Live(self._read, self._show)
        follow(outbox.changed, self._changed)

    async def build(self) -> None:
        if not self.outbox.posted:
            words = _(
                "No mail server is configured. Letters wait here: copy them and send them in your own way."
            )
            w.notice("attention", words, testid="outbox-no-server")
        await self.live.build()

    async def _read(self) -> tuple[LetterView, ...]:
        return await self.outbox.letters(self.actor)

    def _show(self, letters: tuple[LetterView, ...]) -> None:
        if not letters:
            words = _("No letters yet. A link that is sent by mail appears here with what became of it.")
            with w.empty_state(words, testid="outbox-empty"):
                w.link_button(_("Invite now"), "/?invite=1", picture="plus", testid="outbox-invite")
            return
        with w.rows(_("Outbox"), testid="outbox"):
            for letter in letters:
                self._row(letter)

    def _row(self, letter: LetterView) -> None:
        zone = self.actor.zone
        words = " · ".join(
            (kind_words(letter.kind), instant(letter.made_at, zone), letter_words(letter, zone))
        )
        with w.row(letter.name, words, person=True, testid="outbox-row"):
            w.pill(*letter_pill(letter))
            if letter.state is not LetterState.WITHDRAWN:
                copy = CopyLetter(self.outbox, self.actor)
                w.button(_("Copy"), partial(copy.open, letter), picture="copy", testid="outbox-copy")
            if self.outbox.posted:
                w.button(_("Send again"), partial(self._again, letter), testid="outbox-again")

    async def _again(self, letter: LetterView) -> None:
        with mending():
            await self.outbox.again(self.actor, letter.id)

    async def _changed(self, _visit_id: str) -> None:
        await self.live.again()


class CopyLetter:
    """The letter as it would be sent, to be copied into another mail program."""

    def __init__(self, outbox: Outbox, actor: Actor) -> None:
        self.outbox, self.actor = outbox, actor

    async def open(self, letter: LetterView) -> None:
        with mending():
            body = await self.outbox.text(self.actor, letter.id)
            dialog = w.Dialog(letter.subject, testid="letter-dialog")
            with dialog:
                if letter.problem:
                    w.notice("attention", problem_words(letter.problem))
                w.text(_("To {address}", address=masked(letter.address)), "muted")
                shown = w.text(body, "prose", testid="letter-text")
                shown.style("white-space: pre-wrap; overflow-wrap: anywhere")
                shown.props["data-untranslated"] = ""
            with dialog.foot:
                w.copy_button(_("Copy the address"), letter.address)
                w.copy_button(_("Copy the letter"), body, kind="primary", testid="letter-copy-text")
            dialog.open()
