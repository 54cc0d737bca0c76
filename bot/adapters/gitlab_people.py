"""Who somebody is on GitLab: numbers of logins, machines, members."""

from collections.abc import Collection, Mapping

from gitlab.exceptions import GitlabGetError

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.canonical import Fields
from bot.model import Gap
from gitops.errors import Denied, Unavailable

DEVELOPER = 30
"""The least role whose approval counts.

Source: GitLab Docs, "Merge request approvals", "Eligible approvers"; API, "Roles".
"""


class People:
    """Remembers what never changes for as long as the process runs: logins and what is a machine.

    A login that somebody gave up is another account's for GitLab too.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._bots: dict[int, bool] = {}
        self._named: dict[str, tuple[str, ...]] = {}

    def numbers(self, api: Api, logins: Collection[str]) -> Mapping[str, int]:
        """What GitLab calls these people; without those that it does not know.

        Raises:
            Denied, Unavailable: it could not be asked.
        """
        found = {}
        for login in logins:
            if login not in self._numbers:
                listed = api.every(f"look up {login}", api.server.users, username=login)
                with api.reading():
                    # GitLab finds a login whatever its case, and at most one.
                    self._numbers.update((login, one.number("id")) for one in listed[:1])
            if login in self._numbers:
                found[login] = self._numbers[login]
        return found

    def is_bot(self, api: Api, user: int) -> bool:
        """Whether this user is a machine; one that cannot be looked at is taken for one.

        Raises:
            Denied, Unavailable: it could not be asked.
        """
        if user not in self._bots:
            with api.tried("look at who approved"):
                try:
                    told = Fields(api.server.users.get(user).asdict())
                except GitlabGetError as error:
                    if error.response_code != 404:
                        raise
                    return True
            with api.reading():
                self._bots[user] = reading.is_bot(told)
        return self._bots[user]

    def addressed(self, api: Api, email: str) -> tuple[str, ...]:
        """Logins of those whose public address this is, which anybody may ask for.

        Raises:
            Denied, Unavailable: it could not be asked.
        """
        if email not in self._named:
            listed = api.every("look up who made a commit", api.server.users, search=email)
            with api.reading():
                self._named[email] = tuple(one.text("username") for one in listed)
        return self._named[email]


def active_members(api: Api, users: Collection[int]) -> frozenset[int]:
    """Which of these may approve in the project now, inherited and invited members too.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    if not users:
        return frozenset()
    query = {"user_ids[]": sorted(users)}
    listed = api.every("list the project's members", api.project.members_all, **query)
    with api.reading():
        return frozenset(
            one.number("id")
            for one in listed
            if one.number("access_level") >= DEVELOPER and one.text("state") == "active"
        )


def members(api: Api, group: str) -> tuple[str, ...] | Gap:
    """Logins of a group's members, inherited ones too, sorted; a Gap where it cannot be told."""
    doing = f"list the members of group {group}"
    try:
        listed = api.every(doing, api.server.groups.get(group, lazy=True).members_all)
        with api.reading():
            active = (one for one in listed if one.text("state") == "active")
            return tuple(sorted({one.text("username") for one in active}))
    except (Denied, Unavailable) as error:
        return Gap(f"group {group}", str(error), denied=isinstance(error, Denied))
