"""GitHub's environments of one repository: looked for by name, made where there is none.

One that is there is a person's, with its reviewers, timers, secrets and branches, which a second
PUT would take away: it is never changed. What is made lets one branch deploy, in two calls; one to
which no branch at all may deploy is taken for one whose second call never came.

Only the branches are set: a plan that lacks reviewers and timers refuses a call that names them.

Source: GitHub REST, "Deployment environments" and "Deployment branch policies".
"""

from collections.abc import Collection
from urllib.parse import quote

from bot.adapters.github_api import Api
from bot.canonical import Fields
from bot.forge_settings import MakeEnvironment
from gitops.errors import Denied

_BY_NAME = {"protected_branches": False, "custom_branch_policies": True}
"""Branches with a protection of the old kind are others than those of rule sets."""


def absent(api: Api, wanted: Collection[str]) -> tuple[str, ...] | None:
    """Those that are not there, or not finished; None where the token may not look.

    Raises:
        Unavailable: it could not be asked.
    """
    try:
        return tuple(name for name in wanted if _lacking(api, name, _told(api, name)))
    except Denied:
        return None


def make(api: Api, change: MakeEnvironment) -> None:
    """Make it and let the branch deploy to it, unless it is there.

    Raises:
        Denied, Unavailable, InvalidInput, Conflict: GitHub does not let it happen.
    """
    told = _told(api, change.name)
    if not _lacking(api, change.name, told):
        return
    doing, place = f"make the environment {change.name}", _place(change.name)
    if told is None:
        _write(api, "PUT", place, {"deployment_branch_policy": _BY_NAME}, doing)
    branch = {"name": change.branch, "type": "branch"}
    _write(api, "POST", f"{place}/deployment-branch-policies", branch, doing)


def _told(api: Api, name: str) -> Fields | None:
    return api.there(_place(name), f"look for the environment {name}")


def _lacking(api: Api, name: str, told: Fields | None) -> bool:
    """Whether it is not there, or no branch may deploy to it."""
    if told is None:
        return True
    with api.reading():
        if told.content.get("deployment_branch_policy") is None:
            return False
        if not told.inner("deployment_branch_policy").flag("custom_branch_policies"):
            return False
    place = f"{_place(name)}/deployment-branch-policies"
    return not api.pages(place, f"read who deploys to {name}", key="branch_policies")


def _place(name: str) -> str:
    return f"environments/{quote(name, safe='')}"


def _write(api: Api, verb: str, place: str, content: object, doing: str) -> None:
    whole = f"/repos/{api.project.path}/{place}"
    status, _, text = api.requester.requestJson(verb, whole, input=content)
    if status != 200:
        raise api.refusal(status, text, doing)
