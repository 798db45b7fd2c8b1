"""Who may hold a lease."""

from typing import Literal

from msgspec import Struct

from neocloud.model.checks import check_name

TenantKind = Literal["customer", "inside"]


class Tenant(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tenant"):
    """A customer, or an inside team."""

    id: str
    kind: TenantKind
    name: str = ""
    legal_entity: str = ""

    def __post_init__(self) -> None:
        check_name(self.id)
