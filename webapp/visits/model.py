"""The tables of visits."""

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from webapp.store.files import FileField
from webapp.store.table import Erase, Moment, Privacy, Table


class Visit(Table):
    """One encounter over video, from the invitation to the signed note."""

    privacy = Privacy(patient="patient_id", erase=Erase.DELETE)

    id = TextField(primary_key=True)
    patient_id = TextField(index=True)
    clinician_id = TextField()
    reason = TextField(default="")
    starts_at = Moment()
    ends_at = Moment()
    zone = TextField()
    state = TextField(index=True)
    late_minutes = IntegerField(default=0)  # what those who wait were told
    created_at = Moment()
    opened_at = Moment(null=True)
    admitted_at = Moment(null=True)
    finished_at = Moment(null=True)
    signed_at = Moment(null=True)

    class Meta:
        indexes = ((("clinician_id", "starts_at"), False),)


class VisitFact(Table):
    """What was chosen for a visit and done about it, beside its states. A visit without a row has the defaults."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    visit = ForeignKeyField(Visit, primary_key=True, on_delete="CASCADE")
    visit_id: str
    service = TextField(default="")  # the key of a service
    by_phone_at = Moment(null=True)  # it goes on by telephone since

    class Meta:
        table_name = "visit_fact"


class Service(Table):
    """A service of the practice, where it differs from ours."""

    privacy = Privacy(erase=Erase.KEEP, reason="about the practice, no patient")

    key = TextField(primary_key=True)
    name = TextField(default="")
    relay_only = BooleanField()
    after = TextField()  # what the patient receives
    offered = BooleanField()


class Late(Table):
    """When a clinician who told all who wait that they are late is free: whoever comes until then is told too."""

    privacy = Privacy(erase=Erase.KEEP, reason="about the practice, no patient")

    clinician_id = TextField(primary_key=True)
    free_at = Moment()


class Seat(Table):
    """A place in a visit for one person."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE, secret=("link_hash",))

    id = TextField(primary_key=True)
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    kind = TextField()  # patient, guest, clinician
    account_id = TextField(default="")  # the clinician's
    name = TextField()
    state = TextField()
    since = Moment()
    entered_at = Moment(null=True)
    admitted_at = Moment(null=True)
    instance = TextField(default="")  # the page load that last spoke for this seat
    device = TextField(default="")  # JSON: camera, microphone, browser
    link_version = IntegerField(default=1)
    link_hash = TextField(null=True, unique=True)
    revoked = BooleanField(default=False)


class SeatFact(Table):
    """How far whoever holds a seat's link has come, and what they asked for. A seat without a row: nothing yet."""

    privacy = Privacy(via=("seat_id", "seat"), erase=Erase.DELETE)

    seat = ForeignKeyField(Seat, primary_key=True, on_delete="CASCADE")
    seat_id: str
    opened_at = Moment(null=True)  # a browser showed the link's page
    browser = TextField(default="")  # its short name: "Safari on iPhone"
    inside = TextField(default="")  # the app whose own browser it is, such as "Gmail"
    asked_at = Moment(null=True)  # they left and want to be told when it is their turn
    told_at = Moment(null=True)

    class Meta:
        table_name = "seat_fact"


class SeatSession(Table):
    """A browser that sits in a seat. The newest one that was not replaced is the seat's own."""

    privacy = Privacy(via=("seat_id", "seat"), erase=Erase.DELETE, secret=("hash",))

    id = TextField(primary_key=True)
    hash = TextField(unique=True)
    seat = ForeignKeyField(Seat, on_delete="CASCADE")
    seat_id: str
    created_at = Moment()
    replaced_at = Moment(null=True)


class SeatCode(Table):
    """Six digits that stand for a seat, kept as a keyed hash; `wrong` counts tries that may have meant them."""

    privacy = Privacy(via=("seat_id", "seat"), erase=Erase.DELETE, secret=("hash",))

    id = AutoField()
    seat = ForeignKeyField(Seat, on_delete="CASCADE")
    seat_id: str
    purpose = TextField()
    hash = TextField(index=True)
    link_version = IntegerField()  # a code is over with the link that it stands for
    made_at = Moment()
    over_at = Moment()
    used_at = Moment(null=True)
    wrong = IntegerField(default=0)

    class Meta:
        indexes = ((("seat", "purpose"), True),)


class Chat(Table):
    """One message. `message_id` is made by the sender, so that a message sent again is stored once."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = AutoField()
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    message_id = TextField()
    seat = ForeignKeyField(Seat, on_delete="CASCADE")
    seat_id: str
    audience = TextField()  # "everyone" who has come, "room" (who is admitted), "clinician", or a seat's id
    text = TextField()
    at = Moment()

    class Meta:
        indexes = ((("visit", "message_id"), True),)


class ChatFile(Table):
    """A file that came with a message, whose text is its name."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = TextField(primary_key=True)
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    chat = ForeignKeyField(Chat, on_delete="CASCADE", unique=True)
    chat_id: int
    kind = TextField()
    file = FileField()

    class Meta:
        table_name = "chat_file"


class VisitEvent(Table):
    """A line of the visit's timeline. No clinical text."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = AutoField()
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    at = Moment()
    seat_id = TextField(default="")
    kind = TextField()
    detail = TextField(default="{}")  # JSON


class Established(Table):
    """Something that the clinician established in the visit: what, how, by whom, when. The newest of a kind counts."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = TextField(primary_key=True)
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    kind = TextField()
    how = TextField()
    by_id = TextField()
    at = Moment()
    line = TextField()  # as it went into the note
    withdrawn_at = Moment(null=True)


class PhotoRequest(Table):
    """The clinician asks for a photo of a place on the body. A visit has one at a time that stands."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = TextField(primary_key=True)
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    site = TextField()
    side = TextField()
    state = TextField()
    asked_at = Moment()
    since = Moment()


class PhotoUpload(Table):
    """A photo on its way, piece by piece. `key` is made by the sender, so that a beginning repeated is one."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = TextField(primary_key=True)
    visit = ForeignKeyField(Visit, on_delete="CASCADE")
    visit_id: str
    seat = ForeignKeyField(Seat, on_delete="CASCADE")
    seat_id: str
    key = TextField()
    request_id = TextField(default="")
    site = TextField()
    side = TextField()
    size = IntegerField()
    received = IntegerField(default=0)
    photo_id = TextField(default="")  # what became of it
    created_at = Moment()
    touched_at = Moment()

    class Meta:
        indexes = ((("seat", "key"), True),)


class PhotoPiece(Table):
    """What has come of it, in order: each piece is a sealed file of its own, whole on disk before it counts."""

    privacy = Privacy(via=("upload_id", "photo_upload"), erase=Erase.DELETE)

    id = AutoField()
    upload = ForeignKeyField(PhotoUpload, on_delete="CASCADE")
    upload_id: str
    start = IntegerField()
    file = FileField()

    class Meta:
        indexes = ((("upload", "start"), True),)


class Summary(Table):
    """What the patient has in hand after a visit: as it stands, and as it was sent last."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = AutoField()
    visit = ForeignKeyField(Visit, on_delete="CASCADE", unique=True)
    visit_id: str
    by_id = TextField()
    version = IntegerField(default=0)
    saved_at = Moment()
    found = TextField(default="")
    do = TextField(default="")
    medicines = TextField(default="")
    worry = TextField(default="")
    next = TextField(default="")
    sent = TextField(default="")  # JSON: the blocks that the patient reads
    sent_version = IntegerField(default=0)
    sent_at = Moment(null=True)


class Feedback(Table):
    """What the patient says of the visit, once: whether it worked, and whether it helped."""

    privacy = Privacy(via=("visit_id", "visit"), erase=Erase.DELETE)

    id = AutoField()
    visit = ForeignKeyField(Visit, on_delete="CASCADE", unique=True)
    visit_id: str
    worked = TextField()
    helped = TextField()
    at = Moment()
