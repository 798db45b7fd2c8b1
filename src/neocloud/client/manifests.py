"""Many documents at once, all of them or none."""

from neocloud.client.answers import value
from neocloud.client.asks import Ask, body_of, path
from neocloud.client.groups import Group, Operation, Sends
from neocloud.documents.answers import AppliedManifest
from neocloud.documents.manifest import Manifest


class Manifests(Group[Sends]):
    """What `neocloud apply -f` brings about, from a program."""

    @Operation
    def apply(
        self, manifest: Manifest, *, dry_run: bool = False, idempotency_key: str | None = None
    ) -> Ask[AppliedManifest]:
        """Bring the ledger to what a manifest says; with `dry_run`, show what would change."""
        query = [("dry_run", "true")] if dry_run else []
        return Ask(
            method="POST", path=path("manifests"), read=value(AppliedManifest), body=body_of(manifest), query=query,
            key=idempotency_key,
        )  # fmt: skip
