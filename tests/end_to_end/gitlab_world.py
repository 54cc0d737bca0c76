"""The fleet on GitLab's stand-in: protected branches, a bot, and people with tokens."""

import base64
from collections.abc import Mapping
from typing import Any

from bot.adapters.git_remote import Credential
from bot.source_wiring import GitCredential
from tests.contract.forge_worlds import BOT
from tests.contract.gitlab_world import SCOPES
from tests.end_to_end.command import Said
from tests.end_to_end.world import RealWorld
from tests.stand_ins.gitlab import ADMINISTRATOR, GitLab
from tests.stand_ins.model import Access, Tier

PROJECT = "acme/fleet"
PEOPLE = ("ana", "bo", "cy", "di", "eve", "finn", "gus")

ORIGIN = """
[[origins]]
url = "{url}"
private = true
"""

ADMIN = "olga"
"""Maintains the fleet's project, and has a token for that."""


class GitLabWorld(RealWorld):
    """The bot's token comes from the environment; nobody but the bot merges, and nobody pushes."""

    answers = ("--forge", "gitlab", "--project", PROJECT)
    tier = Tier.FREE
    role = Access.MAINTAINER

    def __exit__(self, *raised: object) -> None:
        super().__exit__()
        self.gitlab.__exit__(*raised)

    def _host_fleet(self) -> str:
        place = self.directory / "gitlab"
        self.gitlab = GitLab(place, tier=self.tier, now=self.clock)
        path = self.gitlab.repository("fleet")
        self._token = self.gitlab.person(BOT, *SCOPES, access=self.role)
        self._admin = self.gitlab.person(ADMIN, "api", access=Access.MAINTAINER)
        for name in PEOPLE:
            self.gitlab.person(name)
        project = self.gitlab.forge.project(path)
        assert project is not None
        self.bare = project.git.path
        return f"{self.gitlab.url}/{path}.git"

    def _reader(self) -> Credential:
        return GitCredential("ana", self.gitlab.person("ana"))

    def _variables(self) -> Mapping[str, str]:
        return {"FAIRLEAD_FORGE_TOKEN": self._token.reveal()}

    def _origins(self) -> str:
        return ORIGIN.format(url=self.gitlab.url)

    def _push_access(self) -> tuple[str, Mapping[str, str]]:
        token = self.gitlab.person(ADMINISTRATOR).reveal()
        pair = base64.b64encode(f"{ADMINISTRATOR}:{token}".encode()).decode()
        return self.fleet_url, {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }

    def _published(self) -> None:
        self.as_admin("forge", "apply")

    def as_admin(self, *verb: str, code: int = 0, **more: str) -> Said:
        """A verb with the administrator's token beside the bot's."""
        token = self._admin.reveal()
        return self.fairlead(*verb, code=code, FAIRLEAD_FORGE_ADMIN_TOKEN=token, **more)

    @property
    def canaries(self) -> list[bytes]:
        token = self._token.reveal()
        pairs = (f"{user}:{token}".encode() for user in (BOT, ""))
        tokens = [token.encode(), self._admin.reveal().encode()]
        return [*super().canaries, *tokens, *(base64.b64encode(p) for p in pairs)]

    def heard_by_server(self) -> bytes:
        return b"\n".join(self.gitlab.server.heard)

    def call(
        self,
        method: str,
        place: str,
        by: str,
        content: Mapping[str, object] | None = None,
        expected: int | None = None,
    ) -> Any:
        """A call on the fleet's project in somebody's name."""
        place = self.gitlab.on(PROJECT, place)
        return self.gitlab.call(method, place, content, by=by, expected=expected)

    def approve(self, person: str, number: int, head: str) -> None:
        self.call("POST", f"/merge_requests/{number}/approve", person, {"sha": head})

    def requests(self, state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = 1
        query = "state=all&order_by=created_at&sort=asc&per_page=100"
        while listed := self.call("GET", f"/merge_requests?{query}&page={page}", "ana"):
            found += (
                {
                    "number": one["iid"],
                    "state": "open" if one["state"] == "opened" else one["state"],
                    "source_branch": one["source_branch"],
                }
                for one in listed
            )
            page += 1
        return [request for request in found if request["state"] == state]

    def merger(self, number: int) -> str:
        """Who merged one."""
        return str(self.call("GET", f"/merge_requests/{number}", "ana")["merge_user"]["username"])

    def body(self, number: int) -> str:
        return str(self.call("GET", f"/merge_requests/{number}", "ana")["description"])


class LicensedWorld(GitLabWorld):
    """GitLab Premium, where a rule can name the bot: so it needs no role that changes rules."""

    tier = Tier.PREMIUM
    role = Access.DEVELOPER
