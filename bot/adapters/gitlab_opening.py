"""Opening a merge request on GitLab, or finding the one that is open already."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gitlab.exceptions import GitlabError, GitlabGetError

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.adapters.gitlab_merging import look
from bot.canonical import Fields
from bot.forge import MergeRequestText
from bot.model import MergeRequest, MergeRequestState
from gitops.errors import Conflict, Unavailable

_NUMBER = re.compile(r"!(?P<number>\d+)", re.ASCII)
_PERHAPS_NO_BRANCH = frozenset({400, 404, 422})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is opened; see `bot.forge.Forge.open`. `reviewers` are GitLab's numbers."""

    source: str
    target: str
    text: MergeRequestText
    labels: Collection[str]
    reviewers: Collection[int]


def open_one(api: Api, proposal: Proposal) -> MergeRequest:
    """Open one, or return the one already open for this pair of branches as it is.

    Raises:
        Conflict: one of the branches is not there.
        Denied, Unavailable: it may be open all the same.
    """
    content = {
        "source_branch": proposal.source,
        "target_branch": proposal.target,
        "labels": ",".join(sorted(proposal.labels)),
        "reviewer_ids": list(proposal.reviewers),
        "remove_source_branch": False,
        "squash": False,
        **content_of(proposal.text),
    }
    doing = "open a merge request"
    try:
        with api.parsed():
            told = Fields(api.project.mergerequests.create(content).asdict())
    except GitlabError as error:
        if error.response_code == 409:
            return _already_open(api, proposal, api.said(error))
        refused = api.refusal(error, doing)
        if error.response_code in _PERHAPS_NO_BRANCH:
            _expect_branches(api, proposal)
        raise refused from None
    except Unavailable:
        known = _known(api, proposal)
        if known is None:
            raise
        return known
    with api.reading():
        request = reading.merge_request(told)
    if not request.head:
        _expect_branches(api, proposal)
    return request


def _already_open(api: Api, proposal: Proposal, said: str) -> MergeRequest:
    """The one that GitLab names in its refusal, else the one that a list finds.

    Source: GitLab, app/models/merge_request.rb, `validate_branches`: "Another open merge request
    already exists for this source branch: !N".
    """
    named = _NUMBER.search(said)
    told = look(api, int(named["number"])) if named else None
    with api.reading():
        found = None if told is None or not _fits(told, proposal) else reading.merge_request(told)
    if found is None:
        found = _known(api, proposal)
    if found is None:
        raise Conflict(f"the merge request from {proposal.source} was closed meanwhile")
    return found


def _known(api: Api, proposal: Proposal) -> MergeRequest | None:
    """The one that is open for this pair of branches, as its own page tells it."""
    query = {"source_branch": proposal.source, "target_branch": proposal.target}
    listed = api.every("find a merge request", api.project.mergerequests, state="opened", **query)
    with api.reading():
        numbers = [one.number("iid") for one in listed]
    for number in numbers:
        told = look(api, number)
        with api.reading():
            if told is not None and _fits(told, proposal):
                return reading.merge_request(told)
    return None


def _fits(told: Fields, proposal: Proposal) -> bool:
    request = reading.merge_request(told)
    there = (request.source_branch, request.target_branch)
    still_open = request.state is MergeRequestState.OPEN
    return still_open and reading.from_here(told) and there == (proposal.source, proposal.target)


def _expect_branches(api: Api, proposal: Proposal) -> None:
    """Go on where both are there.

    Raises:
        Conflict: one is not.
        Denied, Unavailable: they could not be read.
    """
    for branch in (proposal.source, proposal.target):
        with api.tried(f"read the branch {branch}"):
            try:
                api.project.branches.get(branch)
            except GitlabGetError as error:
                if error.response_code != 404:
                    raise
                raise Conflict(f"there is no branch {branch}") from None


def content_of(text: MergeRequestText) -> Mapping[str, str]:
    """Title and body as GitLab takes them."""
    return {"title": text.title, "description": text.body}
