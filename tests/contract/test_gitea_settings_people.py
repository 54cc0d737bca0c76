"""Who may see and change a real Gitea's settings, and whom they name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.gitea_settings import GiteaSettings
from bot.diagnosis import diagnose
from bot.findings import Severity
from bot.treatment import changes
from gitops.errors import Denied, InvalidInput
from tests.contract.forge_worlds import BOT, GiteaWorld
from tests.contract.settings_world import (
    ADMIN,
    STRICT,
    apply,
    codes,
    rule,
    seen_by_admin,
    seen_by_bot,
)
from tests.real.gitea import Gitea

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        server.person(ADMIN)
        yield server


@pytest.fixture
def world(server: Gitea, tmp_path: Path) -> GiteaWorld:
    world = GiteaWorld(server, tmp_path)
    world.administer("PUT", f"/collaborators/{ADMIN}", {"permission": "admin"})
    return world


def test_whom_somebody_named_may_go_on_merging(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    rule(world, merge_whitelist_usernames=[BOT, "bo"])
    found = diagnose(STRICT, settings.read())
    assert [f.who for f in found.findings if f.code == "others-merge"] == ["bo"]
    assert found.sound
    assert apply(settings, STRICT) == []


def test_owners_whom_nobody_knows_are_told(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    asked = ["@ana", "@acme/people", "@nobody-of-that-name", "@acme/no-such-team"]
    facts = settings.read(asked)
    assert facts.unknown_owners == ("@acme/no-such-team", "@nobody-of-that-name")
    told = [f.what for f in diagnose(STRICT, facts).findings if f.code == "unknown-owner"]
    assert len(told) == 2


def test_the_bot_sees_what_binds_itself_and_no_more(world: GiteaWorld, server: Gitea) -> None:
    mine = seen_by_bot(world, server)
    assert codes(diagnose(STRICT, mine.read()), Severity.REFUSED) == {"target-unprotected"}
    apply(seen_by_admin(world, server), STRICT)
    found = diagnose(STRICT, mine.read())
    assert found.sound
    assert "unseen" in codes(found)
    assert not mine.read().administered


@pytest.mark.parametrize("who", [ADMIN, BOT])
def test_only_whoever_administers_changes_anything(
    world: GiteaWorld, server: Gitea, who: str
) -> None:
    found = changes(STRICT, seen_by_admin(world, server).read())
    settings = {ADMIN: seen_by_admin, BOT: seen_by_bot}[who](world, server)

    def everything() -> None:
        for change in found:
            settings.apply(change)

    denied: Callable[[], None] = everything
    if who == ADMIN:
        denied()
    else:
        with pytest.raises(Denied, match="does not allow"):
            denied()
    there = seen_by_admin(world, server).read().target.protected
    assert there is (who == ADMIN)


def test_a_bot_without_write_access_is_told(world: GiteaWorld, server: Gitea) -> None:
    server.stranger("newcomer")
    token = server.person(ADMIN)
    settings = GiteaSettings(world.project, token, "main", bot="newcomer", private=True)
    with pytest.raises(Denied, match="left somebody"):
        apply(settings, STRICT)
    world.administer("PUT", "/collaborators/newcomer", {"permission": "write"})
    apply(settings, STRICT)
    assert diagnose(STRICT, settings.read()).sound
    nobody = GiteaSettings(world.project, token, "main", bot="no-such-account", private=True)
    with pytest.raises(InvalidInput, match="no-such-account"):
        nobody.read()
