"""What clusters say of themselves: capabilities to rely on, and variables to ask for."""

from dataclasses import replace

import pytest

from gitops.check import findings
from gitops.fleet import Fleet
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.scaffold.answers.app_traffic import Traffic
from gitops.scaffold.capabilities import with_declared
from gitops.scaffold.catalog import catalog
from gitops.scaffold.needs import unmet
from gitops.scaffold.placement import platform_placements
from gitops.tree import Tree
from tests.faults.planting import FLEET
from tests.golden.reference import reference

APP = AppAnswers("payments", "shop", ("r.example/shop/payments",), "https://g.example/p.git")


def codes(tree: Tree, code: str) -> list[str]:
    """The files that a code is found in."""
    return [each.place.path for each in findings(tree) if each.code == code]


def declaring(tree: Tree, *clusters: str) -> Tree:
    """The tree with these clusters saying that they enforce NetworkPolicies."""
    for where in platform_placements(Fleet.read(tree)):
        if where.cluster in clusters:
            tree = with_declared(tree, catalog(), where, ("cni-netpol",))
    return tree


def edited(tree: Tree, path: str, old: str, new: str) -> Tree:
    text = tree[path].data.decode()
    assert old in text
    return tree.replace({path: text.replace(old, new).encode()})


# --- NetworkPolicies ------------------------------------------------------------------------------


def test_the_reference_fleet_says_that_its_policies_are_enforced() -> None:
    fleet = reference()
    assert codes(fleet, "FL610") == []
    path = "clusters/prod/prod-us/cluster-vars.yaml"
    assert codes(edited(fleet, path, "cni-netpol", "tracing"), "FL610") == [path]


def test_each_cluster_says_it_for_itself() -> None:
    tree = add_app(new_fleet(Tree({}), FleetAnswers("acme")), APP)
    paths = [f"clusters/{e}/{e}-1/cluster-vars.yaml" for e in ("dev", "prod", "stage")]
    assert sorted(codes(tree, "FL610")) == paths
    assert sorted(codes(declaring(tree, "prod-1"), "FL610")) == [paths[0], paths[2]]


def test_where_there_are_no_policies_nothing_is_said() -> None:
    open_app = replace(APP, traffic=Traffic(closed=False))
    assert codes(add_app(new_fleet(Tree({}), FleetAnswers("acme")), open_app), "FL610") == []


def test_a_cluster_that_environments_share_says_it_once_for_all() -> None:
    answers = FleetAnswers("acme", topology=Topology.SINGLE)
    tree = add_app(new_fleet(Tree({}), answers), APP)
    assert codes(tree, "FL610")
    assert codes(declaring(tree, "main"), "FL610") == []


@pytest.mark.parametrize("topology", Topology)
def test_whoever_adds_an_app_is_told_until_every_cluster_says_it(topology: Topology) -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme", topology=topology))
    clusters = [where.cluster for where in platform_placements(Fleet.read(tree))]
    (said,) = unmet(tree, APP)
    assert said.startswith("an app without --open needs cni-netpol")
    assert list(unmet(tree, replace(APP, traffic=Traffic(closed=False)))) == []
    assert list(unmet(declaring(tree, *clusters), APP)) == []
    if clusters[1:]:
        assert list(unmet(declaring(tree, clusters[0]), APP)) == [said]


# --- variables ------------------------------------------------------------------------------------

VARIABLES = {e: f"clusters/{e}/{e}-1/cluster-vars.yaml" for e in ("dev", "stage", "prod")}


def offering(tree: Tree, name: str) -> Tree:
    """The tree with one more variable in every environment."""
    for path in VARIABLES.values():
        tree = tree.replace({path: tree[path].data + f"  {name}: eu-1\n".encode()})
    return tree


def asking(tree: Tree, environment: str, text: str) -> Tree:
    """The tree with an object of one environment that holds this text."""
    path = f"clusters/{environment}/{environment}-1/apps/asking.yaml"
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: asking\n  namespace: flux-system\n"
    return Tree({**tree, **Tree.of({path: f"{head}data:\n  text: {text}\n"})})


def test_the_reference_fleet_offers_nothing_in_vain() -> None:
    assert codes(reference(), "FL323") == []


def test_what_nobody_asks_for_is_told_wherever_it_is_offered() -> None:
    assert codes(FLEET, "FL323") == []
    assert sorted(codes(offering(FLEET, "zone"), "FL323")) == sorted(VARIABLES.values())


@pytest.mark.parametrize("environment", VARIABLES)
@pytest.mark.parametrize("text", ["a-${zone}", "${zone:=eu-2}", "${zone/eu/us}"])
def test_what_one_environment_asks_for_is_in_use_in_all(environment: str, text: str) -> None:
    assert codes(asking(offering(FLEET, "zone"), environment, text), "FL323") == []


@pytest.mark.parametrize("text", ["$${zone}", "$zone", "${zones}", "zone"])
def test_what_only_looks_like_asking_is_none(text: str) -> None:
    found = codes(asking(offering(FLEET, "zone"), "dev", text), "FL323")
    assert sorted(found) == sorted(VARIABLES.values())


def test_a_config_map_that_pods_read_too_is_not_judged() -> None:
    path = "apps/payments/base/deployment.yaml"
    more = "          envFrom:\n            - configMapRef:\n                name: cluster-vars\n"
    reading = edited(FLEET, path, "          ports:\n", f"{more}          ports:\n")
    assert codes(offering(reading, "zone"), "FL323") == []
