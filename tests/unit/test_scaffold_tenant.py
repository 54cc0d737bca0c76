"""`add tenant`: namespaces with limits, and rights that end there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, findings
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree, changes

FLEET = new_fleet(Tree({}), FleetAnswers("acme", clusters={"prod": ["prod-eu", "prod-us"]}))
SHARED = new_fleet(Tree({}), FleetAnswers("acme", topology=Topology.SINGLE))
EVERYWHERE = ("all:oidc:shop=develop", "all:oidc:leads=develop", "auditors=view")
SHOP = TenantAnswers("shop", groups=("dev:oidc:shop=admin", *EVERYWHERE))
ALIKE = TenantAnswers("shop", groups=EVERYWHERE)
"""Without rights in one environment alone, which clusters that are shared cannot give."""
TWO = TenantAnswers("data", ("data", "data-jobs"), ("data=edit",), cpu="32", memory="96Gi")


def objects(tree: Tree) -> Iterator[Mapping[str, Any]]:
    for path in tree.below("tenants"):
        for document in documents(path, tree[path].data):
            data = document.data()
            assert isinstance(data, dict)
            yield data


def test_only_files_of_the_tenant_are_new() -> None:
    changed = changes(FLEET, add_tenant(FLEET, SHOP))
    assert all(before is None for before, _ in changed.values())
    elsewhere = {path for path in changed if not path.startswith("tenants/shop/")}
    clusters = ("dev/dev-1", "stage/stage-1", "prod/prod-eu", "prod/prod-us")
    assert elsewhere == {f"clusters/{each}/tenants/shop.yaml" for each in clusters}


@pytest.mark.parametrize(
    ("fleet", "answers"), [(FLEET, SHOP), (FLEET, TWO), (SHARED, ALIKE), (SHARED, TWO)]
)
def test_a_second_time_changes_nothing(fleet: Tree, answers: TenantAnswers) -> None:
    tree = add_tenant(fleet, answers)
    assert add_tenant(tree, answers) == tree


def test_nothing_reaches_beyond_its_namespaces() -> None:
    for answers in (SHOP, TWO):
        found = list(objects(add_tenant(FLEET, answers)))
        kinds = {each["kind"] for each in found}
        assert "ClusterRoleBinding" not in kinds
        assert "ClusterRole" not in kinds
        roles = {o["roleRef"]["name"] for o in found if o["kind"] == "RoleBinding"}
        assert "cluster-admin" not in roles
        deploys = [o for o in found if o.get("metadata", {}).get("name") == "deploys"]
        subject = {"kind": "ServiceAccount", "name": f"tenant-{answers.name}"}
        assert len(deploys) == len(answers.owned)
        for each in deploys:
            assert each["subjects"] == [{**subject, "namespace": "flux-system"}]


def test_developers_see_no_secret_and_run_nothing() -> None:
    [role] = [o for o in objects(add_tenant(FLEET, SHOP)) if o["kind"] == "Role"]
    allowed = {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert ("pods/log", "get") in allowed
    assert ("deployments/scale", "patch") in allowed
    assert {verb for resource, verb in allowed if resource == "secrets"} == set()
    assert not {"*", "pods/exec", "pods/attach", "pods/ephemeralcontainers"} & {
        r for r, _ in allowed
    }
    changing = {resource for resource, verb in allowed if verb not in {"get", "list", "watch"}}
    assert changing == {"pods", "deployments/scale", "statefulsets/scale"}
    assert {verb for resource, verb in allowed if resource == "pods"} >= {"delete", "get"}
    assert ("pods", "create") not in allowed


def bindings(tree: Tree, environment: str) -> dict[str, list[str]]:
    below = tree.below(f"tenants/shop/envs/{environment}")
    found = {}
    for path in below:
        data: Any = documents(path, tree[path].data)[0].data()
        if data["kind"] == "RoleBinding":
            assert data["metadata"]["namespace"] == "shop"
            kind = "Role" if data["roleRef"]["name"] == "develop" else "ClusterRole"
            assert data["roleRef"]["kind"] == kind
            found[data["roleRef"]["name"]] = [each["name"] for each in data["subjects"]]
    return found


def test_groups_have_their_rights_where_they_were_given() -> None:
    tree = add_tenant(FLEET, SHOP)
    both = {"develop": ["oidc:shop", "oidc:leads"], "view": ["auditors"]}
    assert bindings(tree, "prod") == both
    assert bindings(tree, "dev") == {**both, "admin": ["oidc:shop"]}


def test_an_environment_that_is_none_is_no_part_of_a_group() -> None:
    for fleet, text in ((FLEET, "qa:shop=view"), (FLEET, "oidc:shop=view"), (SHARED, "dev:x=view")):
        environment, _, group = text.removesuffix("=view").partition(":")
        told = f"--group {text}: no cluster is that of an environment '{environment}' alone"
        with pytest.raises(InvalidInput, match=told) as refused:
            add_tenant(fleet, TenantAnswers("shop", groups=(text,)))
        assert f"everywhere write --group all:{text}" in str(refused.value)
        meant = add_tenant(fleet, TenantAnswers("shop", groups=(f"all:{text}",)))
        where = "prod" if fleet is FLEET else "all"
        assert bindings(meant, where) == {"view": [f"{environment}:{group}"]}
    known = add_tenant(FLEET, TenantAnswers("shop", groups=("stage:shop=view",)))
    assert (bindings(known, "stage"), bindings(known, "prod")) == ({"view": ["shop"]}, {})


def test_without_groups_nobody_has_rights() -> None:
    assert bindings(add_tenant(FLEET, TenantAnswers("shop")), "dev") == {}


def test_its_quota_is_what_was_answered() -> None:
    quotas = [o["spec"]["hard"] for o in objects(add_tenant(FLEET, TWO)) if "Quota" in o["kind"]]
    assert len(quotas) == 2
    for hard in quotas:
        assert (hard["requests.cpu"], hard["requests.memory"]) == ("32", "96Gi")
        assert hard["limits.memory"] == "192Gi"


@pytest.mark.parametrize("fleet", [FLEET, SHARED], ids=["own", "shared"])
def test_whoever_says_no_resources_gets_some_and_nobody_gets_all(fleet: Tree) -> None:
    found = list(objects(add_tenant(fleet, TWO)))
    limits = [o["spec"]["limits"] for o in found if o["kind"] == "LimitRange"]
    quotas = [o for o in found if o["kind"] == "ResourceQuota"]
    assert len(limits) == len(quotas) > 0
    for [container] in limits:
        assert container["type"] == "Container"
        assert set(container["defaultRequest"]) == {"cpu", "memory"}
        assert {"memory"} == set(container["default"]) == set(container["max"])


APP = AppAnswers("shop", "shop", ("registry.example.com/shop",), range=">=1.0.0")


def test_a_namespace_of_somebody_else_is_refused() -> None:
    with_app = add_app(FLEET, APP)
    with pytest.raises(
        InvalidInput, match="namespace shop on dev-1 is that of the app shop; name another"
    ):
        add_tenant(with_app, SHOP)
    assert add_tenant(with_app, replace(SHOP, namespaces=("shop-team",))) != with_app
    keda = add_component(FLEET, ComponentAnswers("keda")).tree
    with pytest.raises(InvalidInput, match="namespace keda on dev-1 is that of the component keda"):
        add_tenant(keda, TenantAnswers("keda"))
    two = add_tenant(FLEET, TWO)
    with pytest.raises(
        InvalidInput, match="namespace data-jobs on dev-1 is that of the tenant data"
    ):
        add_tenant(two, TenantAnswers("jobs", ("data-jobs",)))


def test_an_app_gets_no_namespace_of_somebody_else() -> None:
    with pytest.raises(InvalidInput, match="namespace shop on dev-1 is that of the tenant shop"):
        add_app(add_tenant(FLEET, SHOP), APP)
    keda = ComponentAnswers("keda")
    scaled = add_component(FLEET, keda).tree
    app = replace(APP, name="keda")
    with pytest.raises(InvalidInput, match="keda"):
        add_app(scaled, app)
    with pytest.raises(InvalidInput, match="keda on dev-1 is that of the app keda"):
        add_component(add_app(FLEET, app), keda)
    assert add_app(scaled, APP) != scaled


def test_on_a_shared_cluster_apps_have_other_namespaces() -> None:
    with_app = add_app(SHARED, APP)
    assert add_tenant(with_app, ALIKE) != with_app
    with pytest.raises(InvalidInput, match="namespace shop-dev on main is that of the app shop"):
        add_tenant(with_app, TenantAnswers("x", ("shop-dev",)))


def test_names_of_flux_kustomizations_are_not_taken_twice() -> None:
    app = replace(APP, name="tenant-shop")
    with pytest.raises(InvalidInput, match="has a Flux Kustomization tenant-shop already"):
        add_tenant(add_app(FLEET, app), SHOP)
    with pytest.raises(InvalidInput, match="has a Flux Kustomization tenant-shop already"):
        add_app(add_tenant(FLEET, SHOP), app)
    named = add_app(FLEET, replace(APP, name="istio-config"))
    with pytest.raises(InvalidInput, match="has a Flux Kustomization istio-config already"):
        add_component(named, ComponentAnswers("istio"))


def test_a_fleet_that_applies_no_tenants_is_refused() -> None:
    path = "clusters/stage/stage-1/kustomization.yaml"
    data = FLEET[path].data.replace(b"  - tenants.yaml\n", b"")
    with pytest.raises(InvalidInput, match="nothing in stage would reach this file"):
        add_tenant(FLEET.replace({path: data}), SHOP)


def test_a_file_of_somebody_is_not_overwritten() -> None:
    tree = add_tenant(FLEET, SHOP)
    with pytest.raises(InvalidInput, match=r"quota\.yaml: is there already"):
        add_tenant(tree, replace(SHOP, cpu="16"))


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("Shop 1", {}, "'Shop 1' is no name for a tenant; write it as shop-1"),
        ("shop", {"namespaces": ("a/b",)}, "is no name for a namespace"),
        ("shop", {"namespaces": ("a", "a")}, "the namespace a is named twice"),
        ("kube-system", {}, "kube-system is a namespace of the cluster itself"),
        ("monitoring", {}, "let in what runs in the namespace monitoring; name another one with"),
        ("shop", {"namespaces": ("gateway",)}, "let in what runs in the namespace gateway"),
        ("shop", {"groups": ("dev:=view",)}, "--group dev:=view names no group"),
        ("shop", {"cpu": "many"}, "--cpu many is no quantity; write it as 8 or 500m"),
        ("shop", {"memory": "16GB"}, "--memory 16GB is no quantity; write it as 16Gi"),
        ("shop", {"groups": ("devs",)}, "--group devs is no group with its rights"),
        ("shop", {"groups": ("devs=vieww",)}, "no rights 'vieww' can be given; did you mean `view"),
        ("shop", {"groups": ("a b=view",)}, "is no group with its rights"),
    ],
)
def test_wrong_answers_are_told(name: str, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        add_tenant(FLEET, TenantAnswers(name, **changed))


def test_a_tenant_may_be_called_what_no_namespace_may() -> None:
    tree = add_tenant(FLEET, TenantAnswers("monitoring", ("monitoring-team",)))
    assert "tenants/monitoring/base/monitoring-team/namespace.yaml" in tree


def test_check_finds_nothing() -> None:
    tree = add_tenant(add_tenant(FLEET, SHOP), TWO)
    assert [str(f) for f in findings(tree) if f.severity is not Severity.INFO] == []


def rendered(tree: Tree, kustomize: str) -> Rendering:
    fleet = Fleet.read(tree)
    return rendering(fleet, Kustomize(kustomize).builds, builds_of(fleet))


@pytest.mark.real
def test_kustomize_gives_each_object_its_namespace(kustomize: str) -> None:
    done = rendered(add_tenant(add_tenant(FLEET, SHOP), TWO), kustomize)
    assert done.failed == ()
    found = {
        (o.kind, o.namespace, o.name)
        for each in done.rendered
        for o in each.objects
        if each.cluster == "dev-1" and each.path.startswith("tenants/")
    }
    for namespace in ("shop", "data", "data-jobs"):
        assert ("Namespace", "", namespace) in found or ("Namespace", namespace, namespace) in found
        assert ("ResourceQuota", namespace, "quota") in found
        assert ("NetworkPolicy", namespace, "default-deny") in found
        assert ("RoleBinding", namespace, "deploys") in found
    assert ("ServiceAccount", "flux-system", "tenant-shop") in found
    assert ("RoleBinding", "shop", "admin") in found
    assert ("RoleBinding", "data-jobs", "edit") in found
