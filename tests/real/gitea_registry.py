"""Gitea's own container registry: private images, which the bot reads with the token it has."""

import base64
from collections.abc import Collection

from bot.adapters.registry_credentials import Login, RegistryOrigin
from bot.demo.images import build_image
from bot.secret import Secret
from tests.real.gitea import ADMINISTRATOR, Gitea
from tests.real.push import push

SCOPE = "read:package"
"""What the bot's token needs besides, as docs/gitea.md says."""


class GiteaRegistry:
    """Images of private organisations, pushed by Gitea's administrator and read by `reader`."""

    issuer = None
    """It is its own."""

    def __init__(self, gitea: Gitea, owners: Collection[str], reader: str, token: Secret) -> None:
        self._gitea = gitea
        self._login = Login(reader, token)
        for owner in owners:
            content = {"username": owner, "visibility": "private"}
            gitea.call("POST", "/orgs", content)
            team = {"name": "pull", "permission": "read", "units_map": {"repo.packages": "read"}}
            number = gitea.call("POST", f"/orgs/{owner}/teams", team)["id"]
            gitea.call("PUT", f"/teams/{number}/members/{reader}")

    @property
    def host(self) -> str:
        """Host and port, as an image reference starts with."""
        return self.url.partition("://")[2]

    @property
    def url(self) -> str:
        """Gitea's own origin."""
        return self._gitea.url

    def origin(self) -> RegistryOrigin:
        """How an operator would list it."""
        return RegistryOrigin(self.url, self._login, private=True)

    def push_image(
        self,
        repository: str,
        tag: str,
        *,
        platforms: tuple[str, ...] = ("linux/amd64",),
        revision: str | None = None,
    ) -> str:
        """Push one image, an index when it has several platforms; returns its digest."""
        image = build_image(f"{repository}:{tag}@{revision}", platforms, revision)
        token = self._gitea.person(ADMINISTRATOR).reveal()
        pair = base64.b64encode(f"{ADMINISTRATOR}:{token}".encode()).decode()
        push(self.url, repository, (tag,), image, f"Basic {pair}")
        return image.digest

    def stop(self) -> None:
        """It ends with Gitea."""
