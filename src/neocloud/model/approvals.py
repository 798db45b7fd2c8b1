"""What was asked of a second person: a command that policies keep back, until somebody else answers."""

from typing import Literal

from msgspec import Struct

ApprovalStatus = Literal["asked", "approved", "declined", "withdrawn"]


class Approval(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="approval"):
    """A command that waits for somebody else than who asked; it takes no capacity. Its id follows from the command's.

    `command` is all of it, as JSON, to be decided when it is approved; `kind`, `about` and `tenant` say which lease
    or request it is about, and `policies` which of them ask for it and why. Unanswered it runs out at `expires_at`.
    """

    id: str
    command: str
    kind: Literal["lease", "request"]
    about: str
    tenant: str
    policies: dict[str, str]
    asked_by: str
    asked_at: int
    expires_at: int
    status: ApprovalStatus = "asked"
    answered_by: str = ""
    answered_at: int | None = None
    note: str = ""

    def status_at(self, now: int) -> str:
        """How it stands at an instant: as it was answered, else asked, and after a time expired."""
        return "expired" if self.status == "asked" and self.expires_at <= now else self.status
