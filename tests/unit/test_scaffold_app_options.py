"""What single answers make of an app: of each the manifest that it is about."""

import itertools
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.scaffold import AppAnswers, add_app
from gitops.scaffold.answers import Topology
from gitops.scaffold.capabilities import with_declared
from gitops.scaffold.catalog import catalog
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.needs import NEEDS, unmet
from gitops.scaffold.placement import platform_placements
from gitops.tree import Tree, changes
from tests.golden.app_trees import FLEETS, told

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
FLEET = FLEETS[Topology.PER_ENVIRONMENT]
DIGEST = "sha256:" + "1" * 64


def made(flags: str, topology: Topology = Topology.PER_ENVIRONMENT) -> Tree:
    return add_app(FLEETS[topology], told("a", f"{BASE} {flags}"))


def manifest(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree[f"apps/a/{path}"].data)


def pod(tree: Tree) -> Any:
    return manifest(tree, "base/deployment.yaml")["spec"]["template"]["spec"]


def container(flags: str) -> Any:
    return manifest(made(flags), "base/deployment.yaml")["spec"]["template"]["spec"]["containers"][
        0
    ]


def literals(tree: Tree, path: str) -> dict[str, str]:
    generators = manifest(tree, f"{path}/kustomization.yaml").get("configMapGenerator", [{}])
    pairs = (text.partition("=") for text in generators[0].get("literals", ()))
    return {key: value for key, _, value in pairs}


# --- presets --------------------------------------------------------------------------------------


def test_the_jvm_starts_its_agent_where_metrics_are_asked_for() -> None:
    tree = made("--preset jvm --metrics")
    agent = "-javaagent:/opt/jmx/agent.jar=9404:/opt/jmx/config.yaml"
    assert literals(tree, "base")["JAVA_TOOL_OPTIONS"] == agent
    assert {"name": "metrics", "containerPort": 9404} in container("--preset jvm --metrics")[
        "ports"
    ]
    assert "JAVA_TOOL_OPTIONS" not in literals(made("--preset jvm"), "base")
    moved = made("--preset jvm --metrics --metrics-port 9999")
    assert "=9999:" in literals(moved, "base")["JAVA_TOOL_OPTIONS"]


def test_a_load_balancer_publishes_no_metrics() -> None:
    flags = "--preset python-wsgi --metrics"
    inside, outside = made(flags), made(f"{flags} --expose load-balancer --host a")
    ports = [port["name"] for port in manifest(inside, "base/service.yaml")["spec"]["ports"]]
    assert ports == ["http", "metrics"]
    assert manifest(inside, "base/service-monitor.yaml")["kind"] == "ServiceMonitor"
    ports = [port["name"] for port in manifest(outside, "base/service.yaml")["spec"]["ports"]]
    assert ports == ["http"]
    monitor = manifest(outside, "base/pod-monitor.yaml")
    assert monitor["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"


def test_python_runs_behind_a_server_for_production_that_ends_within_its_grace() -> None:
    found = container("--preset python-wsgi --port 5000")
    assert found["command"][:2] == ["gunicorn", "--bind=0.0.0.0:5000"]
    graceful = next(w for w in found["command"] if w.startswith("--graceful-timeout="))
    waits = found["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = pod(made("--preset python-wsgi"))["terminationGracePeriodSeconds"]
    assert grace > int(graceful.partition("=")[2]) + waits
    own = container("--preset python-wsgi --command 'granian shop:app'")
    assert own["command"] == ["granian", "shop:app"]


def test_a_worker_has_neither_ports_nor_service() -> None:
    tree = made("--preset worker")
    found = container("--preset worker")
    assert not {"ports", "startupProbe", "livenessProbe", "readinessProbe", "lifecycle"} & set(
        found
    )
    assert "apps/a/base/service.yaml" not in tree
    assert "apps/a/base/pod-disruption-budget.yaml" in tree
    told_metrics = container("--preset worker --metrics")
    assert told_metrics["ports"] == [{"name": "metrics", "containerPort": 9464}]
    assert told_metrics["readinessProbe"]["tcpSocket"] == {"port": "metrics"}


def test_a_cron_forbids_two_at_once_and_ends() -> None:
    spec = manifest(made("--preset cron --schedule '5 4 * * 1'"), "base/cronjob.yaml")["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("5 4 * * 1", "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] > 0
    assert spec["successfulJobsHistoryLimit"] == spec["failedJobsHistoryLimit"] == 3
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 3600


def test_logs_are_told_more_of_where_a_release_begins() -> None:
    tree = made("--preset node")
    assert literals(tree, "base")["LOG_LEVEL"] == "info"
    assert literals(tree, "envs/dev") == {"LOG_LEVEL": "debug"}
    assert literals(tree, "envs/prod") == {}
    said = made("--preset node --env LOG_LEVEL=warning --env prod:LOG_LEVEL=error")
    assert literals(said, "base")["LOG_LEVEL"] == "warning"
    assert literals(said, "envs/dev") == {}
    assert literals(said, "envs/prod") == {"LOG_LEVEL": "error"}


def test_one_environment_alone_may_have_a_variable() -> None:
    tree = made("--env prod:REGION=eu")
    assert literals(tree, "base") == {"ENVIRONMENT": "${environment}"}
    assert literals(tree, "envs/prod") == {"REGION": "eu"}


# --- pods -----------------------------------------------------------------------------------------

HANDLERS = {"http": "httpGet", "tcp": "tcpSocket", "grpc": "grpc", "exec": "exec"}


@pytest.mark.parametrize("kind", HANDLERS)
def test_a_probe_has_one_handler_and_the_two_differ(kind: str) -> None:
    more = "--probe-command 'test -e /tmp/up'" if kind == "exec" else ""
    found = container(f"--probe {kind} {more}")
    probes = [found[f"{each}Probe"] for each in ("startup", "liveness", "readiness")]
    assert [set(probe) & set(HANDLERS.values()) for probe in probes] == [{HANDLERS[kind]}] * 3
    assert probes[1] != probes[2]


def test_sizes_grow() -> None:
    def asked(size: str) -> tuple[int, int]:
        resources = container(f"--size {size}")["resources"]
        memory = resources["requests"]["memory"]
        units = {"Mi": 1, "Gi": 1024}
        cpu = int(resources["requests"]["cpu"].removesuffix("m"))
        assert resources["limits"]["memory"]
        return cpu, int(memory[:-2]) * units[memory[-2:]]

    found = [asked(size) for size in ("xs", "s", "m", "l", "xl")]
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(found))


def test_secrets_are_seen_in_the_deployment_and_written_nowhere() -> None:
    flags = "--secrets sops --secret keys --secret db=URL,PASSWORD"
    found = container(flags)
    assert found["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert found["env"] == [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": "db", "key": key}}}
        for key in ("URL", "PASSWORD")
    ]
    for file in made(flags).values():
        assert b"kind: Secret\n" not in file.data
        assert b"secretGenerator" not in file.data


def test_an_account_has_a_token_only_with_rights() -> None:
    def mounted(flags: str) -> bool:
        found = pod(made(flags))
        assert found["serviceAccountName"] == "a"
        return bool(found["automountServiceAccountToken"])

    assert (mounted(""), mounted("--rights")) == (False, True)
    rules = next(yaml.safe_load_all(made("--rights")["apps/a/base/role.yaml"].data))["rules"]
    assert all("secrets" not in rule["resources"] and "*" not in rule["verbs"] for rule in rules)


def test_an_autoscaler_alone_says_how_many_pods_there_are() -> None:
    for flags, file in (("hpa", "autoscaler"), ("keda", "scaled-object")):
        tree = made(f"--autoscale {flags} --scale 3-9 --scale prod=4-20")
        assert "replicas" not in manifest(tree, "base/deployment.yaml")["spec"]
        assert f"apps/a/base/{file}.yaml" in tree
        assert [each["value"] for each in manifest(tree, "envs/prod/scale.yaml")] == [4, 20]
    assert manifest(made(""), "base/deployment.yaml")["spec"]["replicas"] == 2


def test_recreate_is_for_one_pod() -> None:
    tree = made("--strategy Recreate --volume data=/data:5Gi")
    spec = manifest(tree, "base/deployment.yaml")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert "apps/a/base/pod-disruption-budget.yaml" not in tree
    claims = {
        v["persistentVolumeClaim"]["claimName"] for v in spec["template"]["spec"]["volumes"][:1]
    }
    assert claims == {manifest(tree, "base/volume-data.yaml")["metadata"]["name"]}


def test_a_canary_takes_the_autoscaler_along_and_has_what_judges_it() -> None:
    tree = made("--strategy Canary --metrics --autoscale keda --expose httproute --host a")
    spec = manifest(tree, "base/canary.yaml")["spec"]
    assert spec["autoscalerRef"]["kind"] == "ScaledObject"
    templates = yaml.safe_load_all(tree["apps/a/base/metric-templates.yaml"].data)
    there = {each["metadata"]["name"] for each in templates}
    assert {each["templateRef"]["name"] for each in spec["analysis"]["metrics"]} == there
    # Flagger makes them, and would be undone by Flux.
    assert not {"apps/a/base/service.yaml", "apps/a/base/route.yaml"} & set(tree)
    plain = manifest(made("--strategy Canary --metrics"), "base/canary.yaml")["spec"]
    assert (plain["provider"], plain["analysis"]["iterations"]) == ("kubernetes", 10)


def test_a_role_of_the_cloud_is_one_environments() -> None:
    arn = "arn:aws:iam::123456789012:role/a"
    tree = made(f"--irsa prod={arn}")
    annotations = manifest(tree, "envs/prod/role.yaml")["metadata"]["annotations"]
    assert annotations == {"eks.amazonaws.com/role-arn": arn}
    assert "apps/a/envs/dev/role.yaml" not in tree


# --- Flux -----------------------------------------------------------------------------------------


def test_before_comes_before_and_after_after_and_both_start_with_the_first_release() -> None:
    for when, follows in (("pre", "a"), ("post", "a-post")):
        tree = made(f"--migrations {when} --migration-command migrate --database cnpg")
        read = {
            name: yaml.safe_load(tree[f"clusters/dev/dev-1/apps/{name}.yaml"].data)["spec"]
            for name in ("a", f"a-{when}")
        }
        other = next(name for name in read if name != follows)
        assert read[follows]["dependsOn"] == [{"name": other}]
        assert "dependsOn" not in read[other]
        # The database is beside the Job: nothing but the Job may be made anew.
        assert not any("force" in spec for spec in read.values())
        job = yaml.safe_load(tree["apps/a/migration/job.yaml"].data)
        assert job["metadata"]["annotations"] == {"kustomize.toolkit.fluxcd.io/force": "enabled"}
        released = Fleet.read(tree).set_pin("dev", "a", [Setting(*IMAGE_V1)])
        changed = set(changes(tree, released))
        assert changed == {
            "apps/a/envs/dev/version/kustomization.yaml",
            "clusters/dev/dev-1/apps/a.yaml",
            f"clusters/dev/dev-1/apps/a-{when}.yaml",
        }


IMAGE_V1 = ("registry.example.com/shop/a", "v1", DIGEST)


def test_encrypted_secrets_are_decrypted_whatever_the_fleet_has() -> None:
    path = "clusters/dev/dev-1/apps/a.yaml"
    flags = "--secrets sops --secret a"
    assert yaml.safe_load(made(flags)[path].data)["spec"]["decryption"]["provider"] == "sops"
    # The key of SOPS is not asked for where nothing is encrypted with it: Flux would fail.
    for other in ("", "--secrets sealed-secrets --secret a"):
        assert "decryption" not in yaml.safe_load(made(other)[path].data)["spec"]


# --- charts ---------------------------------------------------------------------------------------

OF_CHART = {
    "helm": "--kind helm --chart redis --repository https://charts.example.com",
    "oci-chart": "--kind oci-chart --chart oci://ghcr.io/shop/charts/redis",
}


@pytest.mark.parametrize("kind", OF_CHART)
def test_a_charts_version_stands_in_one_file_of_each_environment(kind: str) -> None:
    answers = told("a", f"--team shop --range >=1.0.0 {OF_CHART[kind]} --version dev=1.2.3")
    tree = add_app(FLEET, answers)
    fleet = Fleet.read(tree)
    pin = fleet.pin("dev", "a")
    assert pin is not None
    assert [each.tag for each in pin.content] == ["1.2.3"]
    name = "redis" if kind == "helm" else "ghcr.io/shop/charts/redis"
    moved = fleet.set_pin("prod", "a", [Setting(name, "1.2.4", None)])
    assert {path.rpartition("/")[0] for path in changes(tree, moved)} == {
        "apps/a/envs/prod/version",
        "clusters/prod/prod-1/apps",
    }


@pytest.mark.parametrize("kind", OF_CHART)
def test_the_image_of_a_chart_is_released_and_the_chart_stays(kind: str) -> None:
    tree = made(f"{OF_CHART[kind]} --chart-version 3.2.1")
    released = Fleet.read(tree).set_pin("stage", "a", [Setting(*IMAGE_V1)])
    values = manifest(released, "envs/stage/version/release.yaml")["spec"]["values"]
    assert values["image"] == {
        "repository": IMAGE_V1[0],
        "tag": IMAGE_V1[1],
        "digest": IMAGE_V1[2],
    }
    said = b"".join(released[path].data for path in released if "/envs/stage/version/" in path)
    assert said.count(b"3.2.1") == 1


def test_drift_is_mended_at_the_end_of_the_way_alone() -> None:
    tree = add_app(FLEET, told("a", f"--team shop --range >=1.0.0 {OF_CHART['helm']}"))
    assert [e for e in ("dev", "stage", "prod") if f"apps/a/envs/{e}/drift.yaml" in tree] == [
        "prod"
    ]


# --- what the cluster must have -------------------------------------------------------------------


def test_what_the_fleet_has_not_is_told_and_what_it_has_is_not() -> None:
    answers = told("a", f"{BASE} --open --autoscale keda --metrics")
    assert [text.partition(",")[0] for text in unmet(FLEET, answers)] == [
        "--autoscale keda needs event-scaling",
        "--metrics needs metrics",
    ]
    clusters = ("dev/dev-1", "stage/stage-1", "prod/prod-1")
    files = {f"clusters/{each}/infrastructure/keda.yaml": b"" for each in clusters}
    there = Tree.of({path: file.data for path, file in FLEET.items()} | files)
    assert [text.partition(",")[0] for text in unmet(there, answers)] == ["--metrics needs metrics"]


def test_what_no_component_brings_is_a_clusters_own() -> None:
    answers = told("a", f"{BASE} --open --strategy Recreate --volume data=/data:5Gi")
    [said] = unmet(FLEET, answers)
    assert said.startswith("--volume needs storage")
    assert "fairlead.dev/capabilities: storage" in said
    keda = ComponentAnswers("keda", capabilities=("storage",))
    assert list(unmet(add_component(FLEET, keda).tree, answers)) == []


@pytest.mark.parametrize("topology", list(Topology))
def test_what_a_cluster_says_that_it_has_is_not_missed(topology: Topology) -> None:
    fleet = FLEETS[topology]
    answers = told("a", f"{BASE} --open --autoscale keda --metrics --component goldilocks")
    missed = ("event-scaling", "metrics", "goldilocks")
    said = [text.partition(",")[0].rpartition(" ")[2] for text in unmet(fleet, answers)]
    assert said == [*missed]
    for where in platform_placements(Fleet.read(fleet)):
        fleet = with_declared(fleet, catalog(), where, missed[:2])
    [left] = unmet(fleet, answers)
    assert "needs goldilocks" in left


def test_what_is_needed_is_a_capability_and_whoever_provides_it_brings_it() -> None:
    for need in NEEDS:
        assert need.capability in catalog().capabilities
        providers = set(catalog().providers(need.capability))
        # Each store of traces has an address of its own, and an app names one.
        chosen = need.capability == "tracing"
        assert set(need.components) <= providers if chosen else set(need.components) == providers


def test_an_app_that_asks_for_nothing_needs_nothing() -> None:
    answers = told("a", f"{BASE} --open")
    assert list(unmet(FLEET, answers)) == []
    assert not any(need.asked(answers) for need in NEEDS)


# --- together -------------------------------------------------------------------------------------

PIECES = (
    "--preset python-wsgi",
    "--preset worker",
    "--preset cron --schedule '0 3 * * *'",
    "--image registry.example.com/shop/b",
    "--size xl",
    "--probe tcp",
    "--probe exec --probe-command up",
    "--strategy Canary",
    "--strategy Recreate",
    "--replicas prod=4",
    "--autoscale hpa --scale prod=2-9",
    "--autoscale keda",
    "--open",
    "--allow-from b",
    "--egress b=b:80 --egress c=n/c:1 --egress d=10.0.0.0/8:443",
    "--expose ingress --host a --host prod=a.example.com",
    "--expose httproute --host a",
    "--expose load-balancer --host a",
    "--metrics",
    "--secrets sops --secret k --secret l=A,B",
    "--secrets vault --secret k",
    "--database cnpg",
    "--migrations pre --migration-command m",
    "--migrations post --migration-command m",
    "--rights",
    "--env A=b --env dev:C=d",
    "--irsa dev=arn:aws:iam::123456789012:role/a",
    "--component spot --component mesh --component goldilocks",
    "--kind oci-chart --chart oci://a.de/b/c --chart-version 1.0.0",
)


def attempt(flags: str, topology: Topology) -> tuple[AppAnswers, Tree] | InvalidInput:
    try:
        answers = told("a", f"{BASE} {flags}")
        return answers, add_app(FLEETS[topology], answers)
    except InvalidInput as error:
        return error


@given(st.sets(st.sampled_from(PIECES), max_size=7), st.sampled_from(Topology))
def test_any_answers_make_an_app_or_are_refused(pieces: set[str], topology: Topology) -> None:
    found = attempt(" ".join(sorted(pieces)), topology)
    if isinstance(found, InvalidInput):
        assert found.hint
        return
    answers, tree = found
    assert add_app(tree, answers) == tree
    fleet = Fleet.read(tree)
    for environment in fleet.environments:
        pin = fleet.pin(environment, "a")
        assert pin is not None
        assert (pin.problem, pin.unreleased) == (None, True)


def test_most_of_them_can_be_had_together() -> None:
    refused = [
        piece for piece in PIECES if isinstance(attempt(piece, Topology.SINGLE), InvalidInput)
    ]
    assert refused == ["--strategy Canary"]


def test_what_speaks_no_http_has_its_own_port_outside_too() -> None:
    def ports(flags: str) -> list[tuple[str, object]]:
        spec = manifest(made(flags), "base/service.yaml")["spec"]
        return [(each["name"], each["port"]) for each in spec["ports"]]

    assert ports("--port 5432 --probe tcp") == [("http", 5432)]
    assert ports("--port 5432 --probe http") == [("http", 80)]
    assert ports("--port 5432 --probe tcp --expose ingress --host a") == [("http", 80)]


@pytest.mark.parametrize(
    ("tls", "secret"), [("cert-manager", True), ("both", True), ("acm", False)], ids=str
)
def test_an_ingress_has_a_certificate_unless_the_load_balancer_has_it(
    tls: str, *, secret: bool
) -> None:
    flags = f"--expose ingress --host shop --host prod=www.shop.example.com --tls {tls}"
    tree = made(flags)
    found = manifest(tree, "base/ingress.yaml")
    assert ("tls" in found["spec"]) == secret
    assert ("annotations" in found["metadata"]) == secret
    if secret:
        assert found["spec"]["tls"][0]["hosts"] == [found["spec"]["rules"][0]["host"]]
    patch = tree["apps/a/envs/prod/host.yaml"].data
    assert (b"/spec/tls/0/hosts/0" in patch) == secret
    assert b"/spec/rules/0/host" in patch
    needs = [each.partition(",")[0] for each in unmet(FLEET, told("a", f"{BASE} {flags}"))]
    assert ("--expose ingress needs certificates" in needs) == secret
