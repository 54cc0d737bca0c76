"""A real Gitea and a real registry on loopback, and fleets there whose apps wait for a release."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.git import GitRepository
from bot.demo.images import build_image
from bot.model import IDENTITY
from bot.ports import Draft, RefUpdate
from bot.source_wiring import GitCredential
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import ForgeKind
from gitops.tree import Tree
from tests.contract.fleet_repositories import push
from tests.real import docker_registry, gitea_build
from tests.real.docker_registry import DockerRegistry
from tests.real.gitea import Gitea

BOT = "fairlead"
PEOPLE = ("ana", "bo", "eve")
"""Who may approve."""
NOW, THEN = "1.0.0", "1.1.0"
"""What runs, and what is released."""

_PROTECTION: Mapping[str, object] = {
    "rule_name": "main",
    "enable_push": False,
    "enable_merge_whitelist": True,
    "merge_whitelist_usernames": [BOT],
    "required_approvals": 1,
    "dismiss_stale_approvals": True,
    "block_on_rejected_reviews": True,
    "block_admin_merge_override": True,
}
"""What `fairlead forge apply` makes of main: otherwise each merge request says that it is open."""
_PAGE = 50
"""What a Gitea gives at once unless it is told otherwise."""
_MODEL = "app-to-copy"
_REQUEST = re.compile(r'"(\w+) (\S+) HTTP')
_OF_GIT = ("/info/refs", "/git-upload-pack", "/git-receive-pack")


@dataclass(frozen=True, slots=True)
class Calls:
    """What a server was asked: its API, and git over HTTP."""

    api: Counter[str]
    """By method and the kind of thing that was asked for."""
    git: int

    @property
    def of_api(self) -> int:
        """How many there were."""
        return self.api.total()


@dataclass(frozen=True, slots=True)
class Done:
    """What a run took of the machine, and what it asked Gitea; `run` is None for a tick."""

    wall: float
    cpu: float
    peak: float | None
    calls: Calls


class Ground:
    """Where Fairlead and its peer work: one Gitea, one registry, a repository for each."""

    def __init__(self, directory: Path, gitea: Gitea, registry: DockerRegistry, apps: int) -> None:
        self.directory = directory
        self.gitea = gitea
        self.registry = registry
        self.apps = tuple(f"app-{number:04}" for number in range(apps))
        self.token = gitea.person(BOT)
        for person in PEOPLE:
            gitea.person(person)
        self.release(NOW)

    def release(self, version: str) -> None:
        """Every app's image has this version too."""
        for app in self.apps:
            self.registry.push(f"shop/{app}", (version,), build_image(f"{app} {version}"))

    def fleet(self, name: str) -> str:
        """A fleet of these apps, in a repository of its own; its path on the forge."""
        path = self.gitea.repository(name)
        files = {at: file.data.decode() for at, file in self._tree(path).items()}
        push(self.mirror(path, PEOPLE[0]), "main", files, IDENTITY)
        self.gitea.settle(path)
        self.gitea.call("POST", f"/repos/{path}/branch_protections", _PROTECTION)
        for label in ("fairlead", "environment/dev", *(f"app/{app}" for app in self.apps)):
            told = {"name": label, "color": "#1f6feb"}
            self.gitea.call("POST", f"/repos/{path}/labels", told)
        return path

    def url(self, path: str) -> str:
        """Where git finds a repository."""
        return f"{self.gitea.url}/{path}.git"

    def mirror(self, path: str, person: str) -> GitRepository:
        """A repository as somebody reads and pushes it."""
        credential = GitCredential(person, self.gitea.person(person))
        directory = self.directory / f"{path.replace('/', '-')}-{person}.git"
        return GitRepository(directory, self.url(path), credential, plain=True)

    def _tree(self, path: str) -> Tree:
        """One app is added, and its files are copied under the other names."""
        answers = FleetAnswers(
            "acme",
            forge=ForgeKind.GITEA,
            project=path,
            environments=("dev",),
            capabilities=("cni-netpol",),
        )
        empty = new_fleet(Tree({}), answers)
        asked = b"    deliver: merge-request\n"
        approved = asked + b"    approvals: {required: 1, from: [qa]}\n"
        fleet_file = empty["fleet.yaml"].data
        assert asked in fleet_file
        empty = empty.replace({"fleet.yaml": fleet_file.replace(asked, approved)})
        image = f"{self.registry.host}/shop/{_MODEL}"
        model = add_app(
            empty,
            AppAnswers(_MODEL, "shop", (image,), range=">=1.0.0", versions={"dev": [NOW]}),
        )
        own = {at: file for at, file in model.items() if _MODEL in at}
        files = {at: file.data for at, file in model.items() if at not in own}
        for app in self.apps:
            for at, file in own.items():
                files[at.replace(_MODEL, app)] = file.data.replace(_MODEL.encode(), app.encode())
        return Tree.of(files)

    @contextmanager
    def counted(self) -> Iterator[list[Calls]]:
        """What Gitea is asked inside, one entry at the end."""
        log = self.gitea.access_log
        before = log.stat().st_size
        found: list[Calls] = []
        yield found
        with log.open("rb") as lines:
            lines.seek(before)
            found.append(_calls(lines.read().decode()))

    def opened(self, path: str) -> Mapping[str, int]:
        """The open merge requests of a repository, by branch."""
        found: dict[str, int] = {}
        page = 1
        while pulls := self.gitea.call("GET", f"/repos/{path}/pulls?state=open&page={page}"):
            found |= {pull["head"]["ref"]: pull["number"] for pull in pulls}
            page += 1
        return found

    def floor(self, path: str, *, marked: bool) -> None:
        """Do what nobody can do without: commit, push once, open one after another.

        `marked` opens them with the labels and reviewers that Fairlead gives them.
        """
        mirror = self.mirror(path, BOT)
        mirror.fetch()
        head = mirror.head("main")
        assert head is not None
        commit = mirror.commit(head)
        assert commit is not None
        tree = mirror.tree(head)
        drafts = []
        for app in self.apps:
            at = f"apps/{app}/envs/dev/version/kustomization.yaml"
            data = tree[at].data.replace(NOW.encode(), THEN.encode())
            message = f"Promote {app}\n"
            drafts.append(Draft((head,), message, IDENTITY, commit.facts.date, {at: data}))
        shas = mirror.write(drafts)
        named = zip(self.apps, shas, strict=True)
        mirror.push([RefUpdate(f"refs/heads/floor/{app}", None, sha) for app, sha in named])
        labels = {each["name"]: each["id"] for each in self._labels(path)} if marked else {}
        for app in self.apps:
            content: dict[str, Any] = {"head": f"floor/{app}", "base": "main"}
            content["title"] = f"Promote {app}"
            if marked:
                names = ("fairlead", "environment/dev", f"app/{app}")
                content |= {"labels": [labels[n] for n in names], "reviewers": list(PEOPLE)}
            self.gitea.call("POST", f"/repos/{path}/pulls", content, by=BOT)

    def _labels(self, path: str) -> Iterator[Mapping[str, Any]]:
        page = 1
        while found := self.gitea.call("GET", f"/repos/{path}/labels?page={page}"):
            yield from found
            page += 1


def _calls(log: str) -> Calls:
    api: Counter[str] = Counter()
    git = 0
    for method, place in _REQUEST.findall(log):
        path = place.partition("?")[0]
        if path.startswith("/api/v1/"):
            kind = re.sub(r"/(?:\d+|[0-9a-f]{40})(?=/|$)", "/*", path.removeprefix("/api/v1"))
            api[f"{method} {re.sub('^/repos/[^/]+/[^/]+', '', kind) or '/'}"] += 1
        elif path.endswith(_OF_GIT):
            git += 1
    return Calls(api, git)


def missing() -> str | None:
    """Which server is not installed, and how to get it; None when both are."""
    try:
        gitea_build.get()
        docker_registry.get()
    except (pytest.skip.Exception, pytest.fail.Exception) as absent:
        return str(absent)
    return None


@contextmanager
def ground(directory: Path, apps: int) -> Iterator[Ground]:
    """While it stands."""
    (directory / "registry").mkdir()
    registry = DockerRegistry(directory / "registry", "none")
    try:
        with Gitea(directory / "gitea", page=_PAGE) as gitea:
            yield Ground(directory, gitea, registry, apps)
    finally:
        registry.stop()
