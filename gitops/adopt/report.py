"""What `adopt` took for what, and what it could not place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops.adopt.environments import Environment
from gitops.adopt.owners import NOBODY
from gitops.errors import Place
from gitops.inclusion.build import Chain
from gitops.sites import Site

NOWHERE = "no cluster's path leads to it, so that it runs nowhere"
"""Why what nothing reaches is in no app."""

_MANY = 5
"""Of apps: more of them are counted and not named."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A site that several environments reach: by each, and by which steps."""

    site: Site
    chains: Mapping[str, Chain]


@dataclass(frozen=True, slots=True)
class Report:
    """What a repository was found to be.

    `placed` gives the app of each site that exactly one environment reaches, `left` the reason of
    each that is in none. `shared` sites are in no pin until they are written for each environment
    by itself; `unreached` ones run nowhere. `stuck` says of which app in which environment nothing
    can be set yet, and why. `new` are the apps that were not described before, `unowned` those of
    them of which nothing tells a team.
    """

    environments: tuple[Environment, ...]
    notes: tuple[str, ...]
    placed: Mapping[Site, str]
    left: Mapping[Site, str]
    shared: tuple[Shared, ...]
    unreached: tuple[Site, ...]
    stuck: Mapping[tuple[str, str], str]
    new: tuple[str, ...]
    unowned: tuple[str, ...]

    @property
    def exclusive(self) -> int:
        """How many sites exactly one environment reaches."""
        return len(self.placed) + len(self.left)

    @property
    def share(self) -> float:
        """Of the sites that exactly one environment reaches, the placed ones: 0 to 1; 1 of none."""
        return len(self.placed) / self.exclusive if self.exclusive else 1.0


def facts(report: Report) -> dict[str, object]:
    """The report as JSON values, in the order in which a person would read it."""
    return {
        "environments": [
            {"name": e.name, "clusters": dict(e.clusters), "after": e.after, "why": e.why}
            for e in report.environments
        ],
        "notes": list(report.notes),
        "apps": list(report.new),
        "unowned": list(report.unowned),
        "counts": {
            "exclusive": report.exclusive,
            "placed": len(report.placed),
            "left": len(report.left),
            "shared": len(report.shared),
            "unreached": len(report.unreached),
        },
        "placed": [_site(site) | {"app": app} for site, app in report.placed.items()],
        "left": [_site(site) | {"reason": reason} for site, reason in report.left.items()],
        "shared": [
            _site(each.site) | {"by": {name: list(chain) for name, chain in each.chains.items()}}
            for each in report.shared
        ],
        "unreached": [_site(site) | {"reason": NOWHERE} for site in report.unreached],
        "stuck": [
            {"app": app, "environment": environment, "reason": reason}
            for (app, environment), reason in report.stuck.items()
        ],
    }


def lines(report: Report) -> Sequence[str]:
    """The report for a person: what was taken for what, then what needs one."""
    told = [f"{e.name}: {_clusters(e)}; {_order(e)}" for e in report.environments]
    told += report.notes
    told.append(
        f"{len(report.placed)} of {report.exclusive} versions that one environment alone reaches "
        f"belong to an app; {len(report.shared)} are shared, {len(report.unreached)} run nowhere"
    )
    told += [f"not placed: {place(s)}: {reason}" for s, reason in report.left.items()]
    told += [f"not placed: {place(s)}: {NOWHERE}" for s in report.unreached]
    told += [line for each in report.shared for line in _shared(each)]
    told += [
        f"cannot be set yet: {app} in {environment}: {reason}"
        for (app, environment), reason in report.stuck.items()
    ]
    if report.unowned:
        many = len(report.unowned) > _MANY
        apps = f"{len(report.unowned)} apps" if many else ", ".join(report.unowned)
        told.append(f"nothing tells the team of {apps}: put it in the place of `team: {NOBODY}`")
    return told


def place(site: Site) -> str:
    """Where a site is and what it says."""
    return f"{site.place} {site.artifact or site.object} {site.value}"


def _clusters(environment: Environment) -> str:
    return ", ".join(environment.clusters.values())


def _order(environment: Environment) -> str:
    return (
        f"after {environment.after} ({environment.why})" if environment.after else environment.why
    )


def _shared(each: Shared) -> Iterator[str]:
    yield f"shared: {place(each.site)}"
    for chain in each.chains.values():
        yield f"  {' | '.join(chain)}"


def _site(site: Site) -> dict[str, object]:
    at = Place(site.path, site.line, site.column)
    return {
        "place": str(at),
        "artifact": site.artifact,
        "kind": site.kind.value,
        "part": site.part.value,
        "value": site.value,
        "object": site.object,
    }
