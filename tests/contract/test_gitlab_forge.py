"""What GitLab alone does with approvals, versions and people, and what the bot makes of it."""

from pathlib import Path
from typing import Any

import pytest

from bot.forge import STATUS, CommitStatus, MergeRequestText
from bot.model import IDENTITY, CheckState, Gap, MergeRequest, MergeRequestState, Person
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.contract.gitlab_world import GitLabWorld
from tests.stand_ins.model import Access

BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")


@pytest.fixture(params=["gitlab_free", "gitlab_premium"])
def world(request: pytest.FixtureRequest) -> GitLabWorld:
    chosen: GitLabWorld = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def free(gitlab_free: GitLabWorld) -> GitLabWorld:
    return gitlab_free


@pytest.fixture
def premium(gitlab_premium: GitLabWorld) -> GitLabWorld:
    return gitlab_premium


def opened(world: GitLabWorld, branch: str = BRANCH) -> MergeRequest:
    world.push(branch, {f"{branch.replace('/', '-')}.yaml": "tag: v1.0\n"})
    return world.forge.open(branch, "main", TEXT)


def approvers(world: GitLabWorld, number: int) -> list[str]:
    return [approval.person for approval in world.seen()[number].approvals]


def kept(world: GitLabWorld, number: int) -> list[str]:
    """Whose approvals GitLab itself keeps."""
    told = world.administer("GET", f"/merge_requests/{number}/approvals")
    return [one["user"]["username"] for one in told["approved_by"]]


def id_of(world: GitLabWorld, login: str) -> int:
    (user,) = world.server.call("GET", f"/users?username={login}")
    return int(user["id"])


def make_member(world: GitLabWorld, login: str, access: Access) -> None:
    member = {"user_id": id_of(world, login), "access_level": access}
    world.administer("POST", "/members", member)


# --- approvals ----------------------------------------------------------------------------------


def test_without_a_licence_an_approval_outlives_the_push_and_is_not_counted(
    free: GitLabWorld,
) -> None:
    request = opened(free)
    free.approve(request.number, request.head, "ana")
    assert approvers(free, request.number) == ["ana"]
    again = free.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")
    assert kept(free, request.number) == ["ana"]
    assert approvers(free, request.number) == []
    free.approve(request.number, again, "bo")
    assert approvers(free, request.number) == ["bo"]


def test_who_approves_anew_is_counted_again(world: GitLabWorld) -> None:
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    again = world.push(BRANCH, {"x.yaml": "tag: v1.1\n"})
    if kept(world, request.number):
        world.call("POST", f"/merge_requests/{request.number}/unapprove", "ana")
    assert approvers(world, request.number) == []
    world.approve(request.number, again, "ana")
    (approval,) = world.seen()[request.number].approvals
    assert (approval.person, approval.sha) == ("ana", again)


def test_what_a_licence_keeps_on_push_is_not_counted_either(premium: GitLabWorld) -> None:
    premium.administer("POST", "/approvals", {"reset_approvals_on_push": False})
    request = opened(premium)
    premium.approve(request.number, request.head, "ana")
    premium.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")
    assert kept(premium, request.number) == ["ana"]
    assert approvers(premium, request.number) == []


def test_a_head_that_came_back_has_to_be_approved_again(free: GitLabWorld) -> None:
    request = opened(free)
    free.approve(request.number, request.head, "ana")
    free.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")
    free.force(BRANCH, request.head, by="bo")
    assert free.seen()[request.number].head == request.head
    assert approvers(free, request.number) == []
    free.call("POST", f"/merge_requests/{request.number}/unapprove", "ana")
    free.approve(request.number, request.head, "ana")
    assert approvers(free, request.number) == ["ana"]


@pytest.mark.parametrize("told", [True, False], ids=["by itself", "by a note"])
def test_the_time_of_an_approval_is_told(world: GitLabWorld, told: bool) -> None:
    request = opened(world)
    before, world.server.face.tells_when_approved = world.server.face.tells_when_approved, told
    try:
        world.approve(request.number, request.head, "ana")
        world.approve(request.number, request.head, "bo")
        assert sorted(approvers(world, request.number)) == ["ana", "bo"]
        world.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")
        assert approvers(world, request.number) == []
    finally:
        world.server.face.tells_when_approved = before


def test_who_takes_it_back_is_not_counted(world: GitLabWorld) -> None:
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    world.approve(request.number, request.head, "bo")
    world.call("POST", f"/merge_requests/{request.number}/unapprove", "ana")
    assert approvers(world, request.number) == ["bo"]


def test_who_has_left_the_project_is_not_counted(world: GitLabWorld) -> None:
    world.server.stranger("mallory")
    make_member(world, "mallory", Access.DEVELOPER)
    request = opened(world)
    world.approve(request.number, request.head, "mallory")
    assert approvers(world, request.number) == ["mallory"]
    world.administer("DELETE", f"/members/{id_of(world, 'mallory')}")
    assert kept(world, request.number) == ["mallory"]
    assert approvers(world, request.number) == []


@pytest.mark.parametrize(
    ("access", "counts"), [(Access.REPORTER, False), (Access.DEVELOPER, True)], ids=str
)
def test_whoever_may_only_read_is_not_counted(
    world: GitLabWorld, access: Access, counts: bool
) -> None:
    world.server.stranger("rita")
    make_member(world, "rita", Access.DEVELOPER)
    request = opened(world)
    world.approve(request.number, request.head, "rita")
    # GitLab takes no approval from a Reporter, but keeps that of who has become one.
    number = id_of(world, "rita")
    world.administer("PUT", f"/members/{number}", {"access_level": access})
    assert approvers(world, request.number) == (["rita"] if counts else [])


def test_a_projects_own_token_is_a_bot(world: GitLabWorld) -> None:
    content = {"name": "helper", "scopes": ["api"], "access_level": Access.DEVELOPER}
    made = world.administer("POST", "/access_tokens", content)
    login = world.server.call("GET", f"/users/{made['user_id']}")["username"]
    world.server.person(login, "api")
    request = opened(world)
    world.approve(request.number, request.head, login)
    world.approve(request.number, request.head, "ana")
    told = {a.person: a.bot for a in world.seen()[request.number].approvals}
    assert told == {login: True, "ana": False}


# --- who made it --------------------------------------------------------------------------------


def test_who_pushed_a_version_that_is_gone_is_remembered(world: GitLabWorld) -> None:
    request = opened(world)
    world.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")
    world.force(BRANCH, request.head, by="bo")
    told = world.seen()[request.number]
    assert told.head == request.head
    assert {BOT, "eve", "bo"} <= set(told.contributors)


def test_who_made_a_commit_that_another_pushed_is_a_contributor(world: GitLabWorld) -> None:
    request = opened(world)
    push(world.mirrors["bo"], BRANCH, {"x.yaml": "x: 1\n"}, Person("Zoe", "zoe@example.com"))
    assert {"bo", "zoe@example.com"} <= set(world.seen()[request.number].contributors)


def test_a_private_address_names_its_person(world: GitLabWorld) -> None:
    request = opened(world)
    private = Person("Ana", f"{id_of(world, 'ana')}-ana@users.noreply.gitlab.example.com")
    push(world.mirrors[BOT], BRANCH, {"x.yaml": "x: 1\n"}, private)
    assert set(world.seen()[request.number].contributors) == {BOT, "ana"}


def test_a_former_branch_of_the_same_name_is_forgotten(world: GitLabWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    world.delete(BRANCH)
    number = opened(world).number
    assert set(world.seen()[number].contributors) == {BOT}


def test_who_pushed_before_it_was_opened_is_not(world: GitLabWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    push(world.mirrors[BOT], BRANCH, {"x.yaml": "x: 2\n"}, IDENTITY)
    number = world.forge.open(BRANCH, "main", TEXT).number
    assert {BOT, "eve"} <= set(world.seen()[number].contributors)


# --- forks, checks, reviewers -------------------------------------------------------------------


def test_a_forks_branch_of_our_name_is_not_ours(world: GitLabWorld, tmp_path: Path) -> None:
    fork = world.call("POST", "/fork", "eve", {"path": f"theirs-{world.project.path[-3:]}"})
    theirs = world.mirror_of(fork["path_with_namespace"], "eve")
    push(theirs, BRANCH, {"payments.yaml": "tag: evil\n"}, world.person("eve"))
    target = world.administer("GET", "")["id"]
    content = {"source_branch": BRANCH, "target_branch": "main", "title": "Mine"}
    place = world.server.on(fork["path_with_namespace"], "/merge_requests")
    made = world.server.call("POST", place, content | {"target_project_id": target}, by="eve")
    assert world.seen() == {}
    ours = opened(world)
    assert ours.number != made["iid"]
    assert set(world.seen()) == {ours.number}


def test_the_heads_own_pipeline_is_a_check(world: GitLabWorld) -> None:
    world.push(BRANCH, {".gitlab-ci.yml": "job: {script: [make]}\n"})
    request = world.forge.open(BRANCH, "main", TEXT)
    told = world.seen()[request.number].checks
    assert [(c.name, c.source, c.sha, c.state) for c in told] == [
        ("pipeline", BOT, request.head, CheckState.PENDING)
    ]


def test_statuses_alone_are_no_pipeline(world: GitLabWorld) -> None:
    request = opened(world)
    world.forge.post_status(request.head, BRANCH, CommitStatus(CheckState.SUCCESS, "open"))
    assert [check.name for check in world.seen()[request.number].checks] == [STATUS]


def test_a_text_is_changed_while_the_status_waits(world: GitLabWorld) -> None:
    request = opened(world)
    for number in range(4):
        said = CommitStatus(CheckState.PENDING, f"{number} of 4 approvals")
        world.forge.post_status(request.head, BRANCH, said)
        (told,) = (c for c in world.seen()[request.number].checks if c.name == STATUS)
        assert (told.state, told.description) == (said.state, said.description)


def test_who_cannot_be_kept_is_asked_once(free: GitLabWorld) -> None:
    number = opened(free).number
    for _ in range(3):
        free.forge.request_reviews(number, ["ana", "bo"])
    assert free.seen()[number].reviewers == ("ana",)
    assert writes(free, f"/merge_requests/{number}") == ["PUT"]


def writes(world: GitLabWorld, end: str) -> list[str]:
    """The methods of the calls that may change what a path of this end names."""
    found = [call.partition(" ") for call in world.server.server.calls]
    mine = f"{world.project.path.replace('/', '%2F')}{end}"
    return [method for method, _, path in found if path.endswith(mine) and method != "GET"]


# --- groups -------------------------------------------------------------------------------------


def test_a_subgroup_has_the_members_of_those_above(world: GitLabWorld) -> None:
    group = world.group(["ana"])
    parent = world.server.call("GET", f"/groups/{group}")["id"]
    content: dict[str, Any] = {"name": "night", "path": "night", "parent_id": parent}
    made = world.server.call("POST", "/groups", content)
    member = {"user_id": id_of(world, "eve"), "access_level": Access.REPORTER}
    world.server.call("POST", f"/groups/{made['id']}/members", member)
    found = world.forge.members([f"{group}/night"])[f"{group}/night"]
    assert not isinstance(found, Gap)
    assert {"ana", "eve", BOT} <= set(found)


def test_a_closed_one_stays_as_it_was(world: GitLabWorld) -> None:
    request = opened(world)
    world.close(request.number, "ana")
    told = world.seen()[request.number]
    assert (told.state, told.closed_by, told.head) == (
        MergeRequestState.CLOSED,
        "ana",
        request.head,
    )
