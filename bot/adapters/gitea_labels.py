"""Labels on Gitea, which knows them by number and makes none by itself."""

from collections.abc import Collection, Mapping
from threading import RLock

from bot.adapters.gitea_api import Api
from bot.canonical import Fields

_COLOUR = "#1f6feb"


class Labels:
    """Which number each label has, remembered for as long as the process runs.

    A label that somebody made anew has another number by then. Opening with the old one leaves it
    out, which the next look shows, and `put` asks afresh.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] | None = None
        self._alone = RLock()

    async def numbers(self, api: Api, names: Collection[str]) -> Mapping[str, int]:
        """The repository's number of each label; those that it lacks are made.

        Raises:
            Denied, Unavailable: they could not be read or made.
        """
        if not names:
            return {}
        # Each use of the port has a thread and a loop of its own, which may wait for another's:
        # Gitea would make a label twice.
        with self._alone:
            known = await _known(api) if self._known is None else self._known
            # Where an answer is lost, whoever is next looks whether the label was made.
            self._known = None
            for name in sorted(set(names) - known.keys()):
                content = {"name": name, "color": _COLOUR, "description": "Set by Fairlead"}
                made = api.read(await api.ask("POST", "/labels", content), f"make the label {name}")
                with api.reading():
                    known[name] = made.number("id")
            self._known = known
            return {name: known[name] for name in names}

    async def put(
        self, api: Api, number: int, add: Collection[str], remove: Collection[str]
    ) -> None:
        """Put labels on a merge request and take others off.

        Raises:
            Denied, Unavailable: not all of it happened.
        """
        place, doing = f"/issues/{number}/labels", f"label merge request {number}"
        if add:
            self._known = None
            found = await self.numbers(api, add)
            content = {"labels": sorted(found.values())}
            api.succeed(await api.ask("POST", place, content), doing)
        known = await _known(api) if remove else {}
        for name in sorted(set(remove) & known.keys()):
            api.succeed(await api.ask("DELETE", f"{place}/{known[name]}"), doing)


async def _known(api: Api) -> dict[str, int]:
    """The first of each name: Gitea lets two have the same."""
    # This list names no next page.
    listed: tuple[Fields, ...] = await api.pages("/labels", linked=False)
    found: dict[str, int] = {}
    with api.reading():
        for one in listed:
            found.setdefault(one.text("name"), one.number("id"))
    return found
