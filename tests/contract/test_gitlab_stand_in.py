"""The stand-in for GitLab as python-gitlab, git and a receiver of webhooks find it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import gitlab
import pytest
import requests
from gitlab.v4.objects import Project, ProjectMergeRequest

from bot.secret import Secret
from tests.stand_ins.budget import Budget
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access

BRANCH = "promote/prod"


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
    return done.stdout.strip() if good else done.stderr


def clone(server: GitLab, path: str, token: Secret, directory: Path) -> Path:
    address = server.url.replace("//", f"//somebody:{token.reveal()}@")
    git(directory.parent, "clone", "--quiet", f"{address}/{path}.git", str(directory))
    return directory


def commit(directory: Path, branch: str, name: str, text: str) -> str:
    git(directory, "checkout", "--quiet", "-B", branch)
    (directory / name).write_text(text)
    git(directory, "add", name)
    git(directory, "commit", "--quiet", "-m", f"Write {name}")
    return git(directory, "rev-parse", "HEAD")


class World:
    """A project with a file on main, where the bot is a maintainer; its clone is the bot's."""

    def __init__(self, server: GitLab, directory: Path) -> None:
        self.server = server
        self.bot = server.person("fairlead", access=Access.MAINTAINER)
        self.path = server.repository("fleet")
        self.work = clone(server, self.path, self.bot, directory / "work")
        self.push("main", "fleet.yaml", "name: acme\n")

    @property
    def project(self) -> Project:
        return client(self.server, self.bot).projects.get(self.path)

    def push(self, branch: str, name: str, text: str) -> str:
        sha = commit(self.work, branch, name, text)
        git(self.work, "push", "--quiet", "--force", "origin", branch)
        return sha

    def opened(self) -> ProjectMergeRequest:
        self.push(BRANCH, "app.yaml", "tag: v1.0\n")
        wanted = {"source_branch": BRANCH, "target_branch": "main", "title": "v1.0"}
        made = self.project.mergerequests.create(wanted)
        return self.project.mergerequests.get(made.iid)


@pytest.fixture
def world(server: GitLab, tmp_path: Path) -> World:
    return World(server, tmp_path)


def test_a_merge_request_is_opened_found_and_merged(world: World) -> None:
    request = world.opened()
    assert request.sha == git(world.work, "rev-parse", BRANCH)
    assert request.detailed_merge_status == "mergeable"
    listed = world.project.mergerequests.list(state="opened", source_branch=BRANCH, get_all=True)
    assert [one.iid for one in listed] == [request.iid]
    request.merge(sha=request.sha)
    merged = world.project.mergerequests.get(request.iid)
    assert merged.state == "merged"
    git(world.work, "fetch", "--quiet")
    assert git(world.work, "rev-parse", "origin/main") == merged.merge_commit_sha
    with pytest.raises(gitlab.GitlabMRClosedError):
        request.merge()


def test_git_computes_conflicts(world: World) -> None:
    request = world.opened()
    git(world.work, "checkout", "--quiet", "main")
    world.push("main", "app.yaml", "tag: v0.9\n")
    assert world.project.mergerequests.get(request.iid).detailed_merge_status == "conflict"


# --- git ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "arguments", "says"),
    [
        ("dev", ("main",), "You are not allowed to push code to protected branches"),
        ("fairlead", ("--force", "main~1:main"), "force push code to a protected branch"),
        ("fairlead", ("--delete", "main"), "You are not allowed to push code to protected"),
    ],
)
def test_a_protected_branch_refuses(
    world: World, tmp_path: Path, who: str, arguments: tuple[str, ...], says: str
) -> None:
    world.push("main", "two.yaml", "a: 1\n")
    theirs = clone(world.server, world.path, world.server.person(who), tmp_path / "theirs")
    if arguments == ("main",):
        commit(theirs, "main", "three.yaml", "a: 1\n")
    assert says in git(theirs, "push", "origin", *arguments, good=False)
    head = git(theirs, "ls-remote", "origin", "refs/heads/main").split()[0]
    assert head == git(world.work, "rev-parse", "main")


def test_who_may_push_does(world: World, tmp_path: Path) -> None:
    theirs = clone(world.server, world.path, world.server.person("dev"), tmp_path / "theirs")
    commit(theirs, "theirs", "three.yaml", "a: 1\n")
    git(theirs, "push", "--quiet", "origin", "theirs")
    git(theirs, "push", "--quiet", "origin", "--delete", "theirs")


def test_one_bad_ref_refuses_the_whole_push(world: World, tmp_path: Path) -> None:
    theirs = clone(world.server, world.path, world.server.person("dev"), tmp_path / "theirs")
    commit(theirs, "main", "three.yaml", "a: 1\n")
    git(theirs, "push", "origin", "main", "main:refs/heads/other", good=False)
    assert list(git(theirs, "ls-remote", "--heads", "origin").split())[1::2] == ["refs/heads/main"]


@pytest.mark.parametrize("token", ["wrong", "stranger"])
def test_nobody_else_sees_the_repository(world: World, tmp_path: Path, token: str) -> None:
    text = Secret("glpat-no") if token == "wrong" else world.server.stranger("mallory")
    address = world.server.url.replace("//", f"//x:{text.reveal()}@")
    git(tmp_path, "ls-remote", f"{address}/{world.path}.git", good=False)
    known = world.server.url.replace("//", f"//x:{world.bot.reveal()}@")
    git(tmp_path, "ls-remote", f"{known}/{world.path}.git")


# --- the wire -----------------------------------------------------------------------------------


def ask(world: World, place: str, **headers: str) -> requests.Response:
    number = world.project.id
    address = f"{world.server.url}/api/v4/projects/{number}{place}"
    sent = {"PRIVATE-TOKEN": world.bot.reveal(), **headers}
    return requests.get(address, headers=sent, timeout=60)


def test_lists_are_paged_and_read_on_condition(world: World) -> None:
    for name in ("a", "b", "c"):
        world.project.labels.create({"name": name, "color": "#123456"})
    first = ask(world, "/labels?per_page=2")
    assert [one["name"] for one in first.json()] == ["a", "b"]
    assert (first.headers["x-total"], first.headers["x-next-page"]) == ("3", "2")
    second = requests.get(
        first.links["next"]["url"], headers={"PRIVATE-TOKEN": world.bot.reveal()}, timeout=60
    )
    assert [one["name"] for one in second.json()] == ["c"]
    assert "next" not in second.links
    again = ask(world, "/labels?per_page=2", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    world.project.labels.delete("a")
    assert ask(world, "/labels", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_budget_is_counted_and_told(world: World) -> None:
    number = world.project.id
    world.server.face.budget = Budget(2, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    address = f"{world.server.url}/api/v4/projects/{number}"
    sent = {"PRIVATE-TOKEN": world.bot.reveal()}
    answers = [requests.get(address, headers=sent, timeout=60) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert (answers[2].headers["Retry-After"], answers[2].text) == ("60", "Retry later\n")


def test_a_list_may_be_stale_and_one_thing_never_is(world: World) -> None:
    request = world.opened()
    assert ask(world, "/merge_requests").json()[0]["state"] == "opened"
    world.server.chaos.stale_lists = True
    world.server.call(
        "PUT", world.server.on(world.path, "/merge_requests/1"), {"state_event": "close"}
    )
    assert ask(world, "/merge_requests").json()[0]["state"] == "opened"
    assert world.project.mergerequests.get(request.iid).state == "closed"


def test_what_it_does_not_know_ends_a_test(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="/api/v4/epics"),
        GitLab(tmp_path / "gitlab") as server,
    ):
        server.call("GET", "/epics", expected=501)


# --- webhooks -----------------------------------------------------------------------------------


class Receiver:
    """Keeps the messages that come."""

    def __init__(self) -> None:
        outer = self
        self.messages: list[tuple[Mapping[str, str], Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.messages.append((dict(self.headers), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/hook"
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.mark.parametrize("times", [1, 2])
def test_a_hook_is_told_what_it_asked_for(world: World, receiver: Receiver, times: int) -> None:
    world.server.chaos.doubled_hooks = times == 2
    wanted = {"push_events": False, "merge_requests_events": True, "note_events": True}
    world.project.hooks.create({"url": receiver.url, "token": "quiet", **wanted})
    request = world.opened()
    request.notes.create({"body": "Looks good"})
    request.merge(sha=request.sha)
    world.server.hooks.settle()
    told = [
        (body["object_kind"], body["object_attributes"].get("action"))
        for _, body in receiver.messages
    ]
    once = [("merge_request", "open"), ("note", None), ("merge_request", "merge")]
    assert told == [one for one in once for _ in range(times)]
    headers, body = receiver.messages[0]
    assert headers["X-Gitlab-Token"] == "quiet"
    assert headers["X-Gitlab-Event"] == "Merge Request Hook"
    assert body["object_attributes"]["last_commit"]["id"] == request.sha
    repeats = {one["X-Gitlab-Event-UUID"] for one, _ in receiver.messages}
    assert len(repeats) == len(once)
