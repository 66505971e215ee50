"""A visit on the served practice, with words of the test's choosing in every field that is shown anywhere."""

from dataclasses import dataclass
from datetime import date

from tests.live import Live
from webapp.people.service import NewPatient, PatientView
from webapp.records.chart import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    patient: PatientView
    visit_id: str
    seat_id: str
    link: str

    @property
    def pages(self) -> dict[str, str]:
        """Every page of staff that shows something of this visit: address -> who opens it."""
        return {
            "/": "elena",
            "/patients": "elena",
            f"/patients/{self.patient.id}": "elena",
            f"/notes/{self.visit_id}": "elena",
            f"/visits/{self.visit_id}/call": "elena",
            f"/visits/{self.visit_id}/panel": "elena",
            f"/visits/{self.visit_id}/timeline": "elena",
            "/sign": "elena",
            "/practice": "ada",
            "/account": "elena",
        }


def staged(live: Live, words: str) -> Staged:
    """Anna's namesake with `words` in every text that staff or a patient can write."""
    return live.call(_staged(live, words))


async def _staged(live: Live, words: str) -> Staged:
    built, elena = live.built, live.actors["elena"]
    new = NewPatient(name=words[:110], birth_date=date(1950, 1, 1), phone=words[:40], address=words[:300])
    patient = await built.people.add_patient(elena, new)
    for kind in EntryKind:
        await built.charts.add(elena, patient.id, kind, words[:200], words[:300])
    invited = await built.visits.invite_now(
        elena, name="", contact="", reason=words[:200], patient_id=patient.id
    )
    entered = await built.visits.seats.enter(invited.visit_id, token=invited.path.partition("#")[2])
    seat = await built.visits.sessions.resolve(entered.token)
    assert seat is not None
    await built.visits.seats.arrive(seat, invited.visit_id, "phone")
    await built.visits.admit(elena, invited.visit_id, invited.seat_id)
    await built.visits.seats.say(seat, invited.visit_id, "chat-" + seat.id, words)
    await built.records.save_draft(elena, invited.visit_id, words, base=0)
    return Staged(patient=patient, visit_id=invited.visit_id, seat_id=invited.seat_id, link=invited.path)
