"""Opening a merge request on GitHub, or finding the one that is open already."""

from collections.abc import Collection
from dataclasses import dataclass

from github.GithubException import GithubException

from bot.adapters import github_reading as reading
from bot.adapters.github_api import Api, messages_of
from bot.adapters.github_people import label, request_reviews
from bot.canonical import Fields
from bot.forge import MergeRequestText
from bot.model import MergeRequest
from gitops.errors import Conflict, Unavailable

_DOING = "open a merge request"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is opened; see `bot.forge.Forge.open`."""

    source: str
    target: str
    text: MergeRequestText
    labels: Collection[str]
    reviewers: Collection[str]


def open_one(api: Api, proposal: Proposal) -> MergeRequest:
    """Open one, or return the one already open for this pair of branches as it is.

    When the answer is lost it is looked for, and not asked for again.

    Raises:
        Conflict: one of the branches is not there, or there is nothing between them.
        Denied, InvalidInput, Unavailable: it may be open all the same.
    """
    try:
        made = _made(api, proposal)
    except Unavailable:
        found = _already_open(api, proposal)
        if found is None:
            raise
        return found
    except GithubException as refused:
        if refused.status == 422:
            return _adopted(api, proposal, refused)
        with api.doing(_DOING):
            raise
    if proposal.labels:
        label(api, made.number, proposal.labels, ())
    request_reviews(api, made.number, proposal.reviewers)
    return made


def _made(api: Api, proposal: Proposal) -> MergeRequest:
    title, body = proposal.text.title, proposal.text.body
    pull = api.repository.create_pull(proposal.target, proposal.source, title=title, body=body)
    with api.reading():
        return reading.merge_request(Fields(pull.raw_data))


def _adopted(api: Api, proposal: Proposal, refused: GithubException) -> MergeRequest:
    """The one that is in the way; GitHub says 422 of much, so that it is looked for.

    Source: GitHub REST, "Create a pull request": an error of `PullRequest` with the field `head` or
    `base` and the code `invalid` for a branch that is not there, and in words that there is one
    already, or that there are no commits between the two.
    """
    found = _already_open(api, proposal)
    if found is not None:
        return found
    if _says_where(refused) or any("No commits between" in m for m in messages_of(refused)):
        branches = f"{proposal.source} or {proposal.target}"
        raise Conflict(f"there is no branch {branches}, or nothing between them")
    if any("already exists" in message for message in messages_of(refused)):
        raise Conflict(f"the merge request from {proposal.source} was closed meanwhile")
    with api.doing(_DOING):
        raise refused


def _says_where(refused: GithubException) -> bool:
    """Whether it is a branch that GitHub finds wrong."""
    errors = refused.data.get("errors") if isinstance(refused.data, dict) else None
    wrong = [error for error in errors or () if isinstance(error, dict)]
    return any((e.get("field"), e.get("code")) in _NO_BRANCH for e in wrong)


_NO_BRANCH = frozenset({("head", "invalid"), ("base", "invalid")})


def _already_open(api: Api, proposal: Proposal) -> MergeRequest | None:
    """Asked for by the owner's branch, and compared: a fork may have a branch of that name."""
    asked = {
        "state": "open",
        "head": f"{api.project.owner}:{proposal.source}",
        "base": proposal.target,
    }
    listed = api.pages("pulls", "look for an open merge request", asked)
    with api.reading():
        for pull in listed:
            request = reading.merge_request(pull)
            there = (request.source_branch, request.target_branch)
            if reading.from_here(pull) and there == (proposal.source, proposal.target):
                return request
    return None
