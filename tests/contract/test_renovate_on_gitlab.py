"""An independent client agrees: Renovate maintains merge requests on the stand-in for GitLab."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.real.docker_registry import PASSWORD, USERNAME, DockerRegistry
from tests.real.renovate import Renovate, command
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access, Tier

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.renovate]

BOT = "renovate-bot"
KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
images:
  - name: {image}
    newTag: {tag}
"""


class World:
    """A project whose app runs 1.0.0 of an image, and Renovate with an account there."""

    def __init__(self, gitlab: GitLab, registry: DockerRegistry, directory: Path) -> None:
        self.gitlab = gitlab
        self.registry = registry
        self.image = f"{registry.host}/shop/payments"
        self.release("1.0.0")
        token = gitlab.person(BOT, "api", access=Access.MAINTAINER)
        gitlab.person("ana", access=Access.MAINTAINER)
        self.path = gitlab.repository("fleet")
        self.write("1.0.0", "Start")
        self.renovate = Renovate(directory, token, self._config())

    def _config(self) -> dict[str, Any]:
        return {
            "platform": "gitlab",
            "endpoint": f"{self.gitlab.url}/api/v4/",
            "repositories": [self.path],
            "onboarding": False,
            "requireConfig": "optional",
            "enabledManagers": ["kustomize"],
            "extends": [],
            "labels": ["dependencies"],
            "reviewers": ["ana"],
            "rebaseWhen": "behind-base-branch",
            "dependencyDashboard": False,
            "hostRules": [
                {"matchHost": self.registry.host, "insecureRegistry": True},
                {"matchHost": self.registry.url, "username": USERNAME, "password": PASSWORD},
            ],
        }

    def release(self, tag: str) -> None:
        self.registry.push_image("shop/payments", tag)

    def call(self, method: str, place: str, content: Mapping[str, object] | None = None) -> Any:
        return self.gitlab.call(method, self.gitlab.on(self.path, place), content, by="ana")

    def write(self, tag: str, message: str, file: str = "kustomization.yaml") -> str:
        """Ana commits to main; the commit's sha."""
        text = KUSTOMIZATION.format(image=self.image, tag=tag) if tag else message
        there = any(f["path"] == file for f in self._tree())
        action = {"action": "update" if there else "create", "file_path": file, "content": text}
        content = {"branch": "main", "commit_message": message, "actions": [action]}
        sha: str = self.call("POST", "/repository/commits", content)["id"]
        return sha

    def _tree(self) -> list[dict[str, Any]]:
        if self.call("GET", "")["empty_repo"]:
            return []
        tree: list[dict[str, Any]] = self.call("GET", "/repository/tree")
        return tree

    def only(self) -> dict[str, Any]:
        """The one merge request that there is."""
        (one,) = self.call("GET", "/merge_requests?state=all")
        told: dict[str, Any] = self.call("GET", f"/merge_requests/{one['iid']}")
        return told

    def tag_at(self, ref: str) -> str:
        place = f"/repository/files/kustomization.yaml/raw?ref={ref}"
        text: str = self.call("GET", place)
        return text.rsplit("newTag: ", 1)[1].strip()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    command()
    directory = tmp_path / "registry"
    directory.mkdir()
    registry = DockerRegistry(directory, "basic")
    try:
        with GitLab(tmp_path / "gitlab", tier=Tier.FREE) as gitlab:
            yield World(gitlab, registry, tmp_path / "renovate")
    finally:
        registry.stop()


def test_it_opens_updates_rebases_and_closes(world: World) -> None:
    world.release("1.1.0")
    world.renovate.run()
    opened = world.only()
    assert (opened["state"], opened["author"]["username"]) == ("opened", BOT)
    assert (opened["labels"], [r["username"] for r in opened["reviewers"]]) == (
        ["dependencies"],
        ["ana"],
    )
    assert "1.1.0" in opened["title"]
    assert world.tag_at(opened["sha"]) == "1.1.0"

    world.release("1.2.0")
    world.renovate.run()
    updated = world.only()
    assert (updated["iid"], updated["state"]) == (opened["iid"], "opened")
    assert "1.2.0" in updated["title"]
    assert world.tag_at(updated["sha"]) == "1.2.0"

    main = world.write("", "Something else", "README.md")
    world.renovate.run()
    rebased = world.only()
    assert rebased["sha"] != updated["sha"]
    assert rebased["diff_refs"]["base_sha"] == main
    assert world.tag_at(rebased["sha"]) == "1.2.0"

    world.write("1.2.0", "Ana was quicker")
    world.renovate.run()
    closed = world.only()
    assert closed["state"] == "closed"
    assert [b["name"] for b in world.call("GET", "/repository/branches")] == ["main"]
