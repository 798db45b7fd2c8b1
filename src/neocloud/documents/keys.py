"""Keys of the API, as they are shown: never their secret, nor its digest."""

from typing import Annotated, Self

from msgspec import Meta, Struct

from neocloud.documents.document import Document, Length, When, made, shown
from neocloud.model.keys import Key, Role


class KeyDocument(Document, frozen=True, kw_only=True):
    """What lets its holder use the API in a role. Made by `neocloud key create`, and never applied."""

    id: str
    role: Role
    tenant: Annotated[str, Meta(description="of a key of a customer: whose")] = ""
    scopes: Annotated[list[str], Meta(description="only these permissions of its role; none: all of them")] = []
    note: str = ""
    person: Annotated[str, Meta(description="who signed in for it; of a program's key, nobody")] = ""
    created: When
    expires: When | None = None
    revoked: When | None = None
    last_used: Annotated[When | None, Meta(description="to the day")] = None

    @classmethod
    def of(cls, key: Key) -> Self:
        """The key as a document."""
        return made(
            cls,
            id=key.id,
            role=key.role,
            tenant=key.tenant,
            scopes=list(key.scopes),
            note=key.note,
            person=key.person,
            created=shown(key.created_at) or "",
            expires=shown(key.expires_at),
            revoked=shown(key.revoked_at),
            last_used=shown(key.used_on_at),
        )


class NewKeyDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A key to be made."""

    id: Annotated[str | None, Meta(description="left out, one is made")] = None
    role: Role
    tenant: Annotated[str, Meta(description="of a customer's key: whose")] = ""
    scopes: Annotated[list[str], Meta(description="only these permissions of the role; none: all of them")] = []
    note: str = ""
    expires: When | None = None


class RotationDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long the old key still holds."""

    hold_old_for: Annotated[Length | None, Meta(description="left out: a day")] = None
