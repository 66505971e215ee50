"""The tables of people."""

from peewee import AutoField, BlobField, BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from webapp.store.files import FileField
from webapp.store.table import Erase, Moment, Privacy, Table

STAFF_ONLY = Privacy(erase=Erase.KEEP, reason="staff, no patient")


class Account(Table):
    """Somebody of the practice."""

    privacy = STAFF_ONLY

    id = TextField(primary_key=True)
    name = TextField()
    email = TextField(unique=True)  # lower case
    roles = TextField()  # sorted, comma-separated
    state = TextField()
    password_hash = TextField(default="")
    totp_secret = BlobField(null=True)  # sealed under the key for secrets
    totp_step = IntegerField(default=0)  # the last accepted one: a code works once
    language = TextField(default="en")
    zone = TextField(default="UTC")
    created_at = Moment()


class RecoveryCode(Table):
    privacy = STAFF_ONLY

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    hash = TextField()
    used_at = Moment(null=True)


class SetupLink(Table):
    """A way in for one account, once, for 30 minutes (24 h for an invited colleague)."""

    privacy = STAFF_ONLY

    hash = TextField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    expires_at = Moment()


class Session(Table):
    """A signed-in browser. `complete` once every factor was shown."""

    privacy = STAFF_ONLY

    id = TextField(primary_key=True)
    hash = TextField(unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    complete = BooleanField(default=False)
    pending_totp = BlobField(null=True)  # sealed; the factor that is being set up
    created_at = Moment()
    seen_at = Moment()
    ended_at = Moment(null=True)


class Device(Table):
    """A browser that has signed in before: it has a guessing budget of its own."""

    privacy = STAFF_ONLY

    hash = TextField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    seen_at = Moment()


class Portrait(Table):
    """The face of a member of staff."""

    privacy = STAFF_ONLY

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    account_id: str
    kind = TextField()
    file = FileField()
    at = Moment()


class Preference(Table):
    """What a member of staff has chosen for themselves, by name."""

    privacy = STAFF_ONLY

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    name = TextField()
    value = TextField()

    class Meta:
        indexes = ((("account", "name"), True),)


class Patient(Table):
    privacy = Privacy(patient="id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    name = TextField()
    folded = TextField(index=True)  # the name without case and accents, for finding
    birth_date = DateField(null=True)
    sex = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    address = TextField(default="")
    language = TextField(default="en")
    zone = TextField(default="UTC")
    created_at = Moment()


class Treatment(Table):
    """This clinician treats this patient: the relation that opens a chart."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = AutoField()
    patient = ForeignKeyField(Patient, on_delete="CASCADE")
    patient_id: str
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    since = Moment()
    until = Moment(null=True)

    class Meta:
        indexes = ((("patient", "account"), False),)


class Glass(Table):
    """A broken glass: a chart opened without a relation, with a reason, for four hours."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    patient = ForeignKeyField(Patient, on_delete="CASCADE")
    patient_id: str
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    reason = TextField()
    at = Moment()
    until = Moment()


class GlassSeen(Table):
    """A treating clinician has read the notice of a broken glass."""

    privacy = Privacy(via=("glass_id", "glass"), erase=Erase.DELETE)

    id = AutoField()
    glass = ForeignKeyField(Glass, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE")
    account_id: str
    at = Moment()

    class Meta:
        table_name = "glass_seen"
        indexes = ((("glass", "account"), True),)


class PracticeFact(Table):
    """What the practice has confirmed, by name."""

    privacy = Privacy(erase=Erase.KEEP, reason="about the practice, no patient")

    name = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "practice_fact"
