"""GitLab's environments of one project: looked for by name, made where there is none.

One that is there is a person's, whatever its state and tier: it is never changed.

Source: GitLab, "Environments API".
"""

from collections.abc import Collection

from bot.adapters.gitlab_api import Api
from bot.forge_settings import MakeEnvironment
from gitops.errors import Denied


def absent(api: Api, wanted: Collection[str]) -> tuple[str, ...] | None:
    """Those that are not there; None where the token may not look.

    Raises:
        Unavailable: it could not be asked.
    """
    try:
        return tuple(name for name in wanted if not _there(api, name))
    except Denied:
        return None


def make(api: Api, change: MakeEnvironment) -> None:
    """Make it, unless it is there.

    Raises:
        Denied, Unavailable, InvalidInput: GitLab does not let it happen.
    """
    if _there(api, change.name):
        return
    content = {"name": change.name} | ({"tier": str(change.tier)} if change.tier else {})
    with api.tried(f"make the environment {change.name}"):
        api.project.environments.create(content)


def _there(api: Api, name: str) -> bool:
    doing = f"look for the environment {name}"
    listed = api.every(doing, api.project.environments, name=name)
    with api.reading():
        return any(one.text("name") == name for one in listed)
