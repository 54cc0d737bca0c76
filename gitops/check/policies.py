"""What the configuration asks that leads nowhere."""

from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.config import Policy
from gitops.document import Address, documents
from gitops.errors import Place
from gitops.fleet import Fleet

_FLEET_FILE = "fleet.yaml"


def soaks(fleet: Fleet) -> Iterator[Finding]:
    """FL201: a soak that no environment waits for."""
    for index, environment in enumerate(fleet.config.fleet.environments):
        if fleet.config.followers(environment.name):
            continue
        if environment.soak:
            place = _place(fleet, _FLEET_FILE, ("environments", index, "soak"))
            yield _idle(environment.name, place)
        for app, config in fleet.config.apps.items():
            own = config.environments.get(environment.name)
            if own is not None and own.soak:
                address = ("environments", environment.name, "soak")
                yield _idle(environment.name, _place(fleet, fleet.config.app_file(app), address))


def approvers(fleet: Fleet) -> Iterator[Finding]:
    """FL202: a rule that no release can satisfy which one of its approvers made."""
    told: dict[Place, Finding] = {}
    for (app, environment), policy in fleet.config.policies.items():
        if not policy.required or policy.forge_groups:
            continue
        config = fleet.config.apps[app]
        if config.source is None or len(policy.approvers) > policy.required:
            continue
        place = _rule(fleet, app, environment)
        told.setdefault(place, _too_few(policy, place))
    yield from told.values()


def makers(fleet: Fleet) -> Iterator[Finding]:
    """FL203: approvers whom the embedded forge cannot tell from a release's makers."""
    if fleet.config.fleet.forge.kind != "local":
        return
    fleet_config = fleet.config.fleet
    known = {name for name, person in fleet_config.people.items() if person.emails}
    for index, environment in enumerate(fleet_config.environments):
        groups = (fleet_config.groups.get(name, ()) for name in environment.approvals.from_)
        members = {fleet.config.person_of(member) or member for group in groups for member in group}
        unknown = sorted(members - known)
        if unknown and environment.approvals.required:
            told = f"{', '.join(unknown)} may approve in {environment.name} and have no e-mail here"
            told += ": each release that one of them made needs one more approval"
            hint = "write `NAME: {emails: [...]}` below `people`"
            place = _place(fleet, _FLEET_FILE, ("environments", index, "approvals"))
            yield Finding("FL203", Severity.WARNING, place, told, hint)


def failures(fleet: Fleet) -> Iterator[Finding]:
    """FL205: what becomes of a failed soak is said where there is none to fail."""
    soaking = {e for (_, e), policy in fleet.config.policies.items() if policy.soak}
    for index, environment in enumerate(fleet.config.fleet.environments):
        name = environment.name
        if environment.on_failure == "hold" and not environment.soak and name not in soaking:
            place = _place(fleet, _FLEET_FILE, ("environments", index, "on_failure"))
            yield _nothing_to_fail(name, place)
    for (app, name), policy in fleet.config.policies.items():
        own = fleet.config.apps[app].environments.get(name)
        if own is not None and own.on_failure is not None and not policy.soak:
            address = ("environments", name, "on_failure")
            yield _nothing_to_fail(name, _place(fleet, fleet.config.app_file(app), address))


def _nothing_to_fail(environment: str, place: Place) -> Finding:
    told = f"there is no soak in {environment} that could fail"
    return Finding("FL205", Severity.WARNING, place, told, "say `soak` too, or remove `on_failure`")


def _idle(environment: str, place: Place) -> Finding:
    told = f"nothing comes after {environment}, so nothing waits for this soak"
    return Finding("FL201", Severity.WARNING, place, told, "remove `soak`")


def _too_few(policy: Policy, place: Place) -> Finding:
    names = ", ".join(sorted(policy.approvers))
    told = f"{policy.environment} requires {policy.required} approvals and only {names} may give"
    told += " them: a release that one of them made can never get there"
    return Finding(
        "FL202", Severity.WARNING, place, told, "add people to the groups, or require fewer"
    )


def _rule(fleet: Fleet, app: str, environment: str) -> Place:
    """Where the number that an app obeys is written."""
    own = fleet.config.apps[app].environments.get(environment)
    if own is not None and (own.approvals.required is not None or own.approvals.from_ is not None):
        address: Address = ("environments", environment, "approvals")
        return _place(fleet, fleet.config.app_file(app), address)
    names = [e.name for e in fleet.config.fleet.environments]
    return _place(fleet, _FLEET_FILE, ("environments", names.index(environment), "approvals"))


def _place(fleet: Fleet, path: str, address: Address) -> Place:
    document = documents(path, fleet.tree[path].data)[0]
    while address and address not in document.places:
        address = address[:-1]
    return document.places.get(address, Place(path))
