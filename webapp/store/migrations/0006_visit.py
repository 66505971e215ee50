"""Files in the chat of a visit, and what a member of staff has chosen for themselves."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "chat_file" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "visit_id" TEXT NOT NULL,
        "chat_id" INTEGER NOT NULL,
        "kind" TEXT NOT NULL,
        "file" TEXT NOT NULL,
        FOREIGN KEY ("visit_id") REFERENCES "visit" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("chat_id") REFERENCES "chat" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "chat_file_visit_id" ON "chat_file" ("visit_id")',
    'CREATE UNIQUE INDEX "chat_file_chat_id" ON "chat_file" ("chat_id")',
    """CREATE TABLE "preference" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "account_id" TEXT NOT NULL,
        "name" TEXT NOT NULL,
        "value" TEXT NOT NULL,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "preference_account_id" ON "preference" ("account_id")',
    'CREATE UNIQUE INDEX "preference_account_id_name" ON "preference" ("account_id", "name")',
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
