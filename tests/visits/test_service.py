"""Visits from the practice's side: inviting, who waits, admitting, finishing, signing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from tests.visits.conftest import Stage, token
from webapp.access import Actor, Hidden, Invalid, Refused
from webapp.people.model import Treatment
from webapp.store.audit import AuditRow
from webapp.visits.model import Seat
from webapp.visits.seats import NotReady
from webapp.visits.states import NotNow
from webapp.visits.views import Device, Invitation, Status


def test_a_visit_goes_from_the_invitation_to_the_signature(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        assert invitation.path.startswith(f"/join/{invitation.visit_id}#")
        await stage.waits(invitation)
        assert [waiting.name for waiting in await visits.waiting(cast.elena)] == ["Anna Keller"]
        await visits.admit(cast.elena, invitation.visit_id, invitation.seat_id)
        assert await visits.waiting(cast.elena) == ()
        assert await stage.state(invitation.visit_id) == "in_visit"
        note = await cast.records.note(cast.elena, invitation.visit_id)
        assert note is not None
        await visits.finish(cast.elena, invitation.visit_id)
        await cast.records.save_draft(cast.elena, invitation.visit_id, "Knee better.", base=note.version)
        await visits.sign(cast.elena, invitation.visit_id)
        assert await stage.state(invitation.visit_id) == "signed"
        signed = await cast.records.note(cast.elena, invitation.visit_id)
        assert signed is not None
        assert signed.signed

    cast.run(story())


def test_a_new_patient_needs_a_name_and_no_more(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        for contact, phone, email in (
            ("600 1", "600 1", ""),
            ("b@c.example", "", "b@c.example"),
            ("", "", ""),
        ):
            made = await stage.visits.invite_now(cast.elena, name="Ben Ode", contact=contact, reason="")
            visit = await stage.visits.visit(cast.elena, made.visit_id)
            patient = await cast.people.patient(cast.elena, visit.patient_id)
            assert (patient.name, patient.phone, patient.email) == ("Ben Ode", phone, email)
            assert visit.ends_at - visit.starts_at == timedelta(minutes=60)
        with pytest.raises(Invalid) as bad:
            await stage.visits.invite_now(cast.elena, name=" ", contact="", reason="")
        assert bad.value.field == "name"

    cast.run(story())


def test_an_assistant_names_the_clinician_who_treats_the_patient(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def invite(clinician_id: str | None) -> Invitation:
        return await visits.invite_now(
            cast.alma,
            name="",
            contact="",
            reason="",
            patient_id=cast.anna.id,
            clinician_id=clinician_id,
        )

    async def story() -> None:
        made = await invite(cast.elena.id)
        assert (await visits.visit(cast.alma, made.visit_id)).clinician == "Dr Elena Ruiz"
        for wrong in (None, cast.tom.id, cast.ada.id, "nobody"):
            with pytest.raises(Invalid):
                await invite(wrong)

    cast.run(story())


def test_an_assistant_sees_who_waits_and_may_neither_admit_nor_read(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.waits(invitation)
        (card,) = await visits.waiting(cast.alma)
        assert (card.name, card.mine) == ("Anna Keller", False)
        where = (cast.alma, invitation.visit_id)
        for refused in (
            visits.admit(*where, invitation.seat_id),
            visits.finish(*where),
            visits.remove(*where, invitation.seat_id),
            visits.sign(*where),
            visits.running_late(*where, 5),
            visits.seats.chat_since(*where),
            visits.seats.say(*where, "a", "hello"),
            visits.seats.arrive(*where, "desk"),
        ):
            with pytest.raises(Refused):
                await refused
        assert await stage.seat_state(invitation) == "waiting"

    cast.run(story())


def test_a_colleague_without_a_relation_never_learns_of_the_visit(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.waits(invitation)
        with pytest.raises(Hidden):
            await visits.visit(cast.tom, invitation.visit_id)
        today = cast.clock.now().date()
        assert await visits.waiting(cast.tom) == ()
        assert await visits.agenda(cast.tom, today, "UTC") == ()
        assert len(await visits.agenda(cast.elena, today, "UTC")) == 1
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        assert (await visits.visit(cast.tom, invitation.visit_id)).patient == "Anna Keller"
        with pytest.raises(Refused):
            await visits.admit(cast.tom, invitation.visit_id, invitation.seat_id)

    cast.run(story())


def test_a_clinician_whose_relation_has_ended_sees_her_own_visit_no_more(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    def end() -> None:
        Treatment.update(until=cast.clock.now()).where(Treatment.account == cast.elena.id).execute()

    async def story() -> None:
        invitation = await stage.invited()
        await stage.waits(invitation)
        await cast.store.write(end)
        today = cast.clock.now().date()
        assert await visits.waiting(cast.elena) == ()
        assert await visits.agenda(cast.elena, today, "UTC") == ()
        for hidden in (
            visits.visit(cast.elena, invitation.visit_id),
            visits.admit(cast.elena, invitation.visit_id, invitation.seat_id),
            visits.seats.arrive(cast.elena, invitation.visit_id, "desk"),
        ):
            with pytest.raises(Hidden):
                await hidden

    cast.run(story())


def test_the_agenda_counts_days_in_the_readers_zone(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        await stage.booked(hours=14.5)  # 23:30 in London, 00:30 of the next day in Madrid
        monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
        shown = {
            (day, zone): len(await stage.visits.agenda(cast.elena, day, zone))
            for day in (monday, tuesday)
            for zone in ("Europe/London", "Europe/Madrid")
        }
        assert shown == {
            (monday, "Europe/London"): 1,
            (monday, "Europe/Madrid"): 0,
            (tuesday, "Europe/London"): 0,
            (tuesday, "Europe/Madrid"): 1,
        }

    cast.run(story())


def test_each_person_is_admitted_apart(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        guest = await visits.invite_guest(cast.elena, invitation.visit_id, name="An interpreter")
        await stage.admitted(invitation)
        await stage.waits(guest)
        assert await stage.seat_state(guest) == "waiting"
        assert [one.name for one in await visits.waiting(cast.elena)] == ["An interpreter"]
        await visits.admit(cast.elena, invitation.visit_id, guest.seat_id)
        assert await stage.seat_state(guest) == "admitted"

    cast.run(story())


def test_nobody_is_admitted_who_has_not_tapped(stage: Stage) -> None:
    async def story() -> None:
        invitation = await stage.invited()
        with pytest.raises(NotNow):
            await stage.visits.admit(stage.cast.elena, invitation.visit_id, invitation.seat_id)

    stage.cast.run(story())


def test_two_admissions_and_two_finishes_at_once_do_it_once(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.waits(invitation)
        where = (cast.elena, invitation.visit_id)
        await asyncio.gather(*(visits.admit(*where, invitation.seat_id) for _ in range(4)))
        ended = await asyncio.gather(*(visits.finish(*where) for _ in range(4)))
        assert len(set(ended)) == 1
        kinds = [event.kind for event in await visits.timeline(*where)]
        assert kinds.count("seat admitted") == kinds.count("finished") == 1

    cast.run(story())


def test_leaving_ends_nothing_and_only_finishing_does(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        for _ in range(3):
            await visits.seats.leave(anna, invitation.visit_id)
            await visits.seats.leave(cast.elena, invitation.visit_id)
            assert await stage.state(invitation.visit_id) == "in_visit"
            await visits.seats.arrive(anna, invitation.visit_id, "phone")
            await visits.seats.arrive(cast.elena, invitation.visit_id, "desk")
            assert await stage.seat_state(invitation) == "admitted"
        await visits.finish(cast.elena, invitation.visit_id)
        with pytest.raises(Refused):
            await visits.seats.arrive(anna, invitation.visit_id, "phone")

    cast.run(story())


def test_a_visit_is_signed_after_it_is_finished_by_its_clinician_with_a_note(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        where = (cast.elena, invitation.visit_id)
        await cast.records.save_draft(*where, "x", base=0)
        with pytest.raises(NotNow):
            await visits.sign(*where)
        await cast.records.save_draft(*where, "", base=1)
        await visits.finish(*where)
        with pytest.raises(Invalid):
            await visits.sign(*where)
        assert await stage.state(invitation.visit_id) == "finished"  # both or neither
        await cast.people.share(cast.elena, cast.anna.id, cast.tom.id)
        with pytest.raises(Refused):
            await visits.sign(cast.tom, invitation.visit_id)

    cast.run(story())


def test_a_visit_without_video_can_be_finished_and_has_a_note(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        invitation = await stage.invited()
        await stage.visits.finish(cast.elena, invitation.visit_id)
        assert await cast.records.note(cast.elena, invitation.visit_id) is not None

    cast.run(story())


def test_a_running_visit_is_not_cancelled_and_a_missed_one_has_begun(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        running = await stage.invited()
        await stage.admitted(running)
        with pytest.raises(Refused):
            await visits.cancel(cast.elena, running.visit_id)
        later = await stage.booked(days=1)
        with pytest.raises(NotNow):
            await visits.miss(cast.alma, later.visit_id)
        await visits.cancel(cast.alma, later.visit_id)
        assert (await visits.seats.look(later.visit_id, token=token(later))).status is Status.CANCELLED
        missed = await stage.booked(hours=1)
        cast.clock.push(hours=2)
        await visits.miss(cast.alma, missed.visit_id)
        assert (await visits.seats.look(missed.visit_id, token=token(missed))).status is Status.OVER

    cast.run(story())


def test_somebody_shown_out_does_not_come_back(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        ended: list[str] = []
        visits.ended_sessions.listen(ended.append)
        await visits.remove(cast.elena, invitation.visit_id, invitation.seat_id)
        assert ended == [anna.session_id]
        with pytest.raises(Refused):
            await visits.seats.arrive(anna, invitation.visit_id, "phone")
        with pytest.raises(NotReady):
            await visits.seats.enter(invitation.visit_id, token=token(invitation))
        assert (
            await visits.seats.look(invitation.visit_id, token=token(invitation))
        ).status is Status.UNKNOWN

    cast.run(story())


def test_the_timeline_tells_what_happened_without_clinical_text(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        await visits.seats.say(anna, invitation.visit_id, "m1", "my knee is swollen")
        events = await visits.timeline(cast.alma, invitation.visit_id)
        assert [(event.kind, event.name) for event in events] == [
            ("open", ""),
            ("seat checking", "Anna Keller"),
            ("tapped", "Anna Keller"),
            ("seat waiting", "Anna Keller"),
            ("seat admitted", "Dr Elena Ruiz"),
            ("seat admitted", "Anna Keller"),
            ("in_visit", ""),
        ]
        assert "knee" not in repr(events)

    cast.run(story())


def test_a_change_is_told_even_if_its_caller_is_gone(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        told = asyncio.Event()
        visits.changed.listen(lambda _: told.set())
        entering = asyncio.create_task(visits.seats.enter(invitation.visit_id, token=token(invitation)))
        await asyncio.sleep(0)
        entering.cancel()
        async with asyncio.timeout(5):
            await told.wait()
        assert await stage.seat_state(invitation) == "checking"

    cast.run(story())


Call = Callable[[Stage, Actor, Invitation], Awaitable[object]]
DEVICE = Device(camera="ok", microphone="ok", browser="Safari on iPhone")
LATER = timedelta(days=1)

METHODS: dict[str, Call] = {
    "invite_now": lambda s, a, i: s.visits.invite_now(a, name="X", contact="", reason=""),
    "invite_now for a patient": lambda s, a, i: s.visits.invite_now(
        a, name="", contact="", reason="", patient_id=s.cast.anna.id, clinician_id=s.cast.elena.id
    ),
    "book": lambda s, a, i: s.visits.book(a, patient_id=s.cast.anna.id, starts_at=s.cast.clock.now() + LATER),
    "invite_guest": lambda s, a, i: s.visits.invite_guest(a, i.visit_id, name="X"),
    "clinicians": lambda s, a, i: s.visits.clinicians(a),
    "link": lambda s, a, i: s.visits.link(a, i.visit_id, i.seat_id),
    "renew_link": lambda s, a, i: s.visits.renew_link(a, i.visit_id, i.seat_id),
    "revoke_link": lambda s, a, i: s.visits.revoke_link(a, i.visit_id, i.seat_id),
    "waiting": lambda s, a, i: s.visits.waiting(a),
    "lapse": lambda s, a, i: s.visits.lapse(a),
    "agenda": lambda s, a, i: s.visits.agenda(a, s.cast.clock.now().date(), "UTC"),
    "running": lambda s, a, i: s.visits.running(a),
    "visit": lambda s, a, i: s.visits.visit(a, i.visit_id),
    "timeline": lambda s, a, i: s.visits.timeline(a, i.visit_id),
    "admit": lambda s, a, i: s.visits.admit(a, i.visit_id, i.seat_id),
    "remove": lambda s, a, i: s.visits.remove(a, i.visit_id, i.seat_id),
    "running_late": lambda s, a, i: s.visits.running_late(a, i.visit_id, 5),
    "finish": lambda s, a, i: s.visits.finish(a, i.visit_id),
    "sign": lambda s, a, i: s.visits.sign(a, i.visit_id),
    "cancel": lambda s, a, i: s.visits.cancel(a, i.visit_id),
    "miss": lambda s, a, i: s.visits.miss(a, i.visit_id),
    "arrive": lambda s, a, i: s.visits.seats.arrive(a, i.visit_id, "x"),
    "may_signal": lambda s, a, i: s.visits.seats.may_signal(a, i.visit_id, i.seat_id),
    "connect": lambda s, a, i: s.visits.seats.connect(a, i.visit_id, flows=True),
    "show_device": lambda s, a, i: s.visits.seats.show_device(a, i.visit_id, DEVICE),
    "leave": lambda s, a, i: s.visits.seats.leave(a, i.visit_id),
    "drop": lambda s, a, i: s.visits.seats.drop(a, i.visit_id, i.seat_id),
    "interrupt": lambda s, a, i: s.visits.seats.interrupt(a, i.visit_id),
    "shut_out": lambda s, a, i: s.visits.seats.shut_out(a, i.visit_id),
    "recover": lambda s, a, i: s.visits.seats.recover(a),
    "room": lambda s, a, i: s.visits.seats.room(a, i.visit_id),
    "say": lambda s, a, i: s.visits.seats.say(a, i.visit_id, "m", "hello"),
    "chat_since": lambda s, a, i: s.visits.seats.chat_since(a, i.visit_id),
    "mark opened": lambda s, a, i: s.visits.emergencies.mark(a, i.visit_id, "opened"),
    "mark": lambda s, a, i: s.visits.emergencies.mark(a, i.visit_id, "called"),
}


def test_charlie_is_refused_by_every_method(stage: Stage) -> None:
    cast = stage.cast

    async def story() -> None:
        invitation = await stage.invited()
        await stage.admitted(invitation)
        before = await stage.visits.visit(cast.elena, invitation.visit_id)
        tried = 0
        for name, call in METHODS.items():
            for stranger in (cast.charlie, cast.tom) if name in BY_OBJECT else (cast.charlie,):
                with pytest.raises(Refused):
                    await call(stage, stranger, invitation)
                tried += 1
        assert await stage.visits.visit(cast.elena, invitation.visit_id) == before
        print(f"{tried} refused")
        assert tried >= 57

    cast.run(story())


BY_OBJECT = set(METHODS) - {"invite_now", "clinicians", "waiting", "agenda", "running"}


def test_every_public_method_declares_a_policy_and_charlie_has_tried_it(stage: Stage) -> None:
    found = {
        name: getattr(service, name)
        for service in (stage.visits, stage.visits.seats, stage.visits.emergencies)
        for name in dir(service)
        if not name.startswith("_") and asyncio.iscoroutinefunction(getattr(service, name))
    }
    for name, method in found.items():
        assert hasattr(method, "__policy__"), name
    assert set(found) - set(METHODS) == {"look", "enter"}  # the link is the permission: test_links
    assert len(found) >= 32


def test_a_foreign_seat_in_the_path_is_as_unknown_as_none(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        mine, other = await stage.invited(), await stage.invited()
        for seat_id in (other.seat_id, "nobody", "x" * 5000):
            for call in (visits.admit, visits.remove, visits.link, visits.renew_link, visits.revoke_link):
                with pytest.raises(Hidden):
                    await call(cast.elena, mine.visit_id, seat_id)
        objects = {row.object_id for row in await cast.store.read(lambda: list(AuditRow.select()))}
        assert max(map(len, objects)) <= 40

    cast.run(story())


def test_the_clinicians_own_seat_has_no_link(stage: Stage) -> None:
    cast, visits = stage.cast, stage.visits

    async def story() -> None:
        invitation = await stage.invited()
        own = (await visits.visit(cast.elena, invitation.visit_id)).clinician_seat.id
        for call in (visits.link, visits.renew_link, visits.revoke_link, visits.admit, visits.remove):
            with pytest.raises(NotNow):
                await call(cast.elena, invitation.visit_id, own)
        hashes = await cast.store.read(
            lambda: [seat.link_hash for seat in Seat.select().where(Seat.id == own)]
        )
        assert hashes == [None]

    cast.run(story())


def test_a_living_socket_keeps_an_account_awake(stage: Stage) -> None:
    visits = stage.visits
    visits.watching.call_opened("elena", "v1")
    visits.watching.call_opened("elena", "v1")
    visits.watching.call_closed("elena", "v1")
    assert visits.watching.calls_of("elena") == {"v1"}
    visits.watching.call_closed("elena", "v1")
    assert not visits.watching.calls_of("elena")
