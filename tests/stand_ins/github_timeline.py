"""What happened to a pull request, as GitHub tells it.

Source: GitHub, "Issue event types"; @octokit/openapi 23.0.2: issue-event, timeline-issue-events.
"""

from datetime import UTC, datetime

from tests.stand_ins.bare import Commit
from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_git_shapes import GitShapes
from tests.stand_ins.github_pull_shapes import PullShapes, merge_sha
from tests.stand_ins.github_state import Team
from tests.stand_ins.model import ZERO, Event, MergeRequest, Push

_TOLD = frozenset(
    {
        *("closed", "reopened", "merged", "renamed", "ready_for_review", "convert_to_draft"),
        *("labeled", "unlabeled", "assigned", "unassigned"),
        *("review_requested", "review_request_removed", "review_dismissed"),
        *("auto_merge_enabled", "auto_merge_disabled"),
    }
)


def events_of(shapes: PullShapes, pull: MergeRequest) -> list[Json]:
    """Its events, oldest first."""
    return [told for _, told in _events(shapes, pull, timeline=False)]


def timeline_of(shapes: PullShapes, git: GitShapes, pull: MergeRequest) -> list[Json]:
    """Events, commits, comments and reviews, oldest first."""
    found = list(_events(shapes, pull, timeline=True))
    commits = pull.project.git.log(pull.head, f"^{pull.versions[-1].base}")[::-1]
    found += [(_committed_at(pull, one), _committed(git, one)) for one in commits]
    for note in pull.notes:
        comment = shapes.comment(pull, note)
        found.append((note.at, {**comment, "event": "commented", "actor": comment["user"]}))
    for review in pull.reviews:
        told = shapes.review(pull, review)
        told["state"] = told["state"].lower()
        found.append((review.at, {**told, "event": "reviewed"}))
    return [told for _, told in sorted(found, key=lambda pair: pair[0])]


def _events(
    shapes: PullShapes, pull: MergeRequest, *, timeline: bool
) -> list[tuple[datetime, Json]]:
    found = []
    for one in pull.events:
        for what, more in _said(shapes, pull, one, timeline=timeline):
            found.append((one.at, {**_event(shapes, pull, one, what, timeline=timeline), **more}))
    return found


def _said(
    shapes: PullShapes, pull: MergeRequest, one: Event, *, timeline: bool
) -> list[tuple[str, Json]]:
    """The events that something is told as, each with what it alone has."""
    commit = _commit(shapes, pull, merge_sha(pull))
    match one.what, one.about:
        case "merged", _:
            return [("merged", commit), ("closed", {})]
        case "pushed", Push() as push:
            before = push.before
            git = pull.project.git
            if before == ZERO or git.is_ancestor(before, push.after):
                return []
            return [("head_ref_force_pushed", _commit(shapes, pull, push.after))]
        case what, _:
            return [(what, _more(shapes, one, timeline=timeline))] if what in _TOLD else []


def _more(shapes: PullShapes, one: Event, *, timeline: bool) -> Json:
    inner = shapes.shapes
    match one.what:
        case "labeled" | "unlabeled":
            return {"label": {"name": one.about.name, "color": one.about.color}}
        case "assigned" | "unassigned":
            more = {} if timeline else {"assigner": inner.user(one.by)}
            return {"assignee": inner.user(one.about), **more}
        case "renamed":
            return {"rename": {"from": one.about[0], "to": one.about[1]}}
        case "review_requested" | "review_request_removed":
            asked = one.about
            whom: Json = (
                {"requested_team": inner.team(asked)}
                if isinstance(asked, Team)
                else {"requested_reviewer": inner.user(asked)}
            )
            return {"review_requester": inner.user(one.by), **whom}
        case "review_dismissed":
            review, was = one.about
            dismissed = {"state": was, "review_id": review.id, "dismissal_message": None}
            return {"dismissed_review": dismissed}
        case _:
            return {}


def _event(
    shapes: PullShapes, pull: MergeRequest, one: Event, what: str, *, timeline: bool
) -> Json:
    told: Json = {
        "id": one.id,
        "node_id": f"{what}_{one.id}",
        "url": f"{shapes.shapes.address(pull.project)}/issues/events/{one.id}",
        "actor": shapes.shapes.user(one.by),
        "event": what,
        "commit_id": None,
        "commit_url": None,
        "created_at": stamp(one.at),
        "performed_via_github_app": None,
    }
    if what in {"closed", "reopened"}:
        told["state_reason"] = None
    if not timeline:
        told.pop("state_reason", None)
    return told


def _commit(shapes: PullShapes, pull: MergeRequest, sha: str | None) -> Json:
    if sha is None:
        return {}
    return {
        "commit_id": sha,
        "commit_url": f"{shapes.shapes.address(pull.project)}/commits/{sha}",
    }


def _committed(git: GitShapes, commit: Commit) -> Json:
    return {"event": "committed", **git.git_commit(commit)}


def _committed_at(pull: MergeRequest, commit: Commit) -> datetime:
    """When it came; commits may tell any date."""
    arrived = {version.head: version.at for version in pull.versions}
    return arrived.get(commit.sha, min(commit.committer.at.astimezone(UTC), pull.versions[-1].at))
