"""What a merge request should say, as the difference to what it says."""

from dataclasses import replace
from typing import TypeVar

import pytest

from bot.decide import decide
from bot.forge import STATUS, CommitStatus
from bot.frame import Claims, Presented
from bot.model import Approval, Check, CheckState, Gap
from bot.observation import Observation
from bot.plan import (
    CancelAutomaticMerge,
    Describe,
    Label,
    Merge,
    Plan,
    PostStatus,
    Presenting,
)
from bot.presenting import MAX_REVIEWERS
from tests.unit.observations import HEAD, NOW, proposed, release, with_request

FORGE = {"kind: local": "kind: gitea, project: acme/fleet"}
GROUP = {**FORGE, "from: [release-managers]": 'from: ["group:acme/qa"]'}


P = TypeVar("P", bound=Presenting)


def planned(observation: Observation) -> Plan:
    return decide(observation, NOW)


def presenting(observation: Observation) -> tuple[Presenting, ...]:
    return planned(observation).presenting


def one(kind: type[P], observation: Observation) -> P:
    """The only one of its kind."""
    (found,) = [p for p in presenting(observation) if isinstance(p, kind)]
    return found


def settled(observation: Observation) -> Observation:
    """The same once everything that was wanted has been written."""
    for wanted in presenting(observation):
        (request,) = observation.merge_requests
        match wanted:
            case Describe():
                said = release("v1.0")
                claims = Claims("prod", "payments", "v1.0", None, said.identity, wanted.head, "")
                known = replace(claims, asked=wanted.asked)
                shown = Presented(request.number, known, wanted.table, intact=True)
                observation = with_request(observation, title=wanted.title)
                observation = replace(observation, presented=(shown,))
            case Label(add=add, remove=remove):
                labels = sorted({*request.labels, *add} - {*remove})
                observation = with_request(observation, labels=tuple(labels))
            case PostStatus(head=head, status=status):
                check = Check(STATUS, "fairlead", head, status.state, status.description)
                observation = with_request(observation, checks=(*request.checks, check))
            case CancelAutomaticMerge():
                observation = with_request(observation, automatic_merge=False)
    return observation


def test_a_bare_one_gets_all_of_it() -> None:
    found = {type(p) for p in presenting(with_request(proposed(), automatic_merge=True))}
    assert found == {Describe, Label, PostStatus, CancelAutomaticMerge}


@pytest.mark.parametrize("approvers", [(), ("cy",), ("cy", "di"), ("eve", "mallory")])
def test_a_settled_one_is_left_alone(approvers: tuple[str, ...]) -> None:
    before = with_request(proposed(*approvers), automatic_merge=True)
    assert presenting(settled(before)) == ()
    assert presenting(before) != ()


# --- the status ---------------------------------------------------------------------------------


def test_the_status_carries_the_sum() -> None:
    waits = one(PostStatus, proposed("cy"))
    said = "approved: 1 of 2 approvals (cy); may approve: di"
    assert (waits.head, waits.status) == (HEAD, CommitStatus(CheckState.PENDING, said))
    opened = one(PostStatus, proposed("cy", "di"))
    assert opened.status == CommitStatus(CheckState.SUCCESS, "all 9 gates are open")
    blocked = with_request(proposed("cy"), head="0" * 40)
    assert one(PostStatus, blocked).status.state is CheckState.PENDING


def test_a_refusal_is_a_failure() -> None:
    found = proposed("cy", "di")
    (branch,) = found.branches
    foreign = replace(found, branches=(replace(branch, authentic=False),))
    said = one(PostStatus, foreign).status
    assert said.state is CheckState.FAILURE
    assert said.description.startswith("intact: a foreign commit ")


def test_the_status_is_said_before_the_merge() -> None:
    kinds = [type(a) for a in planned(proposed("cy", "di")).actions]
    assert kinds.index(PostStatus) < kinds.index(Merge)


@pytest.mark.parametrize(
    "check",
    [
        Check(STATUS, "mallory", HEAD, CheckState.SUCCESS, "all 9 gates are open"),
        Check(STATUS, "fairlead", "0" * 40, CheckState.SUCCESS, "all 9 gates are open"),
        Check("render", "fairlead", HEAD, CheckState.SUCCESS, "all 9 gates are open"),
    ],
    ids=["another's", "of another head", "of another name"],
)
def test_a_status_that_is_not_ours_is_not_believed(check: Check) -> None:
    waiting, ready = proposed("cy"), proposed("cy", "di")
    for observation in (waiting, ready):
        spoofed = with_request(settled(observation), checks=(check,))
        assert one(PostStatus, spoofed).status == one(PostStatus, observation).status
    assert not any(
        isinstance(a, Merge) for a in planned(with_request(waiting, checks=(check,))).actions
    )


# --- labels and automatic merges ------------------------------------------------------------------


def test_labels_name_app_and_environment_and_leave_others() -> None:
    marked = with_request(proposed(), labels=("fairlead", "urgent"))
    assert one(Label, marked).add == ("app/payments", "environment/prod")
    assert one(Label, marked).remove == ()


def test_a_label_of_another_environment_or_app_is_taken_off_and_no_other() -> None:
    right = ("app/payments", "environment/prod", "fairlead")
    of_people = ("app/mobile", "environment/test", "priority/high", "urgent")
    wrong = with_request(settled(proposed()), labels=(*right, "environment/stage", *of_people))
    (label,) = presenting(wrong)
    assert label == Label(2, (), ("environment/stage",))
    assert presenting(with_request(wrong, labels=(*right, *of_people))) == ()


def test_an_automatic_merge_is_taken_back() -> None:
    armed = with_request(settled(proposed()), automatic_merge=True)
    assert presenting(armed) == (CancelAutomaticMerge(2),)


# --- reviewers ----------------------------------------------------------------------------------


def test_those_are_asked_who_may_approve() -> None:
    wanted = one(Describe, proposed())
    assert wanted.ask == wanted.asked == ("cy", "di")


def test_nobody_is_asked_twice() -> None:
    asked = settled(proposed())
    (said,) = asked.presented
    assert said.claims.asked == ("cy", "di")
    forgotten = with_request(asked, reviewers=())
    assert presenting(forgotten) == ()


def test_whom_the_forge_shows_as_asked_or_who_approved_is_not_asked() -> None:
    assert one(Describe, with_request(proposed(), reviewers=("cy",))).ask == ("di",)
    assert one(Describe, proposed("di")).ask == ("cy",)
    stale = with_request(proposed(), approvals=(Approval("di", "0" * 40, NOW),))
    assert one(Describe, stale).ask == ("cy", "di")


def test_people_of_a_group_that_cannot_be_read_are_asked_later() -> None:
    silent = replace(proposed(edits=GROUP), members={"acme/qa": Gap("Gitea", "silence")})
    assert one(Describe, silent).ask == ()
    told = replace(settled(silent), members={"acme/qa": ("gus", "hal", "eve", "fairlead")})
    wanted = one(Describe, told)
    assert (wanted.ask, wanted.promotion) == (("gus", "hal"), None)


def test_of_many_a_few_are_asked_and_always_the_same() -> None:
    crowd = tuple(f"person-{number}" for number in range(100))
    told = replace(proposed(edits=GROUP), members={"acme/qa": crowd})
    wanted = one(Describe, told)
    assert len(wanted.ask) == MAX_REVIEWERS
    assert set(wanted.ask) <= set(crowd)
    assert one(Describe, replace(told, members={"acme/qa": crowd[::-1]})).ask == wanted.ask


# --- the body -----------------------------------------------------------------------------------


def test_other_gates_are_written_into_the_text_that_is_there() -> None:
    before = settled(proposed())
    approved = with_request(before, approvals=(Approval("cy", HEAD, NOW),))
    wanted = one(Describe, approved)
    assert wanted.promotion is None
    assert "`1 of 2 approvals (cy)`" in wanted.table


@pytest.mark.parametrize("lost", ["no MAC", "another text", "another head"])
def test_a_body_that_is_not_ours_is_written_anew(lost: str) -> None:
    before = settled(proposed())
    (said,) = before.presented
    others = {
        "no MAC": (),
        "another text": (replace(said, intact=False),),
        "another head": (replace(said, claims=replace(said.claims, head="0" * 40)),),
    }
    wanted = one(Describe, replace(before, presented=others[lost]))
    assert wanted.promotion is not None
    assert wanted.promotion.release == release("v1.0")


def test_a_text_is_not_made_anew_for_a_head_of_somebody_elses() -> None:
    before = settled(proposed())
    (branch,) = before.branches
    foreign = replace(before, branches=(replace(branch, authentic=False),))
    wanted = one(Describe, foreign)
    assert wanted.promotion is None
    assert "| intact | **refuses** |" in wanted.table
    assert not any(isinstance(p, Describe) for p in presenting(replace(foreign, presented=())))


def test_what_somebody_else_wrote_into_a_body_is_not_sent_again_in_the_bots_name() -> None:
    before = settled(proposed())
    (branch,), (said,) = before.branches, before.presented
    foreign = replace(before, branches=(replace(branch, authentic=False),))
    assert one(Describe, foreign).promotion is None
    edited = replace(foreign, presented=(replace(said, intact=False),))
    assert not any(isinstance(p, Describe) for p in presenting(edited))
    assert "a foreign commit" in one(PostStatus, edited).status.description


def test_a_title_is_ours_but_for_what_a_person_puts_before_it() -> None:
    before = settled(proposed())
    (request,) = before.merge_requests
    assert presenting(with_request(before, title=f"Draft: {request.title}")) == ()
    assert one(Describe, with_request(before, title="Mine")).title == request.title


def test_what_a_body_claims_decides_nothing() -> None:
    """Forged or lost, the steps are the same."""
    for approvers in ((), ("cy",), ("cy", "di")):
        before = settled(proposed(*approvers))
        (said,) = before.presented
        steps = {
            planned(replace(before, presented=presented)).decisions
            for presented in ((said,), (), (replace(said, intact=False, table="| approved |"),))
        }
        assert len(steps) == 1
