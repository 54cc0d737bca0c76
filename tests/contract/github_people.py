"""People on GitHub's stand-in: with PyGithub, unmodified, and with git in a clone."""

import subprocess
from itertools import count
from pathlib import Path

import github
import pytest
from github.PullRequest import PullRequest

from bot.secret import Secret
from tests.stand_ins.github import GitHub

BRANCH = "promote/prod/shop"

_NUMBERS = count(1)


def client(server: GitHub, token: Secret, verify: str | bool = True) -> github.Github:
    """Without PyGithub's pauses between calls: nobody else is here."""
    return github.Github(
        base_url=f"{server.url}/api/v3",
        auth=github.Auth.Token(token.reveal()),
        retry=None,
        verify=verify,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


class Clone:
    """A working tree of somebody's."""

    def __init__(self, server: GitHub, path: str, token: Secret, directory: Path) -> None:
        self.directory = directory
        address = server.url.replace("//", f"//x-access-token:{token.reveal()}@")
        directory.mkdir(parents=True)
        self.git("clone", "--quiet", f"{address}/{path}.git", ".")

    def git(self, *arguments: str) -> str:
        """What it prints; it succeeds."""
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def refused(self, *arguments: str) -> str:
        """What it complains of; it fails."""
        done = self._run(*arguments)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def write(self, branch: str, name: str, text: str) -> str:
        """A commit on a branch here, from where the tree is; its sha."""
        self.git("checkout", "--quiet", "-B", branch)
        (self.directory / name).write_text(text)
        self.git("add", name)
        self.git("commit", "--quiet", "-m", f"Write {name}")
        return self.head()

    def commit(self, branch: str, name: str, text: str) -> str:
        """The same, pushed."""
        made = self.write(branch, name, text)
        self.git("push", "--quiet", "origin", branch)
        return made

    def head(self) -> str:
        """Where the tree is."""
        return self.git("rev-parse", "HEAD")

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["git", *arguments], cwd=self.directory, capture_output=True, text=True, check=False
        )


def open_pull(
    server: GitHub, directory: Path, *, private: bool = True
) -> tuple[PullRequest, Clone]:
    """The bot's, in a repository of its own."""
    bot = server.person("fairlead")
    number = next(_NUMBERS)
    path = server.repository(f"fleet-{number}", private=private)
    work = Clone(server, path, bot, directory / f"clone-{number}")
    work.commit("main", "fleet.yaml", "name: acme\n")
    work.commit(BRANCH, "app.yaml", "tag: v1.0\n")
    repository = client(server, bot).get_repo(path)
    return repository.create_pull("main", BRANCH, title="v1.0", body="why"), work


def refusal(status: int, words: str = "") -> "pytest.RaisesExc[github.GithubException]":
    """PyGithub's exception for an answer with this status, which says so."""
    return pytest.raises(
        github.GithubException, match=words or None, check=lambda error: error.status == status
    )


def again(pull: PullRequest) -> PullRequest:
    """As it is now, mergeability known."""
    for _ in range(2):
        pull = pull.base.repo.get_pull(pull.number)
    return pull


def of(server: GitHub, pull: PullRequest, name: str) -> PullRequest:
    """The same for somebody else."""
    theirs = client(server, server.person(name))
    return theirs.get_repo(pull.base.repo.full_name).get_pull(pull.number)


def protect(server: GitHub, pull: PullRequest, **rule: object) -> None:
    """The base branch, by an administrator."""
    usual = {
        "required_status_checks": None,
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 1},
        "restrictions": None,
    }
    place = f"/repos/{pull.base.repo.full_name}/branches/main/protection"
    server.call("PUT", place, usual | rule)


def approve(server: GitHub, pull: PullRequest, name: str) -> None:
    """Somebody, at its head."""
    of(server, pull, name).create_review(event="APPROVE")
