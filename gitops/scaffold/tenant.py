"""`add tenant`: a team with namespaces of its own, its rights and its limits there."""

from collections.abc import Iterator, Sequence

from gitops.document import Address
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.concerned import added
from gitops.scaffold.namespaces import refuse_namespaces
from gitops.scaffold.new import laid
from gitops.scaffold.placement import Placement, platform_placements, refuse_absent, refuse_names
from gitops.scaffold.template import Values, filled, template
from gitops.scaffold.tenant_answers import Grant, Rights, TenantAnswers, grants
from gitops.tree import Tree

_NAME: Address = ("metadata", "name")
_PART_OF: Address = ("metadata", "labels", "app.kubernetes.io/part-of")
_AS_THEY_ARE = ("limits", "default-deny", "allow-dns", "develop")
_INDEX = "tenant/kustomization.yaml"


def add_tenant(tree: Tree, answers: TenantAnswers) -> Tree:
    """`tree` with a tenant on every cluster; the same when it is there.

    Raises:
        InvalidInput: an answer is wrong, a namespace or a name is taken, a file is in the way, or
            nothing would apply it.
    """
    names = [answers.name, _identity(answers), *answers.owned]
    return added(tree, lambda part: _added(part, answers), names)


def _added(tree: Tree, answers: TenantAnswers) -> Tree:
    """As `add_tenant`, of a fleet or of the part of it that the tenant concerns."""
    fleet = Fleet.read(tree)
    refuse_absent(fleet)
    placements = tuple(platform_placements(fleet))
    wanted = {where.path: answers.owned for where in placements}
    hint = f"name another one with --namespace, for example {answers.name}-team"
    refuse_namespaces(fleet, wanted, f"the tenant {answers.name}", hint)
    for where in placements:
        path = f"{where.path}/tenants/{answers.name}.yaml"
        refuse_names(tree, where, {path: _identity(answers)})
    done = laid(tree, dict(_files(answers, placements)))
    _prove(done, answers, placements)
    return done


def _identity(answers: TenantAnswers) -> str:
    """The name of its ServiceAccount and of its Flux Kustomization."""
    return f"tenant-{answers.name}"


def _files(answers: TenantAnswers, placements: Sequence[Placement]) -> Iterator[tuple[str, bytes]]:
    root = f"tenants/{answers.name}"
    own: Values = {_NAME: _identity(answers), _PART_OF: answers.name}
    yield f"{root}/base/service-account.yaml", filled("tenant/service-account.yaml", own)
    below = ("service-account.yaml", *answers.owned)
    yield f"{root}/base/kustomization.yaml", _index(below)
    for namespace in answers.owned:
        yield from _namespace(answers, namespace, f"{root}/base/{namespace}")
    environments = tuple(dict.fromkeys(where.environment for where in placements))
    given = grants(answers.groups, environments)
    for environment in environments:
        yield from _environment(answers, environment, given)
    for where in placements:
        path = f"./{root}/envs/{where.environment}"
        flux: Values = {_NAME: _identity(answers), ("spec", "path"): path}
        there = f"{where.path}/tenants/{answers.name}.yaml"
        yield there, where.filled("tenant/flux.yaml", flux)


def _namespace(answers: TenantAnswers, name: str, root: str) -> Iterator[tuple[str, bytes]]:
    index: Values = {("namespace",): name}
    yield f"{root}/kustomization.yaml", filled("tenant/namespace-kustomization.yaml", index)
    labelled: Values = {_NAME: name, _PART_OF: answers.name}
    yield f"{root}/namespace.yaml", filled("tenant/namespace.yaml", labelled)
    hard: Address = ("spec", "hard")
    quota: Values = {
        (*hard, "requests.cpu"): answers.cpu,
        (*hard, "requests.memory"): answers.memory,
        (*hard, "limits.memory"): _twice(answers.memory),
    }
    yield f"{root}/quota.yaml", filled("tenant/quota.yaml", quota)
    deploys: Values = {("subjects", 0, "name"): _identity(answers)}
    yield f"{root}/deploys.yaml", filled("tenant/deploys.yaml", deploys)
    for each in _AS_THEY_ARE:
        yield f"{root}/{each}.yaml", template(f"tenant/{each}.yaml")


def _twice(memory: str) -> str:
    return f"{2 * int(memory[:-2])}{memory[-2:]}"


def _environment(
    answers: TenantAnswers, environment: str, given: Sequence[Grant]
) -> Iterator[tuple[str, bytes]]:
    own = f"tenants/{answers.name}/envs/{environment}"
    names = []
    for namespace in answers.owned:
        for rights in Rights:
            groups = [
                grant.group
                for grant in given
                if grant.rights is rights and grant.environment in {None, environment}
            ]
            if groups:
                prefix = "" if len(answers.owned) == 1 else f"{namespace}-"
                names.append(f"{prefix}{rights}.yaml")
                yield (
                    f"{own}/{names[-1]}",
                    _binding(namespace, rights, tuple(dict.fromkeys(groups))),
                )
    yield f"{own}/kustomization.yaml", _index(("../../base", *names))


def _binding(namespace: str, rights: Rights, groups: Sequence[str]) -> bytes:
    values: dict[Address, str] = {
        _NAME: rights,
        ("metadata", "namespace"): namespace,
        ("roleRef", "kind"): "Role" if rights is Rights.DEVELOP else "ClusterRole",
        ("roleRef", "name"): rights,
    }
    for index, group in enumerate(groups):
        values["subjects", index, "name"] = group
    return filled("tenant/groups.yaml", values, grown={("subjects",): len(groups)})


def _index(names: Sequence[str]) -> bytes:
    values: Values = {("resources", index): name for index, name in enumerate(names)}
    return filled(_INDEX, values, grown={("resources",): len(names)})


def _prove(tree: Tree, answers: TenantAnswers, placements: Sequence[Placement]) -> None:
    """Refuse a result that no cluster would apply.

    Raises:
        InvalidInput: it is one, for example since the fleet's layout is another than `new` writes.
    """
    fleet = Fleet.read(tree)
    for environment in dict.fromkeys(where.environment for where in placements):
        path = f"tenants/{answers.name}/envs/{environment}/kustomization.yaml"
        if environment != SHARED and environment not in fleet.reach.environments(path):
            told = f"nothing in {environment} would reach this file; nothing was written"
            hint = "let the clusters there apply the directory tenants/ below their own"
            raise InvalidInput(told, hint, Place(path))
