"""What the page of a plan tells beside the plan itself."""

from typing import NamedTuple

from neocloud.operations.plan_totals import Beside


class Told(NamedTuple):
    """Where requests and scenario came from, prices to compare with, the price set admitted, and the command line.

    `again` is the command line that makes the same page, as long as the journal is the same.
    """

    requests: str
    scenario: str
    beside: Beside
    price_set: str | None
    again: str
