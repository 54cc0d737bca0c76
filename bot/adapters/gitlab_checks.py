"""The BuildChecks port on GitLab: the statuses of commits, their jobs, and their pipelines.

Source: GitLab, "Commits API", list commit statuses; "Pipelines API".
"""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api, Project
from bot.adapters.gitlab_session import GitLabLimits
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.requests_session import Rest
from bot.build_checks import CommitQuery, answered, path_below
from bot.model import Check, Gap
from bot.secret import Secret


class GitLabChecks:
    """The projects of one GitLab, with one token, which is sent to its origin alone."""

    def __init__(
        self,
        server: str,
        token: Secret,
        *,
        private: bool = False,
        ca_file: Path | None = None,
        limits: GitLabLimits | None = None,
    ) -> None:
        """Nothing is asked yet; `server` is a URL with its prefix, the rest is as for a forge."""
        self._server = server
        self._token = token
        self._limits = limits or GitLabLimits()
        origin = Project(server, "").origin
        self._origin = RegistryOrigin(origin, private=private, ca_file=ca_file)
        self._rest = Rest()

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """See `bot.build_checks.BuildChecks`.

        The source of a status is the login that posted it, that of a job and of a `pipeline`
        whoever started it.
        """
        with ThreadPoolExecutor(self._limits.web.connections) as pool:
            told = pool.map(answered(self._asked, self._server), queries)
            return dict(zip(queries, told, strict=True))

    def _asked(self, query: CommitQuery) -> tuple[Check, ...]:
        project = Project.of(query.url, path_below(self._server, query.url))
        with Api(project, self._token, self._origin, self._limits, self._rest) as api:
            posted = api.project.commits.get(query.sha, lazy=True).statuses
            # All of them: the last of a name hides what somebody else posted under it.
            statuses = api.every(f"list the checks of {query.sha[:12]}", posted, all="true")
            with api.reading():
                checks = reading.checks(statuses, query.sha)
            return checks + _pipelines(api, query) if reading.PIPELINE in query.names else checks


def _pipelines(api: Api, query: CommitQuery) -> tuple[Check, ...]:
    """The last pipeline of the commit that each person started."""
    doing, manager = f"read the pipelines of {query.sha[:12]}", api.project.pipelines
    listed = api.every(doing, manager, sha=query.sha)
    with api.reading():
        numbers = sorted(one.number("id") for one in listed)
    found: dict[str, Check] = {}
    for number in numbers:
        run = api.one(doing, partial(manager.get, number))
        with api.reading():
            check = reading.pipeline_run(run, query.sha)
        found[check.source] = check
    return tuple(found.values())
