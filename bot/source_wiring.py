"""Where apps' sources lie, how git is let in there, and who reads the checks of their commits.

The fleet's own origin is its forge's, with the bot's own credentials; any other is what the
operator's settings say, with the token that they hold for it.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.adapters.git_remote import Credential
from bot.adapters.git_source import GitSources
from bot.build_checks import BuildChecks, CommitQuery
from bot.github_wiring import app_credential
from bot.model import Check, Gap
from bot.secret import Secret
from bot.settings import Origin, Settings, origin_of
from gitops.config import FleetConfig

if TYPE_CHECKING:
    from bot.adapters.github_app import GitHubApp


@dataclass(frozen=True, slots=True)
class GitCredential:
    """A user name and its password for one origin."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class SourceForges:
    """One BuildChecks over several: a source's origin says which of them is asked."""

    forges: Mapping[str, BuildChecks]
    """By origin."""

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """See `bot.build_checks.BuildChecks`."""
        found: dict[CommitQuery, tuple[Check, ...] | Gap] = {}
        for origin in sorted({origin_of(query.url) for query in queries}):
            there = [query for query in queries if origin_of(query.url) == origin]
            forge = self.forges.get(origin)
            if forge is not None:
                found |= forge.read(there)
                continue
            told = "list it in the operator's settings with `forge` and a `password_file`"
            found |= {
                query: Gap(origin, f"nothing says which forge it is: {told}") for query in there
            }
        return found


def source_checks(settings: Settings, fleet: FleetConfig, app: "GitHubApp | None") -> BuildChecks:
    """The port over the fleet's own forge and those of the settings.

    An origin without a token is not asked.
    """
    forges: dict[str, BuildChecks] = {}
    for origin in settings.origins:
        made = _made(origin.forge, origin.url, origin, None)
        if made is not None:
            forges[origin.url] = made
    own = settings.origin(settings.fleet) or Origin(origin_of(settings.fleet))
    made = _made(fleet.forge.kind, _server(settings, fleet), own, app)
    if made is not None:
        forges[own.url] = made
    return SourceForges(forges)


def _server(settings: Settings, fleet: FleetConfig) -> str:
    """Of the fleet's forge, with the prefix that it may have."""
    url = settings.fleet
    match fleet.forge.kind, fleet.forge.project:
        case "gitea", str(path):
            from bot.adapters import gitea_api

            return gitea_api.Project.of(url, path).server
        case "gitlab", str(path):
            from bot.adapters import gitlab_api

            return gitlab_api.Project.of(url, path).server
        case _:
            return origin_of(url)


def _made(
    kind: str | None, server: str, origin: Origin, app: "GitHubApp | None"
) -> BuildChecks | None:
    token, private, ca_file = origin.password, origin.private, origin.ca_file
    match kind:
        case "gitea" if token is not None:
            from bot.adapters.gitea_checks import GiteaChecks

            return GiteaChecks(server, token, private, ca_file)
        case "gitlab" if token is not None:
            from bot.adapters.gitlab_checks import GitLabChecks

            return GitLabChecks(server, token, private=private, ca_file=ca_file)
        case "github":
            from bot.adapters.github import Server
            from bot.adapters.github_checks import GitHubChecks

            way = Server(private, ca_file)
            if app is not None:
                return GitHubChecks(server, app.token, way)
            return GitHubChecks(server, lambda: token, way) if token is not None else None
        case _:
            return None


def sources(settings: Settings, directory: str, app: "GitHubApp | None") -> GitSources:
    """Git repositories, each with a mirror below `directory` that nobody else writes to."""
    credentials: dict[str, Credential] = {
        o.url: GitCredential(o.username or "fairlead", o.password)
        for o in settings.origins
        if o.password is not None
    }
    if app is not None:
        credentials[origin_of(settings.fleet)] = app_credential(app)
    return GitSources(
        settings.work_directory / directory,
        credentials,
        allowed=_public_unless_listed(settings),
        plain=[o.url for o in settings.origins if o.private],
        authorities={o.url: o.ca_file for o in settings.origins if o.ca_file is not None},
    )


def _public_unless_listed(settings: Settings) -> Callable[[str], bool]:
    """Whether a source's URL may be asked: its origin is listed as private, or it is public."""

    def allowed(url: str) -> bool:
        origin = settings.origin(url)
        if origin is not None and origin.private:
            return True
        host = urlsplit(url).hostname
        if not host:
            return False
        try:
            found = socket.getaddrinfo(host, None)
        except OSError:
            return True  # the fetch itself will say that the name is not known
        return all(ipaddress.ip_address(entry[4][0]).is_global for entry in found)

    return allowed
