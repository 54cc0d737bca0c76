"""What GitHub answers of repositories.

Source: @octokit/openapi 23.0.2: full-repository, minimal-repository, collaborator, label.
"""

from urllib.parse import quote

from tests.stand_ins.github_account_shapes import AccountShapes, Json, stamp
from tests.stand_ins.github_addresses import OF_REPOSITORIES
from tests.stand_ins.github_state import ROLES, is_public
from tests.stand_ins.model import Access, Group, Label, Person, Project

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


class Shapes(AccountShapes):
    """Of repositories too."""

    def collaborator(self, one: Person, access: Access) -> Json:
        """Somebody with what they may do in a repository."""
        role = role_of(access)
        return {**self.user(one), "permissions": permissions(access), "role_name": role}

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
            "has_pull_requests": True,
            "pull_request_creation_policy": "all",
            "topics": [],
            "visibility": "public" if is_public(project) else "private",
            "forks": 0,
            "open_issues": still_open,
            "watchers": 0,
            "default_branch": project.default_branch,
        }

    def repository_of_app(self, project: Project, bot: Person | None) -> Json:
        """One of those that an app may touch."""
        granted = permissions(self.forge.access(bot, project))
        return {**self.repository(project), "permissions": granted}

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
