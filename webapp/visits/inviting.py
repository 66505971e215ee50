"""Making visits, seats and their links, inside the caller's write."""

from dataclasses import dataclass, replace
from datetime import datetime

from webapp.access import Action, Actor, Invalid, authorize
from webapp.locale import N_
from webapp.people.accounts import AccountView
from webapp.people.service import NewPatient, checked
from webapp.store.ids import new_id
from webapp.visits.ledger import Ledger
from webapp.visits.links import join_path, join_token, token_hash
from webapp.visits.model import Seat, Visit, VisitFact
from webapp.visits.services import known
from webapp.visits.states import SeatState, VisitState
from webapp.visits.views import Invitation, Kind

REASON_AT_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A visit to be."""

    patient_id: str
    clinician: AccountView
    starts_at: datetime
    ends_at: datetime
    zone: str
    reason: str
    state: VisitState
    service: str = ""  # a key; "" means the first one that is offered


class Inviting:
    """The steps of an invitation. Every method runs on the writer's thread, but `invitation`, which only derives."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.store, self.people = ledger, ledger.store, ledger.people

    def clinician(self, actor: Actor, wanted: str | None) -> AccountView:
        """The clinician named, else the actor, else the practice's only one. Raises Invalid."""
        offered = {account.id: account for account in self.ledger.accounts.clinicians()}
        only = next(iter(offered)) if len(offered) == 1 else ""
        chosen = offered.get(wanted or (actor.id if actor.id in offered else only))
        if chosen is None:
            raise Invalid("clinician", N_("Choose a clinician of the practice."))
        return chosen

    def add_patient(self, actor: Actor, name: str, contact: str, clinician: AccountView) -> str:
        contact = contact.strip()
        mail = "@" in contact
        new = NewPatient(
            name=name,
            email=contact if mail else "",
            phone="" if mail else contact,
            language=actor.language,
            zone=actor.zone,
        )
        return self.people.add_within(actor, checked(new), clinician_id=clinician.id).id

    def invite(self, actor: Actor, plan: Plan) -> tuple[str, Invitation]:
        patient = self.people.subject(actor, plan.patient_id)
        authorize(actor, Action.PATIENT_READ, patient)
        if not self.people.treats(replace(actor, id=plan.clinician.id), plan.patient_id):
            raise Invalid("clinician", N_("Choose a clinician who treats this patient."))
        visit = self.create(plan)
        seat = self.seat(visit, Kind.PATIENT, self.people.view(plan.patient_id).name)
        self.seat(visit, Kind.CLINICIAN, plan.clinician.name, plan.clinician.id)
        self.ledger.tell(visit.id, visit.state)
        subject = self.ledger.subject(actor, visit)
        self.store.audit.record(actor, Action.VISIT_INVITE, subject, clinician=plan.clinician.id)
        return visit.id, self.invitation(seat)

    def create(self, plan: Plan) -> Visit:
        now = self.store.clock.now()
        service = known(self.ledger.services.facts(), plan.service)
        visit: Visit = Visit.create(
            id=new_id(),
            patient_id=plan.patient_id,
            clinician_id=plan.clinician.id,
            reason=checked_reason(plan.reason),
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            zone=plan.zone,
            state=plan.state,
            created_at=now,
            opened_at=now if plan.state == VisitState.OPEN else None,
        )
        VisitFact.create(visit=visit.id, service=service)
        return visit

    def seat(self, visit: Visit, kind: Kind, name: str, account_id: str = "") -> Seat:
        seat = Seat(
            id=new_id(),
            visit=visit.id,
            kind=kind,
            account_id=account_id,
            name=name,
            state=SeatState.INVITED,
            since=self.store.clock.now(),
        )
        if kind is not Kind.CLINICIAN:
            seat.link_hash = token_hash(self.token(seat))
        seat.save(force_insert=True)
        return seat

    def token(self, seat: Seat) -> str:
        return join_token(self.store.keys.secrets, seat.id, seat.link_version)

    def invitation(self, seat: Seat) -> Invitation:
        path = join_path(seat.visit_id, self.token(seat))
        return Invitation(visit_id=seat.visit_id, seat_id=seat.id, path=path)


def checked_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > REASON_AT_MOST:
        raise Invalid("reason", N_("A reason has at most {limit} characters."), limit=REASON_AT_MOST)
    return reason
