"""FL009: operators' holds and freezes that cannot be read, or that are of nothing in the fleet."""

from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.config import StopFile, read_stops
from gitops.config.faults import nearest
from gitops.errors import Place
from gitops.fleet import Fleet


def stop_files(fleet: Fleet) -> Iterator[Finding]:
    """FL009: each with what is wrong in it, or with its path."""
    for stop in read_stops(fleet.tree):
        if stop.error is not None:
            place = stop.error.place or Place(stop.path)
            yield Finding("FL009", Severity.ERROR, place, stop.error.message, stop.error.hint)
        else:
            yield from _of_nothing(fleet, stop)


def _of_nothing(fleet: Fleet, stop: StopFile) -> Iterator[Finding]:
    apps = {*fleet.apps, *fleet.config.broken}
    named = (("environment", stop.environment, fleet.environments), ("app", stop.app, apps))
    for what, name, known in named:
        if name is not None and name not in known:
            told = f"stops nothing: the fleet has no {what} `{name}`"
            yield Finding("FL009", Severity.ERROR, Place(stop.path), told, nearest(name, known))
            return
