"""The webhook of fleet.yaml on each forge: made once, found where it is wrong, made right again."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.adapters.gitea_settings import GiteaSettings
from bot.adapters.github import Server
from bot.adapters.github_settings import Account, GitHubSettings
from bot.adapters.gitlab_settings import GitLabSettings
from bot.diagnosis import diagnose
from bot.findings import Severity
from bot.forge_settings import ForgeSettings
from bot.forge_wiring import forge_settings
from bot.secret import Secret
from bot.settings import Origin, Settings, origin_of
from bot.webhook import WantedHook
from bot.wiring import clock
from gitops.config import FleetConfig
from gitops.errors import InvalidInput
from tests.contract.forge_worlds import BOT, GiteaWorld
from tests.contract.github_world import LIMITS, GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_world import ADMIN, STRICT, apply, codes
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.model import Access

URL = "https://hooks.example.com/fairlead"
SECRET = Secret("canary-of-the-webhook-5b1f")
HOOK = WantedHook(URL, SECRET)
World = GiteaWorld | GitHubWorld | GitLabWorld
FLEET: FleetConfig = STRICT.model_copy(
    update={"forge": STRICT.forge.model_copy(update={"webhook": URL})}
)


def administered(world: World, wanted: WantedHook | None = HOOK) -> ForgeSettings:
    """As a person who administers the repository."""
    match world:
        case GitHubWorld():
            token = world.server.person(ADMIN, access=ROLES["admin"])
            account, server = Account(lambda: token), Server(private=True, limits=LIMITS)
            return GitHubSettings(
                world.project, account, "main", bot=BOT, server=server, webhook=wanted
            )
        case GitLabWorld():
            token = world.server.person(ADMIN, access=Access.MAINTAINER)
            return GitLabSettings(
                world.project, token, "main", bot=BOT, private=True, webhook=wanted
            )
        case _:
            token = world.token_of(ADMIN)
            world.administer("PUT", f"/collaborators/{ADMIN}", {"permission": "admin"})
            return GiteaSettings(
                world.project, token, "main", bot=BOT, private=True, webhook=wanted
            )


def hooks(world: World) -> list[dict[str, Any]]:
    """As the forge tells them."""
    told: list[dict[str, Any]] = world.call("GET", "/hooks", ADMIN)
    return told


def spoil(world: World, hook: Mapping[str, Any]) -> None:
    """A person makes it tell of pushes alone."""
    place = f"/hooks/{hook['id']}"
    match world:
        case GitLabWorld():
            world.call("PUT", place, ADMIN, {"merge_requests_events": False})
        case _:
            world.call("PATCH", place, ADMIN, {"events": ["push"], "active": True})


def test_it_is_made_once_and_made_right_again(hosted: World) -> None:
    settings = administered(hosted)
    before = diagnose(FLEET, settings.read())
    assert "webhook" in codes(before, Severity.WEAK)

    assert f"make the webhook {URL}" in apply(settings, FLEET)

    (made,) = hooks(hosted)
    assert "webhook" not in codes(diagnose(FLEET, settings.read()))
    assert apply(settings, FLEET) == []

    spoil(hosted, made)
    found = diagnose(FLEET, settings.read())
    (finding,) = [f for f in found.findings if f.code == "webhook"]
    assert "does not tell of pushes, tags and merge requests alike" in finding.what
    assert apply(settings, FLEET) == [f"make anew the webhook {URL}"]
    assert len(hooks(hosted)) == 1
    assert apply(settings, FLEET) == []


def test_without_a_secret_none_is_made(hosted: World) -> None:
    settings = administered(hosted, WantedHook(URL))
    with pytest.raises(InvalidInput, match="no secret for the webhook"):
        apply(settings, FLEET)
    assert hooks(hosted) == []
    assert f"make the webhook {URL}" in apply(administered(hosted), FLEET)


def test_others_are_left_alone_and_none_is_looked_for_unasked(hosted: World) -> None:
    settings = administered(hosted)
    apply(settings, FLEET)
    other = WantedHook("https://flux.example.com/hook", SECRET)
    moved = FLEET.model_copy(
        update={"forge": FLEET.forge.model_copy(update={"webhook": other.url})}
    )
    assert apply(administered(hosted, other), moved) == [f"make the webhook {other.url}"]
    assert len(hooks(hosted)) == 2
    assert administered(hosted, None).read().webhooks is None


def test_a_hook_on_github_without_a_secret_or_with_any_certificate_is_found(
    github_team: GitHubWorld,
) -> None:
    settings = administered(github_team)
    apply(settings, FLEET)
    (made,) = hooks(github_team)
    for config, told in (
        ({"url": URL, "insecure_ssl": "0"}, "has no secret"),
        ({"url": URL, "insecure_ssl": "1", "secret": "x"}, "receiver's certificate"),
    ):
        github_team.call("PATCH", f"/hooks/{made['id']}", ADMIN, {"config": config})
        found = diagnose(FLEET, settings.read())
        (finding,) = [f for f in found.findings if f.code == "webhook"]
        assert told in finding.what
        assert apply(settings, FLEET) == [f"make anew the webhook {URL}"]
    assert "webhook" not in codes(diagnose(FLEET, settings.read()))


def test_the_bot_does_not_see_it(github_team: GitHubWorld) -> None:
    token = github_team.token_of(BOT)
    seen = GitHubSettings(
        github_team.project,
        Account(lambda: token),
        "main",
        server=Server(private=True, limits=LIMITS),
        webhook=WantedHook(URL),
    )
    assert "webhook-unseen" in codes(diagnose(FLEET, seen.read()), Severity.NOTE)


def test_the_secret_is_the_operators(hosted: World) -> None:
    administered(hosted)
    url = f"{hosted.project.server}/{hosted.project.path}.git"
    kind = {GiteaWorld: "gitea", GitHubWorld: "github", GitLabWorld: "gitlab"}[type(hosted)]
    forge = FLEET.forge.model_copy(update={"kind": kind, "project": hosted.project.path})
    listed = Origin(origin_of(url), password=hosted.token_of(ADMIN), private=True)
    told = Settings(url, origins=(listed,), webhook_secret=SECRET)

    wired = forge_settings(told, FLEET.model_copy(update={"forge": forge}), clock, BOT)

    assert wired is not None
    assert f"make the webhook {URL}" in apply(wired, FLEET)
    assert SECRET.reveal() not in f"{wired.read()} {told} {hooks(hosted)}"
