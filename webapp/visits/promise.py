"""How somebody who left the waiting room will be told that it is their turn."""

from dataclasses import dataclass

from webapp.people.service import PatientView
from webapp.post.letters import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How somebody who left will be told: "mail" or "phone", and enough of the address to know it by."""

    by: str
    where: str


def promised(patient: PatientView) -> Promise:
    """By mail rather than by phone; `by` is empty where neither is known."""
    if patient.email:
        return Promise(by="mail", where=masked(patient.email))
    end = phone_end(patient.phone)
    return Promise(by="phone" if end else "", where=end)


def phone_end(phone: str) -> str:
    """ "…1234": enough of a number for its owner."""
    digits = "".join(each for each in phone if each.isdigit())
    return f"…{digits[-4:]}" if len(digits) >= 4 else ""
