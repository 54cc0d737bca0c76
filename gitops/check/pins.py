"""What is written of the apps' versions."""

from collections.abc import Iterator

from gitops.check import promotion
from gitops.check.finding import Finding, Severity
from gitops.errors import InvalidInput, Place
from gitops.fleet import STOPS, Fleet, Pin
from gitops.pin import VERSIONED, read_content, unfilled
from gitops.sites import ArtifactKind
from gitops.tags import unpadded_prerelease


def apps(fleet: Fleet) -> Iterator[Finding]:
    """FL001: an app whose app.yaml is wrong."""
    for name, error in fleet.config.broken.items():
        place = error.place or Place(fleet.config.app_file(name))
        yield Finding("FL001", Severity.ERROR, place, error.message, error.hint)
    for template in filter(None, map(fleet.config.template_of, fleet.tree)):
        for build in fleet.reach.builds:
            if f"{build.directory}/".startswith(f"{template}/"):
                place = Place(f"{template}/app.yaml")
                told = f"by its name {template} is there to be copied and is no app, "
                told += f"and Flux applies {build.directory}"
                hint = "give the directory, and the app, a name without that first character"
                yield Finding("FL001", Severity.ERROR, place, told, hint)


def pins(fleet: Fleet) -> Iterator[Finding]:
    """FL101 to FL111: one app in one environment."""
    told_already = _faults(fleet)
    for app in fleet.apps:
        found = {environment: fleet.pin(environment, app) for environment in fleet.environments}
        yield from promotion.across(fleet, app, found)
        if not any(found.values()):
            told = f"no environment has a version of {app}"
            hint = "write it with the app's image in a file that one environment reaches"
            yield Finding("FL107", Severity.WARNING, Place(fleet.config.app_file(app)), told, hint)
        for pin in found.values():
            if pin is not None and pin.problem is not None:
                if pin.problem.place not in told_already:
                    yield from _problem(fleet, pin, pin.problem)
            elif pin is not None:
                yield from _state(pin)
                yield from _room(fleet, pin)


def _problem(fleet: Fleet, pin: Pin, problem: InvalidInput) -> Iterator[Finding]:
    place = problem.place or Place(fleet.config.app_file(pin.app))
    if place.path.startswith(STOPS):
        return
    if len(fleet.reach.environments(place.path)) > 1:
        code = "FL102"
    elif same(problem, read_content(pin.sites)[1]):
        code = "FL103"
    elif same(problem, unfilled(pin.sites)):
        code = "FL104"
    else:
        code = "FL105"
    yield Finding(code, Severity.ERROR, place, problem.message, problem.hint)


def _faults(fleet: Fleet) -> frozenset[Place]:
    """The places that FL002 tells of already."""
    return frozenset(
        error.place
        for environment in fleet.environments
        for _, errors in fleet.inventory.faulty_builds(environment)
        for error in errors.values()
        if error.place is not None
    )


def same(one: InvalidInput, other: InvalidInput | None) -> bool:
    """Whether two errors say the same of the same place."""
    return other is not None and (one.message, one.place) == (other.message, other.place)


def _state(pin: Pin) -> Iterator[Finding]:
    place = pin.sites[0].place
    if pin.unreleased:
        told = f"{pin.app} has no release in {pin.environment} yet"
        yield Finding("FL101", Severity.INFO, place, told)
    for tag in sorted({each.tag for each in pin.content if each.tag}):
        if unpadded_prerelease(tag):
            told = f"{tag}: of such prereleases the tenth orders before the second"
            hint = "write rc.9 with a dot, or rc09"
            yield Finding("FL106", Severity.WARNING, place, told, hint)


def _room(fleet: Fleet, pin: Pin) -> Iterator[Finding]:
    """FL108: an approved tag that may say something else tomorrow."""
    policy = fleet.config.policy(pin.app, pin.environment)
    if policy is None or not policy.guarded:
        return
    for each in pin.content:
        site = next(s for s in pin.sites if s.artifact == each.repository)
        without = site.part in VERSIONED or site.kind is ArtifactKind.GIT
        if not without and not pin.takes_digest(each.repository):
            told = f"{each.repository} has room for a tag alone in {pin.environment}, "
            told += "which needs approvals: the tag may move after them"
            hint = 'add a place for the digest, `digest: ""` beside `newTag` for example'
            yield Finding("FL108", Severity.WARNING, site.place, told, hint)
