"""Photos in the chart, those on their way, and those asked for."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "photo" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "visit_id" TEXT NOT NULL,
        "site" TEXT NOT NULL,
        "side" TEXT NOT NULL,
        "taken_at" DATETIME NOT NULL,
        "by_id" TEXT NOT NULL,
        "by_name" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "width" INTEGER NOT NULL,
        "height" INTEGER NOT NULL,
        "received_bytes" INTEGER NOT NULL,
        "received_sha256" TEXT NOT NULL,
        "whole" TEXT NOT NULL,
        "small" TEXT NOT NULL,
        "small_kind" TEXT NOT NULL
    )""",
    'CREATE INDEX "photo_patient_id" ON "photo" ("patient_id")',
    """CREATE TABLE "photo_request" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "site" TEXT NOT NULL,
        "side" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "asked_at" DATETIME NOT NULL,
        "since" DATETIME NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "photo_request_visit_id" ON "photo_request" ("visit_id")',
    """CREATE TABLE "photo_upload" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "seat_id" TEXT NOT NULL,
        "key" TEXT NOT NULL,
        "request_id" TEXT NOT NULL,
        "site" TEXT NOT NULL,
        "side" TEXT NOT NULL,
        "size" INTEGER NOT NULL,
        "received" INTEGER NOT NULL,
        "photo_id" TEXT NOT NULL,
        "created_at" DATETIME NOT NULL,
        "touched_at" DATETIME NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("seat_id") REFERENCES "seat" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "photo_upload_visit_id" ON "photo_upload" ("visit_id")',
    'CREATE INDEX "photo_upload_seat_id" ON "photo_upload" ("seat_id")',
    'CREATE UNIQUE INDEX "photo_upload_seat_id_key" ON "photo_upload" ("seat_id", "key")',
    """CREATE TABLE "photo_piece" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "upload_id" TEXT NOT NULL,
        "start" INTEGER NOT NULL,
        "file" TEXT NOT NULL,
        FOREIGN KEY ("upload_id") REFERENCES "photo_upload" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "photo_piece_upload_id" ON "photo_piece" ("upload_id")',
    'CREATE UNIQUE INDEX "photo_piece_upload_id_start" ON "photo_piece" ("upload_id", "start")',
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
