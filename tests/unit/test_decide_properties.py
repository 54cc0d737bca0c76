"""What holds for every plan, whatever was observed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings

from bot.decide import decide
from bot.gates.intact import branch_of
from bot.model import Gap, Manifest, MergeRequestState, Reference, Source, Target
from bot.observation import Observation, from_json, to_json
from bot.plan import (
    Action,
    Close,
    Deliver,
    Merge,
    Open,
    Plan,
    Promotion,
    Rebuild,
)
from bot.state import Proof
from tests.unit.generated_apps import NOW
from tests.unit.generated_observations import observations

some = settings(max_examples=60)


def entered(plan: Plan) -> Iterator[Promotion]:
    """The promotions that a plan opens, delivers, makes anew or merges."""
    for action in plan.actions:
        match action:
            case Deliver():
                yield from action.promotions
            case Open() | Merge() | Rebuild():
                yield action.promotion
            case _:
                pass


def targets_of(action: Action) -> tuple[Target, ...]:
    match action:
        case Deliver():
            return tuple(p.target for p in action.promotions)
        case Open() | Merge() | Rebuild():
            return (action.promotion.target,)
        case Close():
            return (action.target,)
        case _:
            return ()


def stepped(plan: Plan) -> Counter[Target]:
    """How many steps each target takes."""
    return Counter(target for action in plan.actions for target in targets_of(action))


# --- the same again (S16) -------------------------------------------------------------------------


@some
@given(observations())
def test_the_same_observation_gives_the_same_plan(observation: Observation) -> None:
    again = replace(observation)
    assert decide(again, NOW) == decide(observation, NOW)


@some
@given(observations())
def test_an_observation_read_from_json_gives_the_same_plan(observation: Observation) -> None:
    read = from_json(to_json(observation))
    assert read == observation
    assert decide(read, NOW) == decide(observation, NOW)


# --- nothing without its reason -------------------------------------------------------------------


def proves(proof: Proof, promotion: Promotion, observation: Observation) -> bool:
    """Whether a record proves a promotion, told from DESIGN's words and not from the gate."""
    policy = observation.policy(promotion.target)
    release, proven = promotion.release, proof.release
    if proof.target != Target(policy.after or "", promotion.target.app):
        return False
    same_bytes = dict(proven.digests) == dict(release.digests)
    if policy.artifacts == "proven" and not same_bytes:
        return False
    match policy.proof:
        case "digest":
            return same_bytes
        case "commit":
            return proven.commit == release.commit
        case "contained":
            return proven.commit in descendants(release.commit, promotion, observation)
        case "version":
            return proven.version == release.version
        case "none":
            return True


def descendants(
    commit: str | None, promotion: Promotion, observation: Observation
) -> set[str | None]:
    """The commit, and what is newer than it on the branch that the environment before follows."""
    source = observation.sources[promotion.target.app]
    assert isinstance(source, Source)
    line = source.branches["main"]
    return {commit, *(line[: line.index(commit)] if commit in line else ())}


@some
@given(observations())
def test_no_environment_is_entered_without_its_proof(observation: Observation) -> None:
    for promotion in entered(decide(observation, NOW)):
        policy = observation.policy(promotion.target)
        if policy.after is not None and policy.proof != "none":
            records = observation.state.proofs
            assert any(proves(p, promotion, observation) for p in records), promotion


@some
@given(observations())
def test_only_bytes_that_a_registry_names_today_are_written(observation: Observation) -> None:
    """What an open merge request holds stands as it was resolved at opening."""
    for promotion in entered(decide(observation, NOW)):
        for artifact in promotion.release.artifacts:
            references = (
                Reference(artifact.repository, artifact.tag),
                Reference(artifact.repository, digest=artifact.digest),
            )
            answers = [observation.manifest(reference) for reference in references]
            told = {a.digest for a in answers if isinstance(a, Manifest)}
            assert artifact.digest in told, promotion


@some
@given(observations())
def test_what_a_target_needs_and_could_not_be_read_stops_it(observation: Observation) -> None:
    for target in stepped(decide(observation, NOW)):
        assert isinstance(observation.sources[target.app], Source)
        follow = observation.policy(target).follow
        if follow is not None and follow.branch is not None:
            images = [a.name for a in observation.apps[target.app].artifacts]
            assert not any(isinstance(observation.tags[i], Gap) for i in images)


@some
@given(observations())
def test_a_pin_that_cannot_be_moved_is_left_alone(observation: Observation) -> None:
    held = {pin.target for pin in observation.pins if pin.problem}
    assert held.isdisjoint(stepped(decide(observation, NOW)))


@some
@given(observations())
def test_a_target_takes_one_step_at_most(observation: Observation) -> None:
    assert all(count == 1 for count in stepped(decide(observation, NOW)).values())


@some
@given(observations())
def test_a_halt_writes_nothing_but_itself(observation: Observation) -> None:
    plan = decide(observation, NOW)
    halted = observation.state.halt or observation.state_lost or observation.wrong_merges
    if halted:
        assert not plan.actions
        assert plan.record is None
        assert (plan.halt is None) == (observation.state.halt is not None)
    else:
        assert plan.halt is None


@some
@given(observations())
def test_only_an_intact_and_approved_head_is_merged(observation: Observation) -> None:
    for action in decide(observation, NOW).actions:
        if not isinstance(action, Merge):
            continue
        request = next(m for m in observation.merge_requests if m.number == action.number)
        branch = branch_of(request, observation)
        assert branch is not None
        assert branch.authentic
        assert branch.state_known
        assert branch.release == action.promotion.release
        assert branch.head == request.head == action.head
        assert request.state is MergeRequestState.OPEN
        policy = observation.policy(action.promotion.target)
        given_by = {
            policy.approver(a.person)
            for a in request.approvals
            if a.sha == action.head and not a.bot and a.person not in {"eve", "fairlead"}
        }
        assert len(given_by - {None}) >= policy.required


@some
@given(observations())
def test_an_environment_never_has_two_merge_requests(observation: Observation) -> None:
    """Opening is for a target that has none; the commit that delivers has none either."""
    open_ = {
        tuple(m.source_branch.split("/")[1:3])
        for m in observation.merge_requests
        if m.state is MergeRequestState.OPEN
    }
    for action in decide(observation, NOW).actions:
        if isinstance(action, Open):
            target = action.promotion.target
            assert (target.environment, target.app) not in open_


@some
@given(observations())
def test_nothing_is_delivered_in_a_freeze(observation: Observation) -> None:
    if not observation.fleet.freezes:
        return
    actions = decide(observation, NOW).actions
    assert not any(isinstance(action, Merge | Deliver) for action in actions)


def test_the_draws_lead_to_every_kind_of_action() -> None:
    """Else the properties would hold of nothing."""
    seen = Counter(dict.fromkeys(("Open", "Merge", "Deliver", "Close", "Rebuild", "Halt"), 0))

    @settings(derandomize=True, max_examples=300, database=None)
    @given(observations())
    def count(observation: Observation) -> None:
        plan = decide(observation, NOW)
        seen.update(type(action).__name__ for action in (*plan.actions, *filter(None, [plan.halt])))

    count()
    assert min(seen.values()) >= 3, seen
