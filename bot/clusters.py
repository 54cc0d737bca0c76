"""One `Clusters` over several: a cluster's name says which of them is asked."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from bot.model import Gap, Health, Readiness
from bot.ports import Clock, Clusters
from gitops.carriers import Carried


class Unasked:
    """Clusters that nobody has said how to know of."""

    def __init__(self, now: Clock) -> None:
        self._now = now

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...]:
        """That nobody knows, of each."""
        told = "no `[[clusters]]` of the settings names it, and there is no status file"
        return tuple(unknown(each, self._now(), told) for each in wanted)


def unknown(wanted: Carried, observed: datetime, reason: str) -> Health:
    """That nobody can say how an app is on a cluster, with the whole reason."""
    return Health(
        wanted.environment,
        wanted.cluster,
        wanted.app,
        "",
        Readiness.UNKNOWN,
        observed,
        observed,
        message=reason,
    )


class ClustersByName:
    """Each cluster is known in one way; what nobody names is the rest's.

    A source that could say nothing makes its own clusters unknown, and no other's.
    """

    def __init__(self, named: Mapping[str, Clusters], rest: Clusters, now: Clock) -> None:
        self._named = named
        self._rest = rest
        self._now = now

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        """What is reported of these; a Gap where no source at all could say anything."""
        parts: dict[Clusters, list[Carried]] = {}
        for each in wanted:
            parts.setdefault(self._named.get(each.cluster, self._rest), []).append(each)
        if not parts:
            return ()
        with ThreadPoolExecutor(len(parts)) as pool:
            answers = list(pool.map(lambda source: source.health(parts[source]), parts))
        gaps = [answer for answer in answers if isinstance(answer, Gap)]
        if len(gaps) == len(answers):
            return gaps[0]
        found: list[Health] = []
        for part, answer in zip(parts.values(), answers, strict=True):
            found.extend(self._unknown(part, answer) if isinstance(answer, Gap) else answer)
        return tuple(found)

    def _unknown(self, wanted: Sequence[Carried], gap: Gap) -> list[Health]:
        now = self._now()
        reason = f"{gap.service}: {gap.reason}"
        found = (unknown(each, now, reason) for each in wanted)
        return [replace(each, gaps=(gap,)) for each in found]
