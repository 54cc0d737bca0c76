"""Which adapter sees and changes a forge's settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from bot.forge_settings import ForgeSettings
from bot.github_wiring import github_app
from bot.ports import Clock
from bot.secret import Secret
from bot.settings import Settings
from bot.webhook import WantedHook
from gitops.config import FleetConfig
from gitops.errors import InvalidInput

if TYPE_CHECKING:
    from bot.adapters.github_settings import Account


def forge_settings(
    settings: Settings, fleet: FleetConfig, now: Clock, bot: str | None = None
) -> ForgeSettings | None:
    """The port, with the token that the settings hold for the fleet's origin.

    Args:
        settings: the operator's.
        fleet: which forge it is on.
        now: the clock by which an app's tokens end.
        bot: the bot's login, None: the token is its own.

    Returns:
        None for the embedded forge, which has no settings, and for one whose settings this version
        does not look at.

    Raises:
        InvalidInput: there is no token.
    """
    asked = fleet.forge.webhook
    hook = WantedHook(asked, settings.webhook_secret) if asked else None
    seen = _Seen(fleet.branch, bot, hook)
    match fleet.forge.kind, fleet.forge.project:
        case "gitea", str(path):
            return _gitea(settings, path, seen)
        case "gitlab", str(path):
            return _gitlab(settings, path, seen)
        case "github", str(path):
            return _github(settings, path, seen, now)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is looked at: the target branch, the bot's login, the webhook."""

    branch: str
    bot: str | None
    webhook: WantedHook | None


def _gitea(settings: Settings, path: str, seen: _Seen) -> ForgeSettings:
    from bot.adapters.gitea_api import Project
    from bot.adapters.gitea_settings import GiteaSettings

    token, ways = _access(settings)
    at = Project.of(settings.fleet, path)
    return GiteaSettings(at, token, seen.branch, bot=seen.bot, webhook=seen.webhook, **ways)


def _gitlab(settings: Settings, path: str, seen: _Seen) -> ForgeSettings:
    from bot.adapters.gitlab_api import Project
    from bot.adapters.gitlab_settings import GitLabSettings

    token, ways = _access(settings)
    at = Project.of(settings.fleet, path)
    return GitLabSettings(at, token, seen.branch, bot=seen.bot, webhook=seen.webhook, **ways)


def _github(settings: Settings, path: str, seen: _Seen, now: Clock) -> ForgeSettings:
    from bot.adapters.github import Server
    from bot.adapters.github_project import Project
    from bot.adapters.github_settings import GitHubSettings

    listed = settings.origin(settings.fleet)
    server = Server(listed.private, listed.ca_file) if listed else Server()
    account = _account(settings, now)
    at = Project.of(settings.fleet, path)
    return GitHubSettings(
        at, account, seen.branch, bot=seen.bot, server=server, webhook=seen.webhook
    )


def _account(settings: Settings, now: Clock) -> "Account":
    from bot.adapters.github_settings import Account

    app = github_app(settings, now)
    if app is not None:
        return Account(app.token, app.login)
    token, _ = _access(settings)
    return Account(lambda: token)


class _Ways(TypedDict):
    private: bool
    ca_file: Path | None


def _access(settings: Settings) -> tuple[Secret, _Ways]:
    origin = settings.origin(settings.fleet)
    if origin is None or origin.password is None:
        raise InvalidInput(
            f"there is no token for {settings.fleet}",
            "set FAIRLEAD_FORGE_TOKEN, or FAIRLEAD_FORGE_ADMIN_TOKEN to a person's",
        )
    return origin.password, {"private": origin.private, "ca_file": origin.ca_file}
