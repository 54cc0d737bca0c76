"""`forge apply` as a command on the stand-ins: what it prints, and the codes that it ends with."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.forge_worlds import BOT
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_world import ADMIN
from tests.end_to_end.command import Command, Said
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access, Tier
from tests.stand_ins.web import Answer

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: %s, project: %s}
groups: {qa: [ana, bo]}
environments:
  - {name: dev, clusters: [dev-1], follow: {branch: main}}
  - name: prod
    clusters: [prod-1]
    after: dev
    follow: {tags: release}
    artifacts: tagged
    proof: commit
    approvals: {required: 1, from: [qa]}
"""
SETTINGS = """\
fleet = "%s"
[[origins]]
url = "%s"
private = true
"""
MADE = {
    "github": ["make the environment %s, to which main alone deploys"] * 2,
    "gitlab": ["make the environment %s (development)", "make the environment %s (production)"],
}


class Place:
    """A project with a fleet, and the command in the hands of somebody who administers it."""

    def __init__(self, kind: str, server: GitHub | GitLab, directory: Path) -> None:
        world: GitHubWorld | GitLabWorld
        if isinstance(server, GitHub):
            world, access = GitHubWorld(server, directory), ROLES["admin"]
        else:
            world, access = GitLabWorld(server, directory), Access.MAINTAINER
        path = world.project.path
        world.push("main", {"fleet.yaml": FLEET % (kind, path)})
        settings = directory / "settings.toml"
        settings.write_text(SETTINGS % (f"{server.url}/{path}.git", server.url))
        self.chaos = server.chaos
        self.after = 0 if kind == "github" else 1
        """How `doctor` ends then: GitLab wants a pipeline, which a person has to require."""
        self.token = server.person(ADMIN, access=access).reveal()
        names = zip(MADE[kind], ("dev", "prod"), strict=True)
        self.environments = [line % name for line, name in names]
        told = {"FAIRLEAD_SETTINGS": str(settings), "FAIRLEAD_FORGE_ADMIN_TOKEN": self.token}
        self._command = Command(directory, told)

    def fairlead(self, *verb: str, code: int = 0, **more: str) -> Said:
        said = self._command(*verb, "--bot", BOT, code=code, **more)
        assert self.token not in said.out + said.err
        return said


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, GitHub | GitLab]]:
    with (
        GitHub(tmp_path_factory.mktemp("github"), tier=Tier.PREMIUM) as github,
        GitLab(tmp_path_factory.mktemp("gitlab"), tier=Tier.PREMIUM) as gitlab,
    ):
        yield {"github": github, "gitlab": gitlab}


@pytest.fixture(params=["github", "gitlab"])
def place(
    request: pytest.FixtureRequest, servers: dict[str, GitHub | GitLab], tmp_path: Path
) -> Iterator[Place]:
    found = Place(request.param, servers[request.param], tmp_path)
    yield found
    found.chaos.forget()


def test_what_is_told_is_made_and_a_second_run_has_nothing_to_do(place: Place) -> None:
    planned = place.fairlead("forge", "apply", "--dry-run", code=1).out.splitlines()
    assert [line for line in planned if "environment" in line] == place.environments
    absent = place.fairlead("doctor", code=1).out
    assert absent.count("weak: environment-absent: ") == 2

    done = place.fairlead("forge", "apply").out.splitlines()

    assert done == [f"done: {line}" for line in planned]
    assert "environment-absent" not in place.fairlead("doctor", code=place.after).out
    assert place.fairlead("forge", "apply", "--dry-run").out == "nothing to change\n"
    assert place.fairlead("forge", "apply").out == "nothing to change\n"


def test_each_failure_has_its_code_and_leaves_the_rest_to_the_next_run(place: Place) -> None:
    """One after the other, each at the first write of a run, until a run goes through."""
    lines = place.fairlead("forge", "apply", "--dry-run", code=1).out.splitlines()
    for status, code in ((403, 5), (404, 5), (409, 4), (422, 2)):
        content = {"message": "no", "documentation_url": "https://docs.example.com"}
        place.chaos.refuse("POST|PUT|DELETE", "/api/", Answer(status, content))
        said = place.fairlead("forge", "apply", code=code)
        assert said.out == ""
        told, *rest = [line for line in said.err.splitlines() if not line.startswith("not done: ")]
        assert (told.startswith("fairlead: "), rest) == (True, []), said.err
        assert said.err.count("not done: ") == len(lines)
    place.chaos.lose("POST|PUT", "/api/", 502)
    said = place.fairlead("forge", "apply", "--json", code=4)
    assert re.search("answered 502; .*run `.*forge apply` again", said.json()["error"])
    place.fairlead("forge", "apply")
    assert place.fairlead("forge", "apply").out == "nothing to change\n"


def test_what_a_token_does_not_see_is_told_and_left_alone(
    servers: dict[str, GitHub | GitLab], tmp_path: Path
) -> None:
    """An administrator's token that may not read Actions; with that, the environments are made."""
    place = Place("github", servers["github"], tmp_path)
    least = ("administration:write", "contents:read", "metadata:read")
    blind, seeing = (
        servers["github"].token(ADMIN, *scopes).reveal()
        for scopes in (least, (*least, "actions:read"))
    )
    said = place.fairlead("forge", "apply", FAIRLEAD_FORGE_ADMIN_TOKEN=blind)
    assert "environment" not in said.out
    assert said.err == (
        f"not looked at: {ADMIN}'s token does not see which environments GitHub has; "
        "FAIRLEAD_FORGE_ADMIN_TOKEN, with what docs/github.md says that it has to be allowed\n"
    )
    said = place.fairlead("forge", "apply", FAIRLEAD_FORGE_ADMIN_TOKEN=seeing)
    assert said.out.splitlines() == [f"done: {line}" for line in place.environments]
    assert not said.err
