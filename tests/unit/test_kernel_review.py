"""What a hostile or unlucky world tried on the kernel, on Observations written by hand."""

import json
from dataclasses import replace

import pytest

from bot.attribution import changed_by_person, found_release
from bot.decide import decide
from bot.describe import read_message
from bot.model import (
    CommitFacts,
    Gap,
    Health,
    Manifest,
    MergeRequestState,
    Person,
    Readiness,
    Reference,
    Target,
)
from bot.observation import Branch, Observation, PinFacts, Report, Resolved
from bot.plan import Close, Decision, Merge, Open, PromotionState, Rebuild
from bot.ports import Commit
from bot.state import Baseline, Origin
from gitops.config import read
from gitops.fleet import Pinned
from gitops.tree import Tree
from tests.scenario.fleets import fleet_files
from tests.unit.observations import (
    APP,
    BASE,
    COMMIT,
    EVE,
    NOW,
    PAYMENTS,
    PROD,
    STAGE,
    WORKER,
    digest,
    proposed,
    release,
    with_request,
    with_source,
)

FOREIGN = "f0" * 20


def prod(observation: Observation) -> Decision:
    """What is decided for prod."""
    return next(d for d in decide(observation, NOW).decisions if d.target == PROD)


def after_alone() -> Observation:
    """Prod follows nothing but what stage has proven: no source is needed to find it."""
    edits = {"    follow: {tags: release}\n    artifacts: proven\n    proof: commit\n": ""}
    found = proposed("cy", "di", edits=edits)
    name = f"promote/prod/{APP}/v1.0-rc.1"
    (branch,) = found.branches
    moved = replace(branch, name=name, release=release("v1.0-rc.1"))
    return replace(with_request(found, source_branch=name), branches=(moved,))


# --- S2: makers -----------------------------------------------------------------------------------


def test_the_story_merges_as_long_as_nothing_is_wrong() -> None:
    assert isinstance(prod(after_alone()).step, Merge)


def test_no_approval_counts_while_the_source_does_not_say_who_made_the_release() -> None:
    found = after_alone()
    silent = replace(found, sources={APP: Gap("source", "no answer")})
    assert prod(silent).step is None
    assert any("nobody can say who made" in r for r in prod(silent).reasons)


def test_no_approval_counts_for_a_commit_whose_facts_are_not_there() -> None:
    found = with_source(proposed("cy", "di"), commits={})
    assert prod(found).step is None
    assert any("nobody can say who made" in r for r in prod(found).reasons)


def test_only_a_committer_can_be_a_forges_own() -> None:
    """Anybody can write a forge's address into the author's place."""
    web = Person("GitHub", "noreply@github.com")
    written = {COMMIT: CommitFacts(COMMIT, web, EVE, NOW)}
    found = with_source(proposed("cy", "di"), commits=written)
    assert any("noreply@github.com" in r for r in prod(found).reasons)


# --- S3: the tag under which it was proven --------------------------------------------------------


def without_room(answer: Manifest | Gap | None) -> Observation:
    """The sites take a tag alone; the registry says `answer` of the worker's proven tag."""
    found = proposed("cy", "di")
    pins = tuple(replace(p, digest_room=()) for p in found.pins)
    tags = tuple(
        Resolved(Reference(name, "v1.0-rc.1"), Manifest(digest(d)))
        for name, d in ((PAYMENTS, "a"), (WORKER, "b"))
    )
    tags = (tags[0], Resolved(tags[1].reference, answer))
    (branch,) = found.branches
    written = release("v1.0")
    by_tag = tuple(replace(a, tag="v1.0-rc.1") for a in written.artifacts)
    branch = replace(branch, release=replace(written, artifacts=by_tag))
    return replace(found, pins=pins, resolved=found.resolved + tags, branches=(branch,))


def test_a_tag_that_still_names_the_proven_bytes_is_written() -> None:
    assert isinstance(prod(without_room(Manifest(digest("b")))).step, Merge)


@pytest.mark.parametrize("answer", [Manifest(digest("e")), None, Gap("registry", "no answer")])
def test_a_tag_pushed_again_after_its_proof_is_not_written(answer: Manifest | Gap | None) -> None:
    assert prod(without_room(answer)).step is None


# --- S8: commits of others ------------------------------------------------------------------------


def overtaken(observation: Observation) -> Observation:
    """A person has written a later version into prod by hand."""
    said = replace(release("v1.1"), commit=COMMIT)
    pins = tuple(
        replace(
            p,
            unreleased=False,
            content=tuple(
                replace(c, tag="v1.1", digest=said.digests[c.repository]) for c in p.content
            ),
        )
        if p.target == PROD
        else p
        for p in observation.pins
    )
    return replace(observation, pins=pins)


def test_a_foreign_commit_is_not_deleted_with_what_was_overtaken() -> None:
    found = overtaken(with_request(proposed(), head=FOREIGN))
    (branch,) = found.branches
    foreign = replace(branch, head=FOREIGN, authentic=False)
    decision = prod(replace(found, branches=(foreign,)))
    assert decision.step is None
    assert decision.state is PromotionState.BLOCKED


def test_only_the_head_that_the_mirror_has_is_deleted() -> None:
    """The forge may have seen a push that came after the fetch."""
    found = overtaken(with_request(proposed(), head=FOREIGN))
    step = prod(found).step
    assert isinstance(step, Close)
    assert step.head == found.branches[0].head


# --- S19: claims that nobody can write down -------------------------------------------------------


@pytest.mark.parametrize("place", ["app", "environment", "version", "repository", "tag"])
@pytest.mark.parametrize("text", ["\ud800", "a\x1bb", "\u202e"])
def test_a_claim_that_is_no_text_is_none(place: str, text: str) -> None:
    """Its hash could not be taken, and one pushed branch would have stopped the bot."""
    names = {"app": APP, "environment": "prod", "version": "v1.0", "commit": COMMIT}
    artifact = [PAYMENTS, "v1.0", None]
    if place in names:
        names[place] = text
    else:
        artifact[place == "tag"] = text
    claim = json.dumps([names | {"artifacts": [artifact]}])
    assert read_message(f"Promote\n\nFairlead-Promotion: {claim}\n").promotions == ()


# --- what a person wrote --------------------------------------------------------------------------


def written_by_a_person(*, applied: bool) -> Observation:
    """A person wrote v1.0 into stage without digests; the cluster runs it, or what was before."""
    found = proposed()
    content = tuple(Pinned(name, "v1.0", None) for name in (PAYMENTS, WORKER))
    said = replace(next(p for p in found.pins if p.target == STAGE), content=content)
    pins = tuple(said if p.target == STAGE else p for p in found.pins)
    health = Health(
        *("stage", "stage-1", APP, BASE, Readiness.READY, NOW, NOW),
        digests={PAYMENTS: digest("a"), WORKER: digest("b")},
    )
    before = tuple(Pinned(name, "v1.0-rc.1", digest("a")) for name in (PAYMENTS, WORKER))
    report = Report(health, contains=False, content=content if applied else before)
    return replace(found, pins=pins, reports=(report,))


@pytest.mark.parametrize("applied", [True, False])
def test_digests_of_what_ran_before_are_not_those_of_what_a_person_wrote(applied: bool) -> None:
    found = written_by_a_person(applied=applied)
    pin = found.pin(STAGE)
    assert pin is not None
    told = found_release(pin, found)
    assert told is not None
    assert dict(told.digests) == ({PAYMENTS: digest("a"), WORKER: digest("b")} if applied else {})


def test_a_baseline_learns_the_digests_that_nobody_knew_at_first() -> None:
    early = written_by_a_person(applied=False)
    pin = early.pin(STAGE)
    commit = Commit(CommitFacts("5e" * 20, EVE, EVE, NOW), (BASE,), "", "")
    assert pin is not None
    first = changed_by_person(pin, commit, early)
    assert first is not None
    baseline = Baseline(STAGE, first.release, commit.sha, Origin.OUTSIDE)
    late = written_by_a_person(applied=True)
    late = replace(late, state=replace(late.state, baselines=(baseline,)))
    second = changed_by_person(pin, commit, late)
    assert second is not None
    assert dict(second.release.digests) == {PAYMENTS: digest("a"), WORKER: digest("b")}


# --- S19: a registry's tags -----------------------------------------------------------------------


SOURCELESS = f"""\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: podinfo
team: shop
artifacts:
  - {{image: {PAYMENTS}, tag: "{{version}}"}}
  - {{image: {WORKER}, tag: "{{version}}-slim"}}
environments:
  dev: {{follow: {{range: ">=6.0.0-0"}}}}
"""


def test_a_tag_from_which_no_other_can_be_made_stops_nobody() -> None:
    """A tag has 128 characters at most; the second image's would have more."""
    config = read(Tree.of(fleet_files() | {"apps/podinfo/app.yaml": SOURCELESS}))
    target = Target("dev", "podinfo")
    content = (Pinned(PAYMENTS, "6.0.0", None), Pinned(WORKER, "6.0.0-slim", None))
    hostile = "6.1.0-" + "a" * 120
    found = replace(
        proposed(),
        apps=config.apps,
        pins=(PinFacts(target, content),),
        tags={PAYMENTS: ("6.0.0", hostile), WORKER: ("6.0.0-slim",)},
        merge_requests=(),
        branches=(),
    )
    (decision,) = decide(found, NOW).decisions
    assert decision.state is PromotionState.BLOCKED
    assert decision.release == hostile


# --- liveness: what an open merge request can come back from --------------------------------------


def test_a_branch_that_was_deleted_is_cut_anew() -> None:
    step = prod(replace(proposed("cy", "di"), branches=())).step
    assert isinstance(step, Rebuild)
    assert step.expected is None


def test_a_merge_request_that_names_a_state_given_up_is_made_anew() -> None:
    found = proposed("cy", "di")
    (branch,) = found.branches
    step = prod(replace(found, branches=(replace(branch, state_known=False),))).step
    assert isinstance(step, Rebuild)
    assert step.expected == branch.head


# --- squatters ------------------------------------------------------------------------------------


def squatted(name: str) -> Observation:
    """Mallory has a merge request of her own from a branch of this name; ours is not open yet."""
    found = with_request(proposed(), author="mallory", source_branch=name, head=FOREIGN)
    return replace(found, branches=(Branch(name, FOREIGN),))


def test_a_strangers_merge_request_stops_no_other_release() -> None:
    step = prod(squatted(f"promote/prod/{APP}/v0.1")).step
    assert isinstance(step, Open)
    assert step.promotion.release.version == "v1.0"


def test_a_strangers_merge_request_stops_its_own_branchs_release_with_a_reason() -> None:
    decision = prod(squatted(f"promote/prod/{APP}/v1.0"))
    assert decision.step is None
    assert any("foreign commit" in r for r in decision.reasons)


@pytest.mark.parametrize("name", ["promote", "promote/prod", f"promote/prod/{APP}/v1.0/x"])
def test_a_branch_in_the_way_is_named(name: str) -> None:
    found = replace(proposed(), merge_requests=(), branches=(Branch(name, FOREIGN),))
    assert any(f"{name} is in the way" in r for r in prod(found).reasons)


def test_a_branch_stays_when_somebody_merged_it_elsewhere() -> None:
    found = proposed()
    (request,) = found.merge_requests
    elsewhere = replace(
        request, number=9, target_branch="scratch", state=MergeRequestState.MERGED, merge_sha=BASE
    )
    plan = decide(replace(found, merge_requests=(request, elsewhere)), NOW)
    assert plan.housekeeping == ()


def test_a_merge_request_of_a_place_that_is_gone_is_reported() -> None:
    found = with_request(proposed(), source_branch="promote/prod/gone/v1.0")
    assert any("!2: promote/prod/gone/v1.0" in line for line in decide(found, NOW).reports)


# --- S4: a pin of two versions --------------------------------------------------------------------


@pytest.mark.parametrize(("worker", "opens"), [("v1.1", False), ("v1.0", True), ("v0.9", True)])
def test_no_image_of_a_pin_goes_down(worker: str, opens: bool) -> None:
    """A person wrote another version for the second image: together they have no place."""
    found = replace(proposed(), merge_requests=(), branches=())
    content = (Pinned(PAYMENTS, "v0.9", digest("c")), Pinned(WORKER, worker, digest("d")))
    pins = tuple(
        replace(p, unreleased=False, content=content) if p.target == PROD else p for p in found.pins
    )
    assert isinstance(prod(replace(found, pins=pins)).step, Open) is opens


# --- S9: two instances raced ----------------------------------------------------------------------


def test_of_two_merge_requests_for_one_place_the_newer_is_closed() -> None:
    found = proposed("cy", "di")
    (request,), (branch,) = found.merge_requests, found.branches
    name = f"promote/prod/{APP}/v0.9"
    second = replace(request, number=3, source_branch=name, head=FOREIGN)
    beside = replace(branch, name=name, head=FOREIGN, release=release("v0.9"))
    both = replace(found, merge_requests=(request, second), branches=(branch, beside))
    step = prod(both).step
    assert isinstance(step, Close)
    assert (step.number, step.head) == (3, FOREIGN)
    left_alone = replace(both, branches=(branch, replace(beside, authentic=False)))
    assert not isinstance(prod(left_alone).step, Close)
