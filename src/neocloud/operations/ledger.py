"""The ledger: one writer's turn, decide, apply, append with proof. No answer before it is on disk."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import NamedTuple

from neocloud.errors import Changed, Conflict, HeadMoved, JournalLocked, JournalUnreachable, Mistaken, Refused
from neocloud.model.capacity import Difference
from neocloud.model.commands import Answering, Command
from neocloud.model.entries import (
    NOBODY,
    Author,
    Batch,
    Cause,
    Entry,
    Head,
    Noun,
    content_digest,
    decode,
    kind_of,
    link,
    noun_digest,
    read,
)
from neocloud.model.policies import Policy
from neocloud.model.world import Undo, World
from neocloud.operations.known import fold
from neocloud.rules.approvals import asking
from neocloud.rules.change import Change
from neocloud.rules.ledger import decide, overdue
from neocloud.settings import RETRIES
from neocloud.store.journal import CommitUnknownError, Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import Progress

_log = logging.getLogger(__name__)

No = Mistaken | Refused
"""What a command may come to instead of an answer; nothing has changed then."""


@dataclass(frozen=True)
class Answer:
    """What an accepted command came to: each noun's new form and its cause; `again` if it was a retry."""

    command: str
    changes: tuple[tuple[Cause, Noun], ...]
    again: bool = False

    @property
    def noun(self) -> Noun:
        """The last noun that changed."""
        return self.changes[-1][1]


class Said(NamedTuple):
    """A command and its author; with `unless_changed`, it is only meant of a noun that is still in that form.

    That is the noun's type, id and digest (`noun_digest`). `content` tells a retry from another command with the same
    id, where what was said is more than the command (a door may have worked out times, or a quote, since).
    """

    command: Command
    author: Author
    unless_changed: tuple[type[Noun], str, str] | None = None
    content: str = ""


class Ledger:
    """The world, and the journal that it is the fold of.

    With `until`, a head of the journal, it is the world as it was known then: to be read, not written. `author` is
    who says the commands that do not name one.

    Threads: whoever looks at `world` holds `lock`, as `at`, `preview` and `supposed` do. A writer holds it
    while it decides and applies; not while it waits for its turn, nor while a snapshot is written, nor, where the
    ledger is shared, in the commit. Only one thread writes or catches up.
    """

    def __init__(
        self,
        journal: Journal,
        snapshots: Snapshots | None = None,
        progress: Progress | None = None,
        until: Head | None = None,
        *,
        author: Author = NOBODY,
    ) -> None:
        self.journal = journal
        self.author = author
        self.lock = RLock()
        self.is_shared = False
        """Whether others read meanwhile: then they need not wait while a commit comes to the disk, which takes longer
        than all of its decisions. What was decided is taken back until then: 40 us a booking."""
        self.told: list[Callable[[Sequence[Entry]], None]] = []
        """Who is told of entries, ours and those of others, once they are on disk; in the thread that writes."""
        self.aside: Callable[[Callable[[], None]], object] = lambda work: work()
        """How a snapshot is written, which nobody waits for: at once, or in a thread of whoever has one."""
        self._snapshots = snapshots
        self.races = 0
        """How often another writer came first: its entries were waited for, or our append lost to it."""
        self._until = until
        self.world = fold(journal, snapshots, progress, until)

    # ---- reading ----

    def catch_up(self) -> int:
        """Fold what other writers have appended; how many entries that was."""
        before = self.world.head.seq
        for entries, head in read(self.world.head, self.journal.batches(before)):
            with self.lock:
                for entry in entries:
                    self.world.apply(entry.noun)
                self.world.head = head
            self._tell(entries)
        return self.world.head.seq - before

    def _tell(self, entries: Sequence[Entry]) -> None:
        for listener in self.told:
            try:
                listener(entries)
            except Exception:  # what is written is written: its answer does not depend on who is told of it
                _log.exception("somebody could not be told of entries")

    @contextmanager
    def at(self, now: int) -> Iterator[World]:
        """The world as a decision at `now` would see it: holds that have run out are gone."""
        with self.lock:
            if not self.world.due(now):
                yield self.world  # as almost always: without a draft, which takes 3 us
                return
            with self._draft(now) as draft:
                draft.expire()
                yield self.world

    # ---- writing ----

    def submit(self, *commands: Command | Said, now: int) -> list[Answer]:
        """Decide and write commands, all of them or none. Raises Mistaken, Refused or Unavailable."""
        answers = self._write(self._said(commands), now, together=True)
        return [answer for answer in answers if isinstance(answer, Answer)]

    def submit_each(self, commands: Sequence[Command | Said], now: int) -> list[Answer | No]:
        """Decide commands one after the other, and write those accepted in one commit."""
        return self._write(self._said(commands), now, together=False)

    def _said(self, commands: Sequence[Command | Said]) -> list[Said]:
        return [each if isinstance(each, Said) else Said(each, self.author) for each in commands]

    def preview(self, *commands: Command, now: int, approved: bool = True) -> list[list[Change]]:
        """What commands would change, one after the other; nothing is written. Raises Mistaken or Refused.

        As if a second person had approved them; without `approved`, the change is the approval that would wait.
        """
        with self._draft(now) as draft:
            draft.expire()
            *first, last = commands
            found = [draft.decide(command, author=self.author, approved=approved) for command in first]
            return [*found, decide(self.world, last, draft.now, self.author, approved=approved)]

    @contextmanager
    def tried(self, now: int, author: Author) -> Iterator[Callable[[Command], list[Change]]]:
        """Commands tried one after the other, each as if those before were done; nothing is written.

        What a policy asks a second person about comes to the approval that would wait. Raises Mistaken or Refused.
        """
        with self._draft(now) as draft:
            draft.expire()
            yield partial(draft.decide, author=author)

    def asked_for(self, command: Command, now: int) -> list[Policy]:
        """The policies that ask for a second person before a command is done. Raises Mistaken or Refused."""
        with self._draft(now) as draft:
            draft.expire()
            changes = decide(self.world, command, draft.now, self.author, approved=True)
            return [] if isinstance(command, Answering) else asking(self.world, changes, draft.now)

    @contextmanager
    def supposed(self, *commands: Command, now: int) -> Iterator[list[Change]]:
        """The world as commands would make it, and what they change; nothing is written. Raises Mistaken, Refused."""
        with self._draft(now) as draft:
            draft.expire()
            supposed = (draft.decide(command, author=self.author, approved=True) for command in commands)
            yield [change for changes in supposed for change in changes]

    @contextmanager
    def _draft(self, now: int) -> Iterator["_Draft"]:
        """What is tried, and taken back at the end."""
        with self.lock:
            draft = _Draft(self.world, now)
            try:
                yield draft
            finally:
                draft.undo()

    def answered(self, command: Command) -> Answer | None:
        """The answer of a command that was accepted before; Conflict if its id said something else."""
        entries = self._accepted([command]).get(command.id)
        return _repeated(command, content_digest(command), entries) if entries else None

    def _write(self, said: Sequence[Said], now: int, together: bool) -> list[Answer | No]:
        for _ in range(RETRIES):
            try:
                return self._take_turn(said, now, together)
            except HeadMoved:
                self.races += 1
        raise JournalLocked(f"other writers came first {RETRIES} times in a row; try again")

    def _take_turn(self, said: Sequence[Said], now: int, together: bool) -> list[Answer | No]:
        assert self._until is None, "what was known is not written to"
        draft: _Draft | None = None
        with ExitStack() as held:
            try:
                with self.journal.turn():
                    self.races += self.catch_up() > 0
                    before = self._accepted([each.command for each in said])
                    held.enter_context(self.lock)
                    draft = _Draft(self.world, now)
                    answers = _decide_all(draft, said, before, together)
                    if draft.commands:
                        batch = draft.batch()
                        if self.is_shared:
                            draft.take_back()
                            held.close()
                        self.journal.append(batch, draft.commands, expected=self.world.head)
            except CommitUnknownError as error:
                assert draft is not None
                self._read_back(draft, error)
            except BaseException:
                if draft is not None:
                    draft.undo()
                raise
            if not draft.commands:
                draft.undo()
                return answers
            held.enter_context(self.lock)
            draft.put_again()
            self.world.head = draft.batch().head
            picture = self._snapshots.due(self.world) if self._snapshots else None
        self._tell(draft.entries)
        if self._snapshots and picture is not None:
            self.aside(partial(self._snapshots.save, picture))
        return answers

    def _accepted(self, commands: Sequence[Command]) -> dict[str, list[Entry]]:
        """What was accepted before under the ids of these commands."""
        said: dict[str, list[Entry]] = {}
        for batch in self.journal.batches_of([command.id for command in commands]):
            for entry in decode(batch):
                said.setdefault(entry.command, []).append(entry)
        return said

    def _read_back(self, draft: "_Draft", error: CommitUnknownError) -> None:
        """The connection broke in the commit: wait until it is decided, and see whether it happened."""
        batch = draft.batch()
        try:
            with self.journal.turn():
                found = next(self.journal.batches(batch.first_seq - 1), None)
        except Exception:
            draft.undo()
            raise JournalUnreachable(
                f"{self.journal.url} broke off in the commit, and it is not known whether it happened; "
                f"ask again with the same id ({error})"
            ) from error
        if found != batch:
            draft.undo()
            raise HeadMoved("the commit did not happen")


class _Draft:
    """Changes applied to the world and not yet on disk; can be taken back."""

    def __init__(self, world: World, now: int) -> None:
        self._world = world
        self.now = max(now, world.head.recorded_at)
        self._undos: list[Undo] = []
        self._again: list[tuple[Noun, Difference]] = []
        self.entries: list[Entry] = []
        self.commands: list[str] = []
        self._batch: Batch | None = None

    def expire(self) -> None:
        """Write down the holds that have run out."""
        for i, change in enumerate(overdue(self._world, self.now)):
            self._apply(change, f"expire:{change.noun.id}", "", NOBODY, first=i == 0)

    def decide(
        self, command: Command, content: str = "", author: Author = NOBODY, *, approved: bool = False
    ) -> list[Change]:
        """Decide one command, and apply it."""
        changes = decide(self._world, command, self.now, author, approved=approved)
        for i, change in enumerate(changes):
            self._apply(change, command.id, content, author, first=i == 0)
        if changes:
            self.commands.append(command.id)
        return changes

    def check_unchanged(self, kind: type[Noun], name: str, digest: str) -> None:
        """Raises Changed unless a noun is still in the form that its digest is of."""
        noun = self._world.find(kind, name)
        found = "" if noun is None else noun_digest(noun)
        if found != digest:
            raise Changed(
                f"{kind_of(kind)} {name} has changed since it was read; read it again, and decide again",
                kind=kind_of(kind), name=name, digest=found,
            )  # fmt: skip

    def batch(self) -> Batch:
        """The entries as the batch that follows the head they were decided on."""
        if self._batch is None:
            self._batch = link(self._world.head, self.entries)
        return self._batch

    def take_back(self) -> None:
        """Take back all of it until it is on disk, so that whoever reads meanwhile need not wait, nor sees it."""
        self._again = [(each.noun, each.difference) for each in self._undos]
        self.undo()

    def put_again(self) -> None:
        """Apply what was taken back; nothing has changed since."""
        self._undos += [self._world.apply(noun, difference) for noun, difference in self._again]
        self._again = []

    def undo(self) -> None:
        """Take back all of it, last first."""
        while self._undos:
            self._world.undo(self._undos.pop())

    def _apply(self, change: Change, command: str, content: str, author: Author, *, first: bool) -> None:
        """Apply a change. Its difference was worked out before any of them, so it holds for the first alone."""
        self._undos.append(self._world.apply(change.noun, change.difference if first else None))
        self.entries.append(
            Entry(
                seq=self._world.head.seq + len(self.entries) + 1,
                recorded_at=self.now,
                command=command,
                content=content,
                cause=change.cause,
                noun=change.noun,
                by=author.by,
                origin=author.origin,
            )
        )


def _decide_all(
    draft: _Draft, said: Sequence[Said], before: dict[str, list[Entry]], together: bool
) -> list[Answer | No]:
    answers: list[Answer | No] = []
    draft.expire()
    for each in said:
        try:
            answers.append(_decide_one(draft, each, before))
        except (Mistaken, Refused) as refusal:
            if together:
                raise
            answers.append(refusal)
    return answers


def _decide_one(draft: _Draft, said: Said, before: dict[str, list[Entry]]) -> Answer:
    command, content = said.command, said.content or content_digest(said.command)
    entries = before.get(command.id)
    if entries:
        return _repeated(command, content, entries)
    if said.unless_changed is not None:
        draft.check_unchanged(*said.unless_changed)
    first = len(draft.entries)
    changes = draft.decide(command, content, said.author)
    if changes:
        before[command.id] = draft.entries[first:]
    return Answer(command.id, tuple((change.cause, change.noun) for change in changes))


def _repeated(command: Command, content: str, entries: list[Entry]) -> Answer:
    """The answer that was given before, if the same was said."""
    if entries[0].content != content:
        raise Conflict(
            f"command {command.id!r} was accepted before with other content; choose another id",
            command=command.id,
        )
    return Answer(command.id, tuple((entry.cause, entry.noun) for entry in entries), again=True)
