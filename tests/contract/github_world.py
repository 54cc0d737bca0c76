"""What the forge contract needs of a forge's surroundings, on GitHub's stand-in."""

import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import github

from bot.adapters.git import GitRepository
from bot.adapters.github import GitHubForge, Server
from bot.adapters.github_api import GitHubLimits
from bot.adapters.github_project import Project
from bot.forge import Forge
from bot.model import IDENTITY, CheckState, MergeRequest, Person
from bot.ports import Commit, Draft, RefUpdate
from bot.secret import Secret
from bot.source_wiring import GitCredential
from tests.conftest import ROOT
from tests.contract.fleet_repositories import T0, push
from tests.contract.forge_worlds import BOT, PEOPLE
from tests.stand_ins.github import ADMINISTRATOR, ORGANISATION, GitHub
from tests.stand_ins.model import Tier

LIMITS = GitHubLimits(mergeable_pauses=(0.01, 0.02, 0.04, 0.08))
SCOPES = tuple(
    f"{name.removeprefix('Commit ').lower().replace(' ', '_')}:{level}"
    for name, level in re.findall(
        r"\n +\| ([A-Z][A-Za-z ]+) \| (read|write) \|", (ROOT / "docs" / "github.md").read_text()
    )
)
"""What the bot's token may do, as the manual says."""


class GitHubWorld:
    """A private repository of its own on the stand-in, whose people push over HTTP."""

    _numbers = count(1)
    most_reviewers = len(PEOPLE)

    def __init__(self, server: GitHub, directory: Path) -> None:
        self.server = server
        self._directory = directory
        path = server.repository(f"fleet-{next(self._numbers)}")
        self.project = Project.of(f"{server.url}/{path}.git", path)
        server.person(BOT, *SCOPES)
        for name in PEOPLE:
            server.person(name)
        self._mirrors = {name: self.mirror_of(path, name) for name in (BOT, *PEOPLE)}
        self.forge: Forge = self.bot()
        self.push("main", {"fleet.yaml": "name: acme\n"})

    def bot(self) -> GitHubForge:
        """One more bot with the same token, which knows nothing yet."""
        token = self.server.person(BOT)
        server = Server(private=True, limits=LIMITS)
        return GitHubForge(self.project, lambda: token, server=server)

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
        repository: str | None = None,
    ) -> Any:
        """A call on this repository, or another one, in somebody's name."""
        place = self.server.on(repository or self.project.path, place)
        return self.server.call(method, place, content, by=by, expected=expected)

    def administer(
        self, method: str, place: str, content: Mapping[str, object] | None = None
    ) -> Any:
        """A call on the repository by an owner of the organisation."""
        return self.call(method, place, ADMINISTRATOR, content)

    def protect(self, approvals: int | None = None, branch: str = "main", **rule: object) -> None:
        """A branch, as GitHub takes it: all four parts, of which any may be null."""
        reviews = None if approvals is None else {"required_approving_review_count": approvals}
        usual = {
            "required_status_checks": None,
            "enforce_admins": True,
            "required_pull_request_reviews": reviews,
            "restrictions": None,
        }
        self.administer("PUT", f"/branches/{branch}/protection", usual | rule)

    def person(self, name: str) -> Person:
        """Whom git says that made a commit of somebody's."""
        return IDENTITY if name == BOT else Person(name.title(), f"{name}@example.com")

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        return push(self._mirrors[by], branch, files, self.person(by))

    def force(self, branch: str, sha: str, by: str) -> None:
        """Put a branch somewhere else."""
        mirror = self._mirrors[by]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), sha)])

    def branches(self, names: Sequence[str]) -> None:
        """Push these at once, each with a commit of the bot's."""
        mirror = self._mirrors[BOT]
        mirror.fetch()
        parents = (str(mirror.head("main")),)
        made = mirror.write(
            [
                Draft(parents, f"Change {name}", IDENTITY, T0, {f"{number}.yaml": b"tag: v1.0\n"})
                for number, name in enumerate(names)
            ]
        )
        moves = zip(names, made, strict=True)
        mirror.push([RefUpdate(f"refs/heads/{name}", None, sha) for name, sha in moves])

    def delete(self, branch: str) -> None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), None)])

    def head(self, branch: str) -> str | None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        return mirror.head(branch)

    def commit(self, sha: str) -> Commit | None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        return mirror.commit(sha)

    def contributor(self, person: str) -> str:
        return person

    def seen(self) -> Mapping[int, MergeRequest]:
        return {request.number: request for request in self.forge.merge_requests()}

    def review(self, number: int, head: str, person: str, event: str) -> int:
        """A person's verdict on a commit; its number."""
        review = {"event": event, "commit_id": head, "body": "so"}
        made: int = self.call("POST", f"/pulls/{number}/reviews", person, review)["id"]
        return made

    def approve(self, number: int, head: str, person: str) -> None:
        self.review(number, head, person, "APPROVE")

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        status = {"context": name, "state": state.value}
        self.call("POST", f"/statuses/{head}", source, status)

    def check_commit(self, sha: str, name: str, source: str, state: CheckState) -> None:
        """Somebody posts a check on a commit."""
        self.call("POST", f"/statuses/{sha}", source, {"context": name, "state": state.value})

    def token_of(self, name: str) -> Secret:
        """Somebody's token."""
        return self.server.person(name)

    def close(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "closed"})

    def reopen(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "open"})

    def open(self, source: str, person: str) -> int:
        content = {"head": source, "base": "main", "title": "Mine"}
        number: int = self.call("POST", "/pulls", person, content)["number"]
        return number

    def group(self, people: Sequence[str]) -> str:
        slug = f"qa-{next(self._numbers)}"
        self.server.team(slug, BOT, *people)
        return f"{ORGANISATION}/{slug}"

    def strange_group(self) -> str:
        strangers = f"strangers-{next(self._numbers)}"
        with self.server.forge.lock:
            self.server.forge.add_group(strangers, strangers)
        return f"{strangers}/qa"

    def arm(self, number: int, person: str) -> None:
        if self.server.forge.policy.tier is Tier.FREE:
            # There private repositories know neither rules nor automatic merges.
            self.administer("PATCH", "", {"private": False})
        self.administer("PATCH", "", {"allow_auto_merge": True})
        self.protect(approvals=1)
        # As people's tools do: PyGithub as it is, without its pauses.
        client = github.Github(
            base_url=f"{self.server.url}/api/v3",
            auth=github.Auth.Token(self.server.person(person).reveal()),
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )
        with client:
            client.get_repo(self.project.path).get_pull(number).enable_automerge("MERGE")
