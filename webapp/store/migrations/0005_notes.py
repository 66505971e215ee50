"""Versions of notes, what was established in a visit, snippets, summaries and what patients say of a visit."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "note_version" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "note_id" TEXT NOT NULL,
        "version" INTEGER NOT NULL,
        "save_id" TEXT NOT NULL,
        "author_id" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        "text" TEXT,
        FOREIGN KEY ("note_id") REFERENCES "note" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "note_version_note_id" ON "note_version" ("note_id")',
    'CREATE UNIQUE INDEX "note_version_note_id_version" ON "note_version" ("note_id", "version")',
    """CREATE TABLE "snippet" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "account_id" TEXT NOT NULL,
        "name" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "changed_at" DATETIME NOT NULL
    )""",
    'CREATE UNIQUE INDEX "snippet_account_id_name" ON "snippet" ("account_id", "name")',
    """CREATE TABLE "established" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "how" TEXT NOT NULL,
        "by_id" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        "line" TEXT NOT NULL,
        "withdrawn_at" DATETIME,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "established_visit_id" ON "established" ("visit_id")',
    """CREATE TABLE "summary" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "by_id" TEXT NOT NULL,
        "version" INTEGER NOT NULL,
        "saved_at" DATETIME NOT NULL,
        "found" TEXT NOT NULL,
        "do" TEXT NOT NULL,
        "medicines" TEXT NOT NULL,
        "worry" TEXT NOT NULL,
        "next" TEXT NOT NULL,
        "sent" TEXT NOT NULL,
        "sent_version" INTEGER NOT NULL,
        "sent_at" DATETIME,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE UNIQUE INDEX "summary_visit_id" ON "summary" ("visit_id")',
    """CREATE TABLE "feedback" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "worked" TEXT NOT NULL,
        "helped" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE
    )""",
    'CREATE UNIQUE INDEX "feedback_visit_id" ON "feedback" ("visit_id")',
)
STANDING = """INSERT INTO "note_version" ("note_id", "version", "save_id", "author_id", "at", "text")
    SELECT "id", "version", '', "author_id", "saved_at", "text" FROM "note" WHERE "version" > 0"""


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
    db.execute_sql(STANDING)
