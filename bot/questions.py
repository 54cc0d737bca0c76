"""What the ports are asked for, as the fleet's configuration says. Pure."""

from collections.abc import Collection

from bot.observation import PinFacts
from bot.ports import SourceQuery
from gitops.config import AppConfig
from gitops.fleet import Fleet


def source_query(fleet: Fleet, app: AppConfig) -> SourceQuery:
    """An app's repository with every branch that one of its environments follows."""
    policies = (fleet.config.policy(app.name, e) for e in fleet.environments)
    follows = (p.follow for p in policies if p is not None and p.follow is not None)
    branches = {f.branch for f in follows if f.branch is not None}
    return SourceQuery(app.source.url if app.source else "", tuple(sorted(branches)))


def listed_places(fleet: Fleet, pins: Collection[PinFacts]) -> tuple[str, ...]:
    """Where tag lists are needed from: builds of a branch, and apps without a source."""
    found: set[str] = set()
    for pin in pins:
        app = fleet.config.apps[pin.target.app]
        policy = fleet.config.policy(app.name, pin.target.environment)
        follow = policy.follow if policy is not None else None
        if follow is not None and (follow.branch is not None or app.source is None):
            places, placeless = dict(pin.places), dict(pin.placeless)
            named = (a.name for a in app.followed if a.name not in placeless)
            found |= {places.get(name, name) for name in named}
    return tuple(sorted(found))


def groups(fleet: Fleet, pins: Collection[PinFacts]) -> tuple[str, ...]:
    """The forge's groups whose people may approve somewhere."""
    targets = (pin.target for pin in pins)
    policies = (fleet.config.policy(t.app, t.environment) for t in targets)
    return tuple(sorted({g for p in policies if p and p.required for g in p.forge_groups}))
