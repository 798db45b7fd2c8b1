"""Who may hold a lease."""

from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_instant, check_name
from neocloud.model.countries import check_country

TenantKind = Literal["customer", "inside"]


class Tenant(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tenant"):
    """A customer, or an inside team; of a country (ISO 3166 alpha-2), screened until an instant.

    With `sites`, it may be at these alone.
    """

    id: str
    kind: TenantKind
    name: str = ""
    legal_entity: str = ""
    country: str = ""
    screened_until_at: int | None = None
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.id)
        check_instant(self.screened_until_at, "screened_until")
        if self.country:
            check_country(self.country)
        if len(set(self.sites)) < len(self.sites):
            raise Invalid("a site is named twice", place="sites")
