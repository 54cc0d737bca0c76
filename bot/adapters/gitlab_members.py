"""What somebody may do in a GitLab project: numbers of logins, roles, and who is not known there.

Source: GitLab, "Project members API".
"""

from collections.abc import Collection

from gitlab.exceptions import GitlabError

from bot.adapters import gitlab_rules as rules
from bot.adapters.gitlab_api import Api
from bot.adapters.gitlab_rules import DEVELOPER
from bot.canonical import Fields
from bot.forge_settings import Who
from gitops.errors import Denied, InvalidInput, Unavailable


def number(api: Api, login: str) -> int:
    """What GitLab calls somebody.

    Raises:
        InvalidInput: there is no such account.
        Denied, Unavailable: it could not be asked.
    """
    listed = api.every(f"look up {login}", api.server.users, username=login)
    with api.reading():
        found = [one.number("id") for one in listed]
    if not found:
        raise InvalidInput(f"GitLab knows no account {login}", "make it first")
    return found[0]


def login(api: Api, number: int) -> str:
    """The name of an account.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    with api.tried("look at whom a rule names"):
        return Fields(api.server.users.get(number).asdict()).text("username")


def role(api: Api, number: int) -> int:
    """The level of a member, inherited ones too; 0 for somebody who is none.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    try:
        with api.parsed():
            told = Fields(api.project.members_all.get(number).asdict())
    except GitlabError as error:
        if error.response_code == 404:
            return 0
        raise api.refusal(error, "read who is a member") from None
    with api.reading():
        return told.number("access_level")


def may(login: str, role: int, who: Who) -> bool | None:
    """Whether somebody of this role may; None where a group decides: who is in it is not asked."""
    roles = {name: number for number, name in rules.ROLES.items()}
    if who.writers and role >= DEVELOPER:
        return True
    if any(role >= roles[group] for group in who.groups if group in roles):
        return True
    if login.casefold() in {person.casefold() for person in who.people}:
        return True
    return None if set(who.groups) - roles.keys() else False


def unknown(api: Api, owners: Collection[str]) -> tuple[str, ...]:
    """Those who are neither a member nor a group that the token sees.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    members = api.every("list the project's members", api.project.members_all)
    with api.reading():
        logins = {f"@{one.text('username')}".casefold() for one in members}
    return tuple(
        owner
        for owner in sorted(set(owners))
        if owner.casefold() not in logins and not _is_group(api, owner.removeprefix("@"))
    )


def _is_group(api: Api, path: str) -> bool:
    try:
        with api.tried(f"look at the group {path}"):
            api.server.groups.get(path)
    except (Denied, Unavailable):
        return False
    return True
