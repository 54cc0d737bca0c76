"""What somebody may do in a repository on GitHub, and which owners it cannot ask.

Source: GitHub REST, "Repository collaborators".
"""

from collections.abc import Collection
from urllib.parse import quote

from bot.adapters.github_api import Api
from bot.adapters.github_demands import ADMINISTRATORS
from bot.canonical import Fields
from bot.forge_settings import Who


def administers(repository: Fields) -> bool:
    """Whether the reader does. An app is told no permissions of its own here: it has none."""
    if repository.content.get("permissions") is None:
        return False
    return repository.inner("permissions").flag("admin")


def role(api: Api, login: str) -> str | None:
    """Somebody's role; None for a stranger, and for an app, which has permissions instead.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    if login.endswith("[bot]"):
        return None
    told = api.there(f"collaborators/{quote(login)}/permission", f"read what {login} may do")
    if told is None:
        return None
    with api.reading():
        return told.text("permission")


def may(login: str, who: Who) -> bool | None:
    """Whether somebody may; None where a group decides: who is in it is not asked."""
    if who.writers or login.casefold() in {person.casefold() for person in who.people}:
        return True
    return None if set(who.groups) - {ADMINISTRATORS} else False


def unknown(api: Api, owners: Collection[str]) -> tuple[str, ...]:
    """Those who are no collaborator, nor a team that the account sees.

    Raises:
        Denied, Unavailable: it could not be asked.
    """
    found = []
    for owner in sorted(set(owners)):
        organisation, slash, team = owner.removeprefix("@").partition("/")
        place = f"/orgs/{organisation}/teams/{team}" if slash else f"/users/{organisation}"
        known = api.there(place, f"look up {owner}") is not None
        if not known or (not slash and role(api, organisation) in {None, "none", "read"}):
            found.append(owner)
    return tuple(found)
