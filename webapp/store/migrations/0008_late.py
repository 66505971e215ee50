"""Who is late until when."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "late" (
        "clinician_id" TEXT NOT NULL PRIMARY KEY,
        "free_at" DATETIME NOT NULL
    )""",
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
