"""What is read first on the page of a plan: what to do in one sentence, and the few figures that matter."""

from collections.abc import Iterator

from neocloud.operations.keeping import Keeping
from neocloud.operations.plan_totals import PlanTotals
from neocloud.operations.plan_words import looks_ahead
from neocloud.operations.planning import Plan
from neocloud.pages.amounts import usd
from neocloud.pages.page import Tile
from neocloud.units import format_instant

_BOTH = " and "


def sentence(plan: Plan, totals: PlanTotals) -> str:
    """What to do, and what that is worth."""
    until = format_instant(plan.view.grid.within.end_at)
    if not totals.requests:
        return f"There is no request to weigh: what capacity is worth, and what keeping costs, to {until}"
    if not totals.accepted:
        return f"Accept none of {_requests(totals)}: {_others(totals)}"
    worth = [
        f"{usd(amount)} of {kind}"
        for amount, kind in ((totals.cash_usd, "cash"), (totals.internal_usd, "internal value"))
        if amount > 0
    ]
    displaced = usd(totals.cash_displaced_usd + totals.internal_displaced_usd)
    all_of = "all" if totals.accepted == totals.requests else f"{totals.accepted:,}"
    brings = f"to {until} that is worth {_BOTH.join(worth) or 'nothing'}, and displaces {displaced}"
    return f"Accept {all_of} of {_requests(totals)}: {brings}"


def _requests(totals: PlanTotals) -> str:
    return f"{totals.requests:,} request{'s' * (totals.requests != 1)}"


def _others(totals: PlanTotals) -> str:
    """How many there are of every other word of advice."""
    said = [
        f"{word.replace('_', ' ')} {number:,}" for word, number in sorted(totals.words.items()) if word != "accept"
    ]
    return ", ".join(said) or "none is countered or declined"


def warnings(plan: Plan) -> Iterator[tuple[str, str]]:
    """What nobody may overlook: a heading and a sentence each."""
    if plan.clashes:
        number = len(plan.clashes)
        those = "one is" if number == 1 else f"{number:,} are"
        yield "Promises that cannot all be kept", f"Whatever is decided: {those} listed under What to do."
    if plan.fell_back:
        yield "The solver fell back", "A program was solved by the plain simplex method, after the usual one did not."


def tiles(plan: Plan, totals: PlanTotals, kept: Keeping) -> Iterator[Tile]:
    """How many are accepted, cash and internal value apart, and what keeping costs."""
    if totals.requests:
        yield Tile(what="Accept", number=f"{totals.accepted:,} of {totals.requests:,}", beside=_others(totals))
        beside = f"of customers, to be accepted; displaces {usd(totals.cash_displaced_usd)}"
        yield Tile(what="Worth in cash", number=usd(totals.cash_usd), beside=beside)
        beside = f"of inside teams, judged and not cash; displaces {usd(totals.internal_displaced_usd)}"
        yield Tile(what="Worth in internal value", number=usd(totals.internal_usd), beside=beside)
    if kept.rows:
        beside = f"for leases of inside teams worth {usd(kept.value_usd)}, which is not cash"
        yield Tile(what="Cash refused by keeping", number=usd(kept.cash_refused_usd), beside=beside)


def facts(plan: Plan) -> Iterator[tuple[str, str]]:
    """When it was made, and how far it looks."""
    yield "Made at", f"{format_instant(plan.now)}, from entry {plan.journal_seq:,} of the journal"
    yield "Looks ahead", looks_ahead(plan)
