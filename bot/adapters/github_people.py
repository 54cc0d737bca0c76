"""Labels on GitHub, whom it asks for a review, and who is in a team."""

from collections.abc import Collection
from urllib.parse import quote

from github.GithubException import GithubException

from bot.adapters.github_api import Api
from bot.model import Gap
from gitops.errors import Denied, Unavailable


def label(api: Api, number: int, add: Collection[str], remove: Collection[str]) -> None:
    """Put labels on it and take others off; GitHub makes those that are not there yet.

    Raises:
        Denied, InvalidInput, Unavailable: GitHub does not let it happen.
    """
    doing = f"label merge request {number}"
    if add:
        with api.doing(doing):
            api.issue(number).add_to_labels(*sorted(add))
    for name in sorted(remove):
        # PyGithub leaves a slash in a label's name as it is, which GitHub takes for a path.
        place = f"/repos/{api.project.path}/issues/{number}/labels/{quote(name, safe='')}"
        status, _, text = api.requester.requestJson("DELETE", place)
        if status not in {200, 404}:  # 404: it is not on it
            raise api.refusal(status, text, doing)


def request_reviews(api: Api, number: int, people: Collection[str]) -> None:
    """Ask them, in one call where GitHub lets all of them be asked.

    It refuses the whole call, with 422, for the author and for whoever may not read the
    repository.

    Source: GitHub REST, "Request reviewers for a pull request".

    Raises:
        Denied, Unavailable: nobody could be asked.
    """
    asked = sorted(people)
    if not asked or _asked(api, number, asked):
        return
    for person in asked if len(asked) > 1 else ():
        _asked(api, number, [person])


def _asked(api: Api, number: int, people: list[str]) -> bool:
    """Whether GitHub lets all of them be asked."""
    with api.doing(f"ask for reviews of {number}"):
        try:
            api.pull(number).create_review_request(reviewers=people)
        except GithubException as refused:
            if refused.status == 422:
                return False
            raise
    return True


def members(api: Api, group: str) -> tuple[str, ...] | Gap:
    """The logins of the people in a team, `ORGANISATION/TEAM`, those of its teams too, sorted.

    GitHub shows a team to those who belong to the organisation, and a secret one to its members;
    to all others it is not there. Of an organisation as a whole it shows strangers a part, so that
    none is asked for.

    Source: GitHub REST, "List team members".
    """
    organisation, slash, team = group.partition("/")
    if not (organisation and slash and team) or "/" in team:
        return Gap("GitHub", f"{group!r} is no team: write group:ORGANISATION/TEAM")
    place = f"/orgs/{quote(organisation, safe='')}/teams/{quote(team, safe='')}/members"
    try:
        people = api.pages(place, f"read the team {group}")
        with api.reading():
            return tuple(sorted({person.text("login") for person in people}))
    except Denied:
        reason = "there is none, or the token may not read the organisation's members"
        return Gap("GitHub", f"team {group}: {reason}", denied=True)
    except Unavailable as error:
        return Gap("GitHub", str(error))
