"""The audit, staff, patients and who treats whom."""

from playhouse.migrate import SchemaMigrator
from playhouse.sqlcipher_ext import SqlCipherDatabase

TABLES = (
    """CREATE TABLE "audit" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "at" DATETIME NOT NULL,
        "actor_id" TEXT NOT NULL,
        "session_id" TEXT NOT NULL,
        "action" TEXT NOT NULL,
        "outcome" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "object_id" TEXT NOT NULL,
        "patient_id" TEXT NOT NULL,
        "visit_id" TEXT NOT NULL,
        "detail" TEXT NOT NULL,
        "seal" TEXT NOT NULL
    )""",
    'CREATE INDEX "audit_patient_id" ON "audit" ("patient_id")',
    """CREATE TABLE "account" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "email" TEXT NOT NULL,
        "roles" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "password_hash" TEXT NOT NULL,
        "totp_secret" BLOB,
        "totp_step" INTEGER NOT NULL,
        "language" TEXT NOT NULL,
        "zone" TEXT NOT NULL,
        "created_at" DATETIME NOT NULL
    )""",
    'CREATE UNIQUE INDEX "account_email" ON "account" ("email")',
    """CREATE TABLE "recovery_code" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "account_id" TEXT NOT NULL,
        "hash" TEXT NOT NULL,
        "used_at" DATETIME,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "recovery_code_account_id" ON "recovery_code" ("account_id")',
    """CREATE TABLE "setup_link" (
        "hash" TEXT NOT NULL PRIMARY KEY,
        "account_id" TEXT NOT NULL,
        "expires_at" DATETIME NOT NULL,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "setup_link_account_id" ON "setup_link" ("account_id")',
    """CREATE TABLE "session" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "hash" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "complete" INTEGER NOT NULL,
        "pending_totp" BLOB,
        "created_at" DATETIME NOT NULL,
        "seen_at" DATETIME NOT NULL,
        "ended_at" DATETIME,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE UNIQUE INDEX "session_hash" ON "session" ("hash")',
    'CREATE INDEX "session_account_id" ON "session" ("account_id")',
    """CREATE TABLE "device" (
        "hash" TEXT NOT NULL PRIMARY KEY,
        "account_id" TEXT NOT NULL,
        "seen_at" DATETIME NOT NULL,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "device_account_id" ON "device" ("account_id")',
    """CREATE TABLE "portrait" (
        "account_id" TEXT NOT NULL PRIMARY KEY,
        "kind" TEXT NOT NULL,
        "file" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    """CREATE TABLE "patient" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "folded" TEXT NOT NULL,
        "birth_date" DATE,
        "sex" TEXT NOT NULL,
        "phone" TEXT NOT NULL,
        "email" TEXT NOT NULL,
        "address" TEXT NOT NULL,
        "language" TEXT NOT NULL,
        "zone" TEXT NOT NULL,
        "created_at" DATETIME NOT NULL
    )""",
    'CREATE INDEX "patient_folded" ON "patient" ("folded")',
    """CREATE TABLE "treatment" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "since" DATETIME NOT NULL,
        "until" DATETIME,
        FOREIGN KEY ("patient_id") REFERENCES "patient" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "treatment_patient_id" ON "treatment" ("patient_id")',
    'CREATE INDEX "treatment_account_id" ON "treatment" ("account_id")',
    'CREATE INDEX "treatment_patient_id_account_id" ON "treatment" ("patient_id", "account_id")',
    """CREATE TABLE "glass" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "patient_id" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "reason" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        "until" DATETIME NOT NULL,
        FOREIGN KEY ("patient_id") REFERENCES "patient" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "glass_patient_id" ON "glass" ("patient_id")',
    'CREATE INDEX "glass_account_id" ON "glass" ("account_id")',
    """CREATE TABLE "glass_seen" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "glass_id" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "at" DATETIME NOT NULL,
        FOREIGN KEY ("glass_id") REFERENCES "glass" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
    )""",
    'CREATE INDEX "glass_seen_glass_id" ON "glass_seen" ("glass_id")',
    'CREATE INDEX "glass_seen_account_id" ON "glass_seen" ("account_id")',
    'CREATE UNIQUE INDEX "glass_seen_glass_id_account_id" ON "glass_seen" ("glass_id", "account_id")',
    """CREATE TABLE "practice_fact" (
        "name" TEXT NOT NULL PRIMARY KEY,
        "value" TEXT NOT NULL
    )""",
)


def up(migrator: SchemaMigrator, db: SqlCipherDatabase) -> None:
    for statement in TABLES:
        db.execute_sql(statement)
