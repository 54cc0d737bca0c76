"""GitHub on a loopback port, with an organisation and people who have tokens of their own.

It is a stand-in: docs/fidelity.md tells how far it answers as GitHub does. The addresses are those
of an Enterprise Server, with the API below `/api/v3`.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from bot.secret import Secret
from tests.real import github_material
from tests.real.authority import Authority
from tests.stand_ins import (
    github_commits,
    github_environments,
    github_hooks,
    github_issues,
    github_organisations,
    github_protections,
    github_pulls,
    github_refs,
    github_repositories,
    github_reviews,
    github_statuses,
)
from tests.stand_ins.chaos import Chaos
from tests.stand_ins.forge import Policy
from tests.stand_ins.git_door import GitDoor, Words
from tests.stand_ins.github_description import Description
from tests.stand_ins.github_face import ROOT, GitHubFace
from tests.stand_ins.github_graphql import mutate
from tests.stand_ins.github_judge import misasked, unlike
from tests.stand_ins.github_merging import merge_armed
from tests.stand_ins.github_rules import push_verdict
from tests.stand_ins.github_state import ROLES, App, GitHubForge, Installation, Team
from tests.stand_ins.github_watching import watch
from tests.stand_ins.model import Access, Tier
from tests.stand_ins.server import Server

ORGANISATION = "acme"
ADMINISTRATOR = "root-of-acme"

_ANSWER_TIME = 60.0
TABLES = [
    module.ROUTES
    for module in (
        github_repositories,
        github_organisations,
        github_reviews,
        github_pulls,
        github_issues,
        github_protections,
        github_refs,
        github_statuses,
        github_commits,
        github_hooks,
        github_environments,
    )
]
_WORDS = Words(
    closed="GH006: Protected branch update failed.",
    forward="GH003: Sorry, force-pushing is not allowed.",
    not_found="Repository not found.",
    forbidden="Write access to repository not granted.",
)


class GitHub:
    """Runs from the moment it is made until it is stopped.

    Leaving it as a context manager fails when it was asked something that it does not know, has
    answered otherwise than GitHub describes, or was asked so.
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
        """What it starts with.

        Args:
            directory: where its repositories are kept.
            authority: None: plain http.
            tier: the organisation's plan; PREMIUM is Team.
            prefix: the path that all of it lies below.
            now: its clock.
        """
        self.chaos = Chaos()
        policy = Policy(tier, closes_without_source=True, polls_until_settled=1)
        self.forge = GitHubForge(directory, policy, now)
        self.face = GitHubFace(self.forge, self.chaos, TABLES, mutate)
        self.face.after.append(self._merge_armed)
        self.forge.listeners.append(lambda *told: watch(self.forge, *told))
        reads = frozenset({"repo", "contents:read", "contents:write"})
        writes = frozenset({"repo", "contents:write"})
        door = GitDoor(self.forge, _WORDS, reads=reads, writes=writes, judge=push_verdict)
        self.server = Server(self.chaos, authority, prefix)
        self.server.doors += [door, self.face]
        self._authority = authority
        self._tokens: dict[str, Secret] = {}
        self.organisation = self.forge.add_group(ORGANISATION, "Acme")
        self.person(ADMINISTRATOR, access=ROLES["admin"])
        self.server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None:
            assert not self.server.unknown, f"it does not know {sorted(set(self.server.unknown))}"
            # Where the description is absent, tests/contract/test_github_fidelity.py says so.
            if (kept := github_material.kept_description()) is not None:
                description = Description.read(kept)
                found = unlike(description, self.face.exchanges)
                assert not found, f"it answers otherwise than GitHub describes: {found}"
                found = misasked(description, self.face.exchanges)
                assert not found, f"it was asked otherwise than GitHub describes: {found}"

    @property
    def url(self) -> str:
        """Its origin, with the prefix."""
        return self.server.url

    def person(self, name: str, *scopes: str, access: Access = ROLES["write"]) -> Secret:
        """Somebody of the organisation with this role in its repositories; the token.

        Without scopes it may do what the person may.
        """
        if name not in self._tokens:
            with self.forge.lock:
                made = self.forge.add_person(name)
                if access is not Access.NONE:
                    self.organisation.members[made.id] = access
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
            return Secret(self.forge.add_token(owner, *scopes, prefix="ghp_").text)

    def team(self, slug: str, *logins: str, parent: Team | None = None) -> Team:
        """A team of these people."""
        with self.forge.lock:
            people = [self.forge.login(login) for login in logins]
            members = {one.id for one in people if one is not None}
            number = self.forge.number()
            made = Team(number, self.organisation, slug, parent, members)
            self.forge.teams.append(made)
            return made

    def app(self, slug: str, public_key: str, **permissions: str) -> Installation:
        """An app with these rights, `pull_requests="write"`, installed in the organisation."""
        with self.forge.lock:
            bot = self.forge.add_person(f"{slug}[bot]", slug, bot=True)
            bot.email = f"{bot.id}+{bot.login}@users.noreply.github.com"
            now = self.forge.tick()
            number = self.forge.number()
            app = App(number, slug, self.organisation, bot, public_key, now, permissions)
            self.forge.apps[number] = app
            made = Installation(self.forge.number(), app, self.organisation, now)
            self.forge.installations[made.id] = made
            return made

    def repository(self, name: str, *, private: bool = True) -> str:
        """An empty repository of the organisation; its path."""
        self.call("POST", f"/orgs/{ORGANISATION}/repos", {"name": name, "private": private})
        return f"{ORGANISATION}/{name}"

    def call(
        self,
        method: str,
        place: str,
        content: object = None,
        *,
        by: str = ADMINISTRATOR,
        expected: int | None = None,
    ) -> Any:
        """Ask the API below `/api/v3` in somebody's name; what it answers, None for nothing.

        Any success is as good as another, unless a status is expected.
        """
        status, answer, _ = self.ask(method, place, content, self._tokens[by])
        good = 200 <= status < 300 if expected is None else status == expected
        if not good:
            raise AssertionError(f"{method} {place} by {by} was answered with {status}: {answer}")
        return answer

    def ask(
        self,
        method: str,
        place: str,
        content: object = None,
        token: Secret | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """The status, the body and the headers of any answer."""
        parts = urlsplit(self.url)
        connection = self._connection(parts.netloc)
        sent = {"Content-Type": "application/json", "User-Agent": "a person", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token.reveal()}"
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, f"{parts.path}{ROOT}{place}", body, sent)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        told = dict(answer.headers.items())
        try:
            return answer.status, json.loads(data) if data else None, told
        except ValueError:
            return answer.status, data.decode(errors="replace"), told

    def on(self, path: str, place: str = "") -> str:
        """Where the API has something of the repository with this path."""
        return f"/repos/{path}{place}"

    def settle(self, path: str) -> None:
        """Nothing is left to wait for: what a push did is there when it is answered."""

    def stop(self) -> None:
        """End it."""
        self.server.stop()

    def _connection(self, where: str) -> http.client.HTTPConnection:
        if self._authority is None:
            return http.client.HTTPConnection(where, timeout=_ANSWER_TIME)
        trusted = ssl.create_default_context(cafile=self._authority.certificate)
        return http.client.HTTPSConnection(where, timeout=_ANSWER_TIME, context=trusted)

    def _merge_armed(self) -> None:
        for project in list(self.forge.projects.values()):
            merge_armed(self.forge, project)
