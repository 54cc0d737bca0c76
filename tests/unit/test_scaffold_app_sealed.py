"""Sealed secrets: each is sealed for the name and the namespace that it has where it lies."""

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.check import checked
from gitops.check.rendered_rules import rendered_findings
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object
from gitops.rendering.rendering import rendering
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.golden.app_trees import added

pytestmark = pytest.mark.real

ENVIRONMENTS = ("dev", "stage", "prod")
TOPOLOGIES = pytest.mark.parametrize("topology", Topology)


def with_sealed(topology: Topology, namespaces: dict[str, str]) -> Tree:
    """The app ledger, whose secret `ledger` is sealed for these namespaces, by environment."""
    tree = added("ledger", topology)
    for environment, namespace in namespaces.items():
        secrets = f"apps/ledger/envs/{environment}/secrets"
        # What kubeseal 0.32 writes for a Secret of one key.
        sealed = f"""\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  creationTimestamp: null
  name: ledger
  namespace: {namespace}
spec:
  encryptedData:
    DATABASE_URL: AgBy8hCi8erSS8dJ
  template:
    metadata:
      creationTimestamp: null
      name: ledger
      namespace: {namespace}
"""
        listed = tree.read(f"{secrets}/kustomization.yaml").replace(
            b"resources: []", b"resources: [ledger.sealed.yaml]"
        )
        files = {path: file.data for path, file in tree.items()}
        files[f"{secrets}/kustomization.yaml"] = listed
        tree = Tree.of({**files, f"{secrets}/ledger.sealed.yaml": sealed.encode()})
    return tree


def own(topology: Topology) -> dict[str, str]:
    """The namespace that the app has in each environment."""
    alone = topology is Topology.PER_ENVIRONMENT
    return {each: "ledger" if alone else f"ledger-{each}" for each in ENVIRONMENTS}


def sealed_in(kustomize: str, tree: Tree) -> dict[str, Object]:
    fleet = Fleet.read(tree)
    builds = [each for each in builds_of(fleet) if each.directory.startswith("apps/")]
    done = rendering(fleet, Kustomize(kustomize).builds, builds)
    assert done.failed == ()
    return {
        each.environment: o
        for each in done.rendered
        for o in each.objects
        if o.kind == "SealedSecret"
    }


def told(kustomize: str, tree: Tree) -> list[str]:
    report = checked(tree, (), rendered_findings(Kustomize(kustomize).builds))
    return [str(each) for each in report.findings if each.code in {"FL824", "FL829"}]


@TOPOLOGIES
def test_a_sealed_secret_keeps_the_name_and_the_namespace_that_it_is_sealed_for(
    topology: Topology, kustomize: str
) -> None:
    tree = with_sealed(topology, own(topology))
    found = sealed_in(kustomize, tree)
    for environment, namespace in own(topology).items():
        sealed = found[environment]
        template = sealed.mapping_at("spec", "template", "metadata")
        assert (sealed.namespace, sealed.name) == (namespace, "ledger")
        assert (template["namespace"], template["name"]) == (namespace, "ledger")
    assert told(kustomize, tree) == []


@TOPOLOGIES
def test_one_that_is_sealed_for_elsewhere_is_told(topology: Topology, kustomize: str) -> None:
    other = "ledger-dev" if topology is Topology.PER_ENVIRONMENT else "ledger"
    # kustomize gives it the right namespace, in which nobody can open it.
    tree = with_sealed(topology, {**own(topology), "prod": other})
    assert sealed_in(kustomize, tree)["prod"].namespace == own(topology)["prod"]
    [finding] = told(kustomize, tree)
    assert "FL829" in finding
    assert f"is sealed for the namespace {other}" in finding
    assert "apps/ledger/envs/prod/secrets/ledger.sealed.yaml" in finding
