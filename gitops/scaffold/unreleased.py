"""Copies of an app's files in which it is not released yet: no version, and Flux waits."""

from collections.abc import Iterator, Mapping, Sequence

from gitops.edit import Replacement, replace
from gitops.errors import EditRefused
from gitops.fleet import Fleet
from gitops.reach import Reached
from gitops.scaffold.insertion import with_entry
from gitops.sites import Part, Site, parse_reference
from gitops.version import UNRELEASED

_TAGS = "refs/tags/"


def without_versions(
    fleet: Fleet,
    like: str,
    files: Mapping[str, bytes],
    targets: Mapping[str, Sequence[str]],
) -> dict[str, bytes]:
    """The copies that change: versions stand for none, and the app's Kustomizations are suspended.

    Args:
        fleet: what was copied from.
        like: the environment that was copied.
        files: the copies.
        targets: by the path of an original those of its copies.

    Raises:
        EditRefused: a version cannot be changed, or a Kustomization cannot be suspended.
    """
    copies = dict(files)
    for app in fleet.apps:
        pin = fleet.pin(like, app)
        if pin is None or pin.problem is not None:
            continue
        for site in pin.sites:
            new = _none(site)
            for path in targets.get(site.path, ()):
                if path in copies and new is not None:
                    none = Replacement(site.document, site.address, new)
                    copies[path] = replace(path, copies[path], [none])
        paths = {site.path for site in pin.sites if site.part is not Part.SUSPEND}
        for build in fleet.reach.reading(like, paths):
            copies |= dict(_suspended(build, copies, targets))
    return {path: data for path, data in copies.items() if data != files[path]}


def _none(site: Site) -> str | None:
    """What a site says of an app without a release; None where it stays as it is."""
    match site.part:
        case Part.TAG | Part.VERSION | Part.CHART_VERSION | Part.RANGE:
            return UNRELEASED
        case Part.DIGEST:
            return ""
        case Part.GIT_REF:
            return f"{_TAGS}{UNRELEASED}"
        case Part.REFERENCE:
            reference = parse_reference(site.value)
            return f"{reference.repository}:{UNRELEASED}" if reference else None
        case Part.SUSPEND | Part.COMMIT | Part.NAME:
            return None


def _suspended(
    build: Reached, files: Mapping[str, bytes], targets: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, bytes]]:
    found = build.kustomization
    if found is None:
        return
    for path in targets.get(found.place.path, ()):
        if path not in files:
            continue
        if found.suspend is not None:
            stop = Replacement(found.document, found.suspend.address, "true", boolean=True)
            yield path, replace(path, files[path], [stop])
        elif found.document == 0:
            entry = "suspend: true # lifted by the first release\n"
            yield path, with_entry(path, files[path], ("spec",), "suspend", entry)
        else:
            told = f"the Kustomization {found.name} cannot be suspended where it stands"
            raise EditRefused(told, "write `suspend: false` into it first", found.place)
