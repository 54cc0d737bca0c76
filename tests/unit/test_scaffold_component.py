"""`add component`: what is refused and why, and what comes of good answers."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
import yaml

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.answers.fleet import Defaults, Secrets, Topology
from gitops.scaffold.app import platform
from gitops.scaffold.catalog import catalog
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.template import template
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree, changes

FLEET = new_fleet(Tree({}), FleetAnswers("acme", clusters={"prod": ["prod-eu", "prod-us"]}))
SHARED = new_fleet(Tree({}), FleetAnswers("acme", topology=Topology.SINGLE))
ROLE = "arn:aws:iam::210987654321:role/dns"
KEDA = ComponentAnswers("keda")
CERTIFICATES = ComponentAnswers(
    "cert-manager", settings=("email=ops@shop.example", "solver=cloudflare", "token-secret=token")
)
DNS = ComponentAnswers(
    "external-dns", settings=("provider=aws", f"role-arn={ROLE}"), capabilities=("irsa",)
)
MONITORING = ComponentAnswers("kube-prometheus-stack", capabilities=("storage",))


def added(tree: Tree, *several: ComponentAnswers) -> Tree:
    for answers in several:
        tree = add_component(tree, answers).tree
    return tree


def said(tree: Tree, path: str, *address: str | int) -> str | None:
    return documents(path, tree[path].data)[0].text(*address)


def waits_for(tree: Tree, path: str) -> list[str | None]:
    document = documents(path, tree[path].data)[0]
    after = ("spec", "dependsOn")
    return [document.text(*after, index, "name") for index in document.keys(*after)]


def test_only_files_of_the_component_are_new() -> None:
    changed = changes(FLEET, added(FLEET, KEDA))
    assert all(before is None for before, _ in changed.values())
    clusters = ("dev/dev-1", "stage/stage-1", "prod/prod-eu", "prod/prod-us")
    kustomizations = {f"clusters/{each}/infrastructure/keda.yaml" for each in clusters}
    base = {"kustomization.yaml", "namespace.yaml", "release.yaml", "repository.yaml"}
    own = {f"infrastructure/keda/base/{name}" for name in base}
    for environment in ("dev", "stage", "prod"):
        own |= {
            f"infrastructure/keda/envs/{environment}/{name}"
            for name in ("chart.yaml", "kustomization.yaml")
        }
    assert set(changed) == kustomizations | own


def test_the_version_stands_in_one_file_of_each_environment() -> None:
    tree = added(FLEET, KEDA)
    places = {path for path, file in tree.items() if b"2.20.2" in file.data}
    assert places == {f"infrastructure/keda/envs/{e}/chart.yaml" for e in ("dev", "stage", "prod")}
    reach = Fleet.read(tree).reach
    for path in places:
        assert len(reach.environments(path)) == 1


@pytest.mark.parametrize("answers", [KEDA, DNS, CERTIFICATES], ids=lambda a: a.name)
def test_a_second_time_changes_nothing(answers: ComponentAnswers) -> None:
    tree = added(FLEET, answers)
    assert added(tree, answers) == tree


def test_a_version_that_has_moved_on_stays_until_another_is_asked_for() -> None:
    path = "infrastructure/keda/envs/dev/chart.yaml"
    tree = added(FLEET, KEDA)
    moved = tree.replace({path: tree[path].data.replace(b"2.20.2", b"2.21.0")})
    assert added(moved, KEDA) == moved
    with pytest.raises(InvalidInput, match=f"{path}: is there already"):
        added(moved, replace(KEDA, versions=("2.22.0",)))


def test_some_environments_first_and_the_others_later() -> None:
    first = added(FLEET, replace(KEDA, environments=("dev",)))
    assert "clusters/stage/stage-1/infrastructure/keda.yaml" not in first
    assert added(first, KEDA) == added(FLEET, KEDA)


def test_what_is_answered_for_one_environment_is_its_own() -> None:
    settings = ("provider=aws", f"role-arn={ROLE}", f"prod:role-arn={ROLE}-prod")
    tree = added(FLEET, replace(DNS, settings=settings))
    address = ("spec", "values", "serviceAccount", "annotations", "eks.amazonaws.com/role-arn")
    values = "infrastructure/external-dns/envs/{}/values.yaml"
    assert said(tree, values.format("dev"), *address) == ROLE
    assert said(tree, values.format("prod"), *address) == f"{ROLE}-prod"


def test_what_was_not_chosen_is_left_out() -> None:
    cloudflare = replace(DNS, settings=("provider=cloudflare", "token-secret=token"))
    tree = added(FLEET, cloudflare)
    path = "infrastructure/external-dns/envs/dev/values.yaml"
    assert b"role-arn" not in tree[path].data
    assert said(tree, path, "spec", "values", "env", 0, "name") == "CF_API_TOKEN"
    assert b"gateway-httproute" not in tree["infrastructure/external-dns/base/release.yaml"].data
    assert "infrastructure/cert-manager/envs/dev/values.yaml" not in added(FLEET, CERTIFICATES)


def test_lets_encrypt_believes_only_the_last_environment() -> None:
    tree = added(FLEET, CERTIFICATES)
    server = {
        environment: said(
            tree,
            f"infrastructure/cert-manager/config/envs/{environment}/cluster-issuer.yaml",
            *("spec", "acme", "server"),
        )
        for environment in ("dev", "stage", "prod")
    }
    assert "staging" in str(server["dev"])
    assert server["dev"] == server["stage"]
    assert "staging" not in str(server["prod"])


def test_what_is_configured_waits_for_what_it_configures() -> None:
    gateway = ComponentAnswers("envoy-gateway", capabilities=("lb-controller",))
    tree = added(FLEET, CERTIFICATES, gateway)
    there = "clusters/prod/prod-us/infrastructure/"
    assert waits_for(tree, f"{there}cert-manager-config.yaml") == ["cert-manager"]
    assert waits_for(tree, f"{there}envoy-gateway.yaml") == ["cert-manager-config"]
    assert waits_for(tree, f"{there}envoy-gateway-config.yaml") == ["envoy-gateway"]
    flagger = ComponentAnswers("flagger", settings=("router=gateway",))
    tree = added(tree, MONITORING, flagger)
    after = ["envoy-gateway-config", "kube-prometheus-stack-config"]
    assert waits_for(tree, f"{there}flagger.yaml") == after


def test_a_missing_capability_is_told_with_what_brings_it() -> None:
    told = (
        r"flagger needs what dev-1 of dev has not: gateway \(Gateways of the Gateway API\), which "
        r"aws-gateway-controller or envoy-gateway would bring; metrics \(.*\), which "
        r"kube-prometheus-stack would bring; .*say --have gateway --have metrics"
    )
    flagger = ComponentAnswers("flagger", settings=("router=gateway",))
    with pytest.raises(InvalidInput, match=told):
        added(FLEET, flagger)
    assert added(FLEET, replace(flagger, capabilities=("gateway", "metrics"))) != FLEET


def test_what_clusters_have_is_kept_with_them_and_every_other_byte_stays() -> None:
    path = "clusters/dev/dev-1/cluster-vars.yaml"
    tree = added(FLEET, DNS)
    annotation = ("metadata", "annotations", "fairlead.dev/capabilities")
    assert said(tree, path, *annotation) == "irsa"
    lines = tree[path].data.splitlines()
    assert [line for line in FLEET[path].data.splitlines() if line not in lines] == []
    assert len(lines) == len(FLEET[path].data.splitlines()) + 3
    # It is known from then on, and others come beside it.
    again = added(tree, replace(DNS, capabilities=()), MONITORING)
    assert said(again, path, *annotation) == "irsa, storage"


def test_other_annotations_of_a_cluster_stay() -> None:
    path = "clusters/dev/dev-1/cluster-vars.yaml"
    labels = b"  labels:\n"
    data = FLEET[path].data.replace(labels, b"  annotations:\n    a: b # kept\n" + labels)
    tree = added(FLEET.replace({path: data}), DNS)
    assert b"    a: b # kept\n    fairlead.dev/capabilities: irsa\n" in tree[path].data


def test_a_cluster_that_others_share_has_a_component_once() -> None:
    tree = added(SHARED, CERTIFICATES)
    assert "clusters/all/main/infrastructure/cert-manager.yaml" in tree
    path = "infrastructure/cert-manager/config/envs/all/cluster-issuer.yaml"
    assert "staging" not in str(said(tree, path, "spec", "acme", "server"))
    with pytest.raises(InvalidInput, match="dev shares its cluster with other environments"):
        added(SHARED, replace(CERTIFICATES, environments=("dev",)))


def test_without_a_parent_s_patches_a_kustomization_says_all_itself() -> None:
    key = "age1" + "q" * 58
    inline = FleetAnswers(
        "acme",
        environments=("prod",),
        defaults=Defaults.INLINE,
        secrets=Secrets.SOPS,
        age_recipients={"prod": [key]},
    )
    path = "clusters/prod/prod-1/infrastructure/keda.yaml"
    tree = added(new_fleet(Tree({}), inline), KEDA)
    assert said(tree, path, "spec", "wait") == "true"
    assert said(tree, path, "spec", "decryption", "provider") == "sops"
    assert said(added(FLEET, KEDA), path.replace("1", "eu"), "spec", "wait") is None


def test_what_is_retired_needs_a_word_and_leaves_one() -> None:
    nginx = ComponentAnswers("ingress-nginx", capabilities=("lb-controller",))
    with pytest.raises(InvalidInput, match=r"retired: .*add envoy-gateway or nginx-ingress inst"):
        added(FLEET, nginx)
    done = add_component(FLEET, replace(nginx, accept_retired=True))
    assert any("use envoy-gateway or nginx-ingress" in warning for warning in done.warnings)
    release = done.tree["infrastructure/ingress-nginx/base/release.yaml"].data
    assert release.startswith(b"# RETIRED: it has had no fixes")
    assert not any("retired" in warning for warning in add_component(FLEET, KEDA).warnings)


def test_a_catalogue_s_version_is_said_to_be_of_its_month() -> None:
    assert add_component(FLEET, KEDA).warnings == (
        "the catalogue read its version in 2026-08: look for a newer one",
    )
    assert add_component(FLEET, replace(KEDA, versions=("2.21.0",))).warnings == ()
    assert add_component(added(FLEET, KEDA), KEDA).warnings == ()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("jaeger", "tempo", "dev-1 of dev has jaeger, beside which tempo cannot be"),
        ("ingress-nginx", "envoy-gateway", "both are in the namespace gateway"),
    ],
)
def test_what_cannot_be_beside_each_other(first: str, second: str, told: str) -> None:
    have = ("storage", "lb-controller", "certificates")
    one = ComponentAnswers(first, capabilities=have, accept_retired=True)
    other = replace(one, name=second)
    with pytest.raises(InvalidInput, match=told):
        added(FLEET, one, other)
    apart = added(FLEET, replace(one, environments=("dev",)))
    assert added(apart, replace(other, environments=("prod",))) != apart


def test_a_file_of_somebody_is_not_overwritten() -> None:
    path = "infrastructure/keda/base/release.yaml"
    with pytest.raises(InvalidInput, match=f"{path}: is there already"):
        added(FLEET.replace({path: b"x: 1\n"}), KEDA)


def test_a_fleet_that_applies_no_components_is_refused() -> None:
    path = "clusters/stage/stage-1/kustomization.yaml"
    data = FLEET[path].data.replace(b"  - infrastructure.yaml\n", b"")
    with pytest.raises(InvalidInput, match="nothing in stage would reach this file"):
        added(FLEET.replace({path: data}), KEDA)


def test_a_variable_of_the_clusters_can_be_an_answer() -> None:
    settings = ("provider=aws", "role-arn=${dnsRole}")
    with pytest.raises(InvalidInput, match="not every cluster of dev has the variable dnsRole"):
        added(FLEET, replace(DNS, settings=settings))
    paths = [path for path in FLEET if path.endswith("cluster-vars.yaml")]
    known = FLEET.replace({path: FLEET[path].data + b"  dnsRole: x\n" for path in paths})
    values = added(known, replace(DNS, settings=settings))
    data = values["infrastructure/external-dns/envs/dev/values.yaml"].data
    assert b'eks.amazonaws.com/role-arn: "${dnsRole}"\n' in data


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("keta", (), "no component 'keta'; did you mean `keda`"),
        ("external-dns", (), r"told provider, who has the zones \(aws, cloudflare\); add for exam"),
        ("external-dns", ("provider=aws",), "told role-arn, the role that may write the zones"),
        ("external-dns", ("provider=awss",), "'awss' is none of the choices of provider"),
        ("external-dns", ("provider=aws", "role-arn=dns"), "'dns' is no ARN; write it as arn:aws"),
        ("external-dns", ("provider",), "--set provider is no answer"),
        ("external-dns", (":provider=aws",), "--set :provider=aws is no answer"),
        ("external-dns", ("prd:provider=aws",), "no environment 'prd'; did you mean `prod"),
        ("external-dns", ("provder=aws",), "asks for no 'provder'; did you mean `provider"),
        (
            "external-dns",
            ("provider=aws", f"role-arn={ROLE}", "token-secret=x"),
            "asks for token-secret only with provider=cloudflare",
        ),
        (
            "external-dns",
            ("provider=aws", f"role-arn={ROLE}", "dev:routes=yes"),
            "routes of external-dns cannot differ between environments",
        ),
        ("keda", ("a=b",), "asks for no 'a'; leave out --set"),
        ("cert-manager", ("email=ops",), "email: 'ops' is no e-mail address"),
        ("velero", ("plugin-image=velero/plugin",), "is no image with its version"),
    ],
)
def test_wrong_settings_are_told(name: str, settings: Sequence[str], told: str) -> None:
    have = ("irsa", "gateway")
    with pytest.raises(InvalidInput, match=told):
        added(FLEET, ComponentAnswers(name, settings=settings, capabilities=have))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (replace(KEDA, versions=("2",)), "'2' is no exact version"),
        (replace(KEDA, versions=(">=2.0.0",)), "has no chart '>'"),
        (replace(KEDA, versions=("kedda=2.0.0",)), "has no chart 'kedda'; did you mean `keda"),
        (replace(KEDA, environments=("prd",)), "no environment 'prd'; did you mean `prod"),
        (replace(KEDA, capabilities=("irsaa",)), "'irsaa' is no capability"),
        (ComponentAnswers("kyverno"), "has no version of the chart kyverno; add --version"),
        (ComponentAnswers("istio", versions=("1.30.2",)), "istio has 2 charts; write --version"),
    ],
    ids=str,
)
def test_other_wrong_answers_are_told(answers: ComponentAnswers, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        added(FLEET, answers)


def test_each_of_several_charts_can_have_a_version() -> None:
    versions = ("base=1.30.3", "istiod=1.30.4")
    tree = added(FLEET, ComponentAnswers("istio", versions=versions))
    chart = "infrastructure/istio/envs/prod/{}-chart.yaml"
    assert said(tree, chart.format("istio-base"), "spec", "version") == "1.30.3"
    assert said(tree, chart.format("istiod"), "spec", "version") == "1.30.4"


def template_text(name: str, *address: str | int) -> str | None:
    return documents(name, template(name))[0].text(*address)


def test_apps_name_what_components_are_called() -> None:
    gateway = "component/configuration/envoy-gateway/gateway.yaml"
    parent = ("spec", "parentRefs", 0)
    for key in ("name", "namespace"):
        asked = template_text("app/route.yaml", *parent, key)
        assert asked == template_text(gateway, "metadata", key)
    store = "component/configuration/external-secrets/cluster-secret-store.yaml"
    asked = template_text("app/external-secret.yaml", "spec", "secretStoreRef", "name")
    assert asked == template_text(store, "metadata", "name")
    issuer = "component/configuration/cert-manager/cluster-issuer.yaml"
    annotation = ("metadata", "annotations", "cert-manager.io/cluster-issuer")
    asked = template_text("app/ingress.yaml", *annotation)
    assert asked == template_text(issuer, "metadata", "name")
    components = catalog().components
    for name, component in (
        ("allow-gateway", "envoy-gateway"),
        ("allow-gateway", "nginx-ingress"),
        ("allow-monitoring", "kube-prometheus-stack"),
    ):
        source = ("spec", "ingress", 0, "from", 0, "namespaceSelector", "matchLabels")
        asked = template_text(f"app/{name}.yaml", *source, "kubernetes.io/metadata.name")
        assert asked == components[component].namespace
    operator = f"kubernetes.io/metadata.name: {components['cloudnative-pg'].namespace}\n"
    assert operator in template("app/database-policy.yaml").decode()
    prometheus = f"prometheus-operated.{components['kube-prometheus-stack'].namespace}.svc"
    assert prometheus in template("app/metric-templates.yaml").decode()


def test_a_proof_by_http_needs_an_ingress() -> None:
    http = replace(CERTIFICATES, settings=("email=ops@shop.example", "solver=http01"))
    with pytest.raises(InvalidInput, match="needs what dev-1 of dev has not: ingress"):
        added(FLEET, http)
    nginx = ComponentAnswers("nginx-ingress", capabilities=("lb-controller",))
    tree = added(FLEET, nginx, http)
    there = "clusters/dev/dev-1/infrastructure/cert-manager.yaml"
    assert waits_for(tree, there) == ["nginx-ingress"]


# --- an authority of the cluster's own ------------------------------------------------------------

MTLS = ComponentAnswers("mtls")


def test_whoever_signs_for_mutual_tls_is_signed_by_itself() -> None:
    tree = added(added(FLEET, CERTIFICATES), MTLS)
    below = "infrastructure/mtls/base"
    paths = [f"{below}/{name}.yaml" for name in ("self-signed", "authority", "cluster-issuer")]
    root, authority, issuer = (documents(path, tree[path].data)[0] for path in paths)
    assert root.keys("spec") == ("selfSigned",)
    assert root.text("metadata", "name") == authority.text("spec", "issuerRef", "name")
    assert root.text("metadata", "namespace") == authority.text("metadata", "namespace")
    assert authority.text("spec", "isCA") == "true"
    assert issuer.text("spec", "ca", "secretName") == authority.text("spec", "secretName")
    # A ClusterIssuer's Secret lies where cert-manager runs.
    assert authority.text("metadata", "namespace") == "cert-manager"
    assert f"{below}/namespace.yaml" not in tree
    # What apps ask for is this one.
    assert issuer.text("metadata", "name") == platform.AUTHORITY
    flux = "clusters/dev/dev-1/infrastructure/mtls.yaml"
    [read] = documents(flux, tree[flux].data)
    assert read.text("spec", "dependsOn", 0, "name") == "cert-manager-config"
    assert added(tree, MTLS) == tree
    assert added(tree, CERTIFICATES) == tree


def test_an_authority_needs_cert_manager_and_has_no_version() -> None:
    with pytest.raises(InvalidInput, match="mtls needs what dev-1 of dev has not: certificates"):
        added(FLEET, MTLS)
    there = add_component(added(FLEET, CERTIFICATES), MTLS)
    assert there.warnings == ()
    with pytest.raises(InvalidInput, match="mtls has no chart; leave out --version"):
        added(FLEET, replace(MTLS, versions=("1.0.0",)))


def test_a_guest_leaves_the_namespace_to_its_host() -> None:
    tree = added(added(FLEET, CERTIFICATES), MTLS)
    with pytest.raises(InvalidInput, match="is that of the component cert-manager"):
        add_tenant(tree, TenantAnswers("ops", ("cert-manager",)))
    assert "tenants/ops/base/ops/namespace.yaml" in add_tenant(tree, TenantAnswers("ops"))


# --- alerts about Flux itself ---------------------------------------------------------------------


def test_rules_about_flux_ask_for_figures_that_are_there() -> None:
    tree = added(FLEET, MONITORING)
    below = "infrastructure/kube-prometheus-stack"
    rules = yaml.safe_load(tree[f"{below}/config/base/flux-rules.yaml"].data)
    values = yaml.safe_load(tree[f"{below}/base/release.yaml"].data)["spec"]["values"]
    state = values["kube-state-metrics"]["customResourceState"]
    told: dict[str, set[str]] = {}
    kinds = set()
    for each in state["config"]["spec"]["resources"]:
        [metric] = each["metrics"]
        labels = {*metric["each"]["info"]["labelsFromPath"], *metric["labelsFromPath"]}
        told[f"{each['metricNamePrefix']}_{metric['name']}"] = labels | {"customresource_kind"}
        kinds.add(each["groupVersionKind"]["kind"])
    exprs = [rule["expr"] for group in rules["spec"]["groups"] for rule in group["rules"]]
    assert len(exprs) == 3
    for expr in exprs:
        for metric, selector in re.findall(r"(gotk_\w+)\{([^}]*)\}", expr):
            assert set(re.findall(r"(\w+)!?=~?", selector)) <= told[metric]
            assert set(re.findall(r'customresource_kind="(\w+)"', selector)) <= kinds
    # Rules and pods of every namespace count, whatever their labels.
    spec = values["prometheus"]["prometheusSpec"]
    assert spec["ruleSelectorNilUsesHelmValues"] is False
    assert spec["podMonitorSelectorNilUsesHelmValues"] is False
    # They are of kinds that the chart brings.
    path = "clusters/dev/dev-1/infrastructure/kube-prometheus-stack-config.yaml"
    [flux] = documents(path, tree[path].data)
    assert flux.text("spec", "dependsOn", 0, "name") == "kube-prometheus-stack"


# --- where TLS ends -------------------------------------------------------------------------------

ARN = "arn:aws:acm:eu-central-1:210987654321:certificate/0a1b2c3d"
NLB = ("load-balancer=nlb", "tls=acm")


def ingress(*settings: str, name: str = "nginx-ingress") -> ComponentAnswers:
    have = ("lb-controller",)
    return ComponentAnswers(name, settings=settings, capabilities=have, accept_retired=True)


def with_certificate(tree: Tree) -> Tree:
    paths = [path for path in tree if path.endswith("cluster-vars.yaml")]
    line = f"  acm_certificate: {ARN}\n".encode()
    return tree.replace({path: tree[path].data + line for path in paths})


@pytest.mark.parametrize("name", ["nginx-ingress", "ingress-nginx"])
def test_a_certificate_of_acm_is_a_clusters_variable_or_an_answer(name: str) -> None:
    with pytest.raises(InvalidInput, match="has the variable acm_certificate; add it to their cl"):
        added(FLEET, ingress(*NLB, name=name))
    path = f"infrastructure/{name}/envs/prod/values.yaml"
    start = ("spec", "values", "controller", "service")
    listener = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
    of_cluster = added(with_certificate(FLEET), ingress(*NLB, name=name))
    assert said(of_cluster, path, *start, "annotations", listener) == "${acm_certificate}"
    answered = added(FLEET, ingress(*NLB, f"certificate={ARN}", name=name))
    assert said(answered, path, *start, "annotations", listener) == ARN


@pytest.mark.parametrize(
    ("name", "port", "plain"),
    [
        ("nginx-ingress", ("httpsPort", "targetPort"), "80"),
        ("ingress-nginx", ("targetPorts", "https"), "http"),
    ],
)
def test_what_is_decrypted_goes_on_as_it_was_asked_for(
    name: str, port: tuple[str, str], plain: str
) -> None:
    path = f"infrastructure/{name}/envs/dev/values.yaml"
    start = ("spec", "values", "controller", "service")
    spoken = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol"
    own = f"certificate={ARN}"
    acm = added(FLEET, ingress(*NLB, own, name=name))
    assert said(acm, path, *start, "annotations", spoken) == "tcp"
    assert said(acm, path, *start, *port) == plain
    both = added(FLEET, ingress("load-balancer=nlb", "tls=both", own, name=name))
    assert said(both, path, *start, "annotations", spoken) == "ssl"
    assert said(both, path, *start, *port) is None
    for without in (("load-balancer=nlb",), ()):
        assert path not in added(FLEET, ingress(*without, name=name))


def test_a_certificate_without_its_load_balancer_is_refused() -> None:
    with pytest.raises(InvalidInput, match="asks for tls only with load-balancer=nlb"):
        added(FLEET, ingress("tls=acm"))
    for settings in (("load-balancer=nlb",), ()):
        with pytest.raises(InvalidInput, match="asks for certificate only with tls=acm or both"):
            added(FLEET, ingress(*settings, f"certificate={ARN}"))


def test_requests_pass_the_web_acl_where_one_is_named() -> None:
    settings = ("cluster-name=shop", "region=eu-central-1", "vpc-id=vpc-0a1b2c3d4e5f60718")
    acl = "arn:aws:wafv2:eu-central-1:210987654321:regional/webacl/shop/0a1b2c3d"
    answers = ComponentAnswers(
        "aws-load-balancer-controller",
        settings=(*settings, f"role-arn={ROLE}", f"prod:waf-acl={acl}"),
        capabilities=("irsa",),
    )
    tree = added(FLEET, answers)
    own = ("spec", "values", "ingressClassParams", "spec", "wafv2AclArn")
    path = "infrastructure/aws-load-balancer-controller/envs/{}/values.yaml"
    assert said(tree, path.format("prod"), *own) == acl
    assert b"ingressClassParams" not in tree[path.format("dev")].data
    with pytest.raises(InvalidInput, match="waf-acl: 'shop' is no ARN"):
        added(FLEET, replace(answers, settings=(*answers.settings, "dev:waf-acl=shop")))
