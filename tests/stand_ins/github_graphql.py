"""What PyGithub sends to GitHub's GraphQL API to arm and to disarm an automatic merge; no more.

Source: GitHub, "Mutations: enablePullRequestAutoMerge, disablePullRequestAutoMerge"; PyGithub
2.10.0, Requester.graphql_named_mutation (the text that is sent).
"""

import re
from typing import Any

from tests.stand_ins.github_face import GitHubFace, refused
from tests.stand_ins.github_merging import allowed, mergeability, unmet
from tests.stand_ins.github_pull_shapes import AUTOMATIC, node_id
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.model import MergeRequest, Person, State
from tests.stand_ins.pushing import event
from tests.stand_ins.web import Answer, Call

_MUTATION = re.compile(
    r"mutation Mutation\(\$input: (?P<type>\w+)Input!\) "
    r"\{ (?P<name>\w+)\(input: \$input\) "
    r"\{ actor \{ avatarUrl login resourcePath url \} clientMutationId \} \}"
)


class _Wrong(Exception):
    """A GraphQL error: its type and its words."""


def mutate(face: GitHubFace, call: Call) -> Answer | None:
    """None: nothing that it knows."""
    content = call.content if isinstance(call.content, dict) else {}
    found = _MUTATION.fullmatch(str(content.get("query", "")).strip())
    if found is None or found["name"] not in _ACTIONS:
        return None
    if call.caller is None:
        raise refused(401, "This endpoint requires you to be authenticated.")
    given = content.get("variables", {}).get("input", {})
    try:
        pull = _pull(face, call.caller, str(given.get("pullRequestId")))
        _ACTIONS[found["name"]](face, call.caller, pull, given)
    except _Wrong as e:
        kind, message = e.args
        error = {"type": kind, "path": [found["name"]], "message": message}
        return Answer(200, {"data": {found["name"]: None}, "errors": [error]})
    user = face.shapes(call).user(call.caller)
    actor = {
        "avatarUrl": user["avatar_url"],
        "login": user["login"].removesuffix("[bot]"),
        "resourcePath": f"/{user['login']}",
        "url": user["html_url"],
    }
    done = {"actor": actor, "clientMutationId": given.get("clientMutationId")}
    return Answer(200, {"data": {found["name"]: done}})


def _pull(face: GitHubFace, by: Person, wanted: str) -> MergeRequest:
    for pull in face.forge.requests():
        if node_id(pull) == wanted and face.forge.access(by, pull.project) >= ROLES["read"]:
            if face.forge.access(by, pull.project) < ROLES["write"]:
                raise _Wrong("FORBIDDEN", f"{by.login} does not have the correct permissions")
            return pull
    raise _Wrong("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted}'")


def _arm(face: GitHubFace, by: Person, pull: MergeRequest, given: dict[str, Any]) -> None:
    method = str(given.get("mergeMethod", "MERGE")).lower()
    if not pull.project.settings.get("allow_auto_merge"):
        raise _Wrong("UNPROCESSABLE", "Auto merge is not allowed for this repository")
    if not allowed(pull.project, method):
        raise _Wrong("UNPROCESSABLE", f"Merge method {method} merging is not allowed")
    if pull.state is not State.OPEN:
        raise _Wrong("UNPROCESSABLE", "Pull request is closed")
    head = given.get("expectedHeadOid")
    if head is not None and head != pull.head:
        raise _Wrong("UNPROCESSABLE", "Head sha didn't match")
    found = mergeability(face.forge, pull, by)
    if found.mergeable and not unmet(face.forge, pull, by):
        raise _Wrong("UNPROCESSABLE", "Pull request is in clean status")
    title = given.get("commitHeadline") or f"Merge pull request #{pull.number}"
    body = given.get("commitBody") or pull.title
    pull.extra[AUTOMATIC] = {
        "by": by,
        "method": method,
        "title": title,
        "message": body,
        "text": f"{title}\n\n{body}",
    }
    event(face.forge, pull, "auto_merge_enabled", by)


def _disarm(face: GitHubFace, by: Person, pull: MergeRequest, _: dict[str, Any]) -> None:
    if AUTOMATIC not in pull.extra:
        raise _Wrong("UNPROCESSABLE", "Can't disable auto-merge for this pull request.")
    del pull.extra[AUTOMATIC]
    event(face.forge, pull, "auto_merge_disabled", by)


_ACTIONS = {"enablePullRequestAutoMerge": _arm, "disablePullRequestAutoMerge": _disarm}
