"""How an app does on one cluster, in the words that every verb uses. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OnCluster:
    """One cluster of an environment, as its health source reports an app there.

    `wanted` is the release that the target branch says, `running` the one at the revision that is
    applied, "" where nobody knows. `health` is a `Standing`'s word; `since` when it began, None
    where nobody tells. `reason` is why it is not healthy, or what to know of it all the
    same; it quotes foreign text, on one line.
    """

    cluster: str
    wanted: str
    running: str
    health: str
    since: datetime | None = None
    reason: str = ""

    @property
    def well(self) -> bool:
        """It is healthy with what is wanted."""
        return self.health == "healthy" and self.running == self.wanted

    def cells(self) -> tuple[str, str, str, str, str]:
        """Wanted, running, health, since and reason, as a table shows them."""
        since = "" if self.since is None else f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return self.wanted, self.running or "unknown", self.health, since, self.reason

    def sentence(self) -> str:
        """The same on one line."""
        wanted, running, health, since, reason = self.cells()
        begun = f" since {since}" if since else ""
        said = f": {reason}" if reason else ""
        return f"{self.cluster}: wants {wanted}, runs {running}, {health}{begun}{said}"
