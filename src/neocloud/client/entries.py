"""The journal, read as it is told or as it is stored; and commands for those who follow it, said as they are."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from neocloud.client.answers import page_of_rows, value
from neocloud.client.asks import Ask, Listing, body_of, path
from neocloud.client.groups import Group, Lists, Operation, Sends
from neocloud.documents.answers import BatchRow, EntryRow, HeadRow
from neocloud.model.commands import Command
from neocloud.model.entries import Cause, Noun


class Changed(Struct, frozen=True):
    """A noun in its new form, and why it has it."""

    cause: Cause
    noun: Noun


class Answered(Struct, frozen=True, kw_only=True):
    """What a command came to; or, where each stands by itself, the problem that it met."""

    command: str
    again: bool = False
    changes: list[Changed] = []
    problem: dict[str, Any] | None = None


class Answers(Struct, frozen=True, kw_only=True):
    """What commands came to, in their order."""

    answers: list[Answered]


class JournalOf(Group[Sends]):
    """The journal: its head, its entries and batches, and the door for commands."""

    @Operation
    def head(self) -> Ask[HeadRow]:
        """Its end, as proof of all before it."""
        return Ask(method="GET", path=path("journal", "head"), read=value(HeadRow))

    @Lists
    def entries(self, *, after: int = 0, page_items: int | None = None) -> Listing[EntryRow]:
        """Every change after an entry, in order."""
        first = [("after", str(after))] if after else []
        return Listing(
            path=path("journal"), read=page_of_rows(EntryRow), query=_limit(page_items), next="after", first=first
        )

    @Lists
    def batches(
        self, *, after: int = 0, commands: Sequence[str] = (), page_items: int | None = None
    ) -> Listing[BatchRow]:
        """The journal as it is stored, for a copy of it: after an entry, or what some commands wrote."""
        first = [("after", str(after))] if after else [("commands", each) for each in commands]
        return Listing(
            path=path("journal", "batches"), read=page_of_rows(BatchRow), query=_limit(page_items), next="after",
            first=first,
        )  # fmt: skip

    @Operation
    def say(
        self, commands: Sequence[Command], *, together: bool = True, idempotency_key: str | None = None
    ) -> Ask[Answers]:
        """Have commands decided as they are: all of them or none, or each by itself."""
        return said(commands, together=together, key=idempotency_key)


def said(commands: Sequence[Command], *, together: bool, key: str | None = None) -> Ask[Answers]:
    """Commands for a service, as they are."""
    body = body_of({"commands": list(commands), "together": together})
    return Ask(method="POST", path=path("commands"), read=value(Answers), body=body, key=key)


def _limit(page_items: int | None) -> list[tuple[str, str]]:
    return [] if page_items is None else [("limit", str(page_items))]
