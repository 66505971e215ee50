"""The letters of a visit: its link, and that it is somebody's turn. First name, practice, time, link: no more."""

from dataclasses import dataclass

from webapp.access import Action, Actor, Invalid, authorize, policy
from webapp.locale import N_, _, clock, day, speaking, zone_label
from webapp.people.service import PatientView
from webapp.post.letters import NewLetter
from webapp.post.service import Outbox
from webapp.visits.inviting import Inviting
from webapp.visits.links import summary_path
from webapp.visits.model import Seat, Visit
from webapp.visits.states import ENDED, NotNow, SeatState, VisitState
from webapp.visits.views import Kind

INVITATION, READY, SUMMARY = "invitation", "ready", "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes. url: what links begin with."""

    practice: str = ""
    phone: str = ""
    url: str = ""


NOBODY = Sender()


class Mailing:
    """Writes letters into the outbox. A guest has no address: their link is given by hand."""

    def __init__(self, inviting: Inviting, outbox: Outbox, sender: Sender) -> None:
        self.inviting, self.ledger, self.store = inviting, inviting.ledger, inviting.store
        self.outbox, self.sender = outbox, sender
        outbox.link = self._link

    @policy(Action.VISIT_INVITE)
    async def send_link(self, actor: Actor, visit_id: str, seat_id: str) -> None:
        """The seat's link by mail, as often as it is asked for. Raises Invalid where no address is known, NotNow."""

        def work(_ended: list[str]) -> tuple[str, None]:
            visit, subject = self.ledger.opened(actor, Action.VISIT_READ, visit_id)
            authorize(actor, Action.VISIT_INVITE, subject)
            seat = self.ledger.seat(actor, Action.VISIT_INVITE, visit, seat_id)
            if visit.state in ENDED or seat.revoked or seat.state == SeatState.REMOVED:
                raise NotNow(visit.state, "send")
            self.invite_within(visit, seat)
            self.store.audit.record(actor, Action.VISIT_INVITE, subject, mailed=seat.id)
            return visit.id, None

        await self.ledger.change(work)
        self.outbox.put(visit_id)

    # Inside the caller's write ---------------------------------------------------------------------------

    def invite_within(self, visit: Visit, seat: Seat) -> None:
        """Raises Invalid where no address is known."""
        patient = self._patient(visit, seat)
        with speaking(patient.language):
            self._put(
                visit, seat, patient, INVITATION, _("Your visit with us"), self._invitation(visit, patient)
            )

    def ready_within(self, visit: Visit, seat: Seat) -> None:
        """It is their turn now. Raises Invalid where no address is known."""
        patient = self._patient(visit, seat)
        with speaking(patient.language):
            self._put(visit, seat, patient, READY, _("It is your turn now"), self._turn(patient))

    def summary_within(self, visit: Visit, seat: Seat) -> bool:
        """That there is a summary, and its link; the digits go another way. False where no address is known."""
        patient = self.ledger.people.view(visit.patient_id)
        if not patient.email:
            return False
        with speaking(patient.language):
            self._put(visit, seat, patient, SUMMARY, _("After your visit"), self._summary(patient))
        return True

    # Steps -----------------------------------------------------------------------------------------------

    def _patient(self, visit: Visit, seat: Seat) -> PatientView:
        patient = self.ledger.people.view(visit.patient_id)
        if seat.kind != Kind.PATIENT or not patient.email:
            raise Invalid("contact", N_("No mail address is known. Copy the link, or read out a code."))
        return patient

    def _put(
        self, visit: Visit, seat: Seat, patient: PatientView, kind: str, subject: str, body: str
    ) -> None:
        new = NewLetter(
            patient_id=patient.id,
            visit_id=visit.id,
            seat_id=seat.id,
            kind=kind,
            address=patient.email,
            subject=subject,
            body=body,
        )
        self.outbox.put_within(new)
        self.ledger.tell(visit.id, "mailed", seat.id, letter=kind)

    def _invitation(self, visit: Visit, patient: PatientView) -> str:
        if visit.state == VisitState.OPEN:
            when = _(
                "your visit with {practice} is open. Please tap this link:", practice=self.sender.practice
            )
        else:
            at, zone = visit.starts_at, patient.zone or visit.zone
            when = _(
                "your visit with {practice} is on {day} at {time}, {zone}. Please tap this link then:",
                practice=self.sender.practice,
                day=day(at, zone),
                time=clock(at, zone),
                zone=zone_label(zone, at),
            )
        easy = _("There is nothing to install, and the link can be opened again.")
        return self._letter(patient, when, "{link}", easy)

    def _turn(self, patient: PatientView) -> str:
        return self._letter(patient, _("it is your turn now. Please tap this link to come in:"), "{link}")

    def _summary(self, patient: PatientView) -> str:
        words = _(
            "{practice} has put something in writing for you after your visit. You read it here:",
            practice=self.sender.practice,
        )
        digits = _("The page asks for six digits. The practice tells you them.")
        return self._letter(patient, words, "{link}", digits)

    def _letter(self, patient: PatientView, *parts: str) -> str:
        hello = _("Hello {name},", name=first_name(patient.name))
        help_ = _("If it does not work, call {phone}.", phone=self.sender.phone) if self.sender.phone else ""
        return "\n\n".join(part for part in (hello, *parts, help_, self.sender.practice) if part) + "\n"

    def _link(self, seat_id: str, kind: str) -> str | None:
        """The whole link as it is now, inside the caller's transaction."""
        seat = Seat.select(Seat, Visit).join(Visit).where(Seat.id == seat_id).get_or_none()
        if seat is None or seat.revoked or seat.state == SeatState.REMOVED:
            return None
        if kind == SUMMARY:
            key = self.store.keys.secrets
            return self.sender.url + summary_path(key, seat.visit_id, seat.id, seat.link_version)
        if seat.visit.state in ENDED:
            return None
        return self.sender.url + self.inviting.invitation(seat).path


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""
