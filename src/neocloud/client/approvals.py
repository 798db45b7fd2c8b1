"""What waits for a second person, and the answers to it."""

from neocloud.client.answers import Shown
from neocloud.client.asks import Ask
from neocloud.client.groups import Operation, Sends
from neocloud.client.nouns import Listed
from neocloud.documents.policies import ApprovalDocument, NoteDocument


class Approvals(Listed[Sends, ApprovalDocument]):
    """What policies ask of a second person; whoever asked does not answer."""

    @Operation
    def approve(
        self, approval: str, *, note: str = "", idempotency_key: str | None = None
    ) -> Ask[Shown[ApprovalDocument]]:
        """Say yes: it is decided now, and refused if it no longer fits."""
        return self._said("approve", approval, NoteDocument(note=note), key=idempotency_key)

    @Operation
    def decline(
        self, approval: str, *, note: str, idempotency_key: str | None = None
    ) -> Ask[Shown[ApprovalDocument]]:
        """Say no, and why."""
        return self._said("decline", approval, NoteDocument(note=note), key=idempotency_key)

    @Operation
    def withdraw(
        self, approval: str, *, note: str = "", idempotency_key: str | None = None
    ) -> Ask[Shown[ApprovalDocument]]:
        """Take back what you asked."""
        return self._said("withdraw", approval, NoteDocument(note=note), key=idempotency_key)
