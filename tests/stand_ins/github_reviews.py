"""Calls on reviews of pull requests, and on whose review is asked for.

Source: GitHub, "REST API endpoints for pull request reviews", "... for review requests".
"""

from typing import Any

from tests.stand_ins.github_face import GitHubFace, not_found, refused
from tests.stand_ins.github_pull_shapes import teams_of
from tests.stand_ins.github_state import ROLES, Team
from tests.stand_ins.merge_requests import review
from tests.stand_ins.model import MergeRequest, Person, Review, State, Verdict
from tests.stand_ins.pushing import event
from tests.stand_ins.web import Answer, Call, Listing, Refused, Routes

ROUTES = Routes()

_REVIEWS = "/repos/:owner/:repo/pulls/:number/reviews"
_ASKED = "/repos/:owner/:repo/pulls/:number/requested_reviewers"
_EVENTS = {
    "APPROVE": Verdict.APPROVED,
    "REQUEST_CHANGES": Verdict.CHANGES_REQUESTED,
    "COMMENT": Verdict.COMMENTED,
}


def unprocessable(*errors: str) -> Refused:
    """422 as reviews word it."""
    content = {
        "message": "Unprocessable Entity",
        "errors": list(errors),
        "documentation_url": "https://docs.github.com/rest/pulls/reviews",
        "status": "422",
    }
    return Refused(422, content)


@ROUTES.on("GET", _REVIEWS)
def listed(face: GitHubFace, call: Call) -> Listing:
    """Oldest first."""
    pull = face.pull(call)
    shapes = face.pulls(call)
    return Listing(pull.reviews, lambda one: shapes.review(pull, one))


@ROUTES.on("POST", _REVIEWS)
def create(face: GitHubFace, call: Call) -> Answer:
    """Whoever may read may approve; what it counts for is another matter."""
    pull, by = face.pull(call), _asker(call)
    said = call.text("event")
    if said not in _EVENTS:
        raise unprocessable("Event is not one of APPROVE, REQUEST_CHANGES, COMMENT here")
    if by is pull.author and said != "COMMENT":
        verb = "approve" if said == "APPROVE" else "request changes on"
        raise unprocessable(f"Can not {verb} your own pull request")
    if said != "APPROVE" and not call.text("body"):
        raise unprocessable("Review can not be blank")
    head = call.text("commit_id") or pull.head
    heads = {version.head for version in pull.versions}
    if head not in heads and not pull.project.git.is_ancestor(head, pull.head):
        raise unprocessable("The commit_id is not part of the pull request")
    made = review(face.forge, pull, by, _EVENTS[said], call.text("body"), head)
    if by in pull.reviewers:
        pull.reviewers.remove(by)
    for team in teams_of(pull)[:]:
        if by.id in face.forge.of_team(team):
            teams_of(pull).remove(team)
    return Answer(200, face.pulls(call).review(pull, made))


@ROUTES.on("GET", f"{_REVIEWS}/:review")
def single(face: GitHubFace, call: Call) -> Any:
    """One review."""
    pull = face.pull(call)
    return face.pulls(call).review(pull, _review(call, pull))


@ROUTES.on("PUT", f"{_REVIEWS}/:review/dismissals")
def dismiss(face: GitHubFace, call: Call) -> Any:
    """An approval, or a wish for changes, no longer counts."""
    pull = face.pull(call, "write")
    found = _review(call, pull)
    if not call.text("message"):
        raise unprocessable("Message can not be blank")
    if found.verdict not in {Verdict.APPROVED, Verdict.CHANGES_REQUESTED}:
        raise unprocessable("Can not dismiss a commented pull request review")
    was, found.verdict = found.verdict, Verdict.DISMISSED
    event(face.forge, pull, "review_dismissed", _asker(call), (found, was.value))
    return face.pulls(call).review(pull, found)


# --- whose review is asked for ------------------------------------------------------------------


@ROUTES.on("GET", _ASKED)
def asked(face: GitHubFace, call: Call) -> Any:
    """People and teams."""
    pull, shapes = face.pull(call), face.shapes(call)
    people = [shapes.user(one) for one in pull.reviewers]
    return {"users": people, "teams": [shapes.team(one) for one in teams_of(pull)]}


@ROUTES.on("POST", _ASKED)
def ask(face: GitHubFace, call: Call) -> Any:
    """All of them or none."""
    pull = face.pull(call, "write")
    people, teams = _named(face, call, pull)
    if pull.author in people:
        raise _refused(face, "Review cannot be requested from pull request author.")
    by = _asker(call)
    for one in people:
        if one not in pull.reviewers:
            pull.reviewers.append(one)
            event(face.forge, pull, "review_requested", by, one)
    for team in teams:
        if team not in teams_of(pull):
            teams_of(pull).append(team)
            event(face.forge, pull, "review_requested", by, team)
    pull.updated = face.forge.tick()
    return face.pulls(call).simple(pull)


@ROUTES.on("DELETE", _ASKED)
def ask_no_more(face: GitHubFace, call: Call) -> Any:
    """Whoever was not asked stays so."""
    pull = face.pull(call, "write")
    people, teams = _named(face, call, pull)
    for one in people:
        if one in pull.reviewers:
            pull.reviewers.remove(one)
            event(face.forge, pull, "review_request_removed", _asker(call), one)
    for team in teams:
        if team in teams_of(pull):
            teams_of(pull).remove(team)
            event(face.forge, pull, "review_request_removed", _asker(call), team)
    return face.pulls(call).simple(pull)


def _named(face: GitHubFace, call: Call, pull: MergeRequest) -> tuple[list[Person], list[Team]]:
    """The people and teams that a call names.

    Raises:
        Refused: one of them has nothing to do with the repository.
    """
    if pull.state is not State.OPEN and call.method == "POST":
        raise _refused(face, "Reviews may only be requested on open pull requests.")
    forge, project = face.forge, pull.project
    people = [forge.login(str(login)) for login in call.many("reviewers")]
    slugs = [str(slug) for slug in call.many("team_reviewers")]
    teams = [one for one in forge.teams if one.slug in slugs and project.id in one.repositories]
    known = [
        one
        for one in people
        if one is not None and not one.bot and forge.access(one, project) >= ROLES["read"]
    ]
    if len(known) < len(people) or len(teams) < len(slugs):
        raise _refused(
            face,
            "Reviews may only be requested from collaborators. One or more of the users or teams "
            f"you specified is not a collaborator of the {project.full_path} repository.",
        )
    return known, teams


def _refused(face: GitHubFace, message: str) -> Refused:
    return refused(422, message)


def _review(call: Call, pull: MergeRequest) -> Review:
    found = next((one for one in pull.reviews if str(one.id) == call.parts["review"]), None)
    if found is None:
        raise not_found()
    return found


def _asker(call: Call) -> Person:
    if call.caller is None:
        raise refused(401, "Requires authentication")
    return call.caller
