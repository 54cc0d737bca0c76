"""`verify`: what a person asks flux, kubectl and curl, of what is rendered."""

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from gitops.directory import write_directory
from gitops.errors import Place
from gitops.rendering.model import Object, Output
from gitops.rendering.verifying import Step, steps
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.end_to_end.command import Command
from tests.golden.app_trees import COMMANDS, all_added

SHOWS = {
    *("flux get", "kubectl get", "kubectl rollout", "kubectl wait", "kubectl port-forward"),
    "curl --fail",
}
"""What only shows; `rollout` has `status` behind it."""


def asked(text: str) -> tuple[Step, ...]:
    """The steps for some manifests of the app `shop`."""
    place = Place("shop.yaml")
    objects = tuple(Object(each, place) for each in yaml.safe_load_all(text))
    return steps([Output("prod", "prod-1", "shop", "apps/shop", objects)])


def commands(text: str) -> list[list[str]]:
    return [shlex.split(each.command) for each in asked(text)]


def urls(text: str) -> list[str]:
    return [words[-1] for words in commands(text) if words[0] == "curl"]


WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: till}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: shop, tier: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: shop, tier: web}}
    spec:
      containers:
        - name: shop
          image: registry.example.com/shop:v1.0
          livenessProbe: {httpGet: {path: /live, port: 80}}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: till}
spec:
  selector: {app.kubernetes.io/name: shop}
  ports: [{name: http, port: 80}]
"""
ROUTE = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: till}
spec:
  parentRefs: [{name: public, namespace: gateway}]
  hostnames: [shop.example.com, "*.example.org"]
  rules: [{backendRefs: [{name: shop, port: 80}]}]
"""
INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: till}
spec:
  tls: [{hosts: [shop.example.com]}]
  rules:
    - host: shop.example.com
      http: {paths: [{path: /, backend: {service: {name: shop}}}]}
"""
SMOKE = """\
---
apiVersion: batch/v1
kind: Job
metadata: {name: shop-smoke, namespace: till}
spec:
  template:
    spec:
      containers: [{name: smoke, command: [curl, "http://shop/", "http://shop/configs"]}]
"""
CANARY = """\
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: shop, namespace: till}
spec:
  targetRef: {kind: Deployment, name: shop}
  service: {hosts: [shop.example.com], gatewayRefs: [{name: public, namespace: gateway}]}
"""


def test_pods_are_told_by_their_labels_and_what_they_should_run() -> None:
    rollout, pods = asked(WORKLOAD)[:2]
    assert rollout.command == (
        "kubectl rollout status deployment/shop --namespace till --timeout=5m"
    )
    words = shlex.split(pods.command)
    assert words[:5] == ["kubectl", "get", "pods", "--namespace", "till"]
    assert words[words.index("--selector") + 1] == "app.kubernetes.io/name=shop,tier=web"
    assert pods.about == "its pods are Running, of registry.example.com/shop:v1.0"


@pytest.mark.parametrize(
    ("outside", "kind", "name"),
    [
        (INGRESS, "ingresses", "shop"),
        (ROUTE, "gateways.gateway.networking.k8s.io", "public"),
        (CANARY, "gateways.gateway.networking.k8s.io", "public"),
    ],
)
def test_who_is_exposed_has_an_address_and_is_asked_by_its_host(
    outside: str, kind: str, name: str
) -> None:
    found = commands(WORKLOAD + outside)
    [address] = [words for words in found if words[2] == kind]
    assert address[3] == name
    assert ".status." in address[-1]
    assert urls(WORKLOAD + outside) == [
        "https://shop.example.com/",
        "https://shop.example.com/live",
    ]
    assert not [words for words in found if "port-forward" in words]


def test_a_host_without_a_certificate_is_asked_in_plain() -> None:
    plain = INGRESS.replace("  tls: [{hosts: [shop.example.com]}]\n", "")
    assert urls(WORKLOAD + plain)[0] == "http://shop.example.com/"


def test_what_a_smoke_job_asks_is_asked_and_the_job_is_looked_at() -> None:
    assert urls(WORKLOAD + SMOKE + ROUTE) == [
        "https://shop.example.com/",
        "https://shop.example.com/configs",
    ]
    job = ["kubectl", "wait", "job/shop-smoke", "--namespace", "till"]
    assert [*job, "--for=condition=Complete", "--timeout=5m"] in commands(WORKLOAD + SMOKE)


def test_a_load_balancer_has_a_name_or_the_address_that_it_got() -> None:
    outside = WORKLOAD.replace(
        "spec:\n  selector: {app", "spec:\n  type: LoadBalancer\n  selector: {app"
    )
    assert outside != WORKLOAD
    [show, first] = [e.command for e in asked(outside) if "services" in e.command][:2]
    assert first.endswith(f'"http://$({show})"/')
    hostname = "annotations: {external-dns.alpha.kubernetes.io/hostname: gw.example.com}"
    named = outside.replace(
        "kind: Service\nmetadata: {", f"kind: Service\nmetadata: {{{hostname}, "
    )
    assert urls(named) == ["http://gw.example.com/", "http://gw.example.com/live"]


def test_a_service_that_nothing_exposes_is_reached_through_kubectl() -> None:
    found = commands(WORKLOAD)
    forward = ["kubectl", "port-forward", "--namespace", "till", "service/shop", "8080:80"]
    assert forward in found
    assert urls(WORKLOAD) == ["http://localhost:8080/", "http://localhost:8080/live"]
    # What speaks no HTTP is not asked by curl.
    silent = WORKLOAD.replace("httpGet: {path: /live, port: 80}", "tcpSocket: {port: 80}")
    assert urls(silent) == []


def test_whoever_wants_a_certificate_is_not_asked() -> None:
    closed = WORKLOAD.replace("{name: http, port: 80}", "{name: http, port: 80, targetPort: mtls}")
    assert closed != WORKLOAD
    assert urls(closed) == []
    assert not [words for words in commands(closed) if "port-forward" in words]


def test_a_service_that_flagger_makes_is_asked_for_what_the_kubelet_asks() -> None:
    alone = WORKLOAD.partition("---\n")[0]
    assert "kind: Service" not in alone
    assert urls(f"{alone}{CANARY}") == [
        "https://shop.example.com/",
        "https://shop.example.com/live",
    ]


def test_of_a_canary_the_pods_that_have_the_traffic_are_looked_at() -> None:
    found = commands(WORKLOAD + CANARY)
    assert ["kubectl", "get", "canaries", "shop", "--namespace", "till"] in found
    [rollout] = [words for words in found if words[1] == "rollout"]
    assert rollout[3] == "deployment/shop-primary"
    [pods] = [words for words in found if words[2] == "pods"]
    assert "app.kubernetes.io/name=shop-primary,tier=web" in pods


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: redis, namespace: till}
spec: {MORE}
"""


@pytest.mark.parametrize(
    ("more", "space", "name"),
    [
        ("interval: 1h", "till", "redis"),
        ("targetNamespace: db", "db", "db-redis"),
        ("releaseName: cache", "till", "cache"),
    ],
)
def test_a_release_s_pods_bear_its_name(more: str, space: str, name: str) -> None:
    first, second = commands(RELEASE.replace("MORE", more))
    assert first == ["flux", "get", "helmreleases", "redis", "--namespace", "till"]
    assert second[3:7] == ["--namespace", space, "--selector", f"app.kubernetes.io/instance={name}"]


def test_a_name_that_a_shell_would_obey_is_a_word() -> None:
    evil = WORKLOAD.replace("name: shop, namespace: till", 'name: "$(reboot)", namespace: "; rm"')
    for words in commands(evil):
        assert words[0] in {"kubectl", "curl"}
        assert ";" not in words


# --- as it is typed -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("fleet")
    write_directory(directory, Tree({}), all_added(Topology.PER_ENVIRONMENT))
    return directory


def typed(checkout: Path, kustomize: str, *words: str) -> str:
    path = {"PATH": f"{Path(kustomize).parent}:/usr/bin:/bin"}
    return Command(checkout, path)("verify", *words).out


def run(script: str, tmp_path: Path, names: Sequence[str]) -> list[str]:
    """Which commands a script calls; each stand-in writes itself down and is content."""
    for name in names:
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> {tmp_path}/calls\n')
        program.chmod(0o755)
    done = subprocess.run(
        ["sh", "-eu"],
        input=script,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return (tmp_path / "calls").read_text().splitlines()


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("app", COMMANDS)
def test_what_is_printed_is_a_script_that_only_looks(
    app: str, checkout: Path, kustomize: str, tmp_path: Path
) -> None:
    called = run(typed(checkout, kustomize, app, "prod"), tmp_path, ("flux", "kubectl", "curl"))
    assert {" ".join(line.split()[:2]) for line in called} <= SHOWS
    assert all("rollout status" in line for line in called if "rollout" in line)
    assert f"flux get kustomizations {app} --namespace flux-system" in called
    assert [line for line in called if re.match("kubectl (get|rollout|wait)", line)]


@pytest.mark.real
def test_each_cluster_is_told_apart_and_json_says_the_same(checkout: Path, kustomize: str) -> None:
    text = typed(checkout, kustomize, "antaeus", "prod")
    told = json.loads(typed(checkout, kustomize, "antaeus", "prod", "--json"))
    assert list(told["clusters"]) == re.findall(r"^# prod (\S+)$", text, re.MULTILINE)
    for each in told["clusters"].values():
        assert [
            step["command"]
            for step in each
            if f"# {step['about']}\n{step['command']}\n" not in text
        ] == []
    assert "https://antaeus.example.com/" in text


def test_without_kustomize_and_without_the_app_it_says_so(checkout: Path, kustomize: str) -> None:
    bare = Command(checkout, {"PATH": "/usr/bin:/bin"})("verify", "antaeus", "prod", code=4)
    assert "kustomize was not found on PATH" in bare.err
    path = {"PATH": f"{Path(kustomize).parent}:/usr/bin:/bin"}
    wrong = Command(checkout, path)("verify", "antaus", "prod", code=2)
    assert "there is no app 'antaus'" in wrong.err
