"""Merging on GitLab, which computes in the background whether it can."""

import threading

from gitlab.exceptions import GitlabError

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.canonical import Fields
from bot.model import MergeRequestState
from bot.neutral import one_line
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

COMPUTING = frozenset({"preparing", "unchecked", "checking", "approvals_syncing"})
"""What `detailed_merge_status` says while GitLab has not finished looking.

Source: GitLab Docs, "Merge requests API", "Merge status".
"""

OUT_OF_DATE = frozenset({"conflict", "need_rebase"})
"""What a commit on top of the present target branch mends."""

_READ_BACK = frozenset({401, 404, 405, 406, 422})
"""What GitLab answers when it does not merge at this head; 409 says that the head is another.

401 is "may not merge there" as well as "does not know this token"; 405 "not mergeable", also for
one that is closed, merged or still being looked at; 422 "tried, and failed".
Source: GitLab, lib/api/merge_requests.rb, `put ':id/merge_requests/:merge_request_iid/merge'`.
"""

_MAY_NOT = "this account may not merge into the target branch"
MAY_MERGE = "allow it to merge there: Settings, Repository, Protected branches"

_REASONS = {
    "ci_must_pass": "a pipeline has to succeed first",
    "ci_still_running": "a pipeline is still running",
    "discussions_not_resolved": "a discussion is not resolved",
    "draft_status": "it is a draft",
    "merge_request_blocked": "another merge request blocks it",
    "merge_time": "it may not be merged before the time that somebody set",
    "not_approved": "GitLab's own approval rules are not met",
    "requested_changes": "a reviewer asks for changes",
    "status_checks_must_pass": "an external status check has not passed",
}


def merge(api: Api, number: int, head: str, message: str) -> str:
    """Merge it at exactly this head; the sha of the merge commit on the target branch.

    What GitLab has refused is asked for once more where it was still computing. Where an answer is
    lost it is looked at before anything is said.

    Args:
        api: the project.
        number: which one.
        head: the sha that its branch must have.
        message: the merge commit's.

    Raises:
        Conflict: the head moved, it is not open, it conflicts with the target branch or is behind
            where that is not allowed, or GitLab does not yet know.
        Denied: GitLab's own rules do not allow it, or the account may not merge there.
        Unavailable: nobody knows what came of it; it may be merged.
    """
    sha: str | None = None
    try:
        for last in (False, True):
            sha = _ask(api, number, head, message, last=last)
            if sha is not None:
                break
    except Unavailable as lost:
        if lost.retry_after is not None:
            raise
        return _merged(api, number, head, lost)
    return sha or _merged(api, number, head, None)


def one(api: Api, number: int) -> Fields:
    """A merge request as it is now.

    Raises:
        InvalidInput: there is none of that number.
        Denied, Unavailable: it could not be read.
    """
    found = look(api, number)
    if found is None:
        raise InvalidInput(f"there is no merge request {number}")
    return found


def look(api: Api, number: int) -> Fields | None:
    """A merge request as it is now; None where there is none of that number.

    Raises:
        Denied, Unavailable: it could not be read.
    """
    doing = f"read merge request {number}"
    with api.tried(doing):
        try:
            return Fields(api.project.mergerequests.get(number).asdict())
        except GitlabError as error:
            if error.response_code != 404:
                raise
    api.expect_project()
    return None


def _ask(api: Api, number: int, head: str, message: str, *, last: bool = False) -> str | None:
    """Ask once: the sha, "" where the answer does not say it, None where asking again may help."""
    # Not by the library's own method, which sends most of this in the URL.
    content = {
        "sha": head,
        "merge_commit_message": message,
        "squash_commit_message": message,
        "should_remove_source_branch": False,
    }
    path = f"{api.project.mergerequests.path}/{number}/merge"
    try:
        with api.parsed():
            answer = api.server.http_put(path, post_data=content)
    except GitlabError as error:
        refused = api.refusal(error, f"merge merge request {number}")
        if error.response_code not in _READ_BACK:
            raise refused from None
        if error.response_code == 401:
            one(api, number)  # where the token is not known, that is the reason
            raise Denied(f"{refused.message.partition(': ')[0]}: {_MAY_NOT}", MAY_MERGE) from None
        _expect_mergeable(api, number, head, refused)
        if error.response_code == 422:
            raise Conflict(refused.message) from None
        if last or error.response_code != 405:
            raise refused from None
        return None
    with api.reading():
        request = reading.merge_request(Fields(answer if isinstance(answer, dict) else {}))
    return request.merge_sha or ""


def _expect_mergeable(api: Api, number: int, head: str, refused: FairleadError) -> None:
    """Go on where nothing that can be read stands against it.

    Raises:
        Conflict, Denied, Unavailable: as `merge` does.
    """
    status = ""
    for pause in (0.0, *api.limits.mergeable_pauses):
        threading.Event().wait(pause)
        told = one(api, number)
        with api.reading():
            request, status = reading.merge_request(told), told.text("detailed_merge_status")
        if request.state is not MergeRequestState.OPEN:
            raise Conflict(f"merge request {number} is {request.state}")
        if request.head != head:
            raise Conflict(f"merge request {number} is no longer at {head}")
        if status not in COMPUTING:
            break
    if status in COMPUTING:
        raise Conflict(f"GitLab has not finished looking at merge request {number} ({status})")
    if status in OUT_OF_DATE:
        raise Conflict(f"merge request {number} conflicts with its target, or is behind it")
    if status != "mergeable":
        reason = _REASONS.get(status, f"GitLab says {status}")
        raise Denied(f"{refused.message}: {one_line(reason)}", refused.hint)


def _merged(api: Api, number: int, head: str, lost: Unavailable | None) -> str:
    """The commit of a merge whose answer did not name it.

    Raises:
        Unavailable: it is not merged, or not yet.
    """
    for pause in (0.0, *api.limits.mergeable_pauses):
        threading.Event().wait(pause)
        told = one(api, number)
        with api.reading():
            request, busy = reading.merge_request(told), told.text("state") == "locked"
        if request.merge_sha is not None and request.head == head:
            return request.merge_sha
        if lost is not None and not busy:
            raise lost
    raise Unavailable(f"says that {number} is merged, and shows it open", service="GitLab")
