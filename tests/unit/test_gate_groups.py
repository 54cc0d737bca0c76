"""approved, where the rule names a group of the forge: members count, silence waits."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.model import Gap
from bot.observation import Observation, from_json, to_json
from bot.plan import Merge, PromotionState
from tests.unit.observations import decided, proposed

FORGE = {"kind: local": "kind: gitea, project: acme/fleet"}
ONLY = {**FORGE, "from: [release-managers]": 'from: ["group:acme/qa"]'}
BOTH = {**FORGE, "from: [release-managers]": 'from: [release-managers, "group:acme/qa"]'}

Members = tuple[str, ...] | Gap


def seen(members: Mapping[str, Members], *approvers: str, rule: Mapping[str, str]) -> Observation:
    """`v1.0` approved by these logins, with what the forge tells of its groups."""
    return replace(proposed(*approvers, edits=rule), members=members)


def reason(observation: Observation) -> str:
    (found,) = decided(observation).reasons
    return found


def merged(observation: Observation) -> bool:
    return isinstance(decided(observation).step, Merge)


def test_members_of_the_forges_group_approve() -> None:
    group = {"acme/qa": ("gus", "Hal")}
    assert merged(seen(group, "gus", "hal", rule=ONLY))
    assert reason(seen(group, "gus", rule=ONLY)) == (
        "approved: 1 of 2 approvals (gus); may approve: Hal"
    )


def test_who_has_left_the_group_does_not_count() -> None:
    told = seen({"acme/qa": ("gus", "ida")}, "gus", "hal", rule=ONLY)
    assert not merged(told)
    assert "not counted: hal is not in group:acme/qa" in reason(told)


def test_the_groups_of_a_rule_are_a_union() -> None:
    assert merged(seen({"acme/qa": ("gus",)}, "cy", "gus", rule=BOTH))


@pytest.mark.parametrize("rule", [ONLY, BOTH], ids=["alone", "beside the fleet's"])
@pytest.mark.parametrize(
    "members",
    [{"acme/qa": Gap("Gitea", "did not answer")}, {}],
    ids=["silence", "not asked"],
)
def test_a_group_that_was_not_read_waits(
    rule: Mapping[str, str], members: Mapping[str, Members]
) -> None:
    told = seen(members, "cy", "di", "gus", rule=rule)
    assert not merged(told)
    assert reason(told).startswith("approved: nobody can say who may approve: ")
    assert decided(told).state is PromotionState.OPEN


def test_an_empty_group_is_nobody_and_refuses() -> None:
    told = seen({"acme/qa": ()}, "gus", "hal", rule=ONLY)
    assert reason(told).startswith("approved: 2 approvals are needed but only 0 people may give")
    assert decided(told).state is PromotionState.BLOCKED


def test_machines_and_the_bot_in_a_group_are_nobody() -> None:
    bots = ONLY | {"people:": "people:\n  renovate: {emails: [r@example.com], bot: true}"}
    group = {"acme/qa": ("gus", "renovate", "fairlead")}
    told = seen(group, "gus", "renovate", "fairlead", rule=bots)
    assert not merged(told)
    assert merged(seen({"acme/qa": ("gus", "hal")}, "gus", "hal", rule=bots))


def test_two_accounts_of_one_person_count_once() -> None:
    two = ONLY | {"people:": "people:\n  gus: {emails: [g@example.com], logins: [gus-1, gus-2]}"}
    group = {"acme/qa": ("gus-1", "gus-2", "hal")}
    told = seen(group, "gus-1", "gus-2", rule=two)
    assert reason(told) == "approved: 1 of 2 approvals (gus); may approve: hal"
    assert merged(seen(group, "gus-1", "hal", rule=two))


def test_a_login_that_is_somebody_elses_name_is_nobody() -> None:
    named = ONLY | {"people:": "people:\n  gus: {emails: [g@example.com], logins: [august]}"}
    group = {"acme/qa": ("gus", "hal", "ida")}
    told = seen(group, "gus", "hal", rule=named)
    assert "not counted: gus is not in group:acme/qa" in reason(told)
    assert merged(seen(group, "hal", "ida", rule=named))


def test_a_maker_in_the_group_does_not_count() -> None:
    told = seen({"acme/qa": ("eve", "gus", "hal")}, "eve", "gus", rule=ONLY)
    assert "not counted: eve is a maker of the release" in reason(told)
    assert merged(seen({"acme/qa": ("eve", "gus", "hal")}, "hal", "gus", rule=ONLY))


def test_what_was_told_of_groups_serialises() -> None:
    told = seen({"acme/qa": ("gus",), "acme/ops": Gap("Gitea", "403", denied=True)}, rule=ONLY)
    assert from_json(to_json(told)).members == told.members
