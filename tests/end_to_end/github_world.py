"""The fleet on GitHub's stand-in, on both plans.

On Free a private repository has no rules, and the bot is an account with a token. On Team the
branch is protected as the manual says, and the bot is an app.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.adapters.git_remote import Credential
from bot.forge import STATUS
from bot.source_wiring import GitCredential
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import SCOPES
from tests.end_to_end.clock import coming_tuesday
from tests.end_to_end.world import RealWorld
from tests.stand_ins.github import ADMINISTRATOR, GitHub
from tests.stand_ins.model import Tier

PEOPLE = ("ana", "bo", "cy", "di", "eve", "finn", "gus")
PATH = "acme/fleet"

ORIGIN = """
[[origins]]
url = "{url}"
private = true
"""


class GitHubWorld(RealWorld):
    """The bot's credential comes from the environment."""

    start = coming_tuesday()
    answers = ("--forge", "github", "--project", PATH)
    bot = BOT

    def __init__(self, directory: Path) -> None:
        self.github = GitHub(directory / "github", tier=self.tier)
        super().__init__(directory)

    tier = Tier.FREE

    def __exit__(self, *given: object) -> None:
        super().__exit__()
        self.github.__exit__(*given)

    def _host_fleet(self) -> str:
        path = self.github.repository(PATH.partition("/")[2])
        self._admit()
        for name in PEOPLE:
            self.github.person(name)
        project = self.github.forge.project(path)
        assert project is not None
        self.bare = project.git.path
        return f"{self.github.url}/{path}.git"

    def _admit(self) -> None:
        self.github.person(BOT, *SCOPES)

    def _reader(self) -> Credential:
        return GitCredential("ana", self.github.person("ana"))

    def _variables(self) -> Mapping[str, str]:
        return {"FAIRLEAD_FORGE_TOKEN": self.github.person(BOT).reveal()}

    def _origins(self) -> str:
        return ORIGIN.format(url=self.github.url)

    def _push_access(self) -> tuple[str, Mapping[str, str]]:
        token = self.github.person(ADMINISTRATOR).reveal()
        pair = base64.b64encode(f"{ADMINISTRATOR}:{token}".encode()).decode()
        return self.fleet_url, {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }

    @property
    def secrets(self) -> list[str]:
        """What of GitHub's the bot has been given."""
        return [self.github.person(BOT).reveal()]

    @property
    def canaries(self) -> list[bytes]:
        pairs = (f"{user}:{s}".encode() for user in (BOT, "x-access-token") for s in self.secrets)
        encoded = [base64.b64encode(pair) for pair in pairs]
        return [*super().canaries, *(secret.encode() for secret in self.secrets), *encoded]

    def heard_by_server(self) -> bytes:
        return b"\n".join(self.github.server.heard)

    def call(
        self,
        method: str,
        place: str,
        by: str,
        content: Mapping[str, object] | None = None,
        expected: int | None = None,
    ) -> Any:
        """A call on the fleet's repository in somebody's name."""
        place = self.github.on(PATH, place)
        return self.github.call(method, place, content, by=by, expected=expected)

    def approve(self, person: str, number: int, head: str) -> None:
        review = {"event": "APPROVE", "commit_id": head}
        self.call("POST", f"/pulls/{number}/reviews", person, review)

    def requests(self, state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = 1
        while listed := self.call("GET", f"/pulls?state=all&per_page=100&page={page}", "ana"):
            found += (
                {
                    "number": pull["number"],
                    "state": "merged" if pull["merged_at"] else pull["state"],
                    "source_branch": pull["head"]["ref"],
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


class TeamWorld(GitHubWorld):
    """The rules of docs/github.md: nobody but the app merges, and nobody pushes."""

    tier = Tier.PREMIUM
    bot = f"{BOT}[bot]"

    def _admit(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        held = dict(scope.split(":") for scope in SCOPES)
        self._app = self.github.app(BOT, public.decode(), **held, metadata="read").app
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._key = self.directory / "secrets" / "app.pem"
        self._key.write_bytes(private)

    def _variables(self) -> Mapping[str, str]:
        return {
            "FAIRLEAD_GITHUB_APP_ID": str(self._app.id),
            "FAIRLEAD_GITHUB_APP_KEY_FILE": str(self._key),
        }

    @property
    def secrets(self) -> list[str]:
        with self.github.forge.lock:
            own = [t.text for t in self.github.forge.tokens.values() if t.owner is self._app.bot]
        return [*own, *self._key.read_text().splitlines()[1:-1]]

    def _published(self) -> None:
        protection = {
            "required_status_checks": {
                "strict": False,
                "contexts": [],
                "checks": [{"context": STATUS, "app_id": self._app.id}],
            },
            "enforce_admins": True,
            "required_pull_request_reviews": {
                "required_approving_review_count": 0,
                "dismiss_stale_reviews": True,
            },
            "restrictions": {"users": [], "teams": [], "apps": [BOT]},
        }
        self.call("PUT", "/branches/main/protection", ADMINISTRATOR, protection)
        own = [f"refs/heads/{name}/**" for name in ("fairlead", "promote")]
        actor = {"actor_id": self._app.id, "actor_type": "Integration", "bypass_mode": "always"}
        rules = {
            "name": "Fairlead's own branches",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": own, "exclude": []}},
            "rules": [{"type": kind} for kind in ("creation", "update", "deletion")],
            "bypass_actors": [actor],
        }
        self.call("POST", "/rulesets", ADMINISTRATOR, rules)
