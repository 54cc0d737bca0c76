"""The forges on which approvals are bypassed: the contract's worlds, and what else people do there.

Their rules are as weak as a forge lets them be, so that whatever refuses is Fairlead; but for one,
where GitHub Team has its say first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bot.adapters.git import GitRepository
from bot.adapters.github import Server
from bot.adapters.github_settings import Account, GitHubSettings
from bot.forge import MergeRequestText
from bot.ports import RefUpdate
from bot.secret import Secret
from bot.source_wiring import GitCredential
from gitops.config import read
from gitops.tree import Tree
from tests.contract.fleet_repositories import FleetRepository, push
from tests.contract.forge_worlds import (
    BOT,
    SCOPES,
    ForgeWorld,
    GiteaWorld,
    HostedWorld,
    LocalWorld,
)
from tests.contract.github_world import LIMITS, GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_world import ADMIN, apply
from tests.real.gitea import Gitea
from tests.stand_ins.forge import Forge
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access


class Place(ForgeWorld, Protocol):
    """A forge with a fleet repository of its own."""

    name: str
    """What `forge:` says in fleet.yaml."""
    url: str
    """Of the fleet repository, as git takes it."""
    token: Secret | None
    """The bot's; None where nobody is asked who they are."""
    own_approval: str | None
    """How the forge refuses that authors approve their own; None where it does not."""

    def account(self, login: str) -> None:
        """Somebody else who may write to the repository."""
        ...

    def force(self, branch: str, sha: str, by: str) -> None:
        """Put a branch somewhere else."""
        ...

    def rewrite(self, number: int, body: str, by: str) -> None:
        """Write another body."""
        ...


class HostedPlace(Place, HostedWorld, Protocol):
    """One with accounts, groups and forks."""

    def machine(self, login: str) -> None:
        """An account that is no person's, and that the forge tells apart."""
        ...

    def leave(self, login: str) -> None:
        """Somebody leaves the organisation, and with it the repository."""
        ...

    def leave_group(self, group: str, login: str) -> None:
        """Somebody is taken out of a group."""
        ...

    def fork(self, branch: str, files: Mapping[str, str], by: str) -> tuple[int, str]:
        """A merge request out of somebody's fork; its number and head."""
        ...


class LocalPlace(LocalWorld):
    """The embedded forge."""

    name = "{kind: local}"
    token: Secret | None = None
    own_approval: str | None = None

    def __init__(self, directory: Path) -> None:
        fleet = FleetRepository(directory)
        super().__init__(fleet)
        self.url = (directory / "fleet.git").as_uri()
        self._elsewhere = fleet.mirror()

    def account(self, login: str) -> None:
        """Everybody may."""

    def force(self, branch: str, sha: str, by: str) -> None:
        del by  # nobody is asked who they are
        self._elsewhere.fetch()
        move = RefUpdate(f"refs/heads/{branch}", self._elsewhere.head(branch), sha)
        self._elsewhere.push([move])

    def rewrite(self, number: int, body: str, by: str) -> None:
        del by
        title = self.seen()[number].title
        self.local.describe(number, MergeRequestText(title, body))


class GiteaPlace(GiteaWorld):
    """A real Gitea."""

    own_approval: str | None = "approve your own pull is not allowed"

    def __init__(self, gitea: Gitea, directory: Path) -> None:
        super().__init__(gitea, directory)
        self._server = gitea
        self.name = f"{{kind: gitea, project: {self.project.path}}}"
        self.url = f"{gitea.url}/{self.project.path}.git"
        self.token: Secret | None = gitea.person(BOT, *SCOPES)

    def account(self, login: str) -> None:
        self._server.person(login)

    def rewrite(self, number: int, body: str, by: str) -> None:
        self.call("PATCH", f"/pulls/{number}", by, {"body": body})

    def leave(self, login: str) -> None:
        self._leave_team("people", login)

    def leave_group(self, group: str, login: str) -> None:
        self._leave_team(group.rpartition("/")[2], login)

    def _leave_team(self, name: str, login: str) -> None:
        organisation = self.project.path.partition("/")[0]
        found = self._server.call("GET", f"/orgs/{organisation}/teams/search?q={name}")["data"]
        (team,) = (team["id"] for team in found if team["name"] == name)
        self._server.call("DELETE", f"/teams/{team}/members/{login}")

    def fork(self, branch: str, files: Mapping[str, str], by: str) -> tuple[int, str]:
        name = self.project.path.partition("/")[2]
        self.call("POST", "/forks", by, {"name": name})
        head = push(self.mirror_of(f"{by}/{name}", by), branch, files, self.person(by))
        content = {"head": f"{by}:{branch}", "base": "main", "title": "Mine"}
        number = self.call("POST", "/pulls", by, content)["number"]
        return number, head


class GitLabPlace(GitLabWorld):
    """GitLab's stand-in, on either tier."""

    def __init__(self, server: GitLab, directory: Path) -> None:
        super().__init__(server, directory)
        # Premium has a setting that forbids it, and projects begin with it.
        self.own_approval: str | None = "answered with 401" if server.face.premium else None
        self.name = f"{{kind: gitlab, project: {self.project.path}}}"
        self.url = f"{server.url}/{self.project.path}.git"
        self.token: Secret | None = server.person(BOT)

    def account(self, login: str) -> None:
        self.server.person(login)

    def machine(self, login: str) -> None:
        self.server.person(login)
        _become_machine(self.server.forge, login)

    def rewrite(self, number: int, body: str, by: str) -> None:
        self.call("PUT", f"/merge_requests/{number}", by, {"description": body})

    def leave(self, login: str) -> None:
        self.leave_group(self.project.path.partition("/")[0], login)

    def leave_group(self, group: str, login: str) -> None:
        (user,) = self.server.call("GET", f"/users?username={login}")
        self.server.call("DELETE", f"/groups/{group}/members/{user['id']}")

    def fork(self, branch: str, files: Mapping[str, str], by: str) -> tuple[int, str]:
        made = self.call("POST", "/fork", by, {"namespace_path": by})
        url = f"{self.server.url}/{made['path_with_namespace']}.git"
        credential = GitCredential(by, self.server.person(by))
        theirs = GitRepository(self._directory / "fork.git", url, credential, plain=True)
        head = push(theirs, branch, files, self.person(by))
        content = {
            "source_branch": branch,
            "target_branch": "main",
            "target_project_id": made["forked_from_project"]["id"],
            "title": "Mine",
        }
        place = f"/projects/{made['id']}/merge_requests"
        number = self.server.call("POST", place, content, by=by)["iid"]
        return number, head


class GitHubPlace(GitHubWorld):
    """GitHub's stand-in, on either plan."""

    own_approval: str | None = "Can not approve your own pull request"

    def __init__(self, server: GitHub, directory: Path) -> None:
        super().__init__(server, directory)
        self.name = f"{{kind: github, project: {self.project.path}}}"
        self.url = f"{server.url}/{self.project.path}.git"
        self.token: Secret | None = server.person(BOT)

    def account(self, login: str) -> None:
        self.server.person(login)

    def machine(self, login: str) -> None:
        self.server.person(login)
        _become_machine(self.server.forge, login)

    def rewrite(self, number: int, body: str, by: str) -> None:
        self.call("PATCH", f"/pulls/{number}", by, {"body": body})

    def leave(self, login: str) -> None:
        with self.server.forge.lock:
            one = self.server.forge.login(login)
            assert one is not None
            self.server.organisation.members[one.id] = Access.NONE

    def leave_group(self, group: str, login: str) -> None:
        organisation, _, slug = group.partition("/")
        place = f"/orgs/{organisation}/teams/{slug}/memberships/{login}"
        self.server.call("DELETE", place)

    def fork(self, branch: str, files: Mapping[str, str], by: str) -> tuple[int, str]:
        self.call("POST", "/forks", by)
        name = self.project.path.partition("/")[2]
        head = push(self.mirror_of(f"{by}/{name}", by), branch, files, self.person(by))
        content = {"head": f"{by}:{branch}", "base": "main", "title": "Mine"}
        number = self.call("POST", "/pulls", by, content)["number"]
        return number, head


class RuledGitHubPlace(GitHubPlace):
    """The same on Team, under what `forge apply` makes of a fleet as soon as it is there."""

    def __init__(self, server: GitHub, directory: Path) -> None:
        self.ruled = False
        super().__init__(server, directory)

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        head = super().push(branch, files, by)
        if by != BOT and not self.ruled:
            fleet = read(Tree.of({"fleet.yaml": files["fleet.yaml"]})).fleet
            apply(self._administered(), fleet)
            self.ruled = True
        return head

    def _administered(self) -> GitHubSettings:
        token = self.server.person(ADMIN, access=ROLES["admin"])
        account, server = Account(lambda: token), Server(private=True, limits=LIMITS)
        return GitHubSettings(self.project, account, "main", bot=BOT, server=server)


def _become_machine(forge: Forge, login: str) -> None:
    with forge.lock:
        one = forge.login(login)
        assert one is not None
        one.bot = True
