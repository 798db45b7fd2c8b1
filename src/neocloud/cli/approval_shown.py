"""An approval in words: what is asked, by whom, and what it would come to now."""

from collections.abc import Sequence
from typing import Any

from neocloud.cli.lease_shown import lines as lease_lines
from neocloud.cli.output import fields, print_one
from neocloud.cli.session import Session
from neocloud.documents.shown import row
from neocloud.errors import Mistaken, Refused
from neocloud.model.approvals import Approval
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy
from neocloud.rules.approvals import command_of
from neocloud.units import format_instant

COLUMNS = ("id", "status", "kind", "about", "tenant", "policies", "asked_by", "asked", "expires")


def show_approval(opened: Session, noun: Approval, output: str, done: str = "") -> None:
    """An approval as it stands; one that waits, with what it would come to if it were approved now."""
    waits = noun.status_at(opened.now) == "asked"
    comes_to, said = _comes_to(opened, noun) if waits else (None, "")
    with opened.world() as world:
        shown = row(world, noun, opened.now)
    if comes_to is not None:
        shown["computed"]["comes_to"] = comes_to
    print_one(shown, output, lambda: (done and f"{done}\n") + _lines(noun, opened.now) + said)


def waiting(noun: Approval) -> str:
    """One sentence for who asked."""
    return f"asked, and not done: {noun.kind} {noun.about} waits until somebody else approves it ({noun.id})"


def needs(asks: Sequence[Policy]) -> list[dict[str, str]]:
    """The policies that ask for a second person, for programs."""
    return [{"policy": policy.id, "reason": policy.reason} for policy in asks]


def needs_lines(asks: Sequence[Policy]) -> str:
    """The same for people."""
    return "".join(
        f"\na second person must approve it: policy {each.id}, {each.when} ({each.reason})" for each in asks
    )


def columns(noun: Approval, now: int) -> dict[str, Any]:
    """An approval as a row of a list."""
    return {
        "id": noun.id,
        "status": noun.status_at(now),
        "kind": noun.kind,
        "about": noun.about,
        "tenant": noun.tenant,
        "policies": list(noun.policies),
        "asked_by": noun.asked_by,
        "asked": format_instant(noun.asked_at),
        "expires": format_instant(noun.expires_at),
    }


def _lines(noun: Approval, now: int) -> str:
    answered = "" if noun.answered_at is None else f"{noun.answered_by}, {format_instant(noun.answered_at)}"
    return fields(
        [
            ("approval", noun.id),
            ("status", noun.status_at(now)),
            (noun.kind, f"{noun.about} of {noun.tenant}"),
            ("policies", "; ".join(f"{name}: {reason}" for name, reason in noun.policies.items())),
            ("asked by", f"{noun.asked_by}, {format_instant(noun.asked_at)}"),
            ("expires", format_instant(noun.expires_at) if noun.status == "asked" else None),
            ("answered by", answered),
            ("note", noun.note),
        ]
    )


def _comes_to(opened: Session, noun: Approval) -> tuple[dict[str, Any], str]:
    """What is asked, if it were approved now: the lease or request, or the refusal."""
    try:
        with opened.ledger.supposed(command_of(noun), now=opened.now) as changes:
            if not changes:
                return {"changes": []}, "\n\nif it is approved now, nothing changes"
            made, world = changes[-1].noun, opened.ledger.world
            shown = row(world, made, opened.now)
            lines = lease_lines(shown) if isinstance(made, Lease) else ""
            return shown, f"\n\nif it is approved now:\n{lines}" if lines else ""
    except (Mistaken, Refused) as no:
        return {"code": no.code, "title": str(no)}, f"\n\nif it is approved now, it is refused: {no}"
