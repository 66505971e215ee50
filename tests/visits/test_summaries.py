"""The summary: drafted from the note, sent by hand alone, read by its patient alone, in their language."""

import pytest

from tests.visits.conftest import Stage, token
from webapp.access import Actor, Hidden, Invalid, Refused
from webapp.budget import TooMany
from webapp.people.service import NewPatient
from webapp.records.paper import Paper
from webapp.visits.codes import ADDRESS_TRIES
from webapp.visits.service import Visits
from webapp.visits.summaries import BLOCK_AT_MOST, Sent
from webapp.visits.summary_words import Block, drafted, plain
from webapp.visits.views import Invitation

NOTE = "Assessment: URTI\nPlan: rest\nfluids\nMedicines: ibuprofen 400 mg tds prn\nReview: in a week"


def test_the_draft_is_the_notes_own_words_without_abbreviations() -> None:
    assert drafted(NOTE, "es") == {
        Block.FOUND: "A cold (infection of nose and throat)",
        Block.DO: "Rest\nfluids",
        Block.MEDICINES: "Ibuprofen 400 mg three times a day when needed",
        Block.WORRY: "",
        Block.NEXT: "In a week",
    }
    assert plain("1 tableta c/8h", "es") == "1 tableta cada 8 horas"
    assert drafted("Assessment: well. Plan: rest.", "en")[Block.FOUND] == "Well."
    assert drafted("Plan: pH again", "en")[Block.DO] == "pH again", "its own spelling"
    assert plain("kept: biddable, attend, MS, od", "en") == "kept: biddable, attend, MS, od"


@pytest.mark.parametrize("short", ["CVA", "ITU", "UTI", "UCI", "HTA", "c/8h"])
def test_an_english_note_borrows_no_spanish_meaning(short: str) -> None:
    note = f"Assessment: {short}, tds\nPlan: rest"
    assert drafted(note, "en")[Block.FOUND] == f"{short}, three times a day"
    assert drafted(note, "es")[Block.FOUND] == f"{short}, three times a day", "its headings say it is English"


def test_where_the_headings_do_not_tell_the_language_its_writers_counts() -> None:
    assert drafted("Plan: tds", "en")[Block.DO] == "Three times a day"
    assert drafted("Plan: c/8h, tds", "es")[Block.DO] == "Cada 8 horas, tds"
    mixed = drafted("Assessment: HTA, tds\nSeguimiento: c/8h, prn", "en")
    assert (mixed[Block.FOUND], mixed[Block.NEXT]) == ("HTA, tds", "c/8h, prn"), (
        "two languages: as it was written"
    )


async def finished(stage: Stage, note: str = NOTE) -> tuple[Invitation, str]:
    """A finished visit, and the token of the browser that Anna sat in."""
    invitation = await stage.invited()
    entered = await stage.visits.seats.enter(invitation.visit_id, token=token(invitation))
    anna = await stage.resolved(entered)
    await stage.visits.seats.arrive(anna, invitation.visit_id, "phone")
    await stage.visits.admit(stage.cast.elena, invitation.visit_id, invitation.seat_id)
    await stage.cast.records.save_draft(stage.cast.elena, invitation.visit_id, note, base=0)
    await stage.visits.finish(stage.cast.elena, invitation.visit_id)
    return invitation, entered.token


async def sends(visits: Visits, actor: Actor, visit_id: str) -> Sent:
    """As it is shown now."""
    shown = (await visits.summaries.summary(actor, visit_id)).blocks
    return await visits.summaries.send(actor, visit_id, shown)


async def opened(stage: Stage, sent: Sent, digits: str = "", address: str = "a") -> str | None:
    path, _, secret = sent.path.partition("#")
    return await stage.visits.summaries.open(
        path.split("/")[2], token=secret, digits=digits or sent.code.digits, address=address
    )


def test_it_is_edited_sent_and_read_with_the_link_and_the_code(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        view = await summaries.summary(*where)
        assert (view.version, view.sent_at, view.blocks[Block.DO]) == (0, None, "Rest\nfluids")
        view = await summaries.edit(*where, Block.WORRY, "If you cannot drink.", was="")
        assert view.version == 1 and view.blocks[Block.DO] == "Rest\nfluids"
        sent = await sends(stage.visits, *where)
        made = await opened(stage, sent)
        assert made is not None
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "If you cannot drink."
        view = await summaries.edit(*where, Block.WORRY, "Or breathe.", was="If you cannot drink.")
        assert view.changed_since
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "If you cannot drink.", (
            "what was sent"
        )
        await sends(stage.visits, *where)
        received = await summaries.received(invitation.visit_id, opened=made)
        assert received is not None and received.blocks[Block.WORRY] == "Or breathe."
        cast.clock.push(hours=12)
        assert await summaries.received(invitation.visit_id, opened=made) is None, "a pass is over after 12 h"
        for forged in ("", "x", "9999999999.", "9999999999.00", made[:-1] + "0", made + "0", "é.é", "٣.x"):
            assert await summaries.received(invitation.visit_id, opened=forged) is None

    cast.run(story())


def test_only_what_was_shown_is_sent(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        shown = (await summaries.summary(*where)).blocks
        await cast.records.save_draft(*where, NOTE.replace("rest", "bed rest"), base=1)
        with pytest.raises(Invalid) as refusal:
            await summaries.send(*where, shown)
        assert refusal.value.field == "summary"
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.sent_at is None
        assert (await summaries.summary(*where)).version == 0, "nothing was kept by the refusal"
        shown = (await summaries.summary(*where)).blocks
        await summaries.send(*where, shown)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.blocks == {b: text for b, text in shown.items() if text}

    cast.run(story())


def test_of_two_who_edit_one_block_nothing_is_lost(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        where = (cast.elena, invitation.visit_id)
        await summaries.edit(*where, Block.DO, "Rest\nfluids\ntea", was="Rest\nfluids")
        view = await summaries.edit(*where, Block.DO, "Rest well\nfluids", was="Rest\nfluids")
        assert view.blocks[Block.DO] == "Rest well\nfluids\ntea"

    cast.run(story())


def test_the_browser_of_the_visit_needs_no_code_for_a_day(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and (received.sent_at, received.blocks) == (None, {})
        other, _ = await finished(stage)
        assert await summaries.received(other.visit_id, session=session) is None
        sent = await sends(stage.visits, cast.elena, invitation.visit_id)
        received = await summaries.received(invitation.visit_id, session=session)
        assert received is not None and received.blocks[Block.DO] == "Rest\nfluids"
        cast.clock.push(hours=24)
        assert await summaries.received(invitation.visit_id, session=session) is None

        async def asked(session: str, digits: str) -> str | None:
            where = invitation.visit_id
            return await summaries.open(where, token="", digits=digits, address=digits, session=session)

        _, elsewhere = await finished(stage)
        assert await asked(elsewhere, sent.code.digits) is None, "the same patient's cookie of another visit"
        assert await asked(session, "000000" if sent.code.digits != "000000" else "111111") is None
        made = await asked(session, sent.code.digits)  # it came by the link: then the code is enough
        assert made is not None and await summaries.received(invitation.visit_id, opened=made)

    cast.run(story())


def test_a_running_visit_has_no_summary_for_its_patient(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation = await stage.invited()
        entered = await stage.visits.seats.enter(invitation.visit_id, token=token(invitation))
        assert await summaries.received(invitation.visit_id, session=entered.token) is None
        with pytest.raises(Refused):
            await sends(stage.visits, cast.elena, invitation.visit_id)

    cast.run(story())


def test_the_link_that_the_patient_came_in_by_opens_it_too_with_the_code(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        guest = await visits.invite_guest(cast.elena, invitation.visit_id, name="A daughter")
        other, _ = await finished(stage)
        await cast.records.save_draft(cast.elena, invitation.visit_id, NOTE, base=0)
        await visits.finish(cast.elena, invitation.visit_id)
        sent = await sends(visits, cast.elena, invitation.visit_id)
        cast.clock.push(hours=30)

        async def tried(made: Invitation, digits: str, address: str) -> str | None:
            return await visits.summaries.open(
                invitation.visit_id, token=token(made), digits=digits, address=address
            )

        wrong = "000000" if sent.code.digits != "000000" else "111111"
        assert await tried(guest, sent.code.digits, "a") is None, "another seat of the visit"
        assert await tried(other, sent.code.digits, "b") is None, "the same patient's seat of another visit"
        assert await tried(invitation, wrong, "c") is None, "the link alone"
        made = await tried(invitation, sent.code.digits, "d")
        assert made is not None and await visits.summaries.received(invitation.visit_id, opened=made)

    cast.run(story())


def test_guesses_are_counted_and_their_answer_tells_nothing(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        invitation, _ = await finished(stage)
        sent = await sends(stage.visits, cast.elena, invitation.visit_id)
        wrong = "000000" if sent.code.digits != "000000" else "111111"
        assert await opened(stage, sent, wrong, "b") is None
        bare = Sent(path=sent.path.partition("#")[0] + "#guess", code=sent.code)
        assert await opened(stage, bare, address="c") is None, "the code alone opens nothing"
        unknown = Sent(path="/join/unknown/summary#" + "0" * 64, code=sent.code)
        assert await opened(stage, unknown, address="d") is None
        with pytest.raises(TooMany):
            for _ in range(ADDRESS_TRIES + 1):
                await opened(stage, sent, wrong, "e")
        assert await opened(stage, sent, address="f") is None, "after five wrong tries the code is dead"

    cast.run(story())


def test_a_summary_is_open_to_who_treats_and_written_by_its_clinician(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, _ = await finished(stage)
        visit_id = invitation.visit_id
        for stranger in (cast.tom, cast.alma, cast.ada, cast.charlie):
            with pytest.raises(Refused):
                await summaries.summary(stranger, visit_id)
            with pytest.raises(Refused):
                await summaries.edit(stranger, visit_id, Block.DO, "x", was="")
            with pytest.raises(Refused):
                await summaries.send(stranger, visit_id, {})
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert not (await summaries.summary(cast.tom, visit_id)).writable
        with pytest.raises(Refused) as refusal:
            await summaries.send(cast.tom, visit_id, {})
        assert not isinstance(refusal.value, Hidden)
        with pytest.raises(Invalid):
            await summaries.edit(cast.elena, visit_id, Block.DO, "x" * (BLOCK_AT_MOST + 1), was="")

    cast.run(story())


def test_what_was_signed_and_not_sent_is_named_for_a_week(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        (held, _), (sent, _), (empty, _), (_unsigned, _) = [
            await finished(stage, note) for note in (NOTE, NOTE, "Only words.", NOTE)
        ]
        for made in (held, sent, empty):
            await visits.sign(cast.elena, made.visit_id)
        await sends(visits, cast.elena, sent.visit_id)
        (named,) = await visits.summaries.unsent(cast.elena)
        assert (named.visit_id, named.patient) == (held.visit_id, "Anna Keller")
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert await visits.summaries.unsent(cast.tom) == (), "another clinician's visit"
        for stranger in (cast.alma, cast.ada, cast.charlie):
            with pytest.raises(Refused):
                await visits.summaries.unsent(stranger)
        cast.clock.push(days=7, seconds=1)
        assert await visits.summaries.unsent(cast.elena) == ()

    cast.run(story())


def test_an_empty_summary_is_not_sent(stage: Stage) -> None:
    async def story() -> None:
        invitation, _ = await finished(stage, "Only words.")
        with pytest.raises(Invalid):
            await sends(stage.visits, stage.cast.elena, invitation.visit_id)

    stage.cast.run(story())


def test_what_the_patient_says_is_kept_once(stage: Stage) -> None:
    cast, summaries = stage.cast, stage.visits.summaries

    async def story() -> None:
        invitation, session = await finished(stage)
        visit_id = invitation.visit_id
        assert not await summaries.say(visit_id, worked="yes", helped="no", session="x" * 43)
        with pytest.raises(Invalid):
            await summaries.say(visit_id, worked="yes", helped="perhaps", session=session)
        assert await summaries.say(visit_id, worked="yes", helped="partly", session=session)
        assert await summaries.say(visit_id, worked="no", helped="no", session=session), "told thanks again"
        said = (await summaries.summary(cast.elena, visit_id)).feedback
        assert said is not None and (said.worked, said.helped) == ("yes", "partly")

    cast.run(story())


def test_every_european_name_is_printed() -> None:
    names = "Łukasz Őze, Şahin Ğül, Ștefan Țîrlea, Žofie Ďurišová, Ñandú Íñigo, Søren Æbelø, Ελένη, Жанна"
    made = Paper(
        language="es",
        practice="Praxis",
        title="Su resumen",
        about=names,
        blocks=[("Qué hacer", names)],
        foot="No.",
    ).pdf()
    assert made.startswith(b"%PDF-") and len(made) > 5000


def test_the_link_goes_by_mail_and_neither_digits_nor_a_clinical_word_with_it(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        new = NewPatient(name="Eva Roca", email="eva@example.org", language="en")
        eva = await cast.people.add_patient(cast.elena, new)
        made = await visits.invite_now(cast.elena, name="", contact="", reason="Knee", patient_id=eva.id)
        await visits.seats.enter(made.visit_id, token=token(made))
        await visits.admit(cast.elena, made.visit_id, made.seat_id)
        await cast.records.save_draft(cast.elena, made.visit_id, NOTE, base=0)
        await visits.finish(cast.elena, made.visit_id)
        sent = await sends(visits, cast.elena, made.visit_id)
        assert sent.mailed
        letters = await visits.outbox.letters(cast.elena, [made.visit_id])
        letter = next(one for one in letters if one.kind == "summary")
        text = await visits.outbox.text(cast.elena, letter.id)
        assert sent.path in text and "Eva" in text
        for word in (sent.code.digits, sent.code.spoken, "Roca", "cold", "ibuprofen", "Knee"):
            assert word not in text + letter.subject
        assert (await opened(stage, sent)) is not None

    cast.run(story())
