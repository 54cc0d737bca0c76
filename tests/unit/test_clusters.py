"""One Clusters over several: a name says who is asked; one that is silent is no other's trouble."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.clusters import ClustersByName
from bot.model import Gap, Health, Readiness
from gitops.carriers import Carried

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EU, US, LAB = (Carried("prod", name, "web", ()) for name in ("eu", "us", "lab"))


def ready(wanted: Carried) -> Health:
    return Health(
        wanted.environment, wanted.cluster, wanted.app, "a" * 40, Readiness.READY, NOW, NOW
    )


@dataclass(eq=False)
class Known:
    """Says `ready` of what it is asked for, or nothing at all."""

    gap: Gap | None = None
    asked: Collection[Carried] = ()

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        self.asked = wanted
        return self.gap or tuple(ready(each) for each in wanted)


def test_each_cluster_is_asked_of_its_own() -> None:
    flux, rest = Known(), Known()
    clusters = ClustersByName({"eu": flux, "us": flux}, rest, lambda: NOW)
    assert clusters.health([EU, LAB, US]) == (ready(EU), ready(US), ready(LAB))
    assert (flux.asked, rest.asked) == ([EU, US], [LAB])
    assert clusters.health([]) == ()


def test_who_cannot_say_anything_leaves_only_his_own_unknown() -> None:
    gap = Gap("status file", "is no JSON")
    clusters = ClustersByName({"eu": Known()}, Known(gap), lambda: NOW)
    assert clusters.health([EU, LAB]) == (
        ready(EU),
        Health(
            *("prod", "lab", "web", "", Readiness.UNKNOWN, NOW, NOW),
            message="status file: is no JSON",
            gaps=(gap,),
        ),
    )
    assert clusters.health([LAB]) == gap
