"""approved: whose word counts, and how many words it takes."""

from dataclasses import replace

import pytest

from bot.model import Approval, GitTag, Person
from bot.observation import Observation
from bot.plan import Merge, PromotionState
from tests.unit.observations import (
    COMMIT,
    EVE,
    HEAD,
    NOW,
    decided,
    made_by,
    proposed,
    tags,
    with_request,
    with_source,
)

STRANGER = Person("Sam", "sam@example.org")
OTHER = Person("Tom", "tom@example.org")
MORE = {"release-managers: [cy, di, eve]": "release-managers: [cy, di, eve, finn]"}


def reason(observation: Observation) -> str:
    """Why the merge request is not merged."""
    decision = decided(observation)
    assert not isinstance(decision.step, Merge)
    (found,) = decision.reasons
    return found


def merged(observation: Observation) -> bool:
    """Whether it is merged at its head."""
    step = decided(observation).step
    return isinstance(step, Merge) and step.head == HEAD


def test_two_of_two() -> None:
    assert merged(proposed("cy", "di"))
    assert reason(proposed("cy")) == "approved: 1 of 2 approvals (cy); may approve: di"
    assert decided(proposed("cy")).state is PromotionState.OPEN


def test_an_unknown_maker_costs_one_more_approval() -> None:
    both = made_by(proposed("cy", "di"), STRANGER, STRANGER)

    assert "2 of 3 approvals (cy, di); 1 more because nobody knows who sam@example.org is" in (
        reason(both)
    )
    assert merged(made_by(proposed("cy", "di", "eve"), STRANGER, STRANGER))


def test_a_maker_who_is_mapped_costs_nothing() -> None:
    mapped = {"ana: {emails: [ana@example.com]": "ana: {emails: [ana@example.com, sam@example.org]"}

    assert merged(made_by(proposed("cy", "di", edits=mapped), STRANGER, STRANGER))


def test_the_same_unknown_email_counts_once_and_two_count_twice() -> None:
    once = Person("Sam S.", "SAM@example.org")
    three = proposed("cy", "di", "eve", edits=MORE)

    assert merged(made_by(three, STRANGER, once))
    assert "3 of 4 approvals" in reason(made_by(three, STRANGER, OTHER))
    four = proposed("cy", "di", "eve", "finn", edits=MORE)
    assert merged(made_by(four, STRANGER, OTHER))


def test_too_few_people_for_unknown_makers_lists_the_emails() -> None:
    few = made_by(proposed("cy", "di"), STRANGER, EVE)

    assert reason(few) == (
        "approved: 3 approvals are needed but only 2 people may give one (2 by the rule, 1 for "
        "makers that nobody knows): map sam@example.org under `people:` in fleet.yaml"
    )
    assert decided(few).state is PromotionState.BLOCKED
    assert merged(made_by(proposed("cy", "di", "finn", edits=MORE), STRANGER, EVE))


def test_an_unknown_tagger_is_a_maker_of_that_tag_alone() -> None:
    def tagged(name: str) -> Observation:
        signed = GitTag(name, "0b" * 20, COMMIT, STRANGER)
        others = tags(("v1.0-rc.1", COMMIT), ("v1.0", COMMIT))
        kept = tuple(t for t in others if t.name != name)
        found = with_source(proposed("cy", "di"), tags=(*kept, signed))
        first = found.state.seen["payments"]
        again = {name: replace(first[name], object=signed.object)}
        return replace(found, state=replace(found.state, seen={"payments": {**first, **again}}))

    assert "sam@example.org" in reason(tagged("v1.0"))
    assert merged(tagged("v1.0-rc.1"))


def test_machines_and_a_forges_own_committer_are_no_makers() -> None:
    machine, web = Person("ci", "CI@example.com"), Person("GitHub", "noreply@github.com")

    assert merged(made_by(proposed("cy", "eve"), machine, machine))
    assert merged(made_by(proposed("cy", "di"), EVE, web))
    assert "eve is a maker" in reason(made_by(proposed("cy", "eve"), EVE, web))


def test_makers_that_cannot_be_asked_for_are_no_nobody() -> None:
    unknown = with_source(proposed("cy", "di"), commits={})

    assert f"nobody can say who made commit {COMMIT[:12]}" in reason(unknown)


def test_a_makers_approval_does_not_count_by_whatever_login() -> None:
    edits = MORE | {"logins: [eve]": "logins: [eve, evelyn]"}
    refused = reason(proposed("cy", "Evelyn", edits=edits))

    assert "1 of 2 approvals (cy); not counted: Evelyn is a maker of the release" in refused
    assert merged(proposed("cy", "finn", edits=edits))


def test_a_bots_approval_does_not_count() -> None:
    listed = {"[cy, di, eve]": "[cy, di, eve, ci]"}
    told = with_request(
        proposed(), approvals=(Approval("cy", HEAD, NOW), Approval("di", HEAD, NOW, bot=True))
    )

    assert "not counted: ci is a bot" in reason(proposed("cy", "ci", edits=listed))
    assert "not counted: di is a bot" in reason(told)
    assert merged(proposed("cy", "di", edits=listed))


def test_the_bots_own_approval_does_not_count() -> None:
    listed = {"[cy, di, eve]": "[cy, di, eve, fairlead]"}

    assert "fairlead contributed to the merge request" in reason(
        proposed("cy", "fairlead", edits=listed)
    )


@pytest.mark.parametrize(("author", "bot"), [("finn", "fairlead"), ("fairlead", "finn")])
def test_who_opened_it_and_who_would_merge_it_do_not_count(author: str, bot: str) -> None:
    found = with_request(proposed("cy", "finn", edits=MORE), author=author, contributors=())

    assert "finn contributed to the merge request" in reason(replace(found, login=bot))
    assert merged(replace(with_request(found, author="fairlead"), login="fairlead"))


def test_a_stranger_whose_login_is_a_persons_name_is_nobody() -> None:
    elsewhere = {"logins: [cy]": "logins: [cyril]"}

    refused = reason(proposed("cy", "di", edits=elsewhere))

    assert "1 of 2 approvals (di); not counted: cy is not in release-managers" in refused
    assert merged(proposed("cyril", "di", edits=elsewhere))


def test_one_person_counts_once() -> None:
    two_logins = {"logins: [cy]": "logins: [cy, cyril]"}

    assert "1 of 2 approvals (cy)" in reason(proposed("cy", "cyril", edits=two_logins))
    assert "1 of 2 approvals (cy)" in reason(proposed("cy", "CY"))
    assert merged(proposed("CY", "di"))


def test_who_left_the_group_does_not_count() -> None:
    left = {"[cy, di, eve]": "[cy, finn, eve]"}

    assert "not counted: di is not in release-managers" in reason(proposed("cy", "di", edits=left))
    assert merged(proposed("cy", "finn", edits=left))


def test_who_pushed_a_version_does_not_count() -> None:
    pushed = with_request(proposed("cy", "di", edits=MORE), contributors=("fairlead", "CY"))

    assert "cy contributed to the merge request; may approve: finn" in reason(pushed)
    assert merged(with_request(proposed("di", "finn", edits=MORE), contributors=("fairlead", "CY")))


def test_an_approval_counts_for_its_head_alone() -> None:
    older = with_request(
        proposed(), approvals=(Approval("cy", HEAD, NOW), Approval("di", "0" * 40, NOW))
    )

    assert "not counted: di approved an older head 000000000000" in reason(older)
