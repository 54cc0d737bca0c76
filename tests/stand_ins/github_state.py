"""What GitHub knows besides what every forge does: teams, apps and their installations, plans."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.stand_ins.forge import Forge
from tests.stand_ins.model import Access, Group, Person, Project, Tier, Token

ROLES = {
    "read": Access.REPORTER,
    "write": Access.DEVELOPER,
    "maintain": Access.MAINTAINER,
    "admin": Access.OWNER,
}
"""Of a repository. The role `triage` is not told apart here."""

_INSTALLATION_TOKEN_TIME = timedelta(hours=1)


@dataclass(eq=False)
class Team:
    """People of an organisation; those of the teams below it belong to it too."""

    id: int
    organisation: Group
    slug: str
    parent: "Team | None" = None
    members: set[int] = field(default_factory=set)
    maintainers: set[int] = field(default_factory=set)
    repositories: dict[int, Access] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        """As GraphQL names it."""
        return f"T_{self.id}"


@dataclass(eq=False)
class App:
    """A GitHub App; it acts as its `bot`, whose login is `SLUG[bot]`."""

    id: int
    slug: str
    owner: Group
    bot: Person
    public_key: str
    created: datetime
    permissions: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Installation:
    """An app in an organisation; `repositories` None: all of them."""

    id: int
    app: App
    account: Group
    created: datetime
    repositories: set[int] | None = None


class GitHubForge(Forge):
    """The state behind a GitHub face."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.teams: list[Team] = []
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self._until: dict[str, datetime] = {}

    # --- rights ---------------------------------------------------------------------------------

    def members(self, place: Project | Group, *, inherited: bool = True) -> dict[int, Access]:
        """Who has a role there, by number: of their own, by the organisation, a team or an app."""
        found = super().members(place, inherited=inherited)
        if not inherited or not isinstance(place, Project):
            return found
        for team in self.teams:
            granted = team.repositories.get(place.id)
            for number in self.of_team(team) if granted else ():
                found[number] = max(granted or Access.NONE, found.get(number, Access.NONE))
        for installation in self.installations.values():
            if self.installed(installation, place):
                found[installation.app.bot.id] = _of_an_app(installation.app)
        return found

    def of_team(self, team: Team) -> set[int]:
        """Everybody in a team and in those below it, by number."""
        below = (self.of_team(one) for one in self.teams if one.parent is team)
        return team.members.union(*below)

    def team(self, organisation: Group, slug: str) -> Team | None:
        """The one of this name."""
        same = (t for t in self.teams if t.organisation is organisation and t.slug == slug)
        return next(same, None)

    def may_protect(self, project: Project) -> bool:
        """Whether the plan has protected branches for it.

        Source: GitHub, "About protected branches" (public repositories with GitHub Free, all with
        GitHub Pro, Team and Enterprise).
        """
        return self.policy.tier is Tier.PREMIUM or is_public(project)

    # --- apps -----------------------------------------------------------------------------------

    def installed(self, installation: Installation, project: Project) -> bool:
        """Whether an installation may touch a repository."""
        chosen = installation.repositories
        mine = project.owner is installation.account
        return mine and (chosen is None or project.id in chosen)

    def add_installation_token(self, installation: Installation, *scopes: str) -> Token:
        """A credential of an app's, good for an hour; with its rights, or fewer."""
        app = installation.app
        own = [f"{name}:{level}" for name, level in app.permissions.items()]
        text = f"ghs_{secrets.token_hex(18)}"
        number = self.number()
        scope = frozenset(scopes or own)
        token = Token(number, app.bot, text, f"installation {installation.id}", scope, self.tick())
        self.tokens[text] = token
        self._until[text] = self.expiry(token)
        return token

    def expiry(self, token: Token) -> datetime:
        """When an installation's token ends."""
        return token.created + _INSTALLATION_TOKEN_TIME

    def holder(self, text: str) -> Token | None:
        """The token with this text, unless it is revoked or over."""
        until = self._until.get(text)
        if until is not None and until <= self.tick():
            return None
        return super().holder(text)


def is_public(project: Project) -> bool:
    """Whether anybody may read it."""
    return project.settings.get("visibility") == "public"


def _of_an_app(app: App) -> Access:
    if app.permissions.get("administration") == "write":
        return Access.OWNER
    writes = {"contents", "pull_requests", "statuses", "checks", "issues"}
    if any(app.permissions.get(name) == "write" for name in writes):
        return Access.DEVELOPER
    return Access.REPORTER
