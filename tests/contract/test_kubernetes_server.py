"""The API server that stands for a cluster, and what it is taught."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from tests.real.flux import crds
from tests.real.flux.api import Api
from tests.real.flux.loop import Loop
from tests.real.flux.server import ApiServer
from tests.real.flux.source_controller import SourceController
from tests.real.flux.workloads import Workloads

pytestmark = [pytest.mark.real, pytest.mark.slow]

KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1"
READER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [kustomize.toolkit.fluxcd.io], resources: [kustomizations], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: Group, name: readers}
- {kind: ServiceAccount, name: bot, namespace: default}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[ApiServer]:
    people = {"ann": ["readers"], "bob": []}
    with ApiServer(tmp_path_factory.mktemp("cluster"), people) as server:
        crds.teach(server.admin, crds.flux(shared))
        server.admin.apply_all(READER)
        yield server


def test_knows_the_kinds_of_flux(server: ApiServer) -> None:
    made = server.admin.apply(
        {
            "apiVersion": KUSTOMIZATION,
            "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "default"},
            "spec": {
                "interval": "1m",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            },
        }
    )
    assert made["status"] == {"observedGeneration": -1}
    listed = server.admin.listed(KUSTOMIZATION, "Kustomization")
    assert [one["metadata"]["name"] for one in listed] == ["apps"]


def test_refuses_what_flux_would_not_take(server: ApiServer) -> None:
    wrong = {
        "apiVersion": KUSTOMIZATION,
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "default"},
        "spec": {"interval": "soon"},
    }
    place = server.admin.place(KUSTOMIZATION, "Kustomization", "", "default")
    answer = server.admin.ask("POST", place, wrong)
    assert answer.status_code == 422
    assert "spec.interval" in answer.text


@pytest.mark.parametrize(("name", "status"), [("ann", 200), ("bob", 403)])
def test_people_may_do_what_their_groups_may(server: ApiServer, name: str, status: int) -> None:
    place = server.admin.place(KUSTOMIZATION, "Kustomization")
    with server.api(name) as api:
        assert api.ask("GET", place).status_code == status


def test_service_accounts_have_tokens(server: ApiServer) -> None:
    account = {"name": "bot", "namespace": "default"}
    server.admin.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    token = server.service_account_token("default", "bot")
    place = server.admin.place(KUSTOMIZATION, "Kustomization")
    with with_token(server, token) as api:
        assert api.ask("GET", place).status_code == 200
    with with_token(server, token + "x") as api:
        assert api.ask("GET", place).status_code == 401


def test_kinds_of_others_let_anything_pass(server: ApiServer) -> None:
    version, kind = "example.com/v1alpha1", "Proxy"
    crds.teach(server.admin, [crds.foreign(version, kind)])
    meta = {"name": "one", "namespace": "default"}
    wanted = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": {"odd": [1, "a"]}}
    assert server.admin.apply(wanted)["spec"] == {"odd": [1, "a"]}


SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: default}
spec: {interval: 1m, url: "https://git.example.com/fleet", ref: {semver: 1.x}}
"""
DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere, namespace: default}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec: {containers: [{name: app, image: "registry.example.com/app:1.0.0"}]}
"""


def test_a_source_that_is_not_played_ends_the_stand_in(server: ApiServer, tmp_path: Path) -> None:
    server.admin.apply_all(SOURCE)
    stand_in = SourceController(server, tmp_path)
    with pytest.raises(AssertionError, match="more than is played"), stand_in:
        look_twice(stand_in.loop)


def test_a_workload_that_is_not_played_ends_the_stand_in(server: ApiServer) -> None:
    server.admin.apply_all(DAEMON_SET)
    stand_in = Workloads(server)
    with pytest.raises(AssertionError, match="nobody plays the DaemonSet everywhere"), stand_in:
        look_twice(stand_in.loop)


def look_twice(loop: Loop) -> None:
    """Wait until it has ended: the first list may be a moment old."""
    for _ in range(100):
        loop.check()
        sleep(0.1)


def with_token(server: ApiServer, token: str) -> Api:
    return Api(server.url, server.certificate, token)
