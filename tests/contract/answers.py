"""The same things done on three forges, each in its own words; what each answers is compared."""

import json
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from bot.secret import Secret
from tests.contract.forge_worlds import GiteaWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld

_PATIENCE = 20.0
"""Seconds that a forge may take to do in the background what a push asks for."""

Content = Mapping[str, object] | None


class Dialect(ABC):
    """A repository with a file on main, whose people may write to it."""

    draft: ClassVar[Mapping[str, object]]
    """What makes a merge request a draft when it is opened."""

    def __init__(self, world: GiteaWorld | GitLabWorld | GitHubWorld, root: str) -> None:
        self.world = world
        self._root = root
        self.branch = "change-0"
        """That of this story."""

    def begin(self, number: int) -> None:
        """Another story, on a branch of its own."""
        self.branch = f"change-{number}"

    def push(self, branch: str = "", text: str = "tag: v1.0\n") -> str:
        """Ana pushes a commit; each story has a file of its own."""
        return self.world.push(branch or self.branch, {f"{self.branch}.yaml": text}, by="ana")

    def ask(
        self, method: str, place: str, by: str = "ana", content: Content = None
    ) -> tuple[int, Any]:
        """A call below the repository; its status and what it says."""
        headers = self._header(self.token(by)) | {"Content-Type": "application/json"}
        data = None if content is None else json.dumps(content).encode()
        asked = urllib.request.Request(self._root + place, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
                return answer.status, _read(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error.read())

    def token(self, by: str) -> Secret:
        """Somebody's; `nobody` has a wrong one, `mallory` an account and nothing else."""
        if by == "nobody":
            return Secret("0123456789abcdef0123456789abcdef01234567")
        server = self._server
        found: Secret = server.stranger(by) if by == "mallory" else server.person(by)
        return found

    def opened(self) -> int:
        """The number of a new one, which the forge knows whether it can merge."""
        status, told = self.open(self.branch)
        assert status == 201, told
        return self.settled(told)

    def settled(self, told: Any) -> int:
        """The number of what an answer tells of, when the forge knows whether it can merge it."""
        number = int(told["number" if "number" in told else "iid"])
        self.settle(number)
        return number

    def eventually(self, number: int, states: set[str]) -> str:
        """Its state when it is one of these, or still is none after a while."""
        ends = time.monotonic() + (_PATIENCE if isinstance(self, OnGitea) else 0)
        while (state := self.state(number)) not in states and time.monotonic() < ends:
            time.sleep(0.1)
        return state

    @property
    @abstractmethod
    def _server(self) -> Any: ...

    @abstractmethod
    def _header(self, token: Secret) -> dict[str, str]: ...

    @abstractmethod
    def settle(self, number: int) -> None:
        """Wait until the forge knows whether it can merge one."""

    @abstractmethod
    def open(self, branch: str, **more: object) -> tuple[int, Any]:
        """Ana opens one on main."""

    @abstractmethod
    def merge(self, number: int, sha: str, by: str = "fairlead") -> int:
        """Somebody merges it at this sha."""

    @abstractmethod
    def set(self, number: int, state: str) -> int:
        """Ana makes it `closed` or `open`."""

    @abstractmethod
    def approve(self, number: int, sha: str, by: str = "bo") -> int:
        """Somebody approves it, naming a sha."""

    @abstractmethod
    def comment(self, number: int) -> int:
        """Bo says something."""

    @abstractmethod
    def status(self, sha: str, state: str = "pending") -> int:
        """Bo posts a commit status."""

    @abstractmethod
    def get(self, number: int, by: str = "ana") -> tuple[int, Any]:
        """Somebody looks at it."""

    def state(self, number: int) -> str:
        """`open`, `closed` or `merged`."""
        told = self.get(number)[1]
        if told.get("merged_at"):
            return "merged"
        return "open" if told["state"] in {"open", "opened"} else "closed"


class _Pulls(Dialect):
    """What Gitea and GitHub have in common."""

    def open(self, branch: str, **more: object) -> tuple[int, Any]:
        content = {"head": branch, "base": "main", "title": "Mine", **more}
        return self.ask("POST", "/pulls", content=content)

    def set(self, number: int, state: str) -> int:
        return self.ask("PATCH", f"/pulls/{number}", content={"state": state})[0]

    def comment(self, number: int) -> int:
        return self.ask("POST", f"/issues/{number}/comments", "bo", {"body": "Fine"})[0]

    def status(self, sha: str, state: str = "pending") -> int:
        return self.ask("POST", f"/statuses/{sha}", "bo", {"state": state, "context": "tests"})[0]

    def get(self, number: int, by: str = "ana") -> tuple[int, Any]:
        return self.ask("GET", f"/pulls/{number}", by)


class OnGitea(_Pulls):
    """The real one."""

    draft: ClassVar[Mapping[str, object]] = {"title": "WIP: Mine"}

    def __init__(self, world: GiteaWorld) -> None:
        self._gitea = world._gitea
        super().__init__(world, f"{self._gitea.url}/api/v1/repos/{world.project.path}")

    @property
    def _server(self) -> Any:
        return self._gitea

    def _header(self, token: Secret) -> dict[str, str]:
        return {"Authorization": f"token {token.reveal()}"}

    def settle(self, number: int) -> None:
        self._gitea.settle(self.world.project.path)

    def merge(self, number: int, sha: str, by: str = "fairlead") -> int:
        content = {"Do": "merge", "head_commit_id": sha}
        ends = time.monotonic() + _PATIENCE
        while True:
            status, told = self.ask("POST", f"/pulls/{number}/merge", by, content)
            if status != 405 or "try again later" not in str(told) or time.monotonic() > ends:
                return status
            time.sleep(0.1)

    def approve(self, number: int, sha: str, by: str = "bo") -> int:
        content = {"event": "APPROVED", "commit_id": sha}
        return self.ask("POST", f"/pulls/{number}/reviews", by, content)[0]


class OnGitHub(_Pulls):
    """The stand-in."""

    draft: ClassVar[Mapping[str, object]] = {"draft": True}

    def __init__(self, world: GitHubWorld) -> None:
        self._stand_in = world.server
        super().__init__(world, f"{world.server.url}/api/v3/repos/{world.project.path}")

    @property
    def _server(self) -> Any:
        return self._stand_in

    def _header(self, token: Secret) -> dict[str, str]:
        return {"Authorization": f"Bearer {token.reveal()}"}

    def settle(self, number: int) -> None:
        while (told := self.get(number)[1])["state"] == "open" and told["mergeable"] is None:
            time.sleep(0)

    def merge(self, number: int, sha: str, by: str = "fairlead") -> int:
        return self.ask("PUT", f"/pulls/{number}/merge", by, {"sha": sha})[0]

    def approve(self, number: int, sha: str, by: str = "bo") -> int:
        content = {"event": "APPROVE", "commit_id": sha}
        return self.ask("POST", f"/pulls/{number}/reviews", by, content)[0]


class OnGitLab(Dialect):
    """The stand-in."""

    draft: ClassVar[Mapping[str, object]] = {"title": "Draft: Mine"}

    def __init__(self, world: GitLabWorld) -> None:
        self._stand_in = world.server
        path = quote(world.project.path, safe="")
        super().__init__(world, f"{world.server.url}/api/v4/projects/{path}")

    @property
    def _server(self) -> Any:
        return self._stand_in

    def _header(self, token: Secret) -> dict[str, str]:
        return {"PRIVATE-TOKEN": token.reveal()}

    def settle(self, number: int) -> None:
        """It knows at once."""

    def open(self, branch: str, **more: object) -> tuple[int, Any]:
        content = {"source_branch": branch, "target_branch": "main", "title": "Mine", **more}
        return self.ask("POST", "/merge_requests", content=content)

    def merge(self, number: int, sha: str, by: str = "fairlead") -> int:
        return self.ask("PUT", f"/merge_requests/{number}/merge", by, {"sha": sha})[0]

    def set(self, number: int, state: str) -> int:
        content = {"state_event": {"closed": "close", "open": "reopen"}[state]}
        return self.ask("PUT", f"/merge_requests/{number}", content=content)[0]

    def approve(self, number: int, sha: str, by: str = "bo") -> int:
        return self.ask("POST", f"/merge_requests/{number}/approve", by, {"sha": sha})[0]

    def comment(self, number: int) -> int:
        return self.ask("POST", f"/merge_requests/{number}/notes", "bo", {"body": "Fine"})[0]

    def status(self, sha: str, state: str = "pending") -> int:
        return self.ask("POST", f"/statuses/{sha}", "bo", {"state": state, "name": "tests"})[0]

    def get(self, number: int, by: str = "ana") -> tuple[int, Any]:
        return self.ask("GET", f"/merge_requests/{number}", by)


def _read(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.decode(errors="replace")
