"""Policies: nothing that needs a second person is done without one, and nobody is given what they may not have."""

import msgspec
from hypothesis import event, given, settings

from neocloud.errors import Mistaken, NotAllowed, NotEligible, Oversold, Refused
from neocloud.model.approvals import Approval
from neocloud.model.commands import Answering, Approve, Book, Record, WithdrawApproval
from neocloud.model.entries import Noun
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy, Then
from neocloud.model.world import World
from neocloud.rules.approvals import command_of
from neocloud.rules.change import Change
from neocloud.rules.ledger import decide
from tests.laws.governed import ADA, GRACE, PEOPLE, covered, governed, grown, own
from tests.laws.histories import Moment, admit, fleets, is_fact, lived, play, stable
from tests.laws.oracle import Oracle
from tests.laws.test_fold import picture
from tests.laws.test_law import taking

fewer = settings(stable, max_examples=60)


@given(fleets(), governed())
@stable
def test_what_policies_ask_about_is_done_only_when_another_author_approves(
    fleet: list[Noun], history: list[Moment]
) -> None:
    world = World(fleet)
    for command, answer, now in play(world, history, PEOPLE):
        if isinstance(answer, Mistaken | Refused):
            continue
        if command is not None and answer and not isinstance(command, Answering | Record):
            first = answer[0]
            if first.cause == "asked":
                assert isinstance(first.noun, Approval) and command_of(first.noun) == command
                done = decide(world, command, now, GRACE, approved=True)
                named = {policy.id for policy in in_force(world, now, "ask") if covered(world, policy, done, now)}
                assert set(first.noun.policies) == named, command
                event(f"asked: {type(command).__name__}")
            else:
                for policy in in_force(world, now, "ask"):
                    assert not covered(world, policy, answer, now), (command, policy)
        admit(world, answer)
    for approval in world.approvals.values():
        if approval.status in {"approved", "declined"}:
            assert approval.answered_by != approval.asked_by
            event(approval.status)


@given(fleets(), governed())
@fewer
def test_approving_never_makes_demand_exceed_supply(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for command, answer, _ in play(world, history, PEOPLE):
        if isinstance(answer, Mistaken | Refused):
            continue
        before, fact = Oracle(world.all()), any(is_fact(change, world) for change in answer)
        waits = bool(answer) and answer[0].cause == "asked"
        admit(world, answer)
        if not fact:
            assert Oracle(world.all()).worse_than(before) == [], command
        if waits:
            assert Oracle(world.all()).available == before.available, "what is asked takes capacity"
        if isinstance(command, Approve):
            event("approved with what was asked" if len(answer) > 1 else "approved, nothing to change")


@given(fleets(), governed())
@stable
def test_no_decision_gives_a_tenant_what_it_may_not_have(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for command, answer, now in play(world, history, PEOPLE):
        if isinstance(answer, NotEligible):
            event("refused")
        if isinstance(answer, Mistaken | Refused):
            continue
        if not isinstance(command, Record):
            for policy in in_force(world, now, "refuse"):
                assert not covered(world, policy, answer, now), (command, policy)
            for change in answer:
                assert is_where_it_may_be(world, change), command
        admit(world, answer)


@given(fleets(), governed())
@fewer
def test_an_answer_is_refused_where_it_must_be_and_the_approval_waits_on(
    fleet: list[Noun], history: list[Moment]
) -> None:
    world = lived(World(fleet), history, PEOPLE)
    for approval in [each for each in world.approvals.values() if each.status == "asked"]:
        own_author = ADA if approval.asked_by == ADA.by else GRACE
        other = GRACE if own_author is ADA else ADA
        before = world.digest()
        for kind, author in ((Approve, own_author), (WithdrawApproval, other)):
            try:
                decide(world, kind(id="an answer", approval=approval.id), 0, author)
            except NotAllowed:
                continue
            raise AssertionError("the wrong one answered")
        assert world.digest() == before


@given(fleets(), governed())
@fewer
def test_a_world_with_policies_is_a_fold_too(fleet: list[Noun], history: list[Moment]) -> None:
    world, stack = World(fleet), []
    for _, answer, _ in play(world, history, PEOPLE):
        if not isinstance(answer, Mistaken | Refused):
            stack.append((picture(world), admit(world, answer)))
    nouns = msgspec.json.decode(msgspec.json.encode(list(world.all())), type=list[Noun])
    assert picture(World(nouns)) == picture(world)
    while stack:
        before, undos = stack.pop()
        for undo in reversed(undos):
            world.undo(undo)
        assert picture(world) == before


@given(fleets(), governed())
@fewer
def test_what_a_refusal_offers_its_tenant_may_have(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for command, answer, now in play(world, history, PEOPLE):
        if not isinstance(answer, Mistaken | Refused):
            admit(world, answer)
        elif isinstance(answer, Oversold) and isinstance(command, Book):
            for offer in answer.facts["offers"]:
                event(offer.change)
                assert decide(world, taking(command, offer), now, ADA)


def in_force(world: World, now: int, then: Then) -> list[Policy]:
    """The policies that hold."""
    return [policy for policy in world.policies.values() if policy.then == then and policy.in_force(now)]


def is_where_it_may_be(world: World, change: Change) -> bool:
    """Whether what a lease has more than before is at the sites of its tenant."""
    if not isinstance(change.noun, Lease) or change.cause in {"released", "expired", "terminated", "reclaimed"}:
        return True
    sites = world.tenants[change.noun.tenant].sites
    pools = grown(change.noun, own(world, change))
    return not sites or all(world.pools[pool].site in sites for pool in pools)
