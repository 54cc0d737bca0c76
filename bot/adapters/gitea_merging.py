"""Merging on Gitea, which computes in the background whether it can."""

import asyncio
from collections.abc import Sequence

from bot.adapters import gitea_reading as reading
from bot.adapters.gitea_api import Api
from bot.model import MergeRequest, MergeRequestState
from gitops.errors import Conflict, InvalidInput, Unavailable

_READ_BACK = frozenset({404, 405, 409})
"""What Gitea answers when it does not merge: 404 where it is closed, 405 for most reasons, 409 for
another head or a conflict. Which of several reasons it names is its own choice.

Source: Gitea 1.26, routers/api/v1/repo/pull.go, MergePullRequest.
"""


async def merge(api: Api, number: int, head: str, message: str, pauses: Sequence[float]) -> str:
    """Merge it at exactly this head; the sha of the merge commit on the target branch.

    What Gitea has refused is asked for once more where reading back shows no reason against it.

    Args:
        api: the repository.
        number: which one.
        head: the sha that its branch must have.
        message: the merge commit's.
        pauses: seconds between looking whether Gitea has finished computing.

    Raises:
        Conflict: the head moved, it is not open, it conflicts with the target branch or Gitea does
            not yet know whether it does, or the target moved meanwhile.
        Denied: Gitea's own rules do not allow it.
        Unavailable: nobody knows what came of it; it may be merged.
    """
    title, _, rest = message.partition("\n\n")
    content = {
        "Do": "merge",
        "head_commit_id": head,
        "MergeTitleField": title,
        "MergeMessageField": rest,
        "delete_branch_after_merge": False,
    }
    answer = await api.ask("POST", f"/pulls/{number}/merge", content)
    if answer.status in _READ_BACK:
        await _expect_mergeable(api, number, head, pauses)
        answer = await api.ask("POST", f"/pulls/{number}/merge", content)
    api.succeed(answer, f"merge merge request {number}")
    request, _ = await one(api, number)
    if request.merge_sha is None:
        raise Unavailable(f"said that {number} is merged, and shows it open", service="Gitea")
    return request.merge_sha


async def one(api: Api, number: int) -> tuple[MergeRequest, bool]:
    """A merge request as it is now, and whether Gitea knows that it can be merged.

    Raises:
        InvalidInput: there is none of that number.
        Denied, Unavailable: it could not be read.
    """
    answer = await api.ask("GET", f"/pulls/{number}")
    if answer.status == 404:
        await api.get("", "read the repository")  # where that is 404 too, it is the reason
        raise InvalidInput(f"there is no merge request {number}")
    pull = api.read(answer, f"read merge request {number}")
    with api.reading():
        return reading.merge_request(pull), pull.flag("mergeable")


async def _expect_mergeable(api: Api, number: int, head: str, pauses: Sequence[float]) -> None:
    for pause in (0.0, *pauses):
        await asyncio.sleep(pause)
        request, mergeable = await one(api, number)
        if request.state is not MergeRequestState.OPEN:
            raise Conflict(f"merge request {number} is {request.state}")
        if request.head != head:
            raise Conflict(f"merge request {number} is no longer at {head}")
        if mergeable:
            return
    raise Conflict(f"{number} conflicts with its target, or Gitea has not looked yet")
