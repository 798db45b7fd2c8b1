"""Measurements: what the ledger does in a second, beside what the file system and SQLite allow."""
