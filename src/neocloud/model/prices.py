"""What capacity is worth and what we ask for it: price sets, list prices, and what a lease was quoted."""

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.settings import MOST_MONEY
from neocloud.units import NANOS, Money


class PriceSet(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="price_set"):
    """Opportunity costs over time as they were known at an entry: a file, named by its digest and admitted here.

    `id` is the SHA-256 of the file. The same entry, scenario (by its digest) and seed give the same file.
    """

    id: str
    journal_seq: int
    made_at: int
    until_at: int
    futures: int
    seed: int
    scenario: str = ""

    def __post_init__(self) -> None:
        if len(self.id) != 64 or set(self.id) - set("0123456789abcdef"):
            raise Invalid(f"{self.id!r} is not a digest; 64 hexadecimal digits are", place="id")


class ListPrice(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="list_price"):
    """What is asked per GPU-hour of a pool under terms (by name, whatever their version): a row of the price book."""

    pool: str
    terms: str
    per_gpu_hour: Money

    def __post_init__(self) -> None:
        if not 0 <= self.per_gpu_hour.nanos <= MOST_MONEY * NANOS:
            raise Invalid(f"a list price of {self.per_gpu_hour} cannot be", place="per_gpu_hour")

    @property
    def id(self) -> str:
        """Pool and terms: there is one list price for both."""
        return f"{self.pool}:{self.terms}"


class Quoted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a lease was quoted before it was booked: at which entry, by which prices, and the floor per GPU-hour."""

    journal_seq: int
    price_set: str
    floor: Money
