"""The BuildChecks port on GitHub: the statuses and check runs of commits.

Source: GitHub REST, "Commit statuses" and "Check runs".
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from bot.adapters import github_reading as reading
from bot.adapters.github import Server
from bot.adapters.github_api import Api
from bot.adapters.github_project import Project
from bot.adapters.github_requester import Access, Memory, SessionRequester
from bot.adapters.registry_credentials import RegistryOrigin, parse_origin
from bot.adapters.requests_session import OriginSession
from bot.build_checks import CommitQuery, answered, path_below
from bot.model import Check, Gap
from bot.secret import Secret


class GitHubChecks:
    """The repositories of one GitHub, with one account's or app's tokens."""

    def __init__(
        self, origin: str, token: Callable[[], Secret], server: Server | None = None
    ) -> None:
        """Nothing is asked yet.

        Args:
            origin: where the repositories are, `https://github.com` or an Enterprise Server.
            token: gives the token to send now, to the API of that origin alone.
            server: None: a public one.
        """
        self._origin = origin
        self._server = server or Server()
        api = Project(origin, "").api
        self._access = Access(api, token, self._server.limits.longest_wait)
        self._memory = Memory()

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """See `bot.build_checks.BuildChecks`.

        The source of a status is the login that posted it, that of a check run its app's number.
        """
        self._memory.turn()
        with ThreadPoolExecutor(self._server.limits.session.connections) as pool:
            told = pool.map(answered(self._asked, self._origin), queries)
            return dict(zip(queries, told, strict=True))

    def _asked(self, query: CommitQuery) -> tuple[Check, ...]:
        project = Project.of(query.url, path_below(self._origin, query.url))
        url = parse_origin(self._access.api) or self._access.api
        origin = RegistryOrigin(url, private=self._server.private, ca_file=self._server.ca_file)
        with OriginSession(origin, self._server.limits.session) as session:
            requester = SessionRequester(session, self._access, self._memory)
            api = Api(requester, self._access, project, self._server.limits)
            doing, of = f"read the checks of {query.sha[:12]}", f"commits/{query.sha}"
            statuses = api.pages(f"{of}/statuses", doing)
            runs = api.pages(f"{of}/check-runs", doing, {"filter": "latest"}, key="check_runs")
            with api.reading():
                return reading.statuses(statuses, query.sha) + reading.check_runs(runs, query.sha)
