"""What must hold between the values of `fleet.yaml`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from gitops.config.faults import Fault, nearest
from gitops.config.people import People, group_faults, people_faults
from gitops.config.policy import Policy, fleet_policy
from gitops.config.schema import PROOFS, EnvironmentConfig, FleetConfig, ForgeConfig
from gitops.document import Address


def fleet_faults(fleet: FleetConfig) -> Iterator[Fault]:
    """Everything that is wrong with a fleet whose values are right one by one."""
    yield from _forge_faults(fleet.forge)
    yield from people_faults(fleet)
    yield from _order_faults(fleet)
    yield from _cluster_faults(fleet)
    yield from _freeze_faults(fleet)
    people = People.of(fleet)
    for index, environment in enumerate(fleet.environments):
        address: Address = ("environments", index)
        yield from _flow_faults(fleet, environment, address)
        unknown = [
            *group_faults(fleet, environment.approvals.from_, (*address, "approvals", "from"))
        ]
        yield from unknown or delivery_faults(fleet_policy(people, environment, None), address)


def delivery_faults(policy: Policy, address: Address) -> Iterator[Fault]:
    """What cannot be asked together of one delivery, wherever it was said."""
    asked = {
        "approvals": policy.required or policy.logins or policy.forge_groups,
        "windows": policy.windows,
        "checks": policy.checks,
    }
    for key, value in asked.items():
        if policy.deliver == "commit" and value:
            told = f"`deliver: commit` asks nobody, so it goes with no `{key}`"
            yield Fault((*address, key), told, f"write `deliver: merge-request` or remove `{key}`")
    if policy.deliver == "commit" or not policy.required or policy.forge_groups:
        return
    place = (*address, "approvals", "required")
    if not policy.logins:
        cure = "say who, as in `from: [qa]`, and list people in the group"
        yield Fault(place, "approvals are required and nobody may give them", cure)
    elif policy.required > len(policy.approvers):
        people = ", ".join(sorted(policy.approvers))
        told = f"{policy.required} approvals are required and only {people} may approve"
        yield Fault(place, told, "add people to the groups, or require fewer")


def _forge_faults(forge: ForgeConfig) -> Iterator[Fault]:
    if forge.kind == "local" and forge.project is not None:
        cure = "remove `project`"
        yield Fault(("forge", "project"), "the embedded forge has this project alone", cure)
    if forge.kind == "local" and forge.webhook is not None:
        yield Fault(("forge", "webhook"), "the embedded forge tells nobody", "remove the key")
    if forge.kind != "local" and forge.project is None:
        cure = "add its path there, as in `project: platform/fleet`"
        yield Fault(("forge", "kind"), f"no project on {forge.kind} is named", cure)


def _order_faults(fleet: FleetConfig) -> Iterator[Fault]:
    """Names that occur twice, and an order that leads nowhere or round in a circle."""
    environments = fleet.environments
    after = {e.name: e.after for e in environments}
    yield from repeated([e.name for e in environments], ("environments",), "environment", "name")
    if len(after) < len(environments):
        return
    for index, environment in enumerate(environments):
        address = ("environments", index, "after")
        before = environment.after
        if before is not None and before not in after:
            known = set(after) - {environment.name}
            yield Fault(address, f"unknown environment `{before}`", nearest(before, known))
        elif environment.name in (circle := _before(after, environment.name)):
            steps = " after ".join((environment.name, *circle))
            yield Fault(address, f"{steps}: a circle", "let one environment come first")


def _before(after: Mapping[str, str | None], name: str) -> tuple[str, ...]:
    """What an environment comes after, nearest first, until it ends or repeats."""
    steps: list[str] = []
    step = after.get(name)
    while step is not None and step not in steps:
        steps.append(step)
        step = after.get(step)
    return tuple(steps)


def _cluster_faults(fleet: FleetConfig) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for index, environment in enumerate(fleet.environments):
        address = ("environments", index, "clusters")
        names = [cluster.name for cluster in environment.clusters]
        yield from repeated(names, address, "cluster", "name")
        for place, cluster in enumerate(environment.clusters):
            owner = owners.setdefault(cluster.path, f"{environment.name}/{cluster.name}")
            if owner != f"{environment.name}/{cluster.name}":
                told = f"`{cluster.path}` is the path of {owner} already"
                yield Fault((*address, place, "path"), told, "give each cluster its own path")


def repeated(
    names: Iterable[str | None], address: Address, what: str, key: str | None = None
) -> Iterator[Fault]:
    """The second and later of equal names in the list at `address`; `key` holds the name there.

    An item whose name is None has none of this kind.
    """
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        if name is None:
            continue
        seen[name] += 1
        if seen[name] > 1:
            place = (*address, index) if key is None else (*address, index, key)
            yield Fault(place, f"the {what} `{name}` is named twice", "keep one of them")


def _flow_faults(
    fleet: FleetConfig, environment: EnvironmentConfig, address: Address
) -> Iterator[Fault]:
    """What an environment takes, and what must be proven before."""
    taken = {"artifacts": environment.artifacts, "proof": environment.proof}
    if environment.after is None:
        for key, value in taken.items():
            if value not in {None, "tagged", "none"}:
                told = f"`{key}: {value}` needs an environment before this one"
                yield Fault((*address, key), told, f"add `after`, or remove `{key}`")
        return
    if environment.follow is None:
        if environment.artifacts == "tagged":
            cure = "add `follow`, or remove `artifacts`"
            yield Fault((*address, "artifacts"), "`artifacts: tagged` follows no tags", cure)
    elif missing := [key for key, value in taken.items() if value is None]:
        told = f"`{environment.name}` has both `after` and `follow`, so nothing is assumed"
        yield Fault(address, told, f"add {' and '.join(f'`{key}: ...`' for key in missing)}")
        return
    yield from _proof_faults(fleet, environment, address)


def _proof_faults(
    fleet: FleetConfig, environment: EnvironmentConfig, address: Address
) -> Iterator[Fault]:
    place = (*address, "proof")
    proof = environment.proof or "digest"
    if environment.artifacts != "tagged" and PROOFS.index(proof) > PROOFS.index("commit"):
        told = f"`artifacts: proven` with `proof: {proof}` would write bytes that nothing ties"
        yield Fault(place, f"{told} to the tag", "write `proof: commit` or `proof: digest`")
    yield from contained_faults(fleet, environment.after, proof, place)


def contained_faults(
    fleet: FleetConfig, after: str | None, proof: str | None, place: Address
) -> Iterator[Fault]:
    """`proof: contained` where no branch is followed before, said at `place`."""
    before = next((e for e in fleet.environments if e.name == after), None)
    branch = before is None or (before.follow is not None and before.follow.branch is not None)
    if proof == "contained" and not branch:
        told = f"`proof: contained` needs a branch, and `{after}` follows none"
        yield Fault(place, told, "write `proof: commit`")


def _freeze_faults(fleet: FleetConfig) -> Iterator[Fault]:
    known = {e.name for e in fleet.environments}
    for index, freeze in enumerate(fleet.freezes):
        address = ("freezes", index)
        if freeze.to < freeze.from_:
            told = f"ends on {freeze.to}, before it starts on {freeze.from_}"
            yield Fault((*address, "to"), told, "swap `from` and `to`")
        for place, name in enumerate(freeze.environments or ()):
            if name not in known:
                told = f"unknown environment `{name}`"
                yield Fault((*address, "environments", place), told, nearest(name, known))
