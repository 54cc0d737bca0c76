"""green, intact, window, freeze: what keeps a proposed release out, and what mends it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.decide import decide
from bot.model import Check, CheckState
from bot.observation import Branch, Observation
from bot.plan import Deliver, Merge, Rebuild
from gitops.fleet import Pinned
from tests.unit.observations import (
    BASE,
    COMMIT,
    DEV,
    HEAD,
    NOW,
    PAYMENTS,
    WORKER,
    decided,
    digest,
    pin,
    proposed,
    resolved,
    waiting,
    with_request,
)

CHECKED = {
    "required: 2, from: [release-managers]}\n": (
        "required: 2, from: [release-managers]}\n    checks: [{name: render, source: ci}]\n"
    )
}


def merged(observation: Observation) -> bool:
    """Whether the merge request is merged at its head."""
    step = decided(observation).step
    return isinstance(step, Merge) and step.head == HEAD


def withheld(observation: Observation) -> str:
    """Why nothing is done in prod; every reason on a line."""
    decision = decided(observation)
    assert decision.step is None
    return "\n".join(decision.reasons)


# --- green ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posted", "reason"),
    [
        ({}, "check render from ci is absent"),
        ({"state": CheckState.PENDING}, "check render from ci is pending"),
        ({"state": CheckState.SKIPPED}, "check render from ci is skipped"),
        ({"state": CheckState.FAILURE}, f"check render failed on {HEAD[:12]}"),
        ({"source": "mallory"}, "check render from ci is absent"),
        ({"name": "lint"}, "check render from ci is absent"),
        ({"sha": "0" * 40}, "check render from ci is absent"),
    ],
    ids=["absent", "pending", "skipped", "failed", "another poster", "another name", "older head"],
)
def test_a_required_check_must_have_succeeded(posted: Mapping[str, str], reason: str) -> None:
    found = proposed("cy", "di", edits=CHECKED)
    success = Check("render", "ci", HEAD, CheckState.SUCCESS)
    checks = (replace(success, **posted),) if posted else ()  # type: ignore[arg-type]

    assert f"green: {reason}" in withheld(with_request(found, checks=checks))
    assert merged(with_request(found, checks=(success,)))


def test_the_last_verdict_of_a_check_counts() -> None:
    found = proposed("cy", "di", edits=CHECKED)
    success = Check("render", "ci", HEAD, CheckState.SUCCESS)
    failure = replace(success, state=CheckState.FAILURE)

    assert "green: check render failed" in withheld(with_request(found, checks=(success, failure)))
    assert merged(with_request(found, checks=(failure, success)))


@pytest.mark.parametrize("source", ["fairlead", "ci"])
def test_the_bots_own_status_is_no_check(source: str) -> None:
    own = {key: value.replace("render", "fairlead") for key, value in CHECKED.items()}
    success = Check("fairlead", source, HEAD, CheckState.SUCCESS)

    asked = with_request(proposed("cy", "di", edits=own), checks=(success,))
    assert "green: fairlead is what Fairlead says itself" in withheld(asked)
    other = replace(success, name="render", source="ci")
    found = proposed("cy", "di", edits=CHECKED)
    assert merged(with_request(found, checks=(success, other)))


# --- intact ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"authentic": False}, f"a foreign commit {HEAD[:12]} is on promote/prod/payments/v1.0"),
        ({"head": "0" * 40}, "the forge has not seen the branch's newest commit yet"),
    ],
)
def test_the_branch_must_hold_what_the_bot_would_write(
    changes: Mapping[str, object], reason: str
) -> None:
    decision = decided(_branch(proposed("cy", "di"), changes))

    assert decision.step is None
    (told,) = decision.reasons
    assert told.startswith("intact: ")
    assert reason in told


def test_a_branch_that_is_gone_is_not_merged_but_cut_anew() -> None:
    decision = decided(replace(proposed("cy", "di"), branches=()))

    assert "intact: the branch promote/prod/payments/v1.0 is gone" in decision.reasons
    assert isinstance(decision.step, Rebuild)


def test_a_branch_that_names_a_state_of_nobodys_is_not_merged_but_cut_anew() -> None:
    decision = decided(_branch(proposed("cy", "di"), {"state_known": False}))

    assert any("which nobody knows" in told for told in decision.reasons)
    assert isinstance(decision.step, Rebuild)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"touched": ("a.yaml",)}, "the target branch changed a.yaml"),
        ({"same_sites": False}, "the target branch changed where the version is written"),
        ({"on_target": False}, "the target branch was rewritten"),
    ],
)
def test_what_the_target_has_touched_is_made_anew_and_not_merged(
    changes: Mapping[str, object], reason: str
) -> None:
    step = decided(_branch(proposed("cy", "di"), changes)).step

    assert isinstance(step, Rebuild)
    assert (step.reason, step.base, step.expected) == (reason, BASE, HEAD)


def test_an_image_tag_that_moved_after_opening() -> None:
    found = proposed("cy", "di", artifacts="tagged")
    second = replace(found, resolved=resolved() + resolved("v1.0", ("a", "d")))

    assert f"intact: tag moved: {WORKER}:v1.0 was {digest('b')}, now {digest('d')}" in withheld(
        second
    )
    assert merged(found)


# --- window, freeze -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environments", "held"), [("", True), (", environments: [prod]", True),
                               (", environments: [stage]", False)]
)  # fmt: skip
def test_a_freeze_holds_the_environments_it_names(environments: str, held: bool) -> None:
    found = proposed("cy", "di", edits=_freeze(environments))

    assert merged(found) != held
    if held:
        assert withheld(found) == "freeze: frozen: holidays"


def test_a_commit_is_not_delivered_in_a_freeze() -> None:
    direct = {"deliver: merge-request\n    settle": "deliver: commit\n    settle"}
    free = _built_for_dev(direct)
    frozen = _built_for_dev(direct | _freeze(""))

    assert isinstance(decide(free, NOW).batch, Deliver)
    plan = decide(frozen, NOW)
    assert plan.batch is None
    assert decided(frozen, DEV).reasons == ("freeze: frozen: holidays",)
    assert not plan.actions


def _branch(observation: Observation, changes: Mapping[str, object]) -> Observation:
    (branch,) = observation.branches
    changed: Branch = replace(branch, **changes)  # type: ignore[arg-type]
    return replace(observation, branches=(changed,))


def _freeze(environments: str) -> dict[str, str]:
    freeze = f"{{from: 2026-03-03, to: 2026-03-03, zone: UTC, reason: holidays{environments}}}"
    return {"environments:\n": f"freezes: [{freeze}]\nenvironments:\n"}


def _built_for_dev(edits: Mapping[str, str]) -> Observation:
    found = waiting(edits)
    stamped = f"main-{COMMIT[:7]}-20260303110000"
    unreleased = replace(
        pin(DEV, None),
        content=tuple(Pinned(name, "0.0.0-unreleased", None) for name in (PAYMENTS, WORKER)),
    )
    return replace(
        found,
        pins=(unreleased,),
        running=(),
        tags={PAYMENTS: (stamped,), WORKER: (stamped,)},
        resolved=resolved(stamped),
    )
