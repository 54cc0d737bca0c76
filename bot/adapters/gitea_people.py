"""Whom Gitea asks for a review, who may still approve, and who is in an organisation or team."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import quote

from bot.adapters.gitea_api import Api
from bot.model import Gap, MergeRequest
from gitops.errors import Denied, Unavailable

REFUSED = frozenset({404, 422})
"""Gitea's answers for somebody who cannot be asked: nobody has the login, it is the author, or the
person may not read the repository. The whole request ends there, with those before it asked.

Source: Gitea 1.26, routers/api/v1/repo/pull_review.go, apiReviewRequest.
"""


async def request_reviews(api: Api, number: int, people: Collection[str]) -> frozenset[str]:
    """Ask them, in one call where Gitea lets all of them be asked; those who could be.

    Raises:
        Denied, Unavailable: nobody could be asked.
    """
    place, doing = f"/pulls/{number}/requested_reviewers", f"ask for reviews of {number}"
    asked = sorted(people)
    if not asked:
        return frozenset()
    answer = await api.ask("POST", place, {"reviewers": asked})
    if answer.status not in REFUSED:
        api.succeed(answer, doing)
        return frozenset(asked)
    could = set()
    for person in asked if len(asked) > 1 else ():
        answer = await api.ask("POST", place, {"reviewers": [person]})
        if answer.status not in REFUSED:
            api.succeed(answer, doing)
            could.add(person)
    return frozenset(could)


async def of_writers(api: Api, requests: Sequence[MergeRequest]) -> tuple[MergeRequest, ...]:
    """The same without the approvals of those who may no longer write to the repository.

    Gitea decides when a review is given whether it is official, and never again. Whoever may be
    assigned may write: nobody else is told to an account that does not administer.
    Source: Gitea 1.26, models/repo/user_repo.go, GetRepoAssignees.

    Raises:
        Denied, Unavailable: nobody can say who may.
    """
    if not any(request.approvals for request in requests):
        return tuple(requests)
    listed = await api.pages("/assignees")
    with api.reading():
        may = {person.text("login") for person in listed}
    return tuple(
        replace(r, approvals=tuple(a for a in r.approvals if a.bot or a.person in may))
        for r in requests
    )


async def members(api: Api, group: str) -> tuple[str, ...] | Gap:
    """The logins of an organisation (`acme`) or one of its teams (`acme/qa`), sorted.

    Gitea shows strangers only those members who want to be seen, so it is asked first whether this
    account belongs there: the teams of an organisation are shown to nobody else.
    """
    organisation, _, team = group.partition("/")
    place = f"/orgs/{quote(organisation, safe='')}"
    try:
        teams = await api.pages(f"{place}/teams", elsewhere=True)
        with api.reading():
            known = {t.text("name").lower(): t.number("id") for t in teams}
        if team and team.lower() not in known:
            return Gap("Gitea", f"{organisation} has no team {team}")
        listed = f"/teams/{known[team.lower()]}/members" if team else f"{place}/members"
        people = await api.pages(listed, elsewhere=True)
        with api.reading():
            return tuple(sorted(person.text("login") for person in people))
    except Denied:
        reason = "there is none, the token lacks read:organization, or its account is no member"
        return Gap("Gitea", f"group {group}: {reason}", denied=True)
    except Unavailable as error:
        return Gap("Gitea", str(error))
