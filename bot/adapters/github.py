"""The Forge port on GitHub. What GitHub calls a pull request is a merge request to us.

Everything is asked through PyGithub, whose requester is given a session of ours.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from github.Commit import Commit

from bot.adapters.github_api import Api, GitHubLimits
from bot.adapters.github_details import Details, Reader
from bot.adapters.github_listing import Listing
from bot.adapters.github_merging import disarm, merge, one
from bot.adapters.github_opening import Proposal, open_one
from bot.adapters.github_people import label, members, request_reviews
from bot.adapters.github_project import Project
from bot.adapters.github_requester import Access, Memory, SessionRequester
from bot.adapters.registry_credentials import RegistryOrigin, parse_origin
from bot.adapters.requests_session import OriginSession
from bot.forge import STATUS, CommitStatus, MergeRequestText
from bot.model import CheckState, Gap, MergeRequest, MergeRequestState
from bot.secret import Secret
from gitops.errors import Conflict

_STATES = {
    CheckState.PENDING: "pending",
    CheckState.SUCCESS: "success",
    CheckState.FAILURE: "failure",
    CheckState.SKIPPED: "pending",
}
"""A commit status knows no skipped, which is no success."""


@dataclass(frozen=True, slots=True)
class Server:
    """How a GitHub is reached.

    `private` permits a loopback, private or link-local address; `ca_file` names authorities to
    trust instead of the system's, a PEM file.
    """

    private: bool = False
    ca_file: Path | None = None
    limits: GitHubLimits = field(default=GitHubLimits())


class GitHubForge:
    """Merge requests of one repository, with the token of one account or app."""

    pushed_at_once = 1000
    """Source: GitHub, "Webhook events and payloads", push: none for more than 5,000 branches."""
    opened_at_once = 1
    """Source: GitHub, "Best practices for using the REST API": what writes goes one by one."""

    def __init__(
        self,
        project: Project,
        token: Callable[[], Secret],
        login: Callable[[], str] | None = None,
        server: Server | None = None,
        made_here: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Nothing is asked yet.

        Args:
            project: the repository.
            token: gives the token to send now; an app's changes by the hour.
            login: tells an app's login; None: GitHub is asked whose token it is.
            server: None: a public one.
            made_here: whether this very process made a commit, all that its branch has of its own.
        """
        self._project = project
        self._server = server or Server()
        self._access = Access(project.api, token, self._server.limits.longest_wait)
        self._asked_login = login
        self._made_here = made_here
        self._login: str | None = None
        self._memory = Memory()
        self._listing = Listing()
        self._details = Details()

    # --- reading --------------------------------------------------------------------------------

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from our branches in this repository, every state, by number.

        Approvals, checks and all contributors are told of open ones: who pushed its branch, who
        forced it elsewhere, and who made the commits of every version that GitHub still has.
        """
        login = self.login()
        self._memory.turn()
        with self._use(self._memory) as api:
            listed = self._listing.read(api)
            at_once = self._server.limits.session.connections
            reader = Reader(api, login, at_once, self._made_here)
            return self._details.read(reader, listed)

    def login(self) -> str:
        """The login that this bot acts as; asked once."""
        if self._login is None:
            self._login = self._asked_login() if self._asked_login else self._whose()
        return self._login

    def _whose(self) -> str:
        with self._use() as api:
            user = api.read("/user", "read whose token this is")
            with api.reading():
                return user.text("login")

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """The logins of the people in teams; see `bot.adapters.github_people.members`."""
        with self._use(self._memory) as api:
            return {group: members(api, group) for group in groups}

    # --- writing --------------------------------------------------------------------------------

    def open(
        self,
        source_branch: str,
        target_branch: str,
        text: MergeRequestText,
        labels: Collection[str] = (),
        reviewers: Collection[str] = (),
    ) -> MergeRequest:
        """Open one, or return the one already open for this pair of branches as it is.

        Raises:
            Conflict: one of the branches is not there, or there is nothing between them.
        """
        with self._use() as api:
            return open_one(api, Proposal(source_branch, target_branch, text, labels, reviewers))

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""
        with self._use() as api, api.doing(f"describe merge request {number}"):
            api.pull(number).edit(title=text.title, body=text.body)

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Put labels on it and take others off; those named in neither stay as they are."""
        with self._use() as api:
            label(api, number, add, remove)

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Ask these logins; whom GitHub refuses is left out."""
        with self._use() as api:
            request_reviews(api, number, people)

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:  # noqa: ARG002
        """Say `STATUS` on a head; the last one counts. GitHub's belong to commits alone."""
        with self._use() as api, api.doing("post a status"):
            place = f"/repos/{self._project.path}/commits/{head}"
            commit = Commit(api.requester, {}, {"url": place, "sha": head}, completed=True)
            commit.create_status(
                _STATES[status.state], description=status.description, context=STATUS
            )

    def cancel_automatic_merge(self, number: int) -> None:
        """Take back what a person told GitHub; nothing where nobody did.

        Raises:
            Denied: the bot may not.
        """
        with self._use() as api:
            disarm(api, number)

    def close(self, number: int, comment: str) -> None:
        """Close it with a comment. Closing one that is closed already does nothing.

        Raises:
            Conflict: it is merged.
        """
        with self._use() as api:
            request = one(api, number).request
            if request.state is MergeRequestState.MERGED:
                raise Conflict(f"merge request {number} is merged")
            if request.state is MergeRequestState.CLOSED:
                return
            with api.doing(f"close merge request {number}"):
                # First the comment: cut off in between, it is said twice, which is better than
                # never.
                api.issue(number).create_comment(comment)
                api.pull(number).edit(state="closed")

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge it at exactly this head; see `bot.adapters.github_merging.merge`."""
        with self._use() as api:
            return merge(api, number, head, message, self._server.limits.mergeable_pauses)

    # --- how ------------------------------------------------------------------------------------

    @contextmanager
    def _use(self, memory: Memory | None = None) -> Iterator[Api]:
        api = self._project.api
        url = parse_origin(api) or api
        origin = RegistryOrigin(url, private=self._server.private, ca_file=self._server.ca_file)
        with OriginSession(origin, self._server.limits.session) as session:
            requester = SessionRequester(session, self._access, memory)
            yield Api(requester, self._access, self._project, self._server.limits)
