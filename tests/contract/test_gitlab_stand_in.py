"""The stand-in for GitLab as python-gitlab and git find it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
from gitlab.v4.objects import Project, ProjectMergeRequest

from bot.secret import Secret
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitLab]:
    with GitLab(tmp_path / "gitlab") as server:
        yield server


def client(server: GitLab, token: Secret) -> gitlab.Gitlab:
    return gitlab.Gitlab(server.url, private_token=token.reveal())


def git(directory: Path, *arguments: str, good: bool = True) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is good, done.stderr
    return done.stdout.strip() + (done.stderr if not good else "")


def clone(server: GitLab, path: str, token: Secret, directory: Path) -> Path:
    address = server.url.replace("//", f"//somebody:{token.reveal()}@")
    git(directory.parent, "clone", "--quiet", f"{address}/{path}.git", str(directory))
    return directory


def commit(directory: Path, branch: str, name: str, text: str) -> str:
    git(directory, "checkout", "--quiet", "-B", branch)
    (directory / name).write_text(text)
    git(directory, "add", name)
    git(directory, "commit", "--quiet", "-m", f"Write {name}")
    git(directory, "push", "--quiet", "--force", "origin", branch)
    return git(directory, "rev-parse", "HEAD")


def opened(server: GitLab, directory: Path) -> tuple[Project, ProjectMergeRequest, str]:
    """A merge request of the bot's on a protected main; its head."""
    bot = server.person("fairlead", access=Access.MAINTAINER)
    path = server.repository("fleet")
    work = clone(server, path, bot, directory)
    commit(work, "main", "fleet.yaml", "name: acme\n")
    head = commit(work, "promote/prod", "app.yaml", "tag: v1.0\n")
    project = client(server, bot).projects.get(path)
    wanted = {"source_branch": "promote/prod", "target_branch": "main", "title": "v1.0"}
    made = project.mergerequests.create(wanted)
    return project, project.mergerequests.get(made.iid), head


def test_a_merge_request_is_opened_found_and_merged(server: GitLab, tmp_path: Path) -> None:
    project, request, head = opened(server, tmp_path / "work")
    assert request.sha == head
    assert request.detailed_merge_status == "mergeable"
    found = project.mergerequests.list(state="opened", source_branch="promote/prod", get_all=True)
    assert [one.iid for one in found] == [request.iid]
    request.merge(sha=head)
    merged = project.mergerequests.get(request.iid)
    assert merged.state == "merged"
    git(tmp_path / "work", "fetch", "--quiet")
    main = git(tmp_path / "work", "rev-parse", "origin/main")
    assert main == merged.merge_commit_sha
    with pytest.raises(gitlab.GitlabMRClosedError):
        request.merge()
