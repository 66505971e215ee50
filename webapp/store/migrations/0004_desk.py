"""What the desk works with: letters, services, how far each patient has come, codes."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "letter" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "visit_id" TEXT NOT NULL,
        "seat_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "address" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "body" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "attempts" INTEGER NOT NULL,
        "next_at" DATETIME NOT NULL,
        "leased_until" DATETIME,
        "problem" TEXT NOT NULL,
        "made_at" DATETIME NOT NULL,
        "sent_at" DATETIME
    )""",
    'CREATE INDEX "letter_patient_id" ON "letter" ("patient_id")',
    'CREATE INDEX "letter_visit_id" ON "letter" ("visit_id")',
    'CREATE INDEX "letter_state" ON "letter" ("state")',
    """CREATE TABLE "visit_fact" (
        "visit_id" TEXT NOT NULL PRIMARY KEY,
        "service" TEXT NOT NULL,
        "by_phone_at" DATETIME,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    """CREATE TABLE "service" (
        "key" TEXT NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "relay_only" INTEGER NOT NULL,
        "after" TEXT NOT NULL,
        "offered" INTEGER NOT NULL
    )""",
    """CREATE TABLE "seat_fact" (
        "seat_id" TEXT NOT NULL PRIMARY KEY,
        "opened_at" DATETIME,
        "browser" TEXT NOT NULL,
        "inside" TEXT NOT NULL,
        "asked_at" DATETIME,
        "told_at" DATETIME,
        FOREIGN KEY ("seat_id") REFERENCES "seat" ("id") ON DELETE CASCADE
    )""",
    """CREATE TABLE "seat_code" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "seat_id" TEXT NOT NULL,
        "purpose" TEXT NOT NULL,
        "hash" TEXT NOT NULL,
        "link_version" INTEGER NOT NULL,
        "made_at" DATETIME NOT NULL,
        "over_at" DATETIME NOT NULL,
        "used_at" DATETIME,
        "wrong" INTEGER NOT NULL,
        FOREIGN KEY ("seat_id") REFERENCES "seat" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "seat_code_seat_id" ON "seat_code" ("seat_id")',
    'CREATE INDEX "seat_code_hash" ON "seat_code" ("hash")',
    'CREATE UNIQUE INDEX "seat_code_seat_id_purpose" ON "seat_code" ("seat_id", "purpose")',
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
