"""Rows 58 and 59 of the requirements, asked of manifests that a person wrote."""

import re

import pytest
import yaml

from gitops.network import INTERNET, Network, Outside, Pod, Verdict, outside
from tests.conftest import ROOT

MANIFESTS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: antaeus}
---
apiVersion: v1
kind: Namespace
metadata: {name: databases}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: databases}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: payments-from-antaeus, namespace: shop}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: payments}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: antaeus}}
          podSelector: {matchLabels: {app.kubernetes.io/name: antaeus}}
      ports: [{port: http}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: backend-to-databases, namespace: shop}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: backend}}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: databases}}
          podSelector: {matchLabels: {app.kubernetes.io/name: db1}}
      ports: [{port: 6379}]
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: databases}}
          podSelector: {matchLabels: {app.kubernetes.io/name: db2}}
      ports: [{port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db1, namespace: databases}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: db1}}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]
      ports: [{port: redis}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db2, namespace: databases}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: db2}}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]
      ports: [{port: 5432}]
"""

_WORKLOADS = (
    ("Deployment", "antaeus", "antaeus", "http", 8080),
    ("Deployment", "antaeus", "impostor", "http", 8080),
    ("Deployment", "shop", "payments", "http", 8080),
    ("Deployment", "shop", "backend", "http", 8080),
    ("Job", "shop", "antaeus", "http", 8080),
    ("StatefulSet", "databases", "db1", "redis", 6379),
    ("StatefulSet", "databases", "db2", "postgres", 5432),
    ("Deployment", "stranger", "antaeus", "http", 8080),
)


def _workload(kind: str, namespace: str, name: str, port: str, number: int) -> dict[str, object]:
    container = {"name": name, "ports": [{"name": port, "containerPort": number}]}
    labels = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template},
    }


def _service(name: str, port: int) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "databases"},
        "spec": {"selector": {"app.kubernetes.io/name": name}, "ports": [{"port": port}]},
    }


OBJECTS = [
    *yaml.safe_load_all(MANIFESTS),
    *(_workload(*each) for each in _WORKLOADS),
    _service("db1", 6379),
    _service("db2", 5432),
]
NETWORK = Network.read(OBJECTS)


def pod(name: str) -> Pod:
    return next(each for each in NETWORK.pods if str(each) == name)


def call(source: Pod | Outside, target: Pod | Outside, port: int) -> Verdict:
    return NETWORK.allows(source, target, port)


def through(source: Pod, service: str, port: int) -> Verdict:
    found = next(each for each in NETWORK.services if each.name == service)
    ((target, number),) = NETWORK.endpoints(found, port)
    return NETWORK.allows(source, target, number)


def test_everything_was_read() -> None:
    assert NETWORK.unread == ()
    assert len(NETWORK.pods) == len(_WORKLOADS)


def test_antaeus_may_call_payments() -> None:
    verdict = call(pod("antaeus/Deployment/antaeus"), pod("shop/Deployment/payments"), 8080)
    assert verdict.allowed
    assert verdict.by == ("shop/payments-from-antaeus",)


def test_nobody_else_may() -> None:
    payments = pod("shop/Deployment/payments")
    others: list[Pod | Outside] = [
        each for each in NETWORK.pods if str(each) != "antaeus/Deployment/antaeus"
    ]
    everybody = [*others, INTERNET, outside("10.0.0.1")]
    verdicts = [call(each, payments, 8080) for each in everybody]
    assert len(verdicts) == len(_WORKLOADS) + 1
    assert all(verdict.denied for verdict in verdicts), "\n".join(map(str, verdicts))


def test_antaeus_may_call_nothing_but_the_port_of_payments() -> None:
    verdict = call(pod("antaeus/Deployment/antaeus"), pod("shop/Deployment/payments"), 9090)
    assert verdict.denied


@pytest.mark.parametrize(("database", "port"), [("db1", 6379), ("db2", 5432)])
def test_the_backend_reaches_its_databases(database: str, port: int) -> None:
    verdict = through(pod("shop/Deployment/backend"), database, port)
    assert verdict.allowed, verdict
    assert verdict.by == ("shop/backend-to-databases", f"databases/{database}")


def test_the_backend_reaches_neither_the_internet_nor_another_port() -> None:
    backend = pod("shop/Deployment/backend")
    for port in (80, 443, 6379, 5432):
        verdict = call(backend, INTERNET, port)
        assert verdict.denied
        assert "may not leave" in str(verdict)
    assert call(backend, pod("databases/StatefulSet/db1"), 5432).denied
    assert call(backend, pod("databases/StatefulSet/db2"), 6379).denied


def test_payments_reaches_no_database() -> None:
    for name, port in (("db1", 6379), ("db2", 5432)):
        assert through(pod("shop/Deployment/payments"), name, port).denied


def test_the_shop_resolves_names_and_the_databases_do_not() -> None:
    assert NETWORK.resolves(pod("shop/Deployment/backend")).allowed
    assert NETWORK.resolves(pod("databases/StatefulSet/db1")).denied


def test_the_manual_is_right() -> None:
    page = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert example.count("assert ") == 3
    exec(compile(example, "network.md", "exec"), {"objects": OBJECTS})
    (printed,) = re.findall(r"^```text\n(.*?)\n```$", page, re.MULTILINE)
    assert str(call(pod("shop/Deployment/payments"), INTERNET, 443)) == printed
