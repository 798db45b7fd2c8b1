"""Where the journal is kept: one protocol, on SQLite and on PostgreSQL. SQL is written here and nowhere else."""
