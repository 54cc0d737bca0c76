"""A private repository on a GitHub, the stand-in or a real one, and two people who ask it things.

`owner` may administer the repository, `writer` may write to it. Branches are made by the API, so
that nothing but HTTP is needed.
"""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from bot.secret import Secret

_PATIENCE = 60.0
"""Seconds that GitHub may compute."""


@dataclass(frozen=True)
class Answered:
    """A whole answer; `body` is what its JSON says, None for nothing; headers in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        """GitHub's words, those of its errors too."""
        told = self.body if isinstance(self.body, dict) else {}
        return json.dumps([told.get("message"), told.get("errors")], ensure_ascii=False)


@dataclass
class Place:
    """`api` is where the API is, `path` the repository's. `rules` is whether its plan has any."""

    api: str
    path: str
    rules: bool
    tokens: Mapping[str, Secret] = field(repr=False)
    _branches: int = 0

    @property
    def organisation(self) -> str:
        """Whose it is."""
        return self.path.partition("/")[0]

    def ask(
        self,
        method: str,
        place: str,
        content: object = None,
        *,
        by: str = "owner",
        headers: Mapping[str, str] | None = None,
        **query: object,
    ) -> Answered:
        """A call below the repository; one that begins with `//` is below the API's root."""
        below = place[1:] if place.startswith("//") else f"/repos/{self.path}{place}"
        url = f"{self.api}{below}" + (f"?{urlencode(query, True)}" if query else "")
        sent = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.tokens[by].reveal()}",
            "Content-Type": "application/json",
            "User-Agent": "fairlead-rules",
            "X-GitHub-Api-Version": "2022-11-28",
            **(headers or {}),
        }
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(url, data, sent, method=method)
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

    def login(self, by: str) -> str:
        """Somebody's login."""
        return str(self.told("GET", "//user", by=by)["login"])

    # --- branches and merge requests ------------------------------------------------------------

    def branch(self, files: Mapping[str, str] | None = None, by: str = "writer") -> str:
        """A new branch of main with a commit."""
        self._branches += 1
        name = f"promote/rule-{self._branches}"
        start = self.told("GET", "/git/ref/heads/main")["object"]["sha"]
        self.told("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": start}, by=by)
        for path, text in (files or {f"rule-{self._branches}.txt": "one\n"}).items():
            self.commit(name, path, text, by)
        return name

    def commit(self, branch: str, path: str, text: str, by: str = "writer") -> str:
        """A commit that writes a file; its sha."""
        place = f"/contents/{quote(path)}"
        content = {
            "message": "Change",
            "branch": branch,
            "content": base64.b64encode(text.encode()).decode(),
        }
        there = self.ask("GET", place, ref=branch)
        if there.status == 200:
            content["sha"] = there.body["sha"]
        return str(self.told("PUT", place, content, by=by)["commit"]["sha"])

    def open(self, branch: str, by: str = "writer", **more: object) -> dict[str, Any]:
        """A merge request to main."""
        content = {"head": branch, "base": "main", "title": "Mine", **more}
        made: dict[str, Any] = self.told("POST", "/pulls", content, by=by)
        return made

    def request(self, by: str = "writer") -> dict[str, Any]:
        """One from a new branch that GitHub has finished looking at."""
        return self.settled(self.open(self.branch(), by)["number"])

    def settled(self, number: int) -> dict[str, Any]:
        """A merge request when GitHub has finished looking."""
        ends = time.monotonic() + _PATIENCE
        while True:
            told: dict[str, Any] = self.told("GET", f"/pulls/{number}")
            if told["state"] != "open" or told["mergeable"] is not None:
                return told
            assert time.monotonic() < ends, "for a minute GitHub has computed"
            time.sleep(0.2)

    def review(self, number: int, event: str, by: str = "owner", **more: object) -> Answered:
        """A verdict."""
        content = {"event": event, "body": "so", **more}
        return self.ask("POST", f"/pulls/{number}/reviews", content, by=by)

    def merge(self, number: int, sha: str, by: str = "owner", **more: object) -> Answered:
        """Ask for a merge."""
        content = {"sha": sha, "merge_method": "merge", **more}
        return self.ask("PUT", f"/pulls/{number}/merge", content, by=by)

    def protect(self, approvals: int | None) -> None:
        """The target branch, or not any more."""
        reviews = None if approvals is None else {"required_approving_review_count": approvals}
        rule = {
            "required_status_checks": None,
            "enforce_admins": True,
            "required_pull_request_reviews": reviews,
            "restrictions": None,
        }
        self.told("PUT", "/branches/main/protection", rule)

    def eventually(self, place: str, wanted: str, **query: object) -> list[Any]:
        """A list that GitHub fills in the background, when this text is in it."""
        ends = time.monotonic() + _PATIENCE
        while True:
            found: list[Any] = self.told("GET", place, **query)
            if wanted in json.dumps(found):
                return found
            assert time.monotonic() < ends, f"for a minute there was no {wanted} in {place}"
            time.sleep(0.2)


def _answered(status: int, data: bytes, headers: Any) -> Answered:
    try:
        body = json.loads(data) if data else None
    except ValueError:
        body = data.decode(errors="replace")
    return Answered(status, body, {name.lower(): text for name, text in headers.items()})
