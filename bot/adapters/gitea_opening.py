"""Opening a merge request on Gitea, or finding the one that is open already."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.adapters import gitea_reading as reading
from bot.adapters.gitea_api import Api
from bot.adapters.gitea_labels import Labels
from bot.adapters.gitea_listing import OLDEST_FIRST
from bot.adapters.gitea_people import REFUSED, request_reviews
from bot.forge import MergeRequestText
from bot.model import MergeRequest
from gitops.errors import Conflict


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is opened; see `bot.forge.Forge.open`."""

    source: str
    target: str
    text: MergeRequestText
    labels: Collection[str]
    reviewers: Collection[str]


async def open_one(api: Api, proposal: Proposal, labels: Labels, known: set[str]) -> MergeRequest:
    """Open one, or return the one already open for this pair of branches as it is.

    Args:
        api: the repository.
        proposal: what is opened.
        labels: their numbers.
        known: whom Gitea let be asked before, which this adds to. They are asked in the same call;
            the others after it, for one who cannot be asked spoils the whole.

    Raises:
        Conflict: one of the branches is not there.
        Denied, Unavailable: it may be open all the same.
    """
    marks = await labels.numbers(api, proposal.labels)
    content = {
        "head": proposal.source,
        "base": proposal.target,
        "labels": sorted(marks.values()),
        **content_of(proposal.text),
    }
    at_once = sorted(known & set(proposal.reviewers))
    answer = await api.ask("POST", "/pulls", {**content, "reviewers": at_once})
    if at_once and answer.status in REFUSED:
        known.clear()
        at_once = []
        answer = await api.ask("POST", "/pulls", content)
    if answer.status == 409:
        return await _already_open(api, proposal)
    if answer.status == 404:
        await api.get("", "read the repository")  # 404 as well: then it is the reason
        raise Conflict(f"there is no branch {proposal.source} or {proposal.target}")
    pull = api.read(answer, "open a merge request")
    with api.reading():
        request = reading.merge_request(pull)
    known |= await request_reviews(api, request.number, set(proposal.reviewers) - set(at_once))
    return request


async def _already_open(api: Api, proposal: Proposal) -> MergeRequest:
    listed = await api.pages("/pulls", {"state": "open", **OLDEST_FIRST})
    with api.reading():
        for pull in listed:
            request = reading.merge_request(pull)
            there = (request.source_branch, request.target_branch)
            if reading.from_here(pull) and there == (proposal.source, proposal.target):
                return request
    raise Conflict(f"the merge request from {proposal.source} was closed meanwhile")


def content_of(text: MergeRequestText) -> dict[str, object]:
    """Title and body as Gitea takes them."""
    return {"title": text.title, "body": text.body}
