"""Policies, as people write them; and approvals, as they are shown."""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta, Struct

from neocloud.documents.document import Document, Length, When, duration, instant_or_none, made, shown, shown_length
from neocloud.errors import Invalid
from neocloud.model.approvals import Approval
from neocloud.model.policies import (
    BelowFloor,
    Condition,
    CountryGpu,
    GpusAbove,
    InsideAbove,
    LongerThan,
    Policy,
    Reclaims,
    Then,
    Unscreened,
)
from neocloud.settings import MOST_GPUS

Gpus = Annotated[int, Meta(ge=1, le=MOST_GPUS)]


class CountryGpuDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Tenants of some countries on pools of some GPUs."""

    countries: Annotated[list[str], Meta(description="ISO 3166 alpha-2: DE, US")] = []
    gpus: Annotated[list[str], Meta(min_length=1, description="as pools name them: H200")]
    unsaid: Annotated[bool, Meta(description="customers of whom no country is said, too")] = False


class WhenDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What falls under a policy: one of these."""

    below_floor: Annotated[
        Literal["quoted", "unquoted"] | None,
        Meta(description="a price under the floor that was quoted; unquoted: or nothing was quoted"),
    ] = None
    gpus_above: Annotated[Gpus | None, Meta(description="more GPUs than so many")] = None
    inside_above: Annotated[Gpus | None, Meta(description="the same of inside teams, and of their requests")] = None
    longer_than: Annotated[Length | None, Meta(description="a lease that lasts longer")] = None
    reclaims: Annotated[bool, Meta(description="the operator takes GPUs back, or ends a lease")] = False
    unscreened: Annotated[bool, Meta(description="a customer without a valid screening")] = False
    country_gpu: CountryGpuDocument | None = None

    def noun(self) -> Condition:
        """The condition this names. Raises Invalid unless it is exactly one."""
        named = [name for name in self.__struct_fields__ if getattr(self, name) not in (None, False)]
        if len(named) != 1:
            said = f"not {' and '.join(named)}" if named else "and there is none"
            raise Invalid(f"one condition is wanted here, {said}: {', '.join(self.__struct_fields__)}", place="when")
        return self._named(named[0])

    def _named(self, name: str) -> Condition:
        match name:
            case "below_floor":
                return BelowFloor(unquoted=self.below_floor == "unquoted")
            case "gpus_above":
                return GpusAbove(gpus=self.gpus_above or 0)
            case "inside_above":
                return InsideAbove(gpus=self.inside_above or 0)
            case "longer_than":
                return LongerThan(length_s=duration(self.longer_than or "", "when.longer_than"))
            case "reclaims":
                return Reclaims()
            case "unscreened":
                return Unscreened()
        where = self.country_gpu
        assert where is not None
        return CountryGpu(countries=tuple(where.countries), gpus=tuple(where.gpus), unsaid=where.unsaid)

    @classmethod
    def of(cls, when: Condition) -> Self:
        """The condition as a document."""
        match when:
            case BelowFloor(unquoted=unquoted):
                return cls(below_floor="unquoted" if unquoted else "quoted")
            case GpusAbove(gpus=gpus):
                return cls(gpus_above=gpus)
            case InsideAbove(gpus=gpus):
                return cls(inside_above=gpus)
            case LongerThan(length_s=length_s):
                return cls(longer_than=shown_length(length_s))
            case Reclaims():
                return cls(reclaims=True)
            case Unscreened():
                return cls(unscreened=True)
            case CountryGpu():
                return cls(
                    country_gpu=CountryGpuDocument(
                        countries=list(when.countries), gpus=list(when.gpus), unsaid=when.unsaid
                    )
                )


class PolicyDocument(Document, frozen=True, kw_only=True):
    """Which decisions a second person must approve, and which are refused."""

    id: str
    when: WhenDocument
    then: Then
    reason: Annotated[str, Meta(description="whoever meets the policy reads it")]
    retired: Annotated[When | None, Meta(description="it no longer holds from this instant on")] = None

    def noun(self, now: int) -> Policy:
        """The policy this describes."""
        return Policy(
            id=self.id,
            when=self.when.noun(),
            then=self.then,
            reason=self.reason,
            retired_at=instant_or_none(self.retired, now, "retired"),
        )

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The policy as a document."""
        return made(
            cls,
            id=policy.id,
            when=WhenDocument.of(policy.when),
            then=policy.then,
            reason=policy.reason,
            retired=shown(policy.retired_at),
        )


class ApprovalDocument(Document, frozen=True, kw_only=True):
    """A command that waits for a second person; shown, and never applied."""

    id: str
    kind: Literal["lease", "request"]
    about: str
    tenant: str
    policies: Annotated[dict[str, str], Meta(description="which of them ask for it, and why")]
    asked_by: str
    asked: str
    expires: str
    answered_by: str = ""
    answered: str | None = None
    note: str = ""
    command: Annotated[dict[str, Any], Meta(description="what was asked, as the journal has it")]

    @classmethod
    def of(cls, approval: Approval) -> Self:
        """The approval as a document."""
        return made(
            cls,
            id=approval.id,
            kind=approval.kind,
            about=approval.about,
            tenant=approval.tenant,
            policies=approval.policies,
            asked_by=approval.asked_by,
            asked=shown(approval.asked_at) or "",
            expires=shown(approval.expires_at) or "",
            answered_by=approval.answered_by,
            answered=shown(approval.answered_at),
            note=approval.note,
            command=msgspec.json.decode(approval.command),
        )


class NoteDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stays with the answer."""

    note: str = ""
