"""How somebody who left the waiting room will be told that it is their turn."""

from dataclasses import dataclass

from webapp.people.service import PatientView
from webapp.post.letters import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How somebody who left will be told: "mail", "phone" or "", and enough of the address to know it by."""

    by: str
    where: str


def promised(patient: PatientView, *, posted: bool) -> Promise:
    """By mail where the practice has a mail server (`posted`), else rather by phone: a letter to copy may stay."""
    end = phone_end(patient.phone)
    if patient.email and (posted or not end):
        return Promise(by="mail", where=masked(patient.email))
    return Promise(by="phone" if end else "", where=end)


def phone_end(phone: str) -> str:
    """ "…1234": enough of a number for its owner."""
    digits = "".join(each for each in phone if each.isdigit())
    return f"…{digits[-4:]}" if len(digits) >= 4 else ""
