"""Where on a fleet's clusters an app or a component goes, as the fleet itself says it.

Whoever adds to a fleet asks here, so that every verb serves both topologies: clusters for each
environment (`clusters/prod/prod-eu`), and one that all share (`clusters/all/main/envs/prod`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops.document import Address, documents
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import KUSTOMIZATION, FluxObject, flux_objects, mapping
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.template import Values, filled
from gitops.sites import is_yaml
from gitops.tree import Tree

SOPS_FILE = ".sops.yaml"
"""Says whose keys a secret is encrypted for; a fleet that has it keeps encrypted secrets."""

_DEFAULTS: tuple[Address, ...] = tuple(
    ("spec", key) for key in ("retryInterval", "timeout", "wait")
)
_DECRYPTION: Address = ("spec", "decryption")


@dataclass(frozen=True, slots=True)
class Placement:
    """A directory of a cluster in which Flux Kustomizations are put, in `LAYER/NAME.yaml`.

    `environment` is `all` where the cluster is shared and what is put there is, too. `suffix` is
    what tells the names of one environment from those of others on the same cluster, "" where it
    has the cluster to itself. `inline` is false where the parent's patches bring the defaults.
    """

    environment: str
    cluster: str
    path: str
    suffix: str
    inline: bool
    encrypted: bool

    @property
    def variables(self) -> str:
        """The ConfigMap of `clusters/.../cluster-vars.yaml`."""
        return f"cluster-vars{self.suffix}"

    def named(self, name: str) -> str:
        """The name of a Flux Kustomization or a namespace here."""
        return f"{name}{self.suffix}"

    def filled(
        self,
        name: str,
        values: Values,
        *dropped: Address,
        secrets: bool = False,
        own: bool = False,
        grown: Mapping[Address, int] | None = None,
    ) -> bytes:
        """A template of a Flux Kustomization with everything inline, as it stands here.

        It has `retryInterval`, `timeout`, `wait`, `decryption` and `postBuild.substituteFrom`;
        `dropped` are what else of it goes. `secrets` are there whatever the fleet has otherwise.
        `own` is whether it says all of the defaults itself, for it has the label which the parent's
        patches pass by. `grown` are lists that have several items.
        """
        gone = [*dropped]
        alone = self.inline or own
        if not alone:
            gone += _DEFAULTS
        if not (alone and self.encrypted) and not (secrets and not self.encrypted):
            gone.append(_DECRYPTION)
        variables: Address = ("spec", "postBuild", "substituteFrom", 0, "name")
        return filled(name, {**values, variables: self.variables}, dropped=gone, grown=grown)


def app_placements(fleet: Fleet) -> Iterator[Placement]:
    """Where an app goes: each cluster of each environment, in the fleet's order."""
    encrypted = SOPS_FILE in fleet.tree
    for environment in fleet.config.fleet.environments:
        for cluster in environment.clusters:
            shared = cluster.path.endswith(f"/envs/{environment.name}")
            yield Placement(
                environment=environment.name,
                cluster=cluster.name,
                path=cluster.path,
                suffix=f"-{environment.name}" if shared else "",
                inline=_inline(fleet.tree, cluster.path, "apps"),
                encrypted=encrypted,
            )


def platform_placements(fleet: Fleet) -> Iterator[Placement]:
    """Where a component or a tenant goes: each cluster once, in the fleet's order."""
    seen: set[str] = set()
    for each in app_placements(fleet):
        own = each.path.removesuffix(f"/envs/{each.environment}")
        if own in seen:
            continue
        seen.add(own)
        yield Placement(
            environment=SHARED if each.suffix else each.environment,
            cluster=each.cluster,
            path=own,
            suffix="",
            inline=_inline(fleet.tree, own, "infrastructure"),
            encrypted=each.encrypted,
        )


def refuse_absent(fleet: Fleet) -> None:
    """Refuse to add to clusters of which the fleet has the name alone: nothing would apply it.

    Raises:
        InvalidInput: a cluster has no directory.
    """
    for at in app_placements(fleet):
        if not fleet.tree.below(at.path):
            told = f"the cluster {at.cluster} of {at.environment} has nothing here"
            hint = "write its files, or correct `clusters` in fleet.yaml"
            raise InvalidInput(told, hint, Place(at.path))


def refuse_taken(fleet: Fleet, app: str) -> None:
    """Refuse an app whose Flux Kustomization would have the name of another on its cluster.

    Where environments share a cluster, `web-x` in `dev` and `web` in `x-dev` would be one object.

    Raises:
        InvalidInput: it would; with the place of the other.
    """
    for at in app_placements(fleet):
        root = at.path.removesuffix(f"/envs/{at.environment}")
        for path, file in fleet.tree.below(root).items():
            if path == f"{at.path}/apps/{app}.yaml" or not is_yaml(path):
                continue
            for each in _kustomizations(path, file.data):
                if each.name == at.named(app):
                    told = f"the cluster {at.cluster} has a Flux Kustomization {each.name} already"
                    raise InvalidInput(told, "give the app another name", each.place)


def refuse_names(tree: Tree, where: Placement, wanted: Mapping[str, str]) -> None:
    """Refuse Flux Kustomizations whose names others on the same cluster have.

    `wanted` are the names by the file that holds each.

    Raises:
        InvalidInput: one is taken; with the place of the other.
    """
    for path, file in tree.below(where.path).items():
        if path in wanted or not is_yaml(path):
            continue
        for each in _kustomizations(path, file.data):
            if each.name in wanted.values():
                told = f"the cluster {where.cluster} has a Flux Kustomization {each.name} already"
                raise InvalidInput(told, "give one of them another name", each.place)


def _kustomizations(path: str, data: bytes) -> Sequence[FluxObject]:
    """The Flux Kustomizations of a file; none of one that cannot be read, which `check` tells."""
    try:
        return [each for each in flux_objects(path, data) if each.kind == KUSTOMIZATION]
    except InvalidInput:
        return []


def _inline(tree: Tree, path: str, layer: str) -> bool:
    """Whether nothing patches the defaults in, so that each Kustomization has to say them."""
    file = tree.get(f"{path}/{layer}.yaml")
    try:
        read = documents(f"{path}/{layer}.yaml", file.data) if file is not None else []
    except InvalidInput:
        return True
    return not any("patches" in mapping(mapping(each.data()).get("spec")) for each in read)
