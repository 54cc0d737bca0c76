"""The BuildChecks port on Gitea: the statuses of commits, Gitea Actions' among them."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters import gitea_reading as reading
from bot.adapters.gitea_api import Api, GiteaLimits, Project
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.wire import Wire
from bot.build_checks import CommitQuery, gap, path_below, wanted
from bot.model import Check, Gap
from bot.secret import Secret
from gitops.errors import Conflict, Denied, InvalidInput, Unavailable


@dataclass(frozen=True, slots=True)
class GiteaChecks:
    """The repositories of one Gitea, with one token, which is sent to its origin alone.

    `server` is its URL, path prefix included; `private` permits a loopback, private or link-local
    address; `ca_file` names authorities to trust instead of the system's, a PEM file.
    """

    server: str
    token: Secret
    private: bool = False
    ca_file: Path | None = None
    limits: GiteaLimits = field(default=GiteaLimits())

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """See `bot.build_checks.BuildChecks`; a status' source is the login that posted it."""
        return asyncio.run(self._read(tuple(queries)))

    async def _read(
        self, queries: tuple[CommitQuery, ...]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        origin = Project(self.server, "").origin
        listed = RegistryOrigin(origin, private=self.private, ca_file=self.ca_file)
        async with Wire([listed], self.limits.web) as wire:
            told = await asyncio.gather(*(self._told(wire, query) for query in queries))
        return dict(zip(queries, told, strict=True))

    async def _told(self, wire: Wire, query: CommitQuery) -> tuple[Check, ...] | Gap:
        try:
            project = Project.of(query.url, path_below(self.server, query.url))
            api = Api(wire, project, self.token, self.limits)
            # A commit that is not there has no statuses to Gitea.
            statuses = await api.pages(f"/commits/{query.sha}/statuses")
            with api.reading():
                return wanted(reading.checks(statuses, query.sha), query)
        except (Denied, Unavailable, InvalidInput, Conflict) as error:
            return gap(error, self.server)
