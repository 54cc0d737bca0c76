"""newer, built, proven: what keeps a release from being proposed, and what mends it."""

from dataclasses import replace

import pytest

from bot.build_checks import CommitQuery
from bot.decide import decide
from bot.model import Check, CheckState, Gap, Reference
from bot.observation import Checked, Observation, Resolved, Running, from_json, to_json
from bot.plan import Merge, Open, PromotionState
from bot.state import Origin, Proof
from tests.unit.observations import (
    BEFORE,
    COMMIT,
    HEAD,
    LATER,
    NOW,
    PAYMENTS,
    PROD,
    STAGE,
    WORKER,
    decided,
    digest,
    pin,
    proof,
    proposed,
    release,
    resolved,
    seen,
    tags,
    waiting,
    with_source,
    with_state,
)


def opens(observation: Observation) -> bool:
    """Whether `v1.0` is proposed for prod."""
    step = decided(observation).step
    return isinstance(step, Open) and step.promotion.release.version == "v1.0"


def merged(observation: Observation) -> bool:
    """Whether the merge request is merged at its head."""
    step = decided(observation).step
    return isinstance(step, Merge) and step.head == HEAD


def withheld(observation: Observation) -> str:
    """Why nothing is done in prod; every reason on a line."""
    decision = decided(observation)
    assert decision.step is None
    return "\n".join(decision.reasons)


# --- newer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", list(Origin))
def test_what_a_person_wrote_is_shown_to_the_reviewer(origin: Origin) -> None:
    found = waiting()
    older = release("v0.9", LATER)
    running = Running(PROD, older, "5e" * 20, BEFORE, origin)
    there = replace(found, pins=(found.pins[0], pin(PROD, older)), running=(running,))
    step = decided(there).step
    assert isinstance(step, Open)
    told = "a person wrote v0.9 there, in 5e5e5e5e5e5e" in step.promotion.notes
    assert told == (origin is Origin.OUTSIDE)


@pytest.mark.parametrize("present", ["v1.0", "v1.0.1", "v2.0"])
def test_nothing_goes_down_or_stays_by_itself(present: str) -> None:
    found = waiting()
    above = replace(found, pins=(found.pins[0], pin(PROD, release(present))))

    assert decided(above).step is None
    below = replace(found, pins=(found.pins[0], pin(PROD, release("v0.9"))))
    assert opens(below)


def test_a_version_that_cannot_be_ordered_is_below_and_said() -> None:
    found = waiting()
    loose = replace(pin(PROD, None), unreleased=False)
    latest = replace(loose, content=tuple(replace(p, tag="latest") for p in loose.content))
    unplaced = replace(found, pins=(found.pins[0], latest))

    assert opens(unplaced)
    assert "the present version (latest) cannot be ordered against it" in decided(unplaced).notes


def test_twins_on_one_commit_the_first_seen_stands() -> None:
    both = (("v1.0-rc.1", COMMIT), ("v1.0.0", COMMIT), ("v1.0", COMMIT))
    found = with_source(waiting(), tags=tags(*both))

    short_first = with_state(found, seen=seen(("v1.0", COMMIT), ("v1.0.0", COMMIT)))
    long_first = with_state(found, seen=seen(("v1.0.0", COMMIT), ("v1.0", COMMIT)))

    assert decided(short_first).release == "v1.0"
    assert decided(long_first).release == "v1.0.0"
    assert isinstance(decided(long_first).step, Open)


def test_twins_on_two_commits_are_both_refused() -> None:
    both = (("v1.0-rc.1", COMMIT), ("v1.0", COMMIT), ("v1.0.0", LATER))
    found = with_state(with_source(waiting(), tags=tags(*both)), seen=seen(*both))

    assert "v1.0 and v1.0.0 are the same version on different commits" in withheld(found)
    assert decided(found).state is PromotionState.BLOCKED
    assert opens(with_source(found, tags=tags(*both[:2])))


def test_a_git_tag_that_moved_is_refused() -> None:
    now = tags(("v1.0-rc.1", COMMIT), ("v1.0", LATER))
    moved = with_source(proposed("cy", "di"), tags=now)

    assert f"tag moved: v1.0 was first seen at commit {COMMIT[:12]} and now names" in (
        withheld(moved)
    )
    assert decided(moved).state is PromotionState.BLOCKED
    assert merged(proposed("cy", "di"))


@pytest.mark.parametrize(
    ("tag", "trap"), [("v1.1-rc9", True), ("v1.1-rc.9", False), ("v1.1-rc8", False)]
)
def test_a_prerelease_that_orders_wrongly_is_reported(tag: str, trap: bool) -> None:
    found = with_source(waiting(), tags=tags(("v1.0", COMMIT), (tag, LATER)))

    said = [r for r in decide(found, NOW).reports if f"tag {tag} has an unpadded prerelease" in r]

    assert len(said) == int(trap)


# --- built ----------------------------------------------------------------------------------------


def test_every_image_must_be_there() -> None:
    found = waiting(artifacts="tagged")
    without = replace(found, resolved=tuple(_gone(r, "v1.0", WORKER) for r in found.resolved))

    assert f"built: no image {WORKER}:v1.0 (since 2026-03-03 10:01:00Z)" in withheld(without)
    assert opens(found)


def test_what_is_missing_too_long_is_overdue() -> None:
    edits = {"artifacts: tagged\n    proof: commit": "proof: commit\n    artifacts: tagged\n"
             "    build_timeout: 1h"}  # fmt: skip
    found = waiting(edits, artifacts="tagged")
    without = replace(found, resolved=tuple(_gone(r, "v1.0", WORKER) for r in found.resolved))

    assert "(since 2026-03-03 10:01:00Z, overdue)" in withheld(without)


def test_a_registry_that_does_not_answer_is_no_missing_image() -> None:
    found = waiting(artifacts="tagged")
    gap = Gap("registry.example.com", "timed out")
    silent = replace(
        found,
        resolved=tuple(
            replace(r, answer=gap) if r.reference == Reference(WORKER, "v1.0") else r
            for r in found.resolved
        ),
    )

    assert f"registry.example.com did not say what {WORKER}:v1.0 is: timed out" in withheld(silent)


def test_every_platform_asked_for_must_be_there() -> None:
    wanted = {"    build:": "    platforms: [linux/amd64, linux/arm64]\n    build:"}
    found = waiting(artifacts="tagged", app=wanted)
    both = resolved() + resolved("v1.0", platforms=("linux/amd64", "linux/arm64"))

    assert f"image {PAYMENTS}:v1.0 lacks the platform linux/arm64" in withheld(found)
    assert opens(replace(found, resolved=both))


def test_an_image_labelled_with_another_commit_is_refused() -> None:
    found = waiting(artifacts="tagged")
    other = replace(found, resolved=resolved() + resolved("v1.0", revision=LATER))

    assert (
        f"image {PAYMENTS}:v1.0 says that it was built from commit {LATER[:12]}, not {COMMIT[:12]}"
        in withheld(other)
    )
    assert decided(other).state is PromotionState.BLOCKED


@pytest.mark.parametrize("label", [COMMIT, COMMIT[:7], "main", "v1.0", None])
def test_a_label_that_names_no_other_commit_is_none(label: str | None) -> None:
    found = waiting(artifacts="tagged")

    assert opens(replace(found, resolved=resolved() + resolved("v1.0", revision=label)))


def test_the_checks_of_its_commit_must_have_succeeded() -> None:
    wanted = {"team: shop\n": "team: shop\nbuild_checks: [{name: unit, source: ci}]\n"}
    found = waiting(artifacts="tagged", app=wanted)
    query = CommitQuery("https://git.example.com/shop/payments.git", COMMIT, ("unit",))

    def told(*checks: Check) -> Observation:
        return replace(found, checked=(Checked(query, checks),))

    passed = Check("unit", "ci", COMMIT, CheckState.SUCCESS)
    elsewhere = replace(passed, sha=LATER)
    skipped = replace(passed, state=CheckState.SKIPPED)
    assert "built: check unit from ci is absent on commit" in withheld(told(elsewhere))
    assert "built: check unit from ci is skipped on commit" in withheld(told(skipped))
    assert "they were not asked for (since 2026-03-03 10:01:00Z)" in withheld(found)
    assert decided(told()).state is PromotionState.WAITING
    assert opens(told(passed))
    assert from_json(to_json(told(passed))) == told(passed)


def test_the_proven_bytes_must_still_be_there() -> None:
    found = waiting()
    without = replace(found, resolved=tuple(_gone(r, None, WORKER) for r in found.resolved))

    assert f"the proven image {WORKER}@{digest('b')} is gone" in withheld(without)
    assert opens(found)


# --- proven ---------------------------------------------------------------------------------------


def test_the_proven_bytes_are_written_and_not_those_of_the_own_tag() -> None:
    found = waiting()
    rebuilt = replace(found, resolved=found.resolved + resolved("v1.0", ("c", "d")))

    step = decided(rebuilt).step

    assert isinstance(step, Open)
    assert step.promotion.release == release("v1.0", digests=("a", "b"))


def test_of_two_records_of_the_commit_the_last_soaked_is_taken_whole() -> None:
    again = proof(release("v1.0-rc.2", digests=("a", "d")), soaked_at=NOW)
    found = waiting()
    both = with_state(found, proofs=(*found.state.proofs, again))
    both = replace(both, resolved=found.resolved + resolved(digests=("a", "d")))

    step = decided(both).step

    assert isinstance(step, Open)
    assert step.promotion.release == release("v1.0", digests=("a", "d"))


def test_bytes_rebuilt_for_the_tag_are_said_to_be_untested() -> None:
    found = waiting(artifacts="tagged")
    rebuilt = replace(found, resolved=resolved() + resolved("v1.0", ("a", "d")))

    (note,) = [n for n in decided(rebuilt).notes if "rebuilt" in n]

    assert note.startswith("rebuilt, not the tested bytes (v1.0-rc.1 proven in stage)")
    assert f"{WORKER}: proven {digest('b')}, now {digest('d')}" in note
    assert not [n for n in decided(found).notes if "rebuilt" in n]


def test_each_digest_must_be_proven_where_digests_are_asked_for() -> None:
    edits = {"artifacts: tagged\n    proof: commit": "artifacts: tagged\n    proof: digest"}
    found = waiting(edits, artifacts="tagged")
    second = replace(found, resolved=resolved() + resolved("v1.0", ("a", "d")))

    assert "proven: no proof of these bytes in stage" in withheld(second)
    assert opens(found)


@pytest.mark.parametrize(
    "records",
    [(), (proof(release("v1.0-rc.1"), "dev"),), (proof(release("v1.0-rc.2", LATER)),)],
    ids=["none", "of dev", "of another commit"],
)
def test_only_a_record_of_that_commit_in_stage_proves_it(records: tuple[Proof, ...]) -> None:
    assert f"proven: no proof of commit {COMMIT[:12]} in stage" in (
        withheld(with_state(waiting(), proofs=records))
    )
    assert opens(waiting())


@pytest.mark.parametrize(
    ("in_dev", "history", "contained"),
    [
        (COMMIT, (LATER, COMMIT), True),
        (LATER, (LATER, COMMIT), True),
        (COMMIT, (COMMIT, LATER), True),
        (LATER, (COMMIT, LATER), False),
        (LATER, (COMMIT,), False),
    ],
    ids=["itself", "inside a later one", "itself, newer", "in an older one", "off the branch"],
)
def test_contained(in_dev: str, history: tuple[str, ...], contained: bool) -> None:
    found = with_source(waiting(), branches={"main": history})
    found = with_state(found, proofs=(proof(release("main-c", in_dev), "dev"),))
    found = replace(
        found,
        pins=(pin(STAGE, None), found.pins[1]),
        resolved=resolved("v1.0-rc.1"),
    )

    decision = decided(found, STAGE)

    assert isinstance(decision.step, Open) == contained
    if not contained:
        assert f"proven: no proof of commit {COMMIT[:12]} or a later one in dev" in (
            "\n".join(decision.reasons)
        )


def _gone(found: Resolved, tag: str | None, repository: str) -> Resolved:
    same = found.reference.repository == repository and found.reference.tag == tag
    return replace(found, answer=None) if same else found
