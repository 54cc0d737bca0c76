"""A project on a GitLab, the stand-in or a real one, and two people who ask it things.

`owner` may administer the project, `developer` is a member of it. Branches are made by the API, so
that nothing but HTTP is needed.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from bot.adapters.gitlab_merging import COMPUTING
from bot.secret import Secret

_PATIENCE = 60.0
"""Seconds that GitLab may compute."""


@dataclass(frozen=True)
class Answered:
    """A whole answer; `body` is what its JSON says, None for nothing."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        """GitLab's words, lists and all."""
        told = self.body if isinstance(self.body, dict) else {}
        return json.dumps(told.get("message", told.get("error", "")), ensure_ascii=False)


@dataclass
class Place:
    """`url` is the server's, `path` the project's."""

    url: str
    path: str
    premium: bool
    tokens: Mapping[str, Secret] = field(repr=False)
    _branches: int = 0

    def ask(
        self,
        method: str,
        place: str,
        content: Mapping[str, object] | None = None,
        *,
        by: str = "owner",
        **query: object,
    ) -> Answered:
        """A call below the project; one that begins with `//` is below the API's root."""
        below = place[1:] if place.startswith("//") else f"/projects/{quote(self.path, '')}{place}"
        url = f"{self.url}/api/v4{below}" + (f"?{urlencode(query, True)}" if query else "")
        headers = {
            "Authorization": f"Bearer {self.tokens[by].reveal()}",
            "Content-Type": "application/json",
        }
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                return _answered(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return _answered(error.code, error.read(), error.headers)

    def told(self, method: str, place: str, *given: Any, **more: Any) -> Any:
        """What a call that succeeds answers."""
        answer = self.ask(method, place, *given, **more)
        assert 200 <= answer.status < 300, (method, place, answer)
        return answer.body

    def set(self, **settings: object) -> None:
        """Change the project."""
        self.told("PUT", "", settings)

    def me(self, by: str) -> Mapping[str, Any]:
        """Somebody's account."""
        found: Mapping[str, Any] = self.told("GET", "//user", by=by)
        return found

    # --- branches and merge requests ------------------------------------------------------------

    def branch(self, files: Mapping[str, str] | None = None, by: str = "developer") -> str:
        """A new branch of main with a commit."""
        self._branches += 1
        name = f"rule-{self._branches}"
        self.commit(name, files or {f"{name}.txt": "one\n"}, by, start="main")
        return name

    def commit(
        self, branch: str, files: Mapping[str, str], by: str = "developer", start: str = ""
    ) -> str:
        """A commit that writes these files; its sha."""
        actions = [
            {
                "action": "update" if self._has(path, start or branch) else "create",
                "file_path": path,
                "content": text,
            }
            for path, text in files.items()
        ]
        content = {"branch": branch, "commit_message": "Change", "actions": actions}
        if start:
            content["start_branch"] = start
        return str(self.told("POST", "/repository/commits", content, by=by)["id"])

    def _has(self, path: str, ref: str) -> bool:
        place = f"/repository/files/{quote(path, '')}"
        return self.ask("GET", place, ref=ref).status == 200

    def open(self, branch: str, by: str = "developer", **more: object) -> int:
        """A merge request to main that GitLab has finished looking at; its number."""
        content = {"source_branch": branch, "target_branch": "main", "title": "Mine", **more}
        number: int = self.told("POST", "/merge_requests", content, by=by)["iid"]
        self.settled(number)
        return number

    def request(self, by: str = "developer", **more: object) -> int:
        """One from a new branch."""
        return self.open(self.branch(), by, **more)

    def settled(self, number: int, until: str = "") -> dict[str, Any]:
        """A merge request when GitLab has finished looking, and says `until` where it is given."""
        ends = time.monotonic() + _PATIENCE
        while True:
            told: dict[str, Any] = self.told("GET", f"/merge_requests/{number}")
            status = told["detailed_merge_status"]
            if status not in COMPUTING and until in {"", status}:
                return told
            assert time.monotonic() < ends, f"for a minute it was {status}, not {until}"
            time.sleep(0.2)

    def merge(self, number: int, by: str = "owner", **more: object) -> Answered:
        """Ask for a merge."""
        return self.ask("PUT", f"/merge_requests/{number}/merge", more, by=by)

    def eventually(self, place: str, **query: object) -> list[Any]:
        """A list that GitLab fills in the background, when something is in it."""
        ends = time.monotonic() + _PATIENCE
        found: list[Any] = []
        while not found:
            assert time.monotonic() < ends, f"for a minute nothing was in {place}"
            found = self.told("GET", place, **query)
        return found


def _answered(status: int, data: bytes, headers: Any) -> Answered:
    try:
        body = json.loads(data) if data else None
    except ValueError:
        body = data.decode(errors="replace")
    return Answered(status, body, dict(headers.items()))
