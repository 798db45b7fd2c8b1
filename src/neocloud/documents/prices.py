"""List prices as people write them, and price sets as they are shown."""

from decimal import Decimal
from typing import Annotated, Self

from msgspec import UNSET, Meta, UnsetType

from neocloud.documents.document import Currency, Document, When, bare, made, plain, priced_at, shown
from neocloud.errors import Invalid
from neocloud.model.prices import ListPrice, PriceSet


class ListPriceDocument(Document, frozen=True, kw_only=True):
    """A row of the price book: what is asked per GPU-hour of a pool under terms, whatever their version."""

    id: Annotated[str | UnsetType, Meta(description="pool:terms; shown, and passed over on reading")] = UNSET
    pool: str
    terms: Annotated[str, Meta(description="their name, without a version")] = "reserved"
    price: Annotated[Decimal, Meta(description="per GPU-hour")]
    currency: Currency = "USD"

    @property
    def name(self) -> str:
        """The id that its pool and terms make."""
        return f"{self.pool}:{self.terms}"

    def noun(self, now: int) -> ListPrice:
        """The list price this describes."""
        if "@" in self.terms:
            name = self.terms.partition("@")[0]
            raise Invalid(f"a list price is for terms in any version; write {name}", place="terms")
        amount = priced_at("price", plain(self.price, "price"), self.currency)
        return ListPrice(pool=self.pool, terms=self.terms, per_gpu_hour=amount)

    @classmethod
    def of(cls, price: ListPrice) -> Self:
        """The list price as a document."""
        return made(
            cls,
            id=price.id,
            pool=price.pool,
            terms=price.terms,
            price=bare(price.per_gpu_hour),
            currency=price.per_gpu_hour.currency,
        )


class PriceSetDocument(Document, frozen=True, kw_only=True):
    """What was admitted: a file of opportunity costs over time, named by its digest. Shown, and never applied."""

    id: str
    journal_seq: int
    made: When
    until: When
    futures: int
    seed: int
    scenario: str = ""

    @classmethod
    def of(cls, prices: PriceSet) -> Self:
        """The price set as a document."""
        return cls(
            id=prices.id,
            journal_seq=prices.journal_seq,
            made=shown(prices.made_at) or "",
            until=shown(prices.until_at) or "",
            futures=prices.futures,
            seed=prices.seed,
            scenario=prices.scenario,
        )
