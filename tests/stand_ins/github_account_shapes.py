"""What GitHub answers of people, organisations, teams and apps.

Source: @octokit/openapi 23.0.2: simple-user, public-user, private-user, organization-full, team,
team-full, integration, installation.
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.stand_ins.github_addresses import OF_USERS
from tests.stand_ins.github_state import App, GitHubForge, Installation, Team
from tests.stand_ins.model import Group, Person

Json = dict[str, Any]


def stamp(at: datetime | None) -> str | None:
    """A moment as GitHub writes it: in UTC, whole seconds."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


class AccountShapes:
    """`api` is the address of the API, `web` that of the pages; neither ends in a slash."""

    def __init__(self, forge: GitHubForge, api: str, web: str) -> None:
        self.forge = forge
        self.api = api
        self.web = web

    # --- people ---------------------------------------------------------------------------------

    def user(self, one: Person | Group) -> Json:
        """A person, a bot or an organisation, briefly."""
        if isinstance(one, Group):
            login, kind, node = one.path, "Organization", f"O_{one.id}"
        else:
            login, kind = one.login, "Bot" if one.bot else "User"
            node = f"{'BOT' if one.bot else 'U'}_{one.id}"
        url = f"{self.api}/users/{quote(login)}"
        page = f"apps/{login.removesuffix('[bot]')}" if kind == "Bot" else login
        return {
            "login": login,
            "id": one.id,
            "node_id": node,
            "avatar_url": f"{self.web}/avatars/u/{one.id}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{page}",
            **{f"{name}_url": url + path for name, path in OF_USERS.items()},
            "type": kind,
            "user_view_type": "public",
            "site_admin": isinstance(one, Person) and one.administrator,
        }

    def user_or_none(self, one: Person | None) -> Json | None:
        """The same, null for nobody."""
        return None if one is None else self.user(one)

    def full_user(self, one: Person, *, private: bool = False) -> Json:
        """A person with what their page tells."""
        told = {
            **self.user(one),
            "name": one.name,
            "company": None,
            "blog": "",
            "location": None,
            "email": one.email if private else None,
            "hireable": None,
            "bio": None,
            "twitter_username": None,
            "notification_email": one.email if private else None,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": stamp(one.created),
            "updated_at": stamp(one.created),
        }
        if not private:
            del told["notification_email"]
        return told

    # --- organisations and apps -----------------------------------------------------------------

    def organisation(self, one: Group) -> Json:
        """An organisation's page."""
        url = f"{self.api}/orgs/{one.path}"
        kinds = ("repos", "events", "hooks", "issues")
        return {
            "login": one.path,
            "id": one.id,
            "node_id": f"O_{one.id}",
            "url": url,
            **{f"{kind}_url": f"{url}/{kind}" for kind in kinds},
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.web}/avatars/u/{one.id}?v=4",
            "description": None,
            "name": one.name,
            "company": None,
            "blog": f"{self.web}/{one.path}",
            "location": None,
            "email": None,
            "twitter_username": None,
            "is_verified": False,
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "html_url": f"{self.web}/{one.path}",
            "created_at": stamp(one.created),
            "updated_at": stamp(one.created),
            "archived_at": None,
            "type": "Organization",
        }

    def full_team(self, team: Team) -> Json:
        """A team by itself."""
        return {
            **self.team(team),
            "created_at": stamp(team.organisation.created),
            "updated_at": stamp(team.organisation.created),
            "members_count": len(self.forge.of_team(team)),
            "repos_count": len(team.repositories),
            "organization": self.organisation(team.organisation),
        }

    def team(self, team: Team, *, with_parent: bool = True) -> Json:
        """A team, inside its parent's or by itself."""
        url = f"{self.api}/organizations/{team.organisation.id}/team/{team.id}"
        told: Json = {
            "name": team.slug,
            "id": team.id,
            "node_id": team.node_id,
            "slug": team.slug,
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "url": url,
            "html_url": f"{self.web}/orgs/{team.organisation.path}/teams/{team.slug}",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": team.organisation.id,
            "permission": "pull",
        }
        if with_parent:
            parent = team.parent
            told["parent"] = None if parent is None else self.team(parent, with_parent=False)
        return told

    def app(self, app: App) -> Json:
        """A GitHub App."""
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": f"A_{app.id}",
            "client_id": f"Iv23{app.id}",
            "owner": self.user(app.owner),
            "name": app.slug,
            "description": "",
            "external_url": f"{self.web}/{app.slug}",
            "html_url": f"{self.web}/apps/{app.slug}",
            "created_at": stamp(app.created),
            "updated_at": stamp(app.created),
            "permissions": {"metadata": "read", **app.permissions},
            "events": [],
        }

    def installation(self, one: Installation) -> Json:
        """An app where it is installed."""
        organisation = f"{self.web}/organizations/{one.account.path}"
        return {
            "id": one.id,
            "account": self.user(one.account),
            "repository_selection": "all" if one.repositories is None else "selected",
            "access_tokens_url": f"{self.api}/app/installations/{one.id}/access_tokens",
            "repositories_url": f"{self.api}/installation/repositories",
            "html_url": f"{organisation}/settings/installations/{one.id}",
            "app_id": one.app.id,
            "app_slug": one.app.slug,
            "target_id": one.account.id,
            "target_type": "Organization",
            "permissions": {"metadata": "read", **one.app.permissions},
            "events": [],
            "created_at": stamp(one.created),
            "updated_at": stamp(one.created),
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "suspended_by": None,
            "suspended_at": None,
        }
