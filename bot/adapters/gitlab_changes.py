"""What is changed on a merge request on GitLab: only what differs, beside what people did."""

from collections.abc import Collection

from gitlab.exceptions import GitlabError

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.adapters.gitlab_merging import MAY_MERGE, one
from bot.adapters.gitlab_people import People
from bot.canonical import Fields
from bot.forge import STATUS, CommitStatus
from bot.model import CheckState, MergeRequestState
from gitops.errors import Conflict, Denied

_STATES = {
    CheckState.PENDING: "pending",
    CheckState.SUCCESS: "success",
    CheckState.FAILURE: "failed",
    CheckState.SKIPPED: "canceled",
}

_UNDER_WAY = frozenset({"pending", "running"})


def update(api: Api, number: int, content: dict[str, object], doing: str) -> Fields:
    """Change these of its attributes; what it is then.

    Raises:
        Denied, Conflict, InvalidInput, Unavailable: see `Api.refusal`.
    """
    with api.tried(doing):
        answer: object = api.project.mergerequests.update(number, content)
    return Fields(answer if isinstance(answer, dict) else {})


def label(api: Api, number: int, add: Collection[str], remove: Collection[str]) -> None:
    """Put labels on it and take others off; GitLab makes those that the project lacks."""
    content: dict[str, object] = {}
    if add:
        content["add_labels"] = ",".join(sorted(add))
    if remove:
        content["remove_labels"] = ",".join(sorted(remove))
    if content:
        update(api, number, content, f"label merge request {number}")


def request_reviews(
    api: Api, people: People, number: int, logins: Collection[str], refused: Collection[str]
) -> frozenset[str]:
    """Ask those who are not asked yet; who was left out, by what is so afterwards.

    GitLab keeps one reviewer without a licence, and those who may read the project; it says
    neither. `refused` were left out before: nobody is asked for their sake alone.
    """
    told = one(api, number)
    with api.reading():
        request = reading.merge_request(told)
        asked = [person.number("id") for person in told.each("reviewers")]
    missing = set(logins) - {*request.reviewers, request.author}
    known = people.numbers(api, sorted(missing))
    if not known.keys() - refused:
        return frozenset(missing)
    content: dict[str, object] = {"reviewer_ids": [*asked, *known.values()]}
    told = update(api, number, content, f"ask for reviews of {number}")
    with api.reading():
        return frozenset(missing - set(reading.merge_request(told).reviewers))


def close(api: Api, number: int, comment: str) -> None:
    """Close it with a comment. Closing one that is closed already does nothing.

    Raises:
        Conflict: it is merged.
    """
    told = one(api, number)
    with api.reading():
        state = reading.merge_request(told).state
    if state is MergeRequestState.MERGED:
        raise Conflict(f"merge request {number} is merged")
    if state is MergeRequestState.CLOSED:
        return
    doing = f"close merge request {number}"
    # First the comment: cut off in between, it is said twice, which is better than never.
    with api.tried(doing):
        api.project.mergerequests.get(number, lazy=True).notes.create({"body": comment})
    update(api, number, {"state_event": "close"}, doing)


def post_status(api: Api, login: str, head: str, branch: str, status: CommitStatus) -> None:
    """Say `STATUS` on a head; the last one counts.

    A status that waits takes no new text: it may start to run with one, and is then given up for
    another.
    Source: GitLab, app/services/ci/create_commit_status_service.rb, `apply_job_state!`.
    """
    state = _STATES[status.state]
    now = _said(api, login, head, branch)
    if now is not None:
        known, text = now
        same = known == state or {known, state} <= _UNDER_WAY
        if same and text == status.description:
            return
        if same and known == "pending":
            state = "running"
        elif same and known == "running":
            _post(api, head, branch, "canceled", status.description)
    _post(api, head, branch, state, status.description)


def _said(api: Api, login: str, head: str, branch: str) -> tuple[str, str] | None:
    """State and text of our own status there, in GitLab's words."""
    manager = api.project.commits.get(head, lazy=True).statuses
    listed = api.every("read the statuses", manager, name=STATUS, ref=branch, all="true")
    with api.reading():
        ours = [s for s in listed if reading.poster(s) == login and s.text("name") == STATUS]
        if not ours:
            return None
        last = max(ours, key=lambda s: s.number("id"))
        return last.text("status"), last.optional("description") or ""


def _post(api: Api, head: str, branch: str, state: str, text: str) -> None:
    content = {"state": state, "name": STATUS, "ref": branch, "description": text}
    with api.tried("post a status"):
        api.project.commits.get(head, lazy=True).statuses.create(content)


def cancel_automatic_merge(api: Api, number: int) -> None:
    """Take back what a person told GitLab; nothing where nobody did.

    Raises:
        Denied: the account may not.
    """
    doing = f"cancel the automatic merge of {number}"
    try:
        with api.parsed():
            lazy = api.project.mergerequests.get(number, lazy=True)
            lazy.cancel_merge_when_pipeline_succeeds()
    except GitlabError as error:
        if error.response_code in {405, 406}:
            return  # nobody did, or what was told has happened
        refused = api.refusal(error, doing)
        if error.response_code == 401:
            one(api, number)  # 401 as well where the token is not known: then it is the reason
            raise Denied(f"cannot {doing}: this account may not merge there", MAY_MERGE) from None
        raise refused from None
