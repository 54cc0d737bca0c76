"""What the forge contract needs of a forge's surroundings, on GitLab's stand-in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.adapters.git import GitRepository
from bot.adapters.gitlab import GitLabForge
from bot.adapters.gitlab_api import Project
from bot.adapters.gitlab_session import GitLabLimits
from bot.forge import Forge
from bot.model import IDENTITY, CheckState, MergeRequest, Person
from bot.ports import Commit, RefUpdate
from bot.secret import Secret
from bot.source_wiring import GitCredential
from tests.conftest import ROOT
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT, PEOPLE
from tests.stand_ins.gitlab import ADMINISTRATOR, GitLab
from tests.stand_ins.model import Access

LIMITS = GitLabLimits(pause=0.0, mergeable_pauses=(0.01, 0.02, 0.04, 0.08))
STATES = {
    CheckState.PENDING: "pending",
    CheckState.SUCCESS: "success",
    CheckState.FAILURE: "failed",
    CheckState.SKIPPED: "skipped",
}
SCOPES = tuple(re.findall(r"\n +\| `(\w+)` \|", (ROOT / "docs" / "gitlab.md").read_text()))
"""What the bot's token may do, as the manual says."""


class GitLabWorld:
    """A project of its own on the stand-in, whose people push over HTTP."""

    _numbers = count(1)
    most_reviewers = len(PEOPLE)

    def __init__(self, server: GitLab, directory: Path) -> None:
        self.server = server
        if not server.face.premium:
            self.most_reviewers = 1
        self._directory = directory
        path = server.repository(f"fleet-{next(self._numbers)}")
        self.project = Project.of(f"{server.url}/{path}.git", path)
        server.person(BOT, *SCOPES, access=Access.MAINTAINER)
        for name in PEOPLE:
            server.person(name)
        self.mirrors = {name: self.mirror_of(path, name) for name in (BOT, *PEOPLE)}
        self.forge: Forge = self.bot()
        self.push("main", {"fleet.yaml": "name: acme\n"})
        # The contract lets people push to main.
        self.protect(push_access_level=Access.DEVELOPER, merge_access_level=Access.DEVELOPER)

    def bot(self, **limits: Any) -> GitLabForge:
        """One more bot with the same token, which knows nothing yet."""
        token = self.server.person(BOT)
        return GitLabForge(self.project, token, private=True, limits=replace(LIMITS, **limits))

    def slow(self, looks: int) -> None:
        """From now on GitLab needs so many looks to know whether it can merge."""
        self.server.forge.policy.polls_until_settled = looks

    def copy_request(self, number: int, times: int) -> None:
        """So many more like a settled one, as if they had been there long."""
        project = self.server.forge.project(self.project.path)
        assert project is not None
        with self.server.forge.lock:
            like = project.requests[number]
            for more in range(number + 1, number + times + 1):
                identity = self.server.forge.number()
                project.requests[more] = replace(like, id=identity, number=more)

    def protect(self, branch: str = "main", **rule: object) -> None:
        """In the place of the rule that stands."""
        name = quote(branch, safe="")
        protected = self.administer("GET", "/protected_branches")
        if any(one["name"] == branch for one in protected):
            self.administer("DELETE", f"/protected_branches/{name}")
        self.administer("POST", "/protected_branches", {"name": branch, **rule})

    def mirror_of(self, path: str, name: str) -> GitRepository:
        """A repository as somebody reads and pushes it."""
        directory = self._directory / f"{path.replace('/', '-')}-{name}.git"
        url = f"{self.server.url}/{path}.git"
        credential = GitCredential(name, self.server.person(name))
        return GitRepository(directory, url, credential, plain=True)

    def call(
        self,
        method: str,
        place: str,
        by: str,
        content: Mapping[str, object] | None = None,
        *,
        expected: int | None = None,
    ) -> Any:
        """A call on this project in somebody's name."""
        place = self.server.on(self.project.path, place)
        return self.server.call(method, place, content, by=by, expected=expected)

    def administer(
        self, method: str, place: str, content: Mapping[str, object] | None = None
    ) -> Any:
        """A call on the project by GitLab's administrator."""
        return self.call(method, place, ADMINISTRATOR, content)

    def person(self, name: str) -> Person:
        """Whom git says that made a commit of somebody's."""
        return IDENTITY if name == BOT else Person(name.title(), f"{name}@example.com")

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        return push(self.mirrors[by], branch, files, self.person(by))

    def force(self, branch: str, sha: str, by: str) -> None:
        """Put a branch somewhere else."""
        mirror = self.mirrors[by]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), sha)])

    def delete(self, branch: str) -> None:
        self.force_away(branch, BOT)

    def force_away(self, branch: str, by: str) -> None:
        """Delete a branch in somebody's name."""
        mirror = self.mirrors[by]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), None)])

    def head(self, branch: str) -> str | None:
        mirror = self.mirrors[BOT]
        mirror.fetch()
        return mirror.head(branch)

    def commit(self, sha: str) -> Commit | None:
        mirror = self.mirrors[BOT]
        mirror.fetch()
        return mirror.commit(sha)

    def contributor(self, person: str) -> str:
        return person

    def seen(self) -> Mapping[int, MergeRequest]:
        return {request.number: request for request in self.forge.merge_requests()}

    def approve(self, number: int, head: str, person: str) -> None:
        told = self.call("GET", f"/merge_requests/{number}/approvals", person)
        if told["user_has_approved"]:
            return  # GitLab refuses a second one
        self.call("POST", f"/merge_requests/{number}/approve", person, {"sha": head})

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        branch = self.administer("GET", f"/merge_requests/{number}")["source_branch"]
        status = {"name": name, "state": STATES[state], "ref": branch}
        self.call("POST", f"/statuses/{head}", source, status)

    def check_commit(self, sha: str, name: str, source: str, state: CheckState) -> None:
        """Somebody posts a check on a commit of the main branch."""
        status = {"name": name, "state": STATES[state], "ref": "main"}
        self.call("POST", f"/statuses/{sha}", source, status)

    def token_of(self, name: str) -> Secret:
        """Somebody's token."""
        return self.server.person(name)

    def close(self, number: int, person: str) -> None:
        self.call("PUT", f"/merge_requests/{number}", person, {"state_event": "close"})

    def reopen(self, number: int, person: str) -> None:
        self.call("PUT", f"/merge_requests/{number}", person, {"state_event": "reopen"})

    def open(self, source: str, person: str) -> int:
        content = {"source_branch": source, "target_branch": "main", "title": "Mine"}
        number: int = self.call("POST", "/merge_requests", person, content)["iid"]
        return number

    def group(self, people: Sequence[str]) -> str:
        path = f"qa-{next(self._numbers)}"
        self._group(path, (BOT, *people))
        return path

    def strange_group(self) -> str:
        path = f"strangers-{next(self._numbers)}"
        self._group(path, ())
        return path

    def _group(self, path: str, people: Sequence[str]) -> None:
        content = {"name": path, "path": path, "visibility": "private"}
        made = self.server.call("POST", "/groups", content)
        for person in people:
            (user,) = self.server.call("GET", f"/users?username={person}")
            member = {"user_id": user["id"], "access_level": Access.DEVELOPER}
            self.server.call("POST", f"/groups/{made['id']}/members", member)
        owner = self.server.call("GET", f"/users?username={ADMINISTRATOR}")[0]["id"]
        self.server.call("DELETE", f"/groups/{made['id']}/members/{owner}")

    def arm(self, number: int, person: str) -> None:
        request = self.administer("GET", f"/merge_requests/{number}")
        self.administer("PUT", "", {"only_allow_merge_if_pipeline_succeeds": True})
        self.check(number, request["sha"], "render", "bo", CheckState.PENDING)
        told = {"auto_merge": True, "sha": request["sha"]}
        self.call("PUT", f"/merge_requests/{number}/merge", person, told)
