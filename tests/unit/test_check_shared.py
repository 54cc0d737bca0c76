"""What environments share on one cluster is checked as what is theirs alone, and told once."""

from collections.abc import Mapping
from functools import cache

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.check import Finding, Severity, checked, findings
from gitops.check.rendered_rules import rendered_findings
from gitops.fleet import Fleet
from gitops.reach import SHARED
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import rendering
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Bootstrap, Topology
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree

ROOT = "clusters/all/main"
KEDA = "infrastructure/keda/envs/all"
SHOP = "tenants/shop/envs/all"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: plain\n  namespace: keda\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n  namespace: keda\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: helper, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: helper}}}}
  template:
    metadata: {{labels: {{app: {}}}}}
    spec: {{containers: [{{name: helper, image: "registry.example.com/helper:v1"}}]}}
"""
POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web-in, namespace: web-dev}}
spec:
  podSelector: {{matchLabels: {{app.kubernetes.io/name: {}}}}}
  policyTypes: [Ingress]
"""


@cache
def fleet_of(bootstrap: Bootstrap) -> Tree:
    answers = FleetAnswers("acme", topology=Topology.SINGLE, bootstrap=bootstrap)
    tree = add_component(new_fleet(Tree({}), answers), ComponentAnswers("keda")).tree
    tree = add_tenant(tree, TenantAnswers("shop", groups=("all:oidc:shop=develop",)))
    digest = "sha256:" + "1" * 64
    versions = {each: [f"v1.0@{digest}"] for each in ("dev", "stage", "prod")}
    source = "https://git.example.com/web.git"
    app = AppAnswers("web", "shop", ("registry.example.com/web",), source, versions=versions)
    return add_app(tree, app)


FLEET = fleet_of(Bootstrap.FLUX)
"""With the component keda, the tenant shop and the app web, all on one cluster."""


def with_files(files: Mapping[str, str]) -> Tree:
    """FLEET with these; a text that begins with a plus is put behind what is there."""
    new = {
        path: FLEET[path].data.decode() + text[1:] if text.startswith("+") else text
        for path, text in files.items()
    }
    return FLEET.replace({path: text.encode() for path, text in new.items()})


def told(tree: Tree) -> list[Finding]:
    """What is found, but for what is merely worth knowing."""
    return [each for each in findings(tree) if each.severity is not Severity.INFO]


def resources(*names: str) -> str:
    return HEAD + "resources:\n" + "".join(f"  - {name}\n" for name in names)


def swept(name: str, manifest: str) -> dict[str, str]:
    """A directory of its own for a manifest, and a Flux Kustomization of it."""
    kustomization = FLEET[f"{ROOT}/infrastructure/keda.yaml"].data.decode()
    kustomization = kustomization.partition("\n---")[0].replace("keda", name)
    return {
        f"{ROOT}/infrastructure/{name}.yaml": kustomization,
        f"infrastructure/{name}/envs/all/kustomization.yaml": resources("it.yaml"),
        f"infrastructure/{name}/envs/all/it.yaml": manifest,
    }


FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {}, namespace: flux-system}}
spec:
  interval: 1h
  retryInterval: 2m
  timeout: 5m
  path: ./{}
  prune: true
  wait: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
  dependsOn: [{{name: {}}}]
"""


def own(environment: str, name: str, after: str) -> dict[str, str]:
    """A Flux Kustomization of an environment, of a directory of its own."""
    directory = f"clusters/all/main/envs/{environment}/extra"
    return {
        f"{ROOT}/envs/{environment}/apps/{name}.yaml": FLUX.format(name, directory, after),
        f"{directory}/kustomization.yaml": resources("it.yaml"),
        f"{directory}/it.yaml": CONFIG_MAP.replace("more", f"of-{environment}"),
    }


SOURCE_FAULTS = [
    ("FL701", swept("a", SECRET + "stringData: {a: hunter2}\n"), swept("a", CONFIG_MAP)),
    (
        "FL402",
        {f"{SHOP}/develop.yaml": "+metadata: {name: twice}\n"},
        {f"{SHOP}/develop.yaml": "+# metadata: {name: twice}\n"},
    ),
    (
        "FL007",
        {f"{KEDA}/kustomization.yaml": "+components: [../../absent]\n"},
        {f"{KEDA}/kustomization.yaml": "+components: []\n"},
    ),
    (
        "FL004",
        {f"{ROOT}/tenants/other.yaml": FLUX.format("other", "tenants/absent", "tenant-shop")},
        {f"{ROOT}/tenants/other.yaml": FLUX.format("other", "tenants/shop/base/shop", "keda")},
    ),
    ("FL005", own("dev", "extra", "absent"), own("dev", "extra", "infrastructure")),
    (
        "FL307",
        {**own("dev", "extra", "tenants"), **own("prod", "extra", "tenants")},
        {**own("dev", "extra", "tenants"), **own("prod", "other", "tenants")},
    ),
]


@pytest.mark.parametrize("bootstrap", Bootstrap)
def test_everything_of_the_cluster_is_reached(bootstrap: Bootstrap) -> None:
    fleet = Fleet.read(fleet_of(bootstrap))
    assert told(fleet.tree) == []
    [root] = {build.root for build in fleet.reach.builds}
    assert root == ROOT
    assert fleet.reach.sharing(root) == ("dev", "stage", "prod")
    shared = {b.directory for b in fleet.reach.builds if b.environment == SHARED}
    assert shared >= {ROOT, f"{ROOT}/infrastructure", f"{ROOT}/tenants", KEDA, SHOP}
    assert not any(directory.startswith("apps/") for directory in shared)


def test_it_is_of_no_single_environment() -> None:
    fleet = Fleet.read(FLEET)
    assert fleet.reach.environments(f"{SHOP}/kustomization.yaml") == ()
    assert fleet.reach.environments("apps/web/base/deployment.yaml") == ("dev", "stage", "prod")
    assert not {b.directory for b in builds_of(fleet, "dev")} & {KEDA, SHOP}
    assert {b.directory for b in builds_of(fleet)} >= {KEDA, SHOP, "apps/web/envs/dev"}


@pytest.mark.parametrize(
    ("code", "files", "near"), SOURCE_FAULTS, ids=[f[0] for f in SOURCE_FAULTS]
)
def test_a_fault_in_what_is_shared_is_told_once(
    code: str, files: Mapping[str, str], near: Mapping[str, str]
) -> None:
    found = told(with_files(files))
    assert {each.code for each in found} == {code}, [str(each) for each in found]
    assert len({(each.place, each.code) for each in found}) == len(found)
    assert [str(each) for each in told(with_files(near))] == []


def test_what_holds_for_the_cluster_is_told_once() -> None:
    [found] = (each for each in findings(FLEET) if each.code == "FL610")
    assert found.message.startswith("main of dev and stage and prod has")


def beyond(tree: Tree, kustomize: str) -> list[Finding]:
    """What rendering shows of a tree, and not of FLEET."""
    before, after = (
        checked(each, (), rendered_findings(Kustomize(kustomize).builds)).findings
        for each in (FLEET, tree)
    )
    return [each for each in after if each not in before]


def test_nothing_is_rendered_twice(kustomize: str) -> None:
    fleet = Fleet.read(FLEET)
    done = rendering(fleet, Kustomize(kustomize).builds, builds_of(fleet))
    assert done.failed == ()
    every = [(o.kind, o.namespace, o.name) for each in done.rendered for o in each.objects]
    assert len(set(every)) == len(every)
    assert {("ConfigMap", "flux-system", "cluster-vars"), ("Namespace", "", "shop")} <= {*every}
    assert ("ConfigMap", "flux-system", "cluster-vars-dev") in every


def test_what_all_share_is_rendered_and_judged_once(kustomize: str) -> None:
    found = beyond(with_files(swept("a", DEPLOYMENT.format("helper"))), kustomize)
    assert [each.code for each in found].count("FL801") == 1
    assert "FL808" not in {each.code for each in found}
    wrong = beyond(with_files(swept("a", DEPLOYMENT.format("other"))), kustomize)
    assert [each.code for each in wrong].count("FL808") == 1


def test_what_environments_have_is_seen_beside_what_they_share(kustomize: str) -> None:
    found = beyond(with_files(swept("a", POLICY.format("absent"))), kustomize)
    assert [each.code for each in found] == ["FL963"]
    assert beyond(with_files(swept("a", POLICY.format("web"))), kustomize) == []


def test_two_environments_with_one_object_are_told(kustomize: str) -> None:
    def tree(*environments: str) -> Tree:
        files = [f"{ROOT}/envs/{each}/cluster-vars.yaml" for each in environments]
        return with_files(dict.fromkeys(files, f"+---\n{CONFIG_MAP}"))

    [found] = beyond(tree("dev", "prod"), kustomize)
    assert (found.code, found.place.path) == ("FL002", f"{ROOT}/envs/prod")
    assert beyond(tree("prod"), kustomize) == []
