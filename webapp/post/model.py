"""The table of letters."""

from peewee import IntegerField, TextField

from webapp.store.table import Erase, Moment, Privacy, Table


class Letter(Table):
    """One letter to one person. Its body holds `{link}` where the link comes: no token lies here."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    patient_id = TextField(index=True)
    visit_id = TextField(index=True)
    seat_id = TextField()
    kind = TextField()  # invitation, ready, summary
    address = TextField()
    subject = TextField()
    body = TextField()
    state = TextField(index=True)
    attempts = IntegerField(default=0)
    next_at = Moment()  # not tried before
    leased_until = Moment(null=True)  # somebody tries it now
    problem = TextField(default="")  # a word for what went wrong last
    made_at = Moment()
    sent_at = Moment(null=True)
