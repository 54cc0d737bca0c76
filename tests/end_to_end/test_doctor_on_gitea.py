"""`doctor` and `forge apply` on a real Gitea, and both deliveries under the settings they make."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.model import IDENTITY
from bot.owners import owners
from bot.source_wiring import GitCredential
from gitops.directory import read_directory
from gitops.errors import Denied
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.end_to_end import story
from tests.end_to_end.command import Said
from tests.end_to_end.gitea_world import GiteaWorld
from tests.end_to_end.verdicts import clean, settled
from tests.real import docker_registry, git_http, gitea_build
from tests.real.gitea import ADMINISTRATOR

pytestmark = [pytest.mark.real, pytest.mark.slow]

BY_COMMIT = {
    "    follow: {branch: main}\n    deliver: merge-request\n": "    follow: {branch: main}\n"
    "    deliver: commit\n"
}


class Unprotected(GiteaWorld):
    """Nobody has set any rule yet."""

    def _published(self) -> None:
        self.gitea.settle("acme/fleet")

    def make_owners(self) -> None:
        """The teams that CODEOWNERS names."""
        names = {name.partition("/")[2] for name in owners(read_directory(self.checkout))}
        for name in sorted(names):
            units = {"repo.code": "write", "repo.pulls": "write"}
            team = {"name": name, "includes_all_repositories": True, "units_map": units}
            self.gitea.call("POST", "/orgs/acme/teams", team | {"permission": "write"})

    def pushed(self, name: str, branch: str) -> bool:
        """Whether the forge takes somebody's push."""
        credential = GitCredential(name, self.gitea.person(name))
        url, directory = self.fleet_url, self.directory / f"{name}.git"
        mine = GitRepository(directory, url, credential, plain=True)
        try:
            push(mine, branch, {"evil.yaml": "x: 1\n"}, IDENTITY)
        except Denied:
            return False
        return True


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Unprotected]:
    docker_registry.get()
    git_http.get()
    gitea_build.get()
    with Unprotected(tmp_path) as world:
        yield world


def codes(said: Said, severity: str) -> set[str]:
    return {f["code"] for f in said.json()["findings"] if f["severity"] == severity}


def test_strict_delivery(world: Unprotected) -> None:
    told = story.begin(world, {})
    story.into_dev(told)
    story.proposed_for_stage(told)

    # Unprotected: what people agreed to is not merged, and the bot says why.
    sick = world.as_admin("doctor", "--json", code=1)
    assert codes(sick, "refused") == {"target-unprotected"}
    assert "unknown-owner" in codes(sick, "weak")
    assert (sick.json()["wanted"], sick.json()["held"]) == ("strict", "direct")
    told.agree("stage", story.APPS, "ana")
    told.tick(report=False)
    assert set(story.opened(world)) == story.branches("stage", "v1.0-rc.1")
    gate = told.why("payments", "stage")["approved"]
    assert gate["verdict"] == "refused"
    assert "main is not protected" in gate["reason"]

    # A person mends it, once.
    planned = world.as_admin("forge", "apply", "--dry-run", code=1).out
    assert "protect main" in planned
    assert world.as_admin("doctor", "--json", code=1).json() == sick.json()
    applied = world.as_admin("forge", "apply").out
    assert [line.removeprefix("done: ") for line in applied.splitlines()] == planned.splitlines()
    assert codes(world.as_admin("doctor", "--json", code=1), "weak") == {"unknown-owner"}
    world.make_owners()
    well = world.as_admin("doctor", "--json")
    assert (well.json()["wanted"], well.json()["held"]) == ("strict", "strict")
    assert world.as_admin("forge", "apply", "--dry-run").out == "nothing to change\n"
    assert world.as_admin("forge", "apply").out == "nothing to change\n"
    assert world.fairlead("doctor", "--json").json()["held"] == "strict"

    # Now the forge holds what the approvals rest on, and the release goes on.
    assert not world.pushed(BOT, "main")
    assert not world.pushed("ana", "main")
    assert not world.pushed("ana", "fairlead/state")
    told.tick(report=False)
    assert not story.opened(world)
    requests = world.requests("merged")
    assert len(requests) == 2 * len(story.APPS)
    assert {world.merger(request["number"]) for request in requests} == {BOT}
    clean(world)


def test_direct_delivery(world: Unprotected) -> None:
    told = story.begin(world, BY_COMMIT)
    world.make_owners()
    world.as_admin("forge", "apply")
    well = world.as_admin("doctor", "--json")
    assert (well.json()["wanted"], well.json()["held"]) == ("direct", "direct")
    assert "bot-pushes" in codes(well, "note")
    assert "guards nothing there from it" in world.as_admin("doctor").out
    story.into_dev(told)
    assert world.requests("merged") == []
    story.proposed_for_stage(told)
    story.into_stage(told)
    story.through_the_soak(told)
    story.into_prod(told)
    assert len(world.requests("merged")) == 2 * len(story.APPS)
    assert not world.pushed("ana", "main")
    settled(world)
    clean(world)
    # What the page on security says: the forge no longer guards anything from this token.
    assert world.pushed(BOT, "main")


def test_a_strict_fleet_whose_bot_may_push_is_refused(world: Unprotected) -> None:
    told = story.begin(world, {})
    world.as_admin("forge", "apply")
    opened = {"enable_push": True, "enable_push_whitelist": True}
    mine = opened | {"push_whitelist_usernames": [BOT]}
    world.call("PATCH", "/branch_protections/main", ADMINISTRATOR, mine)
    story.into_dev(told)
    story.proposed_for_stage(told)
    told.agree("stage", story.APPS, "ana")
    told.tick(report=False)
    assert set(story.opened(world)) == story.branches("stage", "v1.0-rc.1")
    assert "may push to main" in told.why("payments", "stage")["approved"]["reason"]
    assert codes(world.fairlead("doctor", "--json", code=1), "refused") == {"bot-pushes"}
    world.as_admin("forge", "apply")
    told.tick(report=False)
    assert not story.opened(world)


def test_who_may_apply(world: Unprotected) -> None:
    story.begin(world, {})
    apply = ("forge", "apply")
    assert "FAIRLEAD_FORGE_ADMIN_TOKEN" in world.fairlead(*apply, code=2).err
    bot = world.gitea.person(BOT).reveal()
    refused = world.fairlead(*apply, FAIRLEAD_FORGE_ADMIN_TOKEN=bot, code=2)
    assert "the bot never changes the rules" in refused.err
    ana = world.gitea.person("ana").reveal()
    denied = world.fairlead(*apply, FAIRLEAD_FORGE_ADMIN_TOKEN=ana, code=5)
    assert "ana does not administer" in denied.err
    # Without the bot's token somebody has to say who the bot is; a name is as good as its token.
    assert "--bot" in world.as_admin(*apply, code=2, FAIRLEAD_FORGE_TOKEN="").err
    named = world.as_admin(*apply, "--bot", BOT, "--dry-run", code=1, FAIRLEAD_FORGE_TOKEN="")
    assert named.out == world.as_admin(*apply, "--dry-run", code=1).out
    nobody = world.as_admin(*apply, "--bot", "no-such-account", code=2, FAIRLEAD_FORGE_TOKEN="")
    assert "no-such-account" in nobody.err
    assert world.call("GET", "/branch_protections", ADMINISTRATOR) == []


def test_what_was_done_before_a_failure_is_told(world: Unprotected) -> None:
    story.begin(world, {})
    world.gitea.stranger("newcomer")
    said = world.as_admin("forge", "apply", "--bot", "newcomer", code=5, FAIRLEAD_FORGE_TOKEN="")
    assert "left somebody of it out" in said.err
    assert said.err.count("not done: ") == 3
