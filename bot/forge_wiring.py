"""Which adapter sees and changes a forge's settings."""

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
    url, branch = settings.fleet, fleet.branch
    asked = fleet.forge.webhook
    hook = WantedHook(asked, settings.webhook_secret) if asked else None
    match fleet.forge.kind, fleet.forge.project:
        case "gitea", str(path):
            from bot.adapters import gitea_api
            from bot.adapters.gitea_settings import GiteaSettings

            token, ways = _access(settings)
            at = gitea_api.Project.of(url, path)
            return GiteaSettings(at, token, branch, bot=bot, webhook=hook, **ways)
        case "gitlab", str(path):
            from bot.adapters import gitlab_api
            from bot.adapters.gitlab_settings import GitLabSettings

            token, ways = _access(settings)
            there = gitlab_api.Project.of(url, path)
            return GitLabSettings(there, token, branch, bot=bot, webhook=hook, **ways)
        case "github", str(path):
            from bot.adapters.github import Server
            from bot.adapters.github_project import Project
            from bot.adapters.github_settings import GitHubSettings

            listed = settings.origin(url)
            server = Server(listed.private, listed.ca_file) if listed else Server()
            account = _account(settings, now)
            where = Project.of(url, path)
            return GitHubSettings(where, account, branch, bot=bot, server=server, webhook=hook)
        case _:
            return None


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
