"""Merging on GitHub, which computes in the background whether it can."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from github.GithubException import GithubException

from bot.adapters import github_reading as reading
from bot.adapters.github_api import Api
from bot.model import MergeRequest, MergeRequestState
from gitops.errors import Conflict, InvalidInput, Unavailable

_NOT_MERGED = frozenset({404, 405, 409, 422})
"""What GitHub answers when it does not merge: 409 for another head, 405 for a conflict, a rule that
is not met, a target that moved meanwhile, and while it is still computing. Why is read back.

Source: GitHub REST, "Merge a pull request".
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A merge request as it is now.

    `mergeable` is None while GitHub computes it; `node` is its id for GraphQL.
    """

    request: MergeRequest
    mergeable: bool | None
    node: str


def one(api: Api, number: int) -> Standing:
    """How a merge request is.

    Raises:
        InvalidInput: there is none of that number.
        Denied, Unavailable: it could not be read.
    """
    pull = api.there(f"pulls/{number}", f"read merge request {number}")
    if pull is None:
        api.read(f"/repos/{api.project.path}", "read the repository")  # 404 too: then the reason
        raise InvalidInput(f"there is no merge request {number}")
    with api.reading():
        known = pull.content.get("mergeable") is not None
        return Standing(
            reading.merge_request(pull),
            pull.flag("mergeable") if known else None,
            pull.text("node_id"),
        )


def merge(api: Api, number: int, head: str, message: str, pauses: Sequence[float]) -> str:
    """Merge it at exactly this head; the sha of the merge commit on the target branch.

    What GitHub has refused is asked for once more where reading back shows no reason against it,
    and an answer that was lost is looked for, never asked for again.

    Args:
        api: the repository.
        number: which one.
        head: the sha that its branch must have.
        message: the merge commit's.
        pauses: seconds between looking whether GitHub has finished computing.

    Raises:
        Conflict: the head moved, it is not open, it conflicts with the target branch or GitHub
            does not yet know whether it does, or the target moved meanwhile.
        Denied: GitHub's own rules do not allow it.
        Unavailable: nobody knows what came of it; it may be merged.
    """
    try:
        return _asked(api, number, head, message)
    except GithubException as refused:
        if refused.status not in _NOT_MERGED:
            with api.doing(f"merge merge request {number}"):
                raise
        _expect_mergeable(api, number, head, pauses)
    except Unavailable:
        request = one(api, number).request
        if request.state is MergeRequestState.MERGED and request.head == head:
            return str(request.merge_sha)
        raise
    with api.doing(f"merge merge request {number}"):
        return _asked(api, number, head, message)


def disarm(api: Api, number: int) -> None:
    """Take back that GitHub merges it by itself; nothing where nobody told it so, or no longer.

    Raises:
        Denied: the bot may not.
        InvalidInput, Unavailable: it is armed all the same.
    """
    now = one(api, number)
    if not now.request.automatic_merge:
        return
    try:
        api.pull(number, now.node).disable_automerge()
    except GithubException:
        if one(api, number).request.automatic_merge:
            with api.doing(f"cancel the automatic merge of {number}"):
                raise


def _asked(api: Api, number: int, head: str, message: str) -> str:
    title, _, rest = message.partition("\n\n")
    done = api.pull(number).merge(
        commit_title=title, commit_message=rest, merge_method="merge", sha=head
    )
    sha = done.sha
    if not done.merged or not isinstance(sha, str):
        raise Unavailable(f"did not say whether {number} is merged", service="GitHub")
    return sha


def _expect_mergeable(api: Api, number: int, head: str, pauses: Sequence[float]) -> None:
    """Wait until GitHub knows that it can be merged, by git; what its rules say it tells then."""
    for pause in (0.0, *pauses):
        time.sleep(pause)
        now = one(api, number)
        if now.request.state is not MergeRequestState.OPEN:
            raise Conflict(f"merge request {number} is {now.request.state}")
        if now.request.head != head:
            raise Conflict(f"merge request {number} is no longer at {head}")
        if now.mergeable is False:
            break
        if now.mergeable:
            return
    raise Conflict(f"{number} conflicts with its target, or GitHub has not looked yet")
