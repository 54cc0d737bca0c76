"""The stand-in for GitHub as PyGithub and git find it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import github
import pytest
from github.PullRequest import PullRequest
from github.Repository import Repository

from bot.secret import Secret
from tests.stand_ins.github import GitHub

BRANCH = "promote/prod/shop"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path / "github") as server:
        yield server


def client(server: GitHub, token: Secret) -> github.Github:
    """Unmodified, without its pauses between calls: nobody else is here."""
    auth = github.Auth.Token(token.reveal())
    address = f"{server.url}/api/v3"
    return github.Github(
        base_url=address,
        auth=auth,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


def git(directory: Path, *arguments: str, good: bool = True) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is good, done.stderr
    return done.stdout.strip() + (done.stderr if not good else "")


def clone(server: GitHub, path: str, token: Secret, directory: Path) -> Path:
    address = server.url.replace("//", f"//x-access-token:{token.reveal()}@")
    git(directory.parent, "clone", "--quiet", f"{address}/{path}.git", str(directory))
    return directory


def commit(directory: Path, branch: str, name: str, text: str, *, good: bool = True) -> str:
    git(directory, "checkout", "--quiet", "-B", branch)
    (directory / name).write_text(text)
    git(directory, "add", name)
    git(directory, "commit", "--quiet", "-m", f"Write {name}")
    said = git(directory, "push", "--quiet", "--force", "origin", branch, good=good)
    return git(directory, "rev-parse", "HEAD") if good else said


def opened(server: GitHub, directory: Path) -> tuple[Repository, PullRequest, str]:
    """A pull request of the bot's; its head."""
    bot = server.person("fairlead")
    path = server.repository("fleet")
    work = clone(server, path, bot, directory)
    commit(work, "main", "fleet.yaml", "name: acme\n")
    head = commit(work, BRANCH, "app.yaml", "tag: v1.0\n")
    repository = client(server, bot).get_repo(path)
    return repository, repository.create_pull("main", BRANCH, title="v1.0", body="why"), head


def test_a_pull_request_is_opened_found_and_merged(server: GitHub, tmp_path: Path) -> None:
    repository, pull, head = opened(server, tmp_path / "work")
    assert (pull.head.sha, pull.state) == (head, "open")
    found = repository.get_pulls(state="open", base="main", head=f"acme:{BRANCH}")
    assert [one.number for one in found] == [pull.number]
    states = [repository.get_pull(pull.number).mergeable_state for _ in range(2)]
    assert states == ["unknown", "clean"]
    done = pull.merge(sha=head, commit_title="Merge v1.0", commit_message="Trailer: x")
    git(tmp_path / "work", "fetch", "--quiet")
    assert git(tmp_path / "work", "rev-parse", "origin/main") == done.sha
    parents = git(tmp_path / "work", "log", "-1", "--format=%P", done.sha).split()
    assert parents[1] == head
    merged = repository.get_pull(pull.number)
    assert (merged.merged, merged.merge_commit_sha, merged.merged_by.login) == (
        True,
        done.sha,
        "fairlead",
    )
