"""The tables of the record."""

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from webapp.store.files import FileField
from webapp.store.table import Erase, Moment, Privacy, Table


class ChartEntry(Table):
    """A line of the chart: a problem, an allergy or a medicine. An ended one stays, with who ended it."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    patient_id = TextField(index=True)
    kind = TextField()
    text = TextField()
    detail = TextField(default="")
    added_by = TextField()
    added_at = Moment()
    ended_by = TextField(default="")
    ended_at = Moment(null=True)


class Note(Table):
    """The note of one encounter: a draft until it is signed, then immutable."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    encounter_id = TextField(unique=True)
    patient_id = TextField(index=True)
    author_id = TextField(index=True)
    state = TextField()
    text = TextField(default="")
    version = IntegerField(default=0)
    created_at = Moment()
    saved_at = Moment()
    signed_at = Moment(null=True)
    seal = TextField(default="")  # SHA-256 over what was signed


class Amendment(Table):
    """What was added to a signed note, by whom and when."""

    privacy = Privacy(via=("note_id", "note"), erase=Erase.DELETE)

    id = AutoField()
    note = ForeignKeyField(Note, on_delete="CASCADE")
    note_id: str
    author_id = TextField()
    text = TextField()
    at = Moment()


class NoteVersion(Table):
    """A text that the note had, with who saved it. Its `text` goes once nothing can build on it any more."""

    privacy = Privacy(via=("note_id", "note"), erase=Erase.DELETE)

    id = AutoField()
    note = ForeignKeyField(Note, on_delete="CASCADE")
    note_id: str
    version = IntegerField()
    save_id = TextField(default="")  # made by the page that saved, so that a save sent again is stored once
    author_id = TextField()
    at = Moment()
    text = TextField(null=True)

    class Meta:
        indexes = ((("note", "version"), True),)


class Snippet(Table):
    """A clinician's own words for what they write often: typed as ".name"."""

    privacy = Privacy(erase=Erase.KEEP, reason="a clinician's own wording, about nobody")

    id = TextField(primary_key=True)
    account_id = TextField()
    name = TextField()
    text = TextField()
    changed_at = Moment()

    class Meta:
        indexes = ((("account_id", "name"), True),)


class Photo(Table):
    """A photo in the chart: whole and small, both made by us. What came in is remembered by its size and hash."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    patient_id = TextField(index=True)
    visit_id = TextField()
    site = TextField()
    side = TextField()
    taken_at = Moment()
    by_id = TextField()  # a seat's or an account's
    by_name = TextField()
    kind = TextField()
    width = IntegerField()
    height = IntegerField()
    received_bytes = IntegerField()
    received_sha256 = TextField()
    whole = FileField()
    small = FileField()
    small_kind = TextField()
