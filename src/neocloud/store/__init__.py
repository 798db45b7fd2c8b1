"""Where the journal is kept: one protocol, on SQLite and on PostgreSQL. SQL is written here and nowhere else."""

from neocloud.errors import Invalid
from neocloud.store.journal import Journal


def open_journal(url: str, *, create: bool = False) -> Journal:
    """The journal at `sqlite:PATH` or `postgresql://...`; with `create`, made if it is not there."""
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        from neocloud.store.sqlite import SqliteJournal  # noqa: PLC0415  (only what is used is loaded)

        return SqliteJournal(rest, create=create)
    if scheme in {"postgresql", "postgres"}:
        from neocloud.store.postgres import PostgresJournal  # noqa: PLC0415

        return PostgresJournal(url, create=create)
    raise Invalid(f"{url!r} is not a journal; write sqlite:PATH or postgresql://HOST/DATABASE")
