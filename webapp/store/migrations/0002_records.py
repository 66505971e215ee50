"""The chart and the notes."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "chart_entry" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "detail" TEXT NOT NULL,
        "added_by" TEXT NOT NULL,
        "added_at" DATETIME NOT NULL,
        "ended_by" TEXT NOT NULL,
        "ended_at" DATETIME
    )""",
    'CREATE INDEX "chart_entry_patient_id" ON "chart_entry" ("patient_id")',
    """CREATE TABLE "note" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "encounter_id" TEXT NOT NULL,
        "patient_id" TEXT NOT NULL,
        "author_id" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "version" INTEGER NOT NULL,
        "created_at" DATETIME NOT NULL,
        "saved_at" DATETIME NOT NULL,
        "signed_at" DATETIME,
        "seal" TEXT NOT NULL
    )""",
    'CREATE UNIQUE INDEX "note_encounter_id" ON "note" ("encounter_id")',
    'CREATE INDEX "note_patient_id" ON "note" ("patient_id")',
    'CREATE INDEX "note_author_id" ON "note" ("author_id")',
    """CREATE TABLE "amendment" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "note_id" TEXT NOT NULL,
        "author_id" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        FOREIGN KEY ("note_id") REFERENCES "note" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "amendment_note_id" ON "amendment" ("note_id")',
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
