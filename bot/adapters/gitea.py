"""The Forge port on Gitea. What Gitea calls a pull request is a merge request to us.

A list of them tells the heads as Gitea last looked; those of open ones are read from git's refs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot.adapters import gitea_reading as reading
from bot.adapters.gitea_api import Api, GiteaLimits, Project
from bot.adapters.gitea_labels import Labels
from bot.adapters.gitea_listing import Listed, Listing
from bot.adapters.gitea_merging import merge, one
from bot.adapters.gitea_opening import Proposal, content_of, open_one
from bot.adapters.gitea_people import members, of_writers, request_reviews
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.wire import Wire
from bot.canonical import Fields
from bot.forge import PROMOTION_BRANCHES, STATUS, CommitStatus, MergeRequestText
from bot.model import Gap, MergeRequest, MergeRequestState
from bot.secret import Secret
from gitops.errors import Conflict, Denied

T = TypeVar("T")


class GiteaForge:
    """Merge requests of one repository, with the token of one account."""

    pushed_at_once = 1000
    """Gitea hears of every branch of a push.

    Source: Gitea 1.26, cmd/hook.go, which tells of them in batches."""
    opened_at_once = 2
    """Gitea checks whether one can be merged while it stores another."""

    def __init__(
        self,
        project: Project,
        token: Secret,
        *,
        private: bool = False,
        ca_file: Path | None = None,
        limits: GiteaLimits | None = None,
        made_here: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Nothing is asked yet.

        Args:
            project: the repository.
            token: sent to the project's origin and nowhere else.
            private: its address may be a loopback, private or link-local one.
            ca_file: authorities to trust instead of the system's, a PEM file.
            limits: None: those that suit a person's patience.
            made_here: whether this very process made a commit, all that its branch has of its own.
        """
        self._project = project
        self._token = token
        self._origin = RegistryOrigin(project.origin, private=private, ca_file=ca_file)
        self._limits = limits or GiteaLimits()
        self._made_here = made_here
        self._login: str | None = None
        self._listing = Listing()
        self._labels = Labels()
        self._asked: set[str] = set()
        self._committers: dict[tuple[int, str], tuple[str, ...]] = {}
        self._closers: dict[tuple[int, str], str | None] = {}

    # --- reading --------------------------------------------------------------------------------

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from our branches in this repository, every state, by number.

        Approvals, checks and all contributors are told of open ones: who pushed, as far as Gitea
        remembers, and who made the commits of every version.
        """
        return self._use(self._merge_requests)

    def login(self) -> str:
        """The login that this bot acts as; asked once."""
        if self._login is None:
            self._login = self._use(lambda api: api.login())
        return self._login

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """The logins of an organisation or team; see `bot.adapters.gitea_people.members`."""
        names = tuple(groups)
        found = self._use(lambda api: _all(members(api, name) for name in names)) if names else ()
        return dict(zip(names, found, strict=True))

    async def _merge_requests(self, api: Api) -> tuple[MergeRequest, ...]:
        if self._login is None:
            self._login = await api.login()
        listed = await self._listing.read(api)
        heads = await self._heads(api, listed)
        told = await of_writers(api, await _all(self._told(api, one, heads) for one in listed))
        still = {r.number for r in told if r.state is MergeRequestState.OPEN}
        self._committers = {k: v for k, v in self._committers.items() if k[0] in still}
        return told

    async def _heads(self, api: Api, listed: Iterable[Listed]) -> Mapping[str, str]:
        """Where the branches of open ones are now, by short name."""
        branches = [one.request.source_branch for one in listed if not one.closed_at]
        heads: dict[str, str] = {}
        for prefix in PROMOTION_BRANCHES:
            if not any(branch.startswith(prefix) for branch in branches):
                continue
            answer = await api.ask("GET", f"/git/refs/heads/{prefix.rstrip('/')}")
            if answer.status == 404:
                continue  # none is left
            api.succeed(answer, "read the branches")
            if answer.body.lstrip().startswith(b"{"):
                continue  # one branch of this very name, so that git can have none below it
            with api.reading():
                for ref in Fields.parse_each(answer.body):
                    name = ref.text("ref").removeprefix("refs/heads/")
                    heads[name] = ref.inner("object").text("sha")
        return heads

    async def _told(self, api: Api, one: Listed, heads: Mapping[str, str]) -> MergeRequest:
        """The same with everything that the list does not tell."""
        request = one.request
        match request.state:
            case MergeRequestState.MERGED:
                return request
            case MergeRequestState.CLOSED:
                return replace(request, closed_by=await self._closed_by(api, one))
            case MergeRequestState.OPEN:
                head = heads.get(request.source_branch, request.head)
                return await self._open_one(api, replace(request, head=head))

    async def _open_one(self, api: Api, request: MergeRequest) -> MergeRequest:
        number, head = request.number, request.head
        events = await api.pages(f"/issues/{number}/timeline", linked=False)
        statuses = await api.pages(f"/commits/{head}/statuses")
        with api.reading():
            timeline = reading.timeline(events)
        # Most have none, and every review is an event as well.
        of_reviews = f"/pulls/{number}/reviews"
        reviews = await api.pages(of_reviews, linked=False) if timeline.reviewed else ()
        with api.reading():
            approvals = reading.approvals(reviews, self._login or "")
            checks = reading.checks(statuses, head)
        versions = (head, *timeline.replaced)
        committers = [await self._made_by(api, request, sha) for sha in versions]
        return replace(
            request,
            contributors=reading.several(request.contributors, timeline.pushers, *committers),
            approvals=approvals,
            checks=checks,
            automatic_merge=timeline.automatic_merge,
        )

    async def _made_by(self, api: Api, request: MergeRequest, sha: str) -> tuple[str, ...]:
        """Who made the commits of a version; nobody where Gitea has thrown it away."""
        if self._made_here(sha):
            return ()  # as Gitea would say of the bot's own identity
        key = (request.number, sha)
        if key not in self._committers:
            # By its full name: git takes a tag of the branch's name for the branch otherwise.
            new = {"sha": sha, "not": f"refs/heads/{request.target_branch}", **_BRIEF}
            try:
                commits = await api.pages("/commits", new)
            except Denied:
                if sha == request.head:
                    raise
                commits = ()
            with api.reading():
                self._committers[key] = reading.committers(commits)
        return self._committers[key]

    async def _closed_by(self, api: Api, one: Listed) -> str | None:
        """Who closed it; remembered for as long as it was closed at that moment."""
        number = one.request.number
        key = (number, one.closed_at)
        if key not in self._closers:
            events = await api.pages(f"/issues/{number}/timeline", linked=False)
            with api.reading():
                self._closers[key] = reading.timeline(events).closed_by
        return self._closers[key]

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
        proposal = Proposal(source_branch, target_branch, text, labels, reviewers)
        return self._use(lambda api: open_one(api, proposal, self._labels, self._asked))

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""

        async def described(api: Api) -> None:
            answer = await api.ask("PATCH", f"/pulls/{number}", content_of(text))
            api.succeed(answer, f"describe merge request {number}")

        self._use(described)

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Put labels on it and take others off; those named in neither stay as they are."""
        self._use(lambda api: self._labels.put(api, number, add, remove))

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Ask these logins; whom Gitea refuses is left out."""

        async def asked(api: Api) -> None:
            self._asked |= await request_reviews(api, number, people)

        self._use(asked)

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:  # noqa: ARG002
        """Say `STATUS` on a head; the last one counts. Gitea's belong to commits alone."""

        async def posted(api: Api) -> None:
            content = {
                "context": STATUS,
                "state": status.state.value,
                "description": status.description,
            }
            api.succeed(await api.ask("POST", f"/statuses/{head}", content), "post a status")

        self._use(posted)

    def cancel_automatic_merge(self, number: int) -> None:
        """Take back what a person told Gitea; nothing where nobody did.

        Raises:
            Denied: neither has the bot told it so nor may it merge.
        """

        async def cancelled(api: Api) -> None:
            answer = await api.ask("DELETE", f"/pulls/{number}/merge")
            if answer.status != 404:
                api.succeed(answer, f"cancel the automatic merge of {number}")

        self._use(cancelled)

    def close(self, number: int, comment: str) -> None:
        """Close it with a comment. Closing one that is closed already does nothing.

        Raises:
            Conflict: it is merged.
        """

        async def closed(api: Api) -> None:
            request, _ = await one(api, number)
            if request.state is MergeRequestState.MERGED:
                raise Conflict(f"merge request {number} is merged")
            if request.state is MergeRequestState.CLOSED:
                return
            doing = f"close merge request {number}"
            # First the comment: cut off in between, it is said twice, which is better than never.
            said = await api.ask("POST", f"/issues/{number}/comments", {"body": comment})
            api.succeed(said, doing)
            api.succeed(await api.ask("PATCH", f"/pulls/{number}", {"state": "closed"}), doing)

        self._use(closed)

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge it at exactly this head; see `bot.adapters.gitea_merging.merge`."""
        pauses = self._limits.mergeable_pauses
        return self._use(lambda api: merge(api, number, head, message, pauses))

    # --- how ------------------------------------------------------------------------------------

    def _use(self, calls: Callable[[Api], Awaitable[T]]) -> T:
        async def run() -> T:
            async with Wire([self._origin], self._limits.web) as wire:
                return await calls(Api(wire, self._project, self._token, self._limits))

        return asyncio.run(run())


_BRIEF = {"stat": "false", "verification": "false", "files": "false"}
"""Of commits: without what takes Gitea time to compute."""


async def _all(calls: Iterable[Coroutine[object, object, T]]) -> tuple[T, ...]:
    """The results, in order; the first failure ends the others and is raised as it was."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return tuple(task.result() for task in tasks)
