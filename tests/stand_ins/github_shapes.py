"""What GitHub answers of people, repositories, teams and apps.

Source: @octokit/openapi 23.0.2: simple-user, public-user, private-user, full-repository,
minimal-repository, team, team-full, integration, installation.
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.stand_ins.github_addresses import OF_REPOSITORIES, OF_USERS
from tests.stand_ins.github_state import ROLES, App, GitHubForge, Installation, Team, is_public
from tests.stand_ins.model import Access, Group, Label, Person, Project

Json = dict[str, Any]

SETTINGS: Json = {
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "delete_branch_on_merge": False,
    "allow_update_branch": False,
    "use_squash_pr_title_as_default": False,
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "merge_commit_message": "PR_TITLE",
    "merge_commit_title": "MERGE_MESSAGE",
}
"""Of a new repository."""


def stamp(at: datetime | None) -> str | None:
    """A moment as GitHub writes it: in UTC, whole seconds."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Shapes:
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

    def collaborator(self, one: Person, access: Access) -> Json:
        """Somebody with what they may do in a repository."""
        role = role_of(access)
        return {**self.user(one), "permissions": permissions(access), "role_name": role}

    # --- repositories ---------------------------------------------------------------------------

    def address(self, project: Project) -> str:
        """Of a repository's calls."""
        return f"{self.api}/repos/{project.full_path}"

    def page(self, project: Project) -> str:
        """Of a repository's pages."""
        return f"{self.web}/{project.full_path}"

    def minimal_repository(self, project: Project) -> Json:
        """A repository inside something else."""
        url = self.address(project)
        return {
            "id": project.id,
            "node_id": f"R_{project.id}",
            "name": project.path,
            "full_name": project.full_path,
            "private": not is_public(project),
            "owner": self.user(project.owner),
            "html_url": self.page(project),
            "description": project.settings.get("description"),
            "fork": project.forked_from is not None,
            "url": url,
            **{f"{name}_url": url + path for name, path in OF_REPOSITORIES.items()},
        }

    def repository(self, project: Project) -> Json:
        """A repository as a pull request tells of it."""
        page = self.page(project)
        host = self.web.partition("://")[2].partition("/")[0]
        pushed = project.pushes[-1].at if project.pushes else project.created
        still_open = sum(one.state.value == "open" for one in project.requests.values())
        return {
            **self.minimal_repository(project),
            "created_at": stamp(project.created),
            "updated_at": stamp(project.updated or project.created),
            "pushed_at": stamp(pushed),
            "git_url": f"git://{host}/{project.full_path}.git",
            "ssh_url": f"git@{host.partition(':')[0]}:{project.full_path}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "homepage": None,
            "size": 0,
            "stargazers_count": 0,
            "watchers_count": 0,
            "language": None,
            "has_issues": True,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": True,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": 0,
            "mirror_url": None,
            "archived": bool(project.settings.get("archived")),
            "disabled": False,
            "open_issues_count": still_open,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": [],
            "visibility": "public" if is_public(project) else "private",
            "forks": 0,
            "open_issues": still_open,
            "watchers": 0,
            "default_branch": project.default_branch,
        }

    def full_repository(self, project: Project, asker: Person | None) -> Json:
        """A repository by itself; its settings are told to who may administer it."""
        access = self.forge.access(asker, project)
        told = self.repository(project)
        if asker is not None:
            told["permissions"] = permissions(access)
        told["temp_clone_token"] = ""
        if access >= ROLES["write"]:
            told |= {key: project.settings.get(key, value) for key, value in SETTINGS.items()}
        if isinstance(project.owner, Group):
            told["organization"] = self.user(project.owner)
        if project.forked_from is not None:
            told["parent"] = told["source"] = self.repository(project.forked_from)
        return told | {"custom_properties": {}, "network_count": 0, "subscribers_count": 0}

    def label(self, project: Project, label: Label) -> Json:
        """A label."""
        return {
            "id": label.id,
            "node_id": f"LA_{label.id}",
            "url": f"{self.address(project)}/labels/{quote(label.name)}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    # --- organisations and apps -----------------------------------------------------------------

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
            "client_id": f"Iv23{one.app.id}",
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


def role_of(access: Access) -> str:
    """The name of the highest role that this access gives; `none` for none."""
    held = [name for name, least in ROLES.items() if access >= least]
    return held[-1] if held else "none"


def permissions(access: Access) -> dict[str, bool]:
    """What a repository tells of what its reader may do."""
    return {
        "admin": access >= ROLES["admin"],
        "maintain": access >= ROLES["maintain"],
        "push": access >= ROLES["write"],
        "triage": access >= ROLES["write"],
        "pull": access >= ROLES["read"],
    }
