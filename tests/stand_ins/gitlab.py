"""GitLab on a loopback port, with a group and people who have tokens of their own.

It is a stand-in: docs/fidelity.md tells how far it answers as GitLab does.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from bot.secret import Secret
from tests.real.authority import Authority
from tests.stand_ins import gitlab_merging
from tests.stand_ins.chaos import Chaos
from tests.stand_ins.forge import Forge, Policy
from tests.stand_ins.git_door import GitDoor, Words
from tests.stand_ins.gitlab_face import ROOT, GitLabFace
from tests.stand_ins.gitlab_hook_messages import deliver
from tests.stand_ins.gitlab_mergeability import setting
from tests.stand_ins.gitlab_tables import TABLES
from tests.stand_ins.gitlab_watching import watch
from tests.stand_ins.hook_delivery import Deliverer
from tests.stand_ins.model import Access, MergeRequest, Tier
from tests.stand_ins.server import Server

GROUP = "acme"
ADMINISTRATOR = "root"

_ANSWER_TIME = 60.0
_WORDS = Words(
    closed="GitLab: You are not allowed to push code to protected branches on this project.",
    forward="GitLab: You are not allowed to force push code to a protected branch on this project.",
    not_found="The project you were looking for could not be found or you don't have permission "
    "to view it.",
    forbidden="You are not allowed to push code to this project.",
)


class GitLab:
    """Runs from the moment it is made until it is stopped.

    Leaving it as a context manager fails when it was asked something that it does not know.
    """

    def __init__(
        self,
        directory: Path,
        authority: Authority | None = None,
        *,
        tier: Tier = Tier.FREE,
        prefix: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Args: `prefix` is the path that all of it lies below; `now` is its clock."""
        self.chaos = Chaos()
        policy = Policy(tier, drops_approvals=self._drops_approvals)
        self.forge = Forge(directory, policy, now)
        self.face = GitLabFace(self.forge, TABLES)
        self.face.after.append(lambda: gitlab_merging.merge_what_is_armed(self.face))
        self.forge.listeners.append(lambda *told: watch(self.forge, *told))
        reads = frozenset({"api", "read_repository", "write_repository"})
        writes = frozenset({"api", "write_repository"})
        self.server = Server(self.chaos, authority, prefix)
        self.server.doors += [GitDoor(self.forge, _WORDS, reads=reads, writes=writes), self.face]
        self._authority = authority
        self._tokens: dict[str, Secret] = {}
        root = self.forge.add_person(ADMINISTRATOR, "Administrator", administrator=True)
        self._tokens[ADMINISTRATOR] = Secret(self.forge.add_token(root, prefix="glpat-").text)
        self._group = self.forge.add_group(GROUP, "Acme")
        self.hooks = Deliverer(self.chaos)
        self.forge.listeners.append(
            lambda *told: deliver(self.face, self.hooks, self.url, told),
        )
        self.server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None:
            assert not self.server.unknown, f"it does not know {sorted(set(self.server.unknown))}"

    @property
    def url(self) -> str:
        """Its origin, with the prefix."""
        return self.server.url

    def person(self, name: str, *scopes: str, access: Access = Access.DEVELOPER) -> Secret:
        """Somebody of the group; the token. Without scopes it may do what the person may."""
        if name not in self._tokens:
            with self.forge.lock:
                if self.forge.login(name) is None:
                    made = self.forge.add_person(name)
                    self._group.members[made.id] = access
            self._tokens[name] = self.token(name, *scopes)
        return self._tokens[name]

    def stranger(self, name: str) -> Secret:
        """Somebody with an account and nothing else."""
        return self.person(name, access=Access.NONE)

    def token(self, name: str, *scopes: str) -> Secret:
        """One more token of somebody who is there."""
        with self.forge.lock:
            owner = self.forge.login(name)
            assert owner is not None, name
            return Secret(self.forge.add_token(owner, *scopes, prefix="glpat-").text)

    def repository(self, name: str) -> str:
        """An empty project of the group; its path."""
        content = {"name": name, "path": name, "namespace_id": self._group.id}
        self.call("POST", "/projects", content)
        return f"{GROUP}/{name}"

    def call(
        self,
        method: str,
        place: str,
        content: Mapping[str, object] | None = None,
        *,
        by: str = ADMINISTRATOR,
        expected: int | None = None,
    ) -> Any:
        """Ask the API below `/api/v4` in somebody's name; what it answers, None for nothing.

        Any success is as good as another, unless a status is expected.
        """
        status, answer = self._ask(method, place, content, self._tokens[by])
        good = 200 <= status < 300 if expected is None else status == expected
        if not good:
            raise AssertionError(f"{method} {place} by {by} was answered with {status}: {answer}")
        return answer

    def on(self, path: str, place: str = "") -> str:
        """Where the API has something of the project with this path."""
        return f"/projects/{quote(path, safe='')}{place}"

    def settle(self, path: str) -> None:
        """Nothing is left to wait for: what a push did is there when it is answered."""

    def stop(self) -> None:
        """End it."""
        self.server.stop()
        self.hooks.stop()

    def _drops_approvals(self, request: MergeRequest) -> bool:
        return self.face.premium and setting(request, "reset_approvals_on_push")

    def _ask(
        self, method: str, place: str, content: Mapping[str, object] | None, token: Secret
    ) -> tuple[int, Any]:
        parts = urlsplit(self.url)
        connection = self._connection(parts.netloc)
        try:
            body = None if content is None else json.dumps(content)
            sent = {"Content-Type": "application/json", "PRIVATE-TOKEN": token.reveal()}
            connection.request(method, f"{parts.path}{ROOT}{place}", body, sent)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(data) if data else None
        except ValueError:
            return answer.status, data.decode(errors="replace")

    def _connection(self, where: str) -> http.client.HTTPConnection:
        if self._authority is None:
            return http.client.HTTPConnection(where, timeout=_ANSWER_TIME)
        trusted = ssl.create_default_context(cafile=self._authority.certificate)
        return http.client.HTTPSConnection(where, timeout=_ANSWER_TIME, context=trusted)
