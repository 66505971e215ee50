"""What lasts: the encrypted database, files at rest, the audit chain, and copies of them all."""
