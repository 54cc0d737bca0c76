"""The stand-in for GitHub as PyGithub and git find it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from github.PullRequest import PullRequest

from bot.secret import Secret
from tests.contract.github_people import (
    BRANCH,
    Clone,
    again,
    client,
    of,
    open_pull,
    refusal,
)
from tests.real import authority
from tests.stand_ins.github import ADMINISTRATOR, GitHub
from tests.stand_ins.github_budget import secondary
from tests.stand_ins.model import Tier

Opened = Callable[..., tuple[PullRequest, Clone]]


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github")) as server:
        server.person("ana")
        yield server


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def made(server: GitHub) -> tuple[PullRequest, Clone]:
        return open_pull(server, tmp_path)

    return made


# --- opening ------------------------------------------------------------------------------------


def test_a_pull_request_is_opened_found_and_merged(free: GitHub, opened: Opened) -> None:
    pull, work = opened(free)
    found = pull.base.repo.get_pulls(state="open", base="main", head=f"acme:{BRANCH}")
    assert [(one.number, one.head.sha) for one in found] == [(pull.number, work.head())]
    states = [pull.base.repo.get_pull(pull.number).mergeable_state for _ in range(2)]
    assert states == ["unknown", "clean"]
    done = pull.merge(sha=pull.head.sha, commit_title="Merge v1.0", commit_message="Trailer: x")
    work.git("fetch", "--quiet")
    assert work.git("rev-parse", "origin/main") == done.sha
    told = work.git("log", "-1", "--format=%P|%an|%cn|%B", done.sha)
    parents, author, committer, message = told.split("|")
    assert parents.split()[1] == pull.head.sha
    assert (author, committer, message) == ("Fairlead", "GitHub", "Merge v1.0\n\nTrailer: x")
    merged = again(pull)
    assert (merged.merged, merged.merge_commit_sha) == (True, done.sha)
    assert [event.event for event in merged.get_issue_events()] == ["merged", "closed"]


def test_one_pair_of_branches_has_one_pull_request(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    repository = pull.base.repo
    with refusal(422, f"A pull request already exists for acme:{BRANCH}"):
        repository.create_pull("main", BRANCH, title="again")
    pull.edit(state="closed")
    assert repository.create_pull("main", BRANCH, title="again").number == pull.number + 1
    with refusal(422, "already an open pull request"):
        pull.edit(state="open")


def test_without_new_commits_nothing_is_opened(free: GitHub, opened: Opened) -> None:
    pull, work = opened(free)
    work.git("push", "--quiet", "origin", "main:refs/heads/empty")
    with refusal(422, "No commits between main and empty"):
        pull.base.repo.create_pull("main", "empty", title="nothing")


def test_a_branch_that_is_deleted_closes_it(free: GitHub, opened: Opened) -> None:
    pull, work = opened(free)
    work.git("push", "--quiet", "origin", f":{BRANCH}")
    closed = again(pull)
    assert closed.state == "closed"
    (event,) = closed.get_issue_events()
    assert (event.event, event.actor.login) == ("closed", "fairlead")


def test_a_head_without_its_owner_is_no_filter(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    assert pull.base.repo.get_pulls(head="nothing").totalCount == 1
    assert pull.base.repo.get_pulls(head="acme:nothing").totalCount == 0


# --- merging ------------------------------------------------------------------------------------


def test_a_head_that_moved_is_not_merged(free: GitHub, opened: Opened) -> None:
    pull, work = opened(free)
    before = pull.head.sha
    work.commit(BRANCH, "app.yaml", "tag: v1.1\n")
    again(pull)
    with refusal(409, "Head branch was modified"):
        pull.merge(sha=before)
    assert pull.merge(sha=work.head()).merged


def test_a_conflict_is_not_merged(free: GitHub, opened: Opened) -> None:
    pull, work = opened(free)
    work.git("checkout", "--quiet", "main")
    work.commit("main", "app.yaml", "tag: v9\n")
    assert (again(pull).mergeable, again(pull).mergeable_state) == (False, "dirty")
    with refusal(405, "not mergeable"):
        pull.merge()


def test_what_is_merged_or_closed_is_not_merged(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    pull.edit(state="closed")
    with refusal(405):
        pull.merge()
    pull.edit(state="open")
    assert again(pull).merge().merged
    with refusal(405):
        pull.merge()


def test_who_may_only_read_does_not_merge(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    again(pull)
    free.stranger("reader")
    place = f"/repos/{pull.base.repo.full_name}/collaborators/reader"
    free.call("PUT", place, {"permission": "pull"})
    theirs = of(free, pull, "reader")
    with refusal(403):
        theirs.merge()
    free.call("PUT", place, {"permission": "push"})
    assert theirs.merge().merged


# --- reviews ------------------------------------------------------------------------------------


def test_an_author_does_not_approve(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    with refusal(422, "Can not approve your own pull request"):
        pull.create_review(event="APPROVE")
    of(free, pull, "ana").create_review(event="APPROVE")
    (review,) = pull.get_reviews()
    told = (review.user.login, review.state, review.commit_id)
    assert told == ("ana", "APPROVED", pull.head.sha)


def test_reviews_are_asked_of_collaborators_but_the_author(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    free.stranger("mallory")
    for wrong, words in (("mallory", "not a collaborator"), ("fairlead", "pull request author")):
        with refusal(422, words):
            pull.create_review_request(reviewers=["ana", wrong])
    assert again(pull).requested_reviewers == []
    pull.create_review_request(reviewers=["ana"])
    assert [one.login for one in again(pull).requested_reviewers] == ["ana"]
    of(free, pull, "ana").create_review(event="APPROVE")
    assert again(pull).requested_reviewers == []


def test_labels_come_into_being(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    pull.add_to_labels("env/prod", "fairlead")
    pull.remove_from_labels("fairlead")
    assert [label.name for label in again(pull).labels] == ["env/prod"]
    with refusal(404, "Label does not exist"):
        pull.remove_from_labels("fairlead")


# --- accounts, limits and errors ----------------------------------------------------------------


def test_a_wrong_token_is_refused(free: GitHub) -> None:
    with refusal(401, "Bad credentials"):
        _ = client(free, Secret("ghp_wrong")).get_user().login
    assert client(free, free.person("ana")).get_user().login == "ana"


def test_a_private_repository_is_not_there_for_strangers(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    name = pull.base.repo.full_name
    with refusal(404):
        client(free, free.stranger("mallory")).get_repo(name)
    assert client(free, free.person("ana")).get_repo(name).private


def test_what_is_known_is_not_sent_again(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    again(pull)
    assert pull.update() is True
    used = free.face.budget.told(free.forge.login("fairlead"))["used"]
    assert pull.update() is False
    assert free.face.budget.told(free.forge.login("fairlead"))["used"] == used
    of(free, pull, "ana").edit(title="v1.1")
    assert pull.update() is True
    assert pull.title == "v1.1"


@pytest.mark.parametrize(("status", "after"), [(403, None), (429, 7)])
def test_who_asks_too_much_is_told(free: GitHub, status: int, after: int | None) -> None:
    free.chaos.refuse("GET", "/user$", secondary(status, after))
    asking = client(free, free.person("ana"))
    with refusal(status, "secondary rate limit") as refused:
        _ = asking.get_user().login
    headers = refused.value.headers or {}
    told = headers.get("retry-after")
    assert told == (None if after is None else str(after))
    assert asking.get_user().login == "ana"


def test_lists_may_be_stale(free: GitHub, opened: Opened) -> None:
    pull, _ = opened(free)
    repository = pull.base.repo
    assert [one.number for one in repository.get_pulls()] == [pull.number]
    pull.edit(state="closed")
    free.chaos.stale_lists = True
    try:
        assert [one.number for one in repository.get_pulls()] == [pull.number]
        assert again(pull).state == "closed"
    finally:
        free.chaos.stale_lists = False
    assert list(repository.get_pulls()) == []


def test_what_it_does_not_know_fails_whoever_started_it(tmp_path: Path) -> None:
    server = GitHub(tmp_path)
    repository = client(server, server.person("fairlead")).get_repo(server.repository("fleet"))
    with refusal(501, "does not know"):
        list(repository.get_milestones())
    with pytest.raises(AssertionError, match="GET /api/v3/repos/acme/fleet/milestones"):
        server.__exit__(None)


def test_it_may_lie_below_a_path_and_speak_https(tmp_path: Path) -> None:
    made = authority.make(tmp_path)
    with GitHub(tmp_path / "github", made, tier=Tier.FREE, prefix="/code") as server:
        assert server.url.startswith("https://127.0.0.1:")
        bot = client(server, server.person("fairlead"), verify=str(made.certificate))
        assert bot.get_user().raw_data["url"].startswith(f"{server.url}/api/v3/")
        assert server.call("GET", "/user", by=ADMINISTRATOR)["login"] == ADMINISTRATOR
