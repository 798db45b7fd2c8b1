"""Every way in which neocloud says no, as one tree.

    NeocloudError
    ├── Mistaken                what was said cannot be meant; nothing has changed (exit code 2)
    │   ├── Invalid             input.invalid         the input is wrong; says where, and what would work
    │   ├── Unknown             input.unknown         no such name; says the nearest one
    │   ├── Conflict            command.conflict      the same id was used before with other content
    │   └── Changed             command.changed       what it is about is no longer as it was when it was read
    ├── Refused                 an answer of no to a decision; nothing has changed (exit code 2)
    │   ├── Oversold            lease.oversold        it does not fit; says why, and what would fit
    │   ├── AtALoss             lease.at_a_loss       what would be reclaimed is worth more than what is gained
    │   ├── FirstRefusal        lease.first_refusal   another tenant has a right of first refusal, and must be asked
    │   ├── NotEligible         tenant.not_eligible   a policy, or where its tenant may be, does not allow it
    │   ├── Promised            fleet.promised        the capacity to be taken away is promised to somebody
    │   ├── NotAllowed          lease.not_allowed     no right, or not in this state, allows it
    │   └── Denied              who asks may not; says no more than that
    │       ├── Unauthenticated access.unauthenticated  no key, or none that holds
    │       └── Forbidden       access.forbidden      the key has no such permission
    ├── Unavailable             the world's fault (exit code 1)
    │   ├── JournalLocked       journal.locked
    │   ├── JournalReadOnly     journal.read_only
    │   ├── JournalFull         journal.full
    │   ├── JournalMissing      journal.missing
    │   ├── JournalUnreachable  journal.unreachable
    │   ├── JournalCutShort     journal.cut_short
    │   ├── JournalTampered     journal.tampered
    │   ├── JournalNewer        journal.newer
    │   ├── Overloaded          service.overloaded    too much is asked at once; ask again in a moment
    │   ├── Behind              service.behind        an entry that was named is not known here yet
    │   ├── ServiceUnreachable  service.unreachable   no answer: away, another URL, a wrong certificate
    │   └── Unsolved            plan.unsolved         the solver found no end; the last prices hold
    └── HeadMoved               journal.head_moved    a lost race; only `operations` sees it, and decides again

A fact may be said wrongly (Mistaken), and is never Refused.
`str(error)` is one clear sentence. `code` never changes; `facts` are what a program may want to read.
"""

from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar


class NeocloudError(Exception):
    """The root of the tree: a sentence for people, a code and facts for programs."""

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.facts = facts


class Mistaken(NeocloudError):
    """What was said cannot be meant, be it a decision or a fact: nothing has changed."""

    code = "input"


class Refused(NeocloudError):
    """An answer of no to a decision: the question was understood, and nothing has changed."""

    code = "refused"


class Invalid(Mistaken):
    """The input is wrong. `place` says where (file, line, field)."""

    code = "input.invalid"

    def __init__(self, sentence: str, *, place: str = "", **facts: Any) -> None:
        super().__init__(f"{place}: {sentence}" if place else sentence, **facts)
        self.sentence = sentence
        self.place = place

    def at(self, place: str) -> "Invalid":
        """The same refusal, seen from further out: `place` goes before what was known."""
        inner = f"{place}.{self.place}" if self.place else place
        return Invalid(self.sentence, place=inner, **self.facts)


_MOST_COMPARED = 500


class Unknown(Mistaken):
    """No such name. The sentence offers the nearest one that exists."""

    code = "input.unknown"

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, _alike(name, names), n=1, cutoff=0.5)
        if near:
            hint = f"did you mean {near[0]!r}?"
        elif names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            hint = f"known: {', '.join(names[:5])}{more}"
        else:
            hint = f"there is no {kind} yet"
        super().__init__(f"no {kind} is called {name!r}; {hint}", kind=kind, name=name, nearest=near)


def _alike(name: str, names: list[str]) -> list[str]:
    """Of many names, those next to one in their order: to compare it with all of 100,000 took 2.4 s."""
    place = bisect_left(names, name)
    return names[max(0, place - _MOST_COMPARED // 2) : place + _MOST_COMPARED // 2]


class Conflict(Mistaken):
    """The same id came with other content."""

    code = "command.conflict"


class Changed(Mistaken):
    """What a command is about has another form than the one it was meant of. Facts: `kind`, `name`, `digest`."""

    code = "command.changed"


class Denied(Refused):
    """Who asks may not; the sentence does not say whether what was asked for exists."""

    code = "access"


class Unauthenticated(Denied):
    """No key came with it, or none that holds."""

    code = "access.unauthenticated"


class Forbidden(Denied):
    """The key that came with it does not have the permission. Fact: `permission`."""

    code = "access.forbidden"


class Oversold(Refused):
    """It does not fit. Facts: `shortages` (why) and `offers` (what would fit)."""

    code = "lease.oversold"


class AtALoss(Refused):
    """What would be reclaimed for it is worth more than it brings. Facts: `lost`, `gained`, `leases`."""

    code = "lease.at_a_loss"


class FirstRefusal(Refused):
    """Another tenant must be asked first: it has a right of first refusal on what is wanted. Fact: `option`."""

    code = "lease.first_refusal"


class NotEligible(Refused):
    """A policy refuses it, or its tenant may not be there. Facts: `tenant`, `policies`, `instead` (what may be)."""

    code = "tenant.not_eligible"


class Promised(Refused):
    """Capacity cannot be taken away by decision: it is promised. Facts: `shortages`."""

    code = "fleet.promised"


class NotAllowed(Refused):
    """No right allows it, or the lease, request or approval is not in a state for it, or not for this author."""

    code = "lease.not_allowed"


class Unavailable(NeocloudError):
    """The world's fault: what was asked may well work later, or after a repair."""

    code = "unavailable"


class JournalLocked(Unavailable):
    """Another process kept the writer's turn for longer than we wait."""

    code = "journal.locked"


class JournalReadOnly(Unavailable):
    """The journal cannot be written."""

    code = "journal.read_only"


class JournalFull(Unavailable):
    """The disk is full; the batch was not written."""

    code = "journal.full"


class JournalMissing(Unavailable):
    """There is no journal where one should be."""

    code = "journal.missing"


class JournalUnreachable(Unavailable):
    """The store cannot be reached, or broke off; what was in doubt was read back first."""

    code = "journal.unreachable"


class JournalCutShort(Unavailable):
    """The journal ends before a head that was noted, or its file is damaged."""

    code = "journal.cut_short"


class JournalTampered(Unavailable):
    """The hash chain does not hold: stored bytes were changed."""

    code = "journal.tampered"


class JournalNewer(Unavailable):
    """The journal holds an entry that this version cannot read."""

    code = "journal.newer"


class Overloaded(Unavailable):
    """More is asked at once than can be answered; ask again in a moment."""

    code = "service.overloaded"


class Behind(Unavailable):
    """An entry that was named is not known here yet."""

    code = "service.behind"


class ServiceUnreachable(Unavailable):
    """The server gave no answer. Of a write whose fate is not known, fact: `idempotency_key`."""

    code = "service.unreachable"


class Unsolved(Unavailable):
    """The solver found no end, by no method: the prices admitted last still hold."""

    code = "plan.unsolved"


class HeadMoved(NeocloudError):
    """Another writer appended first: catch up, and decide again."""

    code = "journal.head_moved"
