"""Who the bot is on GitHub: an account with a token, or an app whose tokens end by the hour."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.adapters.git_remote import Credential
from bot.forge import Forge
from bot.ports import Clock
from bot.secret import Secret
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.github_app import GitHubApp
    from bot.adapters.github_project import Project


def github_app(settings: Settings, now: Clock) -> "GitHubApp | None":
    """The app that the settings name, for the installation on the fleet's repository; None: none.

    Raises:
        InvalidInput: its key is none, or the fleet's URL names no repository on a GitHub.
    """
    if settings.github_app is None:
        return None
    from bot.adapters.github_app import AppKey, GitHubApp
    from bot.adapters.github_project import Project, repository_path

    key = AppKey(settings.github_app.id, settings.github_app.key)
    project = Project.of(settings.fleet, repository_path(settings.fleet))
    listed = settings.origin(settings.fleet)
    if listed is None:
        return GitHubApp(project, key, now)
    return GitHubApp(project, key, now, private=listed.private, ca_file=listed.ca_file)


def github_forge(
    settings: Settings,
    project: "Project",
    bot: "Secret | GitHubApp",
    made_here: Callable[[str], bool],
) -> Forge:
    """The port, with a token or in the name of an app; `made_here` is the fleet's mirror's."""
    from bot.adapters.github import GitHubForge, Server

    listed = settings.origin(settings.fleet)
    server = Server(listed.private, listed.ca_file) if listed else Server()
    if isinstance(bot, Secret):
        return GitHubForge(project, lambda: bot, server=server, made_here=made_here)
    return GitHubForge(project, bot.token, bot.login, server, made_here)


def app_credential(app: "GitHubApp") -> Credential:
    """What git is given in the name of an app."""
    from bot.adapters.github_app import AppCredential

    return AppCredential(app)
