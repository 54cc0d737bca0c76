"""What GitLab's answers say, in our words. Pure; every function may raise InvalidInput.

Source: GitLab 18, lib/api/entities (the shapes).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.canonical import Fields, moment
from bot.model import IDENTITY, Check, CheckState, MergeRequest, MergeRequestState
from gitops.errors import InvalidInput

_STATES = {
    "opened": MergeRequestState.OPEN,
    # While it is being merged, which may fail.
    "locked": MergeRequestState.OPEN,
    "closed": MergeRequestState.CLOSED,
    "merged": MergeRequestState.MERGED,
}

_SUCCESSES = {"success": CheckState.SUCCESS, "skipped": CheckState.SKIPPED}
_FAILURES = frozenset({"failed", "canceled", "canceling"})

_PRIVATE_EMAIL = re.compile(r"\d+-(?P<login>[^@]+)@users\.noreply\.[^@]+", re.ASCII)
"""Source: GitLab Docs, "Use an automatically generated private commit email"."""

_RESOURCE_BOT = re.compile(r"(project|group)_\d+_bot(_[0-9a-z]+|\d*)?", re.ASCII)
"""Source: GitLab Docs, "Project access tokens", "Bot users for projects"."""

_OWN = "merge_request_event"
"""Where a merge request's own pipeline comes from. One of the branch takes in whatever statuses are
posted, ours too, and would wait for what waits for it."""

PIPELINE = "pipeline"
"""The name under which that pipeline is a check."""


@dataclass(frozen=True, slots=True)
class Version:
    """What the branch of a merge request was: `head`, as GitLab saw it at a moment."""

    number: int
    head: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """An approval as GitLab keeps it: of no commit, and in older versions (None) of no time."""

    login: str
    user: int
    at: datetime | None


def merge_request(told: Fields) -> MergeRequest:
    """One as its own page tells it; its author is the only contributor that is named there."""
    author = told.inner("author").text("username")
    state = _state(told)
    armed = state is MergeRequestState.OPEN and told.flag("merge_when_pipeline_succeeds")
    return MergeRequest(
        number=told.number("iid"),
        source_branch=told.text("source_branch"),
        target_branch=told.text("target_branch"),
        head=told.optional("sha") or "",
        state=state,
        author=author,
        title=told.text("title"),
        body=told.optional("description") or "",
        contributors=(author,),
        closed_by=_login(told, "closed_by") if state is MergeRequestState.CLOSED else None,
        merge_sha=_merged_as(told) if state is MergeRequestState.MERGED else None,
        automatic_merge=armed,
        labels=tuple(sorted(told.texts("labels"))),
        reviewers=tuple(sorted(one.text("username") for one in told.each("reviewers"))),
    )


def _state(told: Fields) -> MergeRequestState:
    state = told.text("state")
    if state not in _STATES:
        raise InvalidInput(f"{state!r} is no state of a merge request")
    return _STATES[state]


def _merged_as(told: Fields) -> str | None:
    """The commit on the target branch: of a merge, of a squash, or the head, fast forward."""
    keys = ("merge_commit_sha", "squash_commit_sha", "sha")
    return next((sha for key in keys if (sha := told.optional(key))), None)


def from_here(told: Fields) -> bool:
    """Whether its branch is one of this project; a fork that is gone is null."""
    return told.content.get("source_project_id") == told.number("target_project_id")


def versions(listed: Iterable[Fields]) -> tuple[Version, ...]:
    """Of a merge request, oldest first."""
    found = (
        Version(one.number("id"), one.text("head_commit_sha"), one.moment("created_at"))
        for one in listed
    )
    return tuple(sorted(found, key=lambda version: version.number))


def agreements(told: Fields) -> tuple[Agreement, ...]:
    """Those that GitLab keeps of a merge request."""
    found = []
    for one in told.each("approved_by"):
        user, at = one.inner("user"), one.content.get("approved_at")
        when = moment(at) if isinstance(at, str) else None
        found.append(Agreement(user.text("username"), user.number("id"), when))
    return tuple(found)


def agreed_at(notes: Iterable[Fields]) -> Mapping[str, datetime]:
    """When each person approved last, by GitLab's own notes; nobody who took it back."""
    found: dict[str, datetime] = {}
    for note in sorted(notes, key=lambda note: note.number("id")):
        if not note.flag("system"):
            continue
        login, text = note.inner("author").text("username"), note.text("body")
        if text == "approved this merge request":
            found[login] = note.moment("created_at")
        elif text == "unapproved this merge request":
            found.pop(login, None)
    return found


def checks(statuses: Iterable[Fields], sha: str) -> tuple[Check, ...]:
    """The last status of each name and poster, latest last, jobs of pipelines among them.

    None that is called like the pipeline itself: whoever may push could pass it for one.
    """
    found: dict[tuple[str, str], Check] = {}
    for status in sorted(statuses, key=lambda s: s.number("id")):
        name, source = status.text("name"), poster(status)
        if name == PIPELINE:
            continue
        text = status.optional("description") or ""
        state = check_state(status.text("status"))
        found.pop((name, source), None)
        found[name, source] = Check(name, source, sha, state, text, status.time("created_at"))
    return tuple(found.values())


def poster(status: Fields) -> str:
    """The login that posted a status, or whose push started the job."""
    return _login(status, "author") or ""


def pipeline(told: Fields, sha: str) -> Check | None:
    """The merge request's own pipeline; None where there is none for exactly this head."""
    if told.content.get("head_pipeline") is None:
        return None
    run = told.inner("head_pipeline")
    if run.text("sha") != sha or run.content.get("source") != _OWN:
        return None
    return pipeline_run(run, sha)


def pipeline_run(told: Fields, sha: str) -> Check:
    """A pipeline of a commit as a check; its source is whoever started it."""
    return Check(PIPELINE, _login(told, "user") or "", sha, check_state(told.text("status")))


def check_state(text: str) -> CheckState:
    """Of a status or a pipeline; what is neither well nor over is pending."""
    if text in _FAILURES:
        return CheckState.FAILURE
    return _SUCCESSES.get(text, CheckState.PENDING)


def committers(commits: Iterable[Fields]) -> tuple[str, ...]:
    """E-mails of the authors and committers, and the logins that private addresses name.

    Our own identity is left out: anybody can write it, so it says nothing of who did.
    """
    found: dict[str, None] = {}
    for commit in commits:
        for key in ("author_email", "committer_email"):
            email = commit.text(key)
            private = _PRIVATE_EMAIL.fullmatch(email)
            found[private["login"] if private else email] = None
    found.pop(IDENTITY.email, None)
    return tuple(found)


def is_bot(user: Fields) -> bool:
    """Whether a user is a machine: of a project's or group's token, or a service account."""
    named = _RESOURCE_BOT.fullmatch(user.text("username")) is not None
    return named or user.content.get("bot") is True


def several(*groups: Collection[str]) -> tuple[str, ...]:
    """Each once, in the order of first mention."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _login(fields: Fields, key: str) -> str | None:
    """The login of a user who may be null or not named."""
    return None if fields.content.get(key) is None else fields.inner(key).text("username")
