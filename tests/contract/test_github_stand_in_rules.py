"""What protects a branch on the stand-in for GitHub, and who gets around it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from github.PullRequest import PullRequest

from tests.contract.github_people import (
    BRANCH,
    Clone,
    again,
    approve,
    client,
    of,
    open_pull,
    protect,
    refusal,
)
from tests.stand_ins.github import ADMINISTRATOR, GitHub
from tests.stand_ins.model import Tier

Opened = Callable[..., tuple[PullRequest, Clone]]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github"), tier=Tier.PREMIUM) as server:
        for name in ("ana", "bo", "eve"):
            server.person(name)
        yield server


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def made(server: GitHub) -> tuple[PullRequest, Clone]:
        return open_pull(server, tmp_path)

    return made


def states(pull: PullRequest) -> list[str]:
    return [review.state for review in pull.get_reviews()]


# --- the plan -----------------------------------------------------------------------------------


def test_a_free_plan_protects_what_is_public_alone(tmp_path: Path) -> None:
    with GitHub(tmp_path / "github") as server:
        pull, _ = open_pull(server, tmp_path)
        theirs = client(server, server.person(ADMINISTRATOR)).get_repo(pull.base.repo.full_name)
        with refusal(403, "Upgrade to GitHub Pro or make this repository public"):
            theirs.get_branch("main").edit_protection(required_approving_review_count=1)
        public, _ = open_pull(server, tmp_path, private=False)
        protect(server, public)
        again(public)
        with refusal(405, "At least 1 approving review is required"):
            public.merge()
        assert again(pull).merge().merged


def test_a_free_plan_has_no_drafts_of_what_is_private(tmp_path: Path, team: GitHub) -> None:
    with GitHub(tmp_path / "github") as server:
        pull, _ = open_pull(server, tmp_path)
        pull.edit(state="closed")
        with refusal(422, "Draft pull requests are not supported"):
            pull.base.repo.create_pull("main", BRANCH, title="v1.0", draft=True)
    pull, _ = open_pull(team, tmp_path / "team")
    pull.edit(state="closed")
    draft = again(pull.base.repo.create_pull("main", BRANCH, title="v1.0", draft=True))
    assert draft.mergeable_state == "draft"
    with refusal(405, "still a draft"):
        draft.merge()


# --- pushing ------------------------------------------------------------------------------------


def test_nobody_pushes_past_a_protection(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    work.git("checkout", "--quiet", "main")
    work.commit("main", "before.yaml", "x: 1\n")
    protect(team, pull)
    work.write("main", "after.yaml", "x: 1\n")
    assert "GH006: Protected branch update failed" in work.refused("push", "origin", "main")
    assert "GH006" in work.refused("push", "origin", ":main")
    assert work.commit("elsewhere", "after.yaml", "x: 2\n")


def test_a_branch_that_may_be_pushed_to_is_not_rewritten(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    protect(team, pull, required_pull_request_reviews=None)
    work.git("checkout", "--quiet", "main")
    work.commit("main", "forward.yaml", "x: 1\n")
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "GH003" in work.refused("push", "--force", "origin", "main")
    protect(team, pull, required_pull_request_reviews=None, allow_force_pushes=True)
    work.git("push", "--quiet", "--force", "origin", "main")


def test_only_who_is_named_pushes_and_merges(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    named = {"users": ["bo"], "teams": [], "apps": []}
    protect(team, pull, required_pull_request_reviews=None, restrictions=named)
    again(pull)
    with refusal(405, "not authorized to push"):
        pull.merge()
    assert of(team, pull, "bo").merge().merged


def test_rules_of_tags_hold(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    rules = {
        "name": "releases",
        "target": "tag",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
        "rules": [{"type": "creation"}, {"type": "deletion"}],
        "bypass_actors": [{"actor_type": "User", "actor_id": team.forge.login("bo").id}],  # type: ignore[union-attr]
    }
    team.call("POST", f"/repos/{pull.base.repo.full_name}/rulesets", rules)
    work.git("tag", "v1.0")
    assert "GH006" in work.refused("push", "origin", "v1.0")
    theirs = Clone(team, pull.base.repo.full_name, team.person("bo"), work.directory / "bo")
    theirs.git("tag", "v1.0")
    theirs.git("push", "--quiet", "origin", "v1.0")
    work.git("tag", "other")
    work.git("push", "--quiet", "origin", "other")


# --- approvals ----------------------------------------------------------------------------------


def test_approvals_that_are_wanted_are_waited_for(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    protect(team, pull)
    assert again(pull).mergeable_state == "blocked"
    with refusal(405, "At least 1 approving review is required by reviewers with write access"):
        pull.merge()
    approve(team, pull, "ana")
    assert again(pull).mergeable_state == "clean"
    assert pull.merge().merged


def test_a_push_takes_approvals_back_where_the_rules_say_so(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    protect(team, pull)
    approve(team, pull, "ana")
    work.commit(BRANCH, "app.yaml", "tag: v1.1\n")
    assert states(pull) == ["APPROVED"]
    wanted = {"required_approving_review_count": 1, "dismiss_stale_reviews": True}
    protect(team, pull, required_pull_request_reviews=wanted)
    work.commit(BRANCH, "app.yaml", "tag: v1.2\n")
    assert states(pull) == ["DISMISSED"]
    again(pull)
    with refusal(405):
        pull.merge()


def test_whoever_wants_changes_stops_it(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    protect(team, pull)
    approve(team, pull, "ana")
    of(team, pull, "bo").create_review(event="REQUEST_CHANGES", body="no")
    again(pull)
    with refusal(405, "Changes have been requested"):
        pull.merge()
    approve(team, pull, "bo")
    assert pull.merge().merged


def test_code_owners_are_asked(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    work.git("checkout", "--quiet", "main")
    work.commit("main", "CODEOWNERS", "*.yaml @bo\n")
    wanted = {"required_approving_review_count": 1, "require_code_owner_reviews": True}
    protect(team, pull, required_pull_request_reviews=wanted)
    approve(team, pull, "ana")
    again(pull)
    with refusal(405, "code owner"):
        pull.merge()
    approve(team, pull, "bo")
    assert pull.merge().merged


def test_the_last_pusher_is_not_enough(team: GitHub, opened: Opened) -> None:
    pull, work = opened(team)
    wanted = {"required_approving_review_count": 1, "require_last_push_approval": True}
    protect(team, pull, required_pull_request_reviews=wanted)
    theirs = Clone(team, pull.base.repo.full_name, team.person("ana"), work.directory / "ana")
    theirs.git("checkout", "--quiet", BRANCH)
    theirs.commit(BRANCH, "app.yaml", "tag: v1.1\n")
    approve(team, pull, "ana")
    again(pull)
    with refusal(405, "someone other than the last pusher"):
        pull.merge()
    approve(team, pull, "bo")
    assert pull.merge().merged


def test_administrators_go_around_unless_they_are_bound(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    protect(team, pull)
    again(pull)
    theirs = of(team, pull, ADMINISTRATOR)
    with refusal(405):
        theirs.merge()
    protect(team, pull, enforce_admins=False)
    with refusal(405):
        pull.merge()
    assert theirs.merge().merged


# --- checks -------------------------------------------------------------------------------------


def test_checks_that_are_wanted_are_waited_for(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    checks = {"strict": False, "contexts": ["render"]}
    protect(team, pull, required_pull_request_reviews=None, required_status_checks=checks)
    again(pull)
    commit = pull.base.repo.get_commit(pull.head.sha)
    with refusal(405, '"render" is expected'):
        pull.merge()
    commit.create_status("failure", context="render")
    with refusal(405, '"render" is failing'):
        pull.merge()
    commit.create_status("success", context="render")
    assert commit.get_combined_status().state == "success"
    assert pull.merge().merged


def test_a_branch_that_is_behind_waits_where_checks_are_strict(
    team: GitHub, opened: Opened
) -> None:
    pull, work = opened(team)
    work.git("checkout", "--quiet", "main")
    work.commit("main", "elsewhere.yaml", "x: 1\n")
    checks = {"strict": True, "contexts": ["render"]}
    protect(team, pull, required_pull_request_reviews=None, required_status_checks=checks)
    pull.base.repo.get_commit(pull.head.sha).create_status("success", context="render")
    assert again(pull).mergeable_state == "behind"
    assert pull.update_branch()
    fresh = again(pull)
    assert fresh.head.sha != pull.head.sha
    pull.base.repo.get_commit(fresh.head.sha).create_status("success", context="render")
    assert again(pull).merge().merged
