"""Who may use the API: a key, of which only a digest is kept."""

from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_instant, check_name

Role = Literal["admin", "operator", "sales", "finance", "viewer", "customer"]


class Key(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="key"):
    """Lets its holder use the API in a role; of a customer, bound to one tenant.

    `digest` is the SHA-256 of its secret. With `scopes`, only those permissions of its role hold. One that is `once`
    makes the first key of an admin, and is then used up. `person` is who signed in for it; without one it is a
    program's. `used_on_at` is the day on which it was used last.
    """

    id: str
    role: Role
    digest: str
    tenant: str = ""
    scopes: tuple[str, ...] = ()
    note: str = ""
    person: str = ""
    created_at: int = 0
    expires_at: int | None = None
    revoked_at: int | None = None
    used_on_at: int | None = None
    once: bool = False

    def __post_init__(self) -> None:
        check_name(self.id)
        check_instant(self.expires_at, "expires")
        if len(self.digest) != 64 or set(self.digest) - set("0123456789abcdef"):
            raise Invalid("a key is kept as the SHA-256 of its secret", place="digest")
        if (self.role == "customer") != bool(self.tenant):
            raise Invalid("a key of a customer, and no other, is bound to a tenant", place="tenant")

    def holds(self, now: int) -> bool:
        """Whether it may still be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
