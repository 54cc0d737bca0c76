"""The Forge port on GitLab, by python-gitlab.

GitLab keeps the lines of its lists in a cache, and an approval of no commit. So each open merge
request is read from its own page, and an approval counts where it is later than the push.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gitlab.v4.objects import CurrentUserManager

from bot.adapters import gitlab_changes as changes
from bot.adapters import gitlab_merging as merging
from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api, Project
from bot.adapters.gitlab_details import Details, Versions, completed, details
from bot.adapters.gitlab_listing import Listing
from bot.adapters.gitlab_opening import Proposal, content_of, open_one
from bot.adapters.gitlab_people import People, active_members, members
from bot.adapters.gitlab_pushes import Pushes
from bot.adapters.gitlab_session import GitLabLimits
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.requests_session import Rest
from bot.canonical import Fields
from bot.forge import CommitStatus, MergeRequestText
from bot.model import Gap, MergeRequest, MergeRequestState
from bot.secret import Secret

T = TypeVar("T")
A = TypeVar("A")


class GitLabForge:
    """Merge requests of one project, with the token of one account."""

    pushed_at_once = 3
    """Source: GitLab, "Push event activities limit": by default no webhooks for more."""
    opened_at_once = 1
    """One writes after the other: GitLab's pages say nothing of two, so none are tried."""

    def __init__(
        self,
        project: Project,
        token: Secret,
        *,
        private: bool = False,
        ca_file: Path | None = None,
        limits: GitLabLimits | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            project: the project.
            token: sent to the project's origin and nowhere else.
            private: its address may be a loopback, private or link-local one.
            ca_file: authorities to trust instead of the system's, a PEM file.
            limits: None: those that suit a person's patience.
        """
        self._project = project
        self._token = token
        self._origin = RegistryOrigin(project.origin, private=private, ca_file=ca_file)
        self._limits = limits or GitLabLimits()
        self._login: str | None = None
        self._listing = Listing()
        self._pushes = Pushes()
        self._people = People()
        self._versions = Versions()
        self._rest = Rest()
        self._refused: dict[int, frozenset[str]] = {}

    # --- reading --------------------------------------------------------------------------------

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from our branches in this project, every state, by number.

        Approvals, checks and all contributors are told of open ones: who pushed, as far as GitLab
        remembers, and who made the commits of every version.
        """
        with self._api() as api:
            listed = self._listing.read(api)
            pages = self._all(listed.unsettled, lambda number: merging.look(api, number))
            told = [page for page in pages if page is not None]
            with api.reading():
                found = {page.number("iid"): reading.merge_request(page) for page in told}
            still = [page for page in told if _is_open(found[page.number("iid")])]
            opened = self._opened(api, still)
        self._listing.settle(listed, found)
        everything = listed.settled | found | {one.number: one for one in opened}
        return tuple(one for _, one in sorted(everything.items()))

    def _opened(self, api: Api, pages: Collection[Fields]) -> tuple[MergeRequest, ...]:
        """The open ones with everything that their pages do not tell."""
        self._versions.keep(page.number("iid") for page in pages)
        if not pages:
            return ()
        found = self._all(pages, lambda page: details(api, self._people, self._versions, page))
        with api.reading():
            oldest = min(page.moment("created_at") for page in pages)
        pushes = self._pushes.read(api, oldest)
        users = {one.user for each in found for one in each.agreed}
        bots = {user: self._people.is_bot(api, user) for user in sorted(users)}
        present = active_members(api, users)

        def whole(each: Details) -> MergeRequest:
            return completed(each, pushes, bots, present)

        with api.reading():
            return tuple(map(whole, found))

    def login(self) -> str:
        """The login that this bot acts as; asked once."""
        if self._login is None:
            with self._api() as api:
                user = api.one("read whose token this is", CurrentUserManager(api.server).get)
                with api.reading():
                    self._login = user.text("username")
        return self._login

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """The logins of the people of groups; see `bot.adapters.gitlab_people.members`."""
        if not groups:
            return {}
        with self._api() as api:
            found = self._all(groups, lambda group: members(api, group))
        return dict(zip(groups, found, strict=True))

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
            Conflict: one of the branches is not there.
        """
        with self._api() as api:
            asked = self._people.numbers(api, sorted(reviewers)).values()
            proposal = Proposal(source_branch, target_branch, text, labels, tuple(asked))
            return open_one(api, proposal)

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""
        with self._api() as api:
            changes.update(api, number, {**content_of(text)}, f"describe merge request {number}")

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Put labels on it and take others off; those named in neither stay as they are."""
        with self._api() as api:
            changes.label(api, number, add, remove)

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Ask these logins; whom GitLab leaves out is asked once."""
        if not set(people) - self._refused.get(number, frozenset()):
            return
        with self._api() as api:
            refused = self._refused.get(number, frozenset())
            left_out = changes.request_reviews(api, self._people, number, people, refused)
            self._refused[number] = refused | left_out

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:
        """Say `STATUS` on a head of `branch`; the last one counts."""
        login = self.login()
        with self._api() as api:
            changes.post_status(api, login, head, branch, status)

    def cancel_automatic_merge(self, number: int) -> None:
        """Take back what a person told GitLab; nothing where nobody did.

        Raises:
            Denied: the account may not.
        """
        with self._api() as api:
            changes.cancel_automatic_merge(api, number)

    def close(self, number: int, comment: str) -> None:
        """Close it with a comment. Closing one that is closed already does nothing.

        Raises:
            Conflict: it is merged.
        """
        with self._api() as api:
            changes.close(api, number, comment)

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge it at exactly this head; see `bot.adapters.gitlab_merging.merge`."""
        with self._api() as api:
            return merging.merge(api, number, head, message)

    # --- how ------------------------------------------------------------------------------------

    def _api(self) -> Api:
        return Api(self._project, self._token, self._origin, self._limits, self._rest)

    def _all(self, items: Iterable[A], call: Callable[[A], T]) -> list[T]:
        """The results, in order; the first failure is raised as it was."""
        with ThreadPoolExecutor(self._limits.web.connections) as pool:
            return list(pool.map(call, items))


def _is_open(request: MergeRequest) -> bool:
    return request.state is MergeRequestState.OPEN
