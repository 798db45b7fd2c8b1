"""A ledger that is served elsewhere: its world is folded here, its commands are decided there."""

from collections.abc import Sequence

from neocloud.client.entries import Answered
from neocloud.client.entries import said as commands_said
from neocloud.client.journal import RemoteJournal
from neocloud.client.problems import error_of
from neocloud.client.sending import Sender
from neocloud.errors import Invalid, JournalCutShort, Mistaken, Refused
from neocloud.model.commands import Command
from neocloud.model.entries import Head
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Ledger, No, Said
from neocloud.settings import FOLLOWED_EVERY_ENTRIES, FOLLOWED_EVERY_PART
from neocloud.store.snapshots import Picture, Snapshots
from neocloud.units import Progress


class RemoteLedger(Ledger):
    """The world of a service's journal, with snapshots of it here, and the door for its commands.

    A command is decided by the service at its own clock, whatever the `now` here; `timed` says that another instant
    was asked for, and then nothing is decided.
    """

    def __init__(
        self,
        sender: Sender,
        snapshots: Snapshots | None = None,
        progress: Progress | None = None,
        until: Head | None = None,
        *,
        timed: bool = False,
    ) -> None:
        self._sender = sender
        self._timed = timed
        try:
            super().__init__(RemoteJournal(sender), snapshots, progress, until)
        except JournalCutShort as error:
            raise JournalCutShort(
                f"{sender.url} lacks entries that were read from it before: its journal lost its end, or it is "
                f"another one; if that is meant, `neocloud login {sender.url}` begins anew",
                **error.facts,
            ) from error
        if snapshots is not None and until is None:
            _keep(snapshots, self.world)

    def submit(self, *commands: Command | Said, now: int) -> list[Answer]:
        """Have commands decided and written by the service, all of them or none; then catch up.

        Raises Mistaken, Refused or Unavailable.
        """
        return [_answer(each) for each in self._say(commands, together=True)]

    def submit_each(self, commands: Sequence[Command | Said], now: int) -> list[Answer | No]:
        """Have commands decided one after the other, and those accepted written; then catch up."""
        return [_answer_or_no(each) for each in self._say(commands, together=False)]

    def _say(self, commands: Sequence[Command | Said], *, together: bool) -> list[Answered]:
        if self._timed:
            raise Invalid("a server decides at its own clock; leave --now (NEOCLOUD_NOW) out", place="--now")
        said = [each.command if isinstance(each, Said) else each for each in commands]
        answers = self._sender.send(commands_said(said, together=together)).answers
        self.catch_up()
        return answers


def _keep(snapshots: Snapshots, world: World) -> None:
    """Save the world if much was read since the last snapshot: what is read again comes over the network."""
    kept_seq = snapshots.newest_seq()
    if world.head.seq - kept_seq >= max(FOLLOWED_EVERY_ENTRIES, kept_seq // FOLLOWED_EVERY_PART):
        snapshots.save(Picture.of(world))


def _answer(said: Answered) -> Answer:
    return Answer(said.command, tuple((each.cause, each.noun) for each in said.changes), said.again)


def _answer_or_no(said: Answered) -> Answer | No:
    if said.problem is None:
        return _answer(said)
    error = error_of(said.problem, 409)
    assert isinstance(error, Mistaken | Refused), "only an answer of no stands beside answers"
    return error
