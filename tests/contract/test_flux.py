"""Health from real API servers: two of them, with what controllers would write written by hand."""

import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import requests
from lightkube.resources.core_v1 import Event

from bot.adapters.flux_client import ClusterClient
from bot.adapters.flux_lists import Extent
from bot.adapters.flux_transport import Gone
from bot.model import Gap, Health, Readiness
from tests.contract.flux_clusters import (
    ACCOUNT,
    ANOTHER,
    APPLIER,
    COMMIT,
    DIGEST,
    IMAGE,
    INSTALLER,
    KUSTOMIZE,
    OTHER,
    POD_ROLE,
    STRANGER,
    access,
    applied,
    asked,
    available,
    clock,
    cluster,
    deployment,
    installed,
    kustomization,
    made,
    pod,
    ready,
    release,
    runs,
    settle,
    source,
    wanted,
    write,
)
from tests.real.flux.server import ADMINISTRATOR, ApiServer

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> Iterator[tuple[ApiServer, ApiServer]]:
    with (
        cluster(tmp_path_factory.mktemp("eu"), shared) as eu,
        cluster(tmp_path_factory.mktemp("us"), shared) as us,
    ):
        yield eu, us


@pytest.fixture
def eu(servers: tuple[ApiServer, ApiServer]) -> ApiServer:
    settle(servers[0])
    return servers[0]


@pytest.fixture
def us(servers: tuple[ApiServer, ApiServer]) -> ApiServer:
    settle(servers[1])
    return servers[1]


def one(server: ApiServer, *carriers: object, **more: object) -> Health:
    found = wanted(*carriers, **more)  # type: ignore[arg-type]
    (health,) = asked(found, eu=access(server))
    return health


def test_a_healthy_app_is_told_with_all_that_runs(eu: ApiServer) -> None:
    found = one(eu, APPLIER, INSTALLER, repositories=(IMAGE, "web"))
    assert (found.readiness, found.message) == (Readiness.READY, "")
    assert (found.environment, found.cluster, found.app) == ("prod", "eu", "web")
    assert (found.revision, found.attempted) == (COMMIT, COMMIT)
    assert found.digests == {IMAGE: DIGEST, "web": ANOTHER}
    assert found.tags == {"web": "1.4.0"}
    assert found.places == {IMAGE: ("Deployment shop/web, container app",)}
    assert timedelta() <= clock() - found.observed < timedelta(minutes=1)
    assert timedelta() <= found.observed - found.since < timedelta(minutes=5)


def test_an_old_generation_is_not_believed(eu: ApiServer) -> None:
    eu.admin.apply(kustomization(timeout="3m"))
    found = one(eu)
    assert found.readiness is Readiness.RECONCILING
    assert re.search("generation [0-9]+ was not observed yet", found.message)


def test_states_by_the_objects_own_words(eu: ApiServer) -> None:
    eu.admin.delete(KUSTOMIZE, "Kustomization", "web", "flux-system")
    assert one(eu).message == "Kustomization flux-system/web: it is not there"
    write(eu, kustomization(suspend=True), applied())
    assert one(eu).message == "Kustomization flux-system/web: it is suspended"
    failed = applied(
        conditions=[ready("False", "timeout waiting for: [Deployment/shop/web]")],
        lastAttemptedRevision=f"main@sha1:{OTHER}",
    )
    write(eu, kustomization(), failed)
    found = one(eu)
    assert found.readiness is Readiness.NOT_READY
    assert (found.revision, found.attempted) == (COMMIT, OTHER)
    assert found.message == (
        "Kustomization flux-system/web: timeout waiting for: [Deployment/shop/web]"
    )


def test_a_crash_after_flux_was_satisfied_is_seen_at_once(eu: ApiServer) -> None:
    said = {"type": "Available", "status": "False", "reason": "a", "message": "no Pod is there"}
    crashed = {**available(), "readyReplicas": 0, "availableReplicas": 0, "conditions": [said]}
    write(eu, deployment(), crashed)
    found = one(eu)
    assert (found.readiness, found.message) == (
        Readiness.NOT_READY,
        "Deployment shop/web: no Pod is there",
    )


def test_live_drift_is_in_what_the_specs_say(eu: ApiServer) -> None:
    eu.admin.apply(deployment(f"{IMAGE}:1.2.4@{ANOTHER}"))
    assert one(eu).digests == {IMAGE: ANOTHER}
    eu.admin.apply(deployment(f"{IMAGE}:1.2.4"))
    assert (one(eu).digests, one(eu).tags) == ({}, {IMAGE: "1.2.4"})


def test_another_chart_version_is_told(eu: ApiServer) -> None:
    write(eu, release(), installed("1.3.0"))
    found = one(eu, APPLIER, INSTALLER)
    assert (found.readiness, found.message) == (
        Readiness.RECONCILING,
        "HelmRelease shop/web: chart 1.3.0 is installed, not 1.4.0",
    )


def test_a_source_that_cannot_be_fetched_explains_why_nothing_new_comes(eu: ApiServer) -> None:
    write(eu, source(), {"conditions": [ready("False", "failed to checkout: no route to host")]})
    found = one(eu)
    assert found.readiness is Readiness.READY
    assert found.message == (
        "source not fetched: GitRepository flux-system: failed to checkout: no route to host"
    )


def test_a_suspended_source_explains_why_nothing_new_comes(eu: ApiServer) -> None:
    there = source()
    write(eu, there | {"spec": {**there["spec"], "suspend": True}}, {"conditions": [ready("True")]})
    found = one(eu)
    assert found.readiness is Readiness.READY
    assert found.message == "its source is suspended: GitRepository flux-system"


def test_pods_are_a_level_of_their_own_where_they_may_be_listed(eu: ApiServer) -> None:
    write(eu, deployment(f"{IMAGE}:1.2.3"), available())
    write(eu, pod(), runs(DIGEST))
    both = Extent(pods=True)
    # Without that right the first level stands.
    (without,) = asked(wanted(), extent=both, eu=access(eu))
    assert (without.readiness, without.running) == (Readiness.READY, {})
    eu.admin.apply_all(POD_ROLE.read_text())
    (found,) = asked(wanted(), extent=both, eu=access(eu))
    assert (found.readiness, found.running) == (Readiness.READY, {IMAGE: DIGEST})
    assert (found.digests, found.tags) == ({}, {IMAGE: "1.2.3"})
    assert asked(wanted(), eu=access(eu))[0].running == {}


# --- several clusters, each for itself --------------------------------------------------------


def test_two_clusters_are_told_each_for_itself(eu: ApiServer, us: ApiServer) -> None:
    write(us, kustomization(), applied(OTHER))
    apps = (wanted(), wanted(name="us"))
    found = asked(*apps, eu=access(eu), us=access(us))
    assert [(h.cluster, h.revision) for h in found] == [("eu", COMMIT), ("us", OTHER)]


def test_one_that_may_not_be_asked_is_no_others_trouble(eu: ApiServer, us: ApiServer) -> None:
    apps = (wanted(), wanted(name="us"))
    reasons = {}
    for name, token in {
        "forbidden": us.token(STRANGER),
        "refused": "no-token-at-all",
        "expired": expired(us),
    }.items():
        first, second = asked(*apps, eu=access(eu), us=access(us, token))
        assert first.readiness is Readiness.READY
        assert (second.readiness, second.revision) == (Readiness.UNKNOWN, "")
        assert (first.gaps, second.gaps) == (
            (),
            (Gap("cluster us", f"{second.message} ({us.url})", denied=True),),
        )
        reasons[name] = second.message
    assert reasons == {
        "forbidden": (
            "forbidden: kustomizations.kustomize.toolkit.fluxcd.io is forbidden: User "
            '"stranger" cannot list resource "kustomizations" in API group '
            '"kustomize.toolkit.fluxcd.io" at the cluster scope'
        ),
        "refused": "credentials refused: its token is not valid, or has expired",
        "expired": "credentials refused: its token is not valid, or has expired",
    }


def expired(server: ApiServer) -> str:
    """The bot's own token, as it is an hour after its end."""
    token = server.service_account_token(*ACCOUNT)
    claims = jwt.decode(token, options={"verify_signature": False})
    past = {key: claims[key] - 7200 for key in ("exp", "iat", "nbf")}
    header = jwt.get_unverified_header(token)
    key = (server.certificate.parent / "key.pem").read_text()
    return jwt.encode({**claims, **past}, key, header["alg"], {"kid": header["kid"]})


def test_one_that_does_not_answer_is_waited_for_no_longer_than_it_may(eu: ApiServer) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        there = access(eu)
        gone = type(there)(f"https://127.0.0.1:{silent.getsockname()[1]}", token=there.token)
        apps = (wanted(), wanted(name="us"))
        first, second = asked(*apps, seconds=3, eu=there, us=gone)
    assert first.readiness is Readiness.READY
    assert second.message == "timeout: it did not answer within 3 s"


def test_who_takes_no_connection_is_not_waited_for_as_long_as_for_an_answer(
    eu: ApiServer,
) -> None:
    """So a longer `timeout` in the settings is no cure."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        gone = type(access(eu))(
            f"https://127.0.0.1:{silent.getsockname()[1]}", token=access(eu).token
        )
        (found,) = asked(wanted(), seconds=60, eu=gone)
    assert found.message == "timeout: it took no connection within 5 s"


def test_one_that_is_not_there_is_unreachable(eu: ApiServer) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = type(access(eu))(f"https://127.0.0.1:{nobody.getsockname()[1]}")
        (found,) = asked(wanted(name="us"), us=gone)
    assert found.message == "unreachable: Connection refused"
    assert [gap.denied for gap in found.gaps] == [False]


# --- pages --------------------------------------------------------------------------------------


def lists(server: ApiServer, resource: str) -> int:
    """How many lists of a resource the server has answered so far."""
    text = server.admin.ask("GET", "/metrics").text
    lines = re.findall(r"^apiserver_request_total\{([^}]*)\} (\d+)", text, flags=re.MULTILINE)
    wanted_ = (f'resource="{resource}"', 'verb="LIST"', 'code="200"')
    return sum(int(n) for told, n in lines if all(each in told for each in wanted_))


@pytest.mark.parametrize(("page", "calls"), [(500, 1), (3, 3)])
def test_calls_grow_with_pages_and_not_with_apps(eu: ApiServer, page: int, calls: int) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        write(eu, kustomization(name), applied())
    before = lists(eu, "kustomizations")
    apps = [wanted(APPLIER), wanted(type(APPLIER)("Kustomization", "flux-system", "f"))]
    found = asked(*apps, extent=Extent(page), eu=access(eu))
    assert lists(eu, "kustomizations") - before == calls
    assert [health.readiness for health in found] == [Readiness.READY] * 2


def test_a_list_whose_moment_is_no_longer_kept_cannot_be_continued(eu: ApiServer) -> None:
    """As five minutes after its first page; the server itself says 410.

    Kubernetes 1.36 keeps snapshots of most kinds in memory, and goes on from those; of events not.
    """
    for name in ("a", "b", "c"):
        subject = {"kind": "Namespace", "name": "shop", "namespace": "shop"}
        eu.admin.apply(made("v1", "Event", name, "shop", involvedObject=subject, reason="x"))
    mighty = access(eu, eu.token(ADMINISTRATOR))
    with ClusterClient(mighty, 60, clock) as cluster:
        pages = iter(cluster.client.list(Event, namespace="*", chunk_size=1))
        next(pages)
        write(eu, kustomization("a", timeout="3m"), applied())
        forget(eu)
        with pytest.raises(Gone):
            list(pages)


def forget(server: ApiServer) -> None:
    """Have etcd keep nothing but what is so now."""
    log = (server.certificate.parent / "etcd.log").read_text()
    url = re.findall(r"advertise client URLs = (http://\S+)", log)[-1]
    now = requests.post(f"{url}/v3/kv/range", json={"key": "AA=="}, timeout=30).json()
    moment = {"revision": now["header"]["revision"], "physical": True}
    requests.post(f"{url}/v3/kv/compaction", json=moment, timeout=30).raise_for_status()
