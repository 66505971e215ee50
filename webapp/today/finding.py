"""What the command palette finds: patients by name, and the things that can be done from anywhere."""

from collections.abc import Iterator, Sequence

from nicegui import ui

from webapp.access import Actor, Role
from webapp.locale import _, date
from webapp.look.palette import Command
from webapp.people.service import PatientView, People

PATIENTS_AT_MOST = 8
SIGN_OUT = "document.querySelector('[data-testid=\"sign-out\"]')?.click()"


class Finding:
    """Asked with whatever is typed, "" included; as whoever types."""

    def __init__(self, people: People) -> None:
        self.people = people

    async def __call__(self, actor: Actor, words: str) -> Sequence[Command]:
        wanted = words.casefold()
        found = [each for each in _actions(actor) if wanted in each.title.casefold()]
        if not wanted or not actor.has(Role.CLINICIAN, Role.ASSISTANT):
            return found
        patients = (await self.people.find(actor, words))[:PATIENTS_AT_MOST]
        return [*(_patient(actor, patient) for patient in patients), *found]


def _patient(actor: Actor, patient: PatientView) -> Command:
    born = date(patient.birth_date) if patient.birth_date else ""
    href = f"/patients/{patient.id}" if actor.has(Role.CLINICIAN) else f"/patients?edit={patient.id}"
    return Command(title=patient.name, detail=born, icon="person", href=href)


def _actions(actor: Actor) -> Iterator[Command]:
    if actor.has(Role.CLINICIAN, Role.ASSISTANT):
        yield Command(title=_("Invite now"), icon="video", href="/?invite=1")
        yield Command(title=_("Add a patient"), icon="plus", href="/patients?add=1")
    if actor.has(Role.CLINICIAN):
        yield Command(title=_("Open a chart in an emergency"), icon="lock", href="/break-glass")
    if actor.has(Role.ADMINISTRATOR):
        yield Command(title=_("Invite a colleague"), icon="practice", href="/practice?invite=1")
    yield Command(title=_("Your account"), icon="key", href="/account")
    yield Command(title=_("Sign out"), icon="sign-out", run=_sign_out)


def _sign_out() -> None:
    ui.run_javascript(SIGN_OUT)
