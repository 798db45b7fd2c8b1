"""An opening that a plan would make for a request: who gives way, what is lost, and the commands that do it."""

from collections.abc import Iterator, Sequence
from typing import Any

from neocloud.cli.plan_asked import estimate
from neocloud.cli.ready import ready
from neocloud.operations.planning import Plan
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.giver import Giver
from neocloud.rules.planning.opening import Opening
from neocloud.units import format_instant

Row = dict[str, Any]


def opening_row(advice: Advice, journal_seq: int) -> Row:
    """For programs: which turn it has, what others lose, who they are, and the commands in their order."""
    opening = advice.opening
    if opening is None:
        return {}
    return {
        "number": opening.number,
        "lost_usd": estimate(opening.lost_usd, 2),
        "givers": [_giver_row(each) for each in opening.givers],
        "commands": _ready(opening, journal_seq),
    }


def opening_lines(opening: Opening) -> Iterator[list[str]]:
    """Who gives way, as rows of the table of advice: what each loses stands under the opportunity cost."""
    for each in opening.givers:
        when = [format_instant(each.start_at), format_instant(each.end_at)]
        pools, lost = " ".join(each.pools), f"{each.lost_usd:,.0f}"
        what = f"moves to {each.to}" if each.to else "gives way, and loses that"
        why = what + (f"; {each.tenant} must agree" if each.must_agree else "")
        yield ["", f"  {each.lease}", pools, f"{each.gpus:,}", *when, "", lost, "", why]


def to_do(plan: Plan, advice: Sequence[Advice]) -> Iterator[str]:
    """The commands that make room, in the order in which they go together; nothing where there are none."""
    made = sorted((each.opening for each in advice if each.opening is not None), key=lambda opening: opening.number)
    lines = [" \\\n    && ".join(_ready(opening, plan.journal_seq)) for opening in made]
    if lines:
        yield "\n".join(
            ["to make room, once what is accepted is booked, in this order:", *(f"  {each}" for each in lines)]
        )


def _ready(opening: Opening, journal_seq: int) -> list[str]:
    return [ready(command, journal_seq) for command in opening.attempt.commands]


def _giver_row(giver: Giver) -> Row:
    return {
        "lease": giver.lease,
        "tenant": giver.tenant,
        "pools": list(giver.pools),
        "gpus": giver.gpus,
        "from": format_instant(giver.start_at),
        "until": format_instant(giver.end_at),
        "lost_usd": estimate(giver.lost_usd, 2),
        "moves_to": giver.to or None,
        "must_agree": giver.must_agree,
    }
