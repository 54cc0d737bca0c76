"""The fleet on a real Gitea: a protected branch, a bot, and people with tokens of their own."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.adapters.git_remote import Credential
from bot.source_wiring import GitCredential
from tests.conftest import ROOT
from tests.contract.forge_worlds import BOT, SCOPES
from tests.end_to_end.clock import coming_tuesday
from tests.end_to_end.command import Said
from tests.end_to_end.world import ImageRegistry, RealWorld
from tests.real.gitea import ADMINISTRATOR, Gitea
from tests.real.gitea_registry import SCOPE, GiteaRegistry

PEOPLE = ("ana", "bo", "cy", "di", "eve", "finn", "gus")

ORIGIN = """
[[origins]]
url = "{url}"
private = true
"""

ADMIN = "olga"
"""Administers the fleet's repository, and has a token for that."""

_RULES = (ROOT / "docs" / "gitea.md").read_text().partition("**The rules**")[2]
ADMIN_SCOPES = tuple(re.findall(r"`(\w+:\w+)`", _RULES.partition("\n")[0]))
"""What that token may do, as the manual says."""


class GiteaWorld(RealWorld):
    """The bot's token comes from the environment; nobody but the bot merges, and nobody pushes."""

    start = coming_tuesday()
    answers = ("--forge", "gitea", "--project", "acme/fleet")
    scopes = SCOPES
    """What the bot's token may do."""

    def __init__(self, directory: Path) -> None:
        self.gitea = Gitea(directory / "gitea")
        super().__init__(directory)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.gitea.stop()

    def _host_fleet(self) -> str:
        path = self.gitea.repository("fleet")
        self._token = self.gitea.person(BOT, *self.scopes)
        for name in PEOPLE:
            self.gitea.person(name)
        self._admin = self.gitea.person(ADMIN, *ADMIN_SCOPES)
        administer = f"/repos/{path}/collaborators/{ADMIN}"
        self.gitea.call("PUT", administer, {"permission": "admin"})
        self.bare = self.directory / "gitea" / "data" / "gitea-repositories" / f"{path}.git"
        return f"{self.gitea.url}/{path}.git"

    def _reader(self) -> Credential:
        return GitCredential("ana", self.gitea.person("ana"))

    def _variables(self) -> Mapping[str, str]:
        return {"FAIRLEAD_FORGE_TOKEN": self._token.reveal()}

    def _origins(self) -> str:
        return ORIGIN.format(url=self.gitea.url)

    def _push_access(self) -> tuple[str, Mapping[str, str]]:
        token = self.gitea.person(ADMINISTRATOR).reveal()
        pair = base64.b64encode(f"{ADMINISTRATOR}:{token}".encode()).decode()
        return self.fleet_url, {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }

    def _published(self) -> None:
        self.gitea.settle("acme/fleet")
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

    def call(
        self,
        method: str,
        place: str,
        by: str,
        content: Mapping[str, object] | None = None,
        expected: int | None = None,
    ) -> Any:
        """A call on the fleet's repository in somebody's name."""
        place = f"/repos/acme/fleet{place}"
        return self.gitea.call(method, place, content, by=by, expected=expected)

    def approve(self, person: str, number: int, head: str) -> None:
        review = {"event": "APPROVED", "commit_id": head}
        self.call("POST", f"/pulls/{number}/reviews", person, review)

    def requests(self, state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = 1
        while listed := self.call("GET", f"/pulls?state=all&sort=oldest&page={page}", "ana"):
            found += (
                {
                    "number": pull["number"],
                    "state": "merged" if pull["merged"] else pull["state"],
                    "source_branch": pull["head"]["label"],
                }
                for pull in listed
            )
            page += 1
        return [request for request in found if request["state"] == state]

    def merger(self, number: int) -> str:
        """Who merged one."""
        return str(self.call("GET", f"/pulls/{number}", "ana")["merged_by"]["login"])

    def body(self, number: int) -> str:
        return str(self.call("GET", f"/pulls/{number}", "ana")["body"])


class GiteaForAll(GiteaWorld):
    """Gitea's own container registry is the registry; the bot has one token for everything."""

    scopes = (*SCOPES, SCOPE)

    def _start_registry(self) -> ImageRegistry:
        token = self.gitea.person(BOT, *self.scopes)
        return GiteaRegistry(self.gitea, ("shop", "stefanprodan"), BOT, token)

    def _registry_origin(self) -> str:
        return ""
