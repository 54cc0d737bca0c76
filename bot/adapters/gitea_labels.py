"""Labels on Gitea, which knows them by number and makes none by itself."""

from collections.abc import Collection, Mapping

from bot.adapters.gitea_api import Api
from bot.canonical import Fields

_COLOUR = "#1f6feb"


async def numbers(api: Api, names: Collection[str]) -> Mapping[str, int]:
    """The repository's number of each label; those that it lacks are made.

    Raises:
        Denied, Unavailable: they could not be read or made.
    """
    if not names:
        return {}
    known = await _known(api)
    for name in sorted(set(names) - known.keys()):
        content = {"name": name, "color": _COLOUR, "description": "Set by Fairlead"}
        made = api.read(await api.ask("POST", "/labels", content), f"make the label {name}")
        with api.reading():
            known[name] = made.number("id")
    return {name: known[name] for name in names}


async def label(api: Api, number: int, add: Collection[str], remove: Collection[str]) -> None:
    """Put labels on a merge request and take others off.

    Raises:
        Denied, Unavailable: not all of it happened.
    """
    place, doing = f"/issues/{number}/labels", f"label merge request {number}"
    if add:
        found = await numbers(api, add)
        content = {"labels": sorted(found.values())}
        api.succeed(await api.ask("POST", place, content), doing)
    if remove:
        known = await _known(api)
        for name in sorted(set(remove) & known.keys()):
            api.succeed(await api.ask("DELETE", f"{place}/{known[name]}"), doing)


async def _known(api: Api) -> dict[str, int]:
    """The first of each name: Gitea lets two have the same."""
    listed: tuple[Fields, ...] = await api.pages("/labels")
    found: dict[str, int] = {}
    with api.reading():
        for one in listed:
            found.setdefault(one.text("name"), one.number("id"))
    return found
