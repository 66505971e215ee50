"""Visits, who sits in them, their chat and their timeline."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "visit" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "clinician_id" TEXT NOT NULL,
        "reason" TEXT NOT NULL,
        "starts_at" DATETIME NOT NULL,
        "ends_at" DATETIME NOT NULL,
        "zone" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "late_minutes" INTEGER NOT NULL,
        "created_at" DATETIME NOT NULL,
        "opened_at" DATETIME,
        "admitted_at" DATETIME,
        "finished_at" DATETIME,
        "signed_at" DATETIME
    )""",
    'CREATE INDEX "visit_patient_id" ON "visit" ("patient_id")',
    'CREATE INDEX "visit_state" ON "visit" ("state")',
    'CREATE INDEX "visit_clinician_id_starts_at" ON "visit" ("clinician_id", "starts_at")',
    """CREATE TABLE "seat" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "name" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "since" DATETIME NOT NULL,
        "entered_at" DATETIME,
        "admitted_at" DATETIME,
        "instance" TEXT NOT NULL,
        "device" TEXT NOT NULL,
        "link_version" INTEGER NOT NULL,
        "link_hash" TEXT,
        "revoked" INTEGER NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "seat_visit_id" ON "seat" ("visit_id")',
    'CREATE UNIQUE INDEX "seat_link_hash" ON "seat" ("link_hash")',
    """CREATE TABLE "seat_session" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "hash" TEXT NOT NULL,
        "seat_id" TEXT NOT NULL,
        "created_at" DATETIME NOT NULL,
        "replaced_at" DATETIME,
        FOREIGN KEY ("seat_id") REFERENCES "seat" ("id") ON DELETE CASCADE
    )""",
    'CREATE UNIQUE INDEX "seat_session_hash" ON "seat_session" ("hash")',
    'CREATE INDEX "seat_session_seat_id" ON "seat_session" ("seat_id")',
    """CREATE TABLE "chat" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "message_id" TEXT NOT NULL,
        "seat_id" TEXT NOT NULL,
        "audience" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("seat_id") REFERENCES "seat" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "chat_visit_id" ON "chat" ("visit_id")',
    'CREATE INDEX "chat_seat_id" ON "chat" ("seat_id")',
    'CREATE UNIQUE INDEX "chat_visit_id_message_id" ON "chat" ("visit_id", "message_id")',
    """CREATE TABLE "visit_event" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        "seat_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "detail" TEXT NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "visit_event_visit_id" ON "visit_event" ("visit_id")',
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
