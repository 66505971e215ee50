"""A note as it leaves for another record: plain text, or a PDF."""

from datetime import datetime

from webapp.locale import _, date, instant, language
from webapp.people.service import PatientView
from webapp.records.paper import Paper
from webapp.records.service import NoteView


def not_a_device() -> str:
    """What each document says of itself."""
    return _(
        "Written with Telepraxis, which is not a medical device. Not for emergencies or continuous monitoring: "
        "nobody is watching in real time."
    )


def stamp(name: str, moment: datetime, zone: str) -> str:
    """ "Dr Elena Ruiz, 23 Nov 2026 10:32, Madrid time (CET)"."""
    return f"{name}, {instant(moment, zone)}"


def about(note: NoteView, patient: PatientView, zone: str) -> str:
    """Whom it is about and who wrote it when: three lines."""
    born = patient.birth_date
    who = _("{name}, born {date}", name=patient.name, date=date(born)) if born else patient.name
    begun = _("Begun: {who}", who=stamp(note.author, note.created_at, zone))
    if note.signed_at is None:
        return "\n".join((who, begun, _("Draft, not signed")))
    return "\n".join((who, begun, _("Signed: {who}", who=stamp(note.author, note.signed_at, zone))))


def plain_text(note: NoteView, patient: PatientView, zone: str) -> str:
    """For the clipboard."""
    return "\n\n".join((about(note, patient, zone), note.text, *_amendments(note, zone)))


def paper(note: NoteView, patient: PatientView, zone: str, practice: str) -> Paper:
    return Paper(
        language=language(),
        practice=practice,
        title=_("Note"),
        about=about(note, patient, zone),
        blocks=[("", note.text), *(("", words) for words in _amendments(note, zone))],
        foot=not_a_device(),
    )


def _amendments(note: NoteView, zone: str) -> list[str]:
    return [
        "\n".join((_("Added by {who}", who=stamp(one.author, one.at, zone)), one.text))
        for one in note.amendments
    ]
