"""Pipelines of apps that tests describe in a line, and their scripts as a forge runs them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitops import config
from gitops.config import Config
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci import AppCiAnswers, app_ci
from gitops.tree import Tree

IMAGE = "registry.example.com/shop/payments"
WORKER = "registry.example.com/shop/payments-worker"
SOURCE = "https://git.example.com/shop/payments.git"
BUILD = "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FORGES = (ForgeKind.GITLAB, ForgeKind.GITHUB, ForgeKind.GITEA)
TIMEOUT = 60.0
EMPTY = Tree({})


@dataclass(frozen=True)
class Described:
    """An app; its fleet follows `branch`, or tags alone where it is None."""

    tags: str = "v{version}"
    tag: str = "{tag}"
    build: str | None = BUILD
    branch: str | None = "main"
    images: Sequence[str] = (IMAGE,)
    platforms: Sequence[str] = ()
    name: str = "payments"

    def config(self) -> Config:
        follow = {"tags": "release"} if self.branch is None else {"branch": self.branch}
        environment = {"name": "dev", "clusters": ["dev-1"], "follow": follow}
        header = {"apiVersion": "fairlead.dev/v1alpha1"}
        fleet = {
            **header,
            "kind": "Fleet",
            "name": "acme",
            "branch": "main",
            "forge": {"kind": "local"},
            "environments": [{**environment, "deliver": "commit"}],
        }
        said = {"tag": self.tag, "platforms": list(self.platforms)}
        built = {} if self.build is None else {"build": self.build}
        app = {
            **header,
            "kind": "App",
            "name": self.name,
            "team": "shop",
            "source": {"url": SOURCE, "tags": self.tags},
            "artifacts": [{"image": image, **said, **built} for image in self.images],
        }
        files = {"fleet.yaml": json.dumps(fleet), f"apps/{self.name}/app.yaml": json.dumps(app)}
        found = config.read(Tree.of(files))
        for error in found.broken.values():
            raise error
        return found

    def tree(
        self,
        forge: ForgeKind = ForgeKind.GITLAB,
        there: Tree = EMPTY,
        **answers: object,
    ) -> Tree:
        """The app's repository with the pipeline in it."""
        asked = AppCiAnswers(self.name, forge, **answers)  # type: ignore[arg-type]
        return app_ci(self.config(), asked, there)


@dataclass(frozen=True)
class Tagged:
    """What `tags.sh` said."""

    code: int
    lines: tuple[tuple[str, ...], ...]
    """(image, tag, commit, created), each."""
    err: str

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        return tuple((line[0], line[1]) for line in self.lines)


def of_branch(branch: str, commit: str = COMMIT) -> dict[str, str]:
    """GitLab's variables for a commit of a branch."""
    return {"CI_COMMIT_SHA": commit, "CI_COMMIT_BRANCH": branch}


def of_tag(tag: str, commit: str = COMMIT) -> dict[str, str]:
    """GitLab's variables for a git tag."""
    return {"CI_COMMIT_SHA": commit, "CI_COMMIT_TAG": tag}


def tagged(
    script: bytes,
    variables: Mapping[str, str],
    path: str,
    shell: Sequence[str] = ("sh",),
    directory: Path | None = None,
) -> Tagged:
    """Run `tags.sh` with these variables and PATH, nine hours east of Greenwich."""
    done = subprocess.run(
        [*shell, "-s"],
        input=script,
        env={**variables, "PATH": path, "TZ": "JST-9"},
        cwd=directory,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    lines = tuple(tuple(line.split(" ")) for line in done.stdout.decode().splitlines())
    return Tagged(done.returncode, lines, done.stderr.decode(errors="replace"))
