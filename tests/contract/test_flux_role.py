"""What the bot's role allows on a real API server: to read what health rests on, and nothing else.

Every write that the server knows is tried with it, of every resource of every group.
"""

from collections.abc import Iterator

import pytest

from tests.contract.flux_clusters import ACCOUNT, KUSTOMIZE, cluster, settle
from tests.real.flux.api import Api, Object
from tests.real.flux.server import ApiServer

pytestmark = [pytest.mark.real, pytest.mark.slow]

READ = {
    ("kustomize.toolkit.fluxcd.io", "kustomizations"),
    ("helm.toolkit.fluxcd.io", "helmreleases"),
    ("source.toolkit.fluxcd.io", "buckets"),
    ("source.toolkit.fluxcd.io", "externalartifacts"),
    ("source.toolkit.fluxcd.io", "gitrepositories"),
    ("source.toolkit.fluxcd.io", "helmcharts"),
    ("source.toolkit.fluxcd.io", "helmrepositories"),
    ("source.toolkit.fluxcd.io", "ocirepositories"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
}

QUESTIONS = {
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
}
"""Everybody may ask who he is and what he may do; nothing is kept of that.

Source: Kubernetes docs, "Using RBAC Authorization", ClusterRole system:basic-user.
"""

WRITES = {
    "create": ("POST", False),
    "update": ("PUT", True),
    "patch": ("PATCH", True),
    "delete": ("DELETE", True),
    "deletecollection": ("DELETE", False),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared: object) -> Iterator[ApiServer]:
    with cluster(tmp_path_factory.mktemp("role"), shared) as there:  # type: ignore[arg-type]
        settle(there)
        yield there


@pytest.fixture(scope="module")
def bot(server: ApiServer) -> Iterator[Api]:
    token = server.service_account_token(*ACCOUNT)
    with Api(server.url, server.certificate, token) as api:
        yield api


def resources(server: ApiServer) -> Iterator[tuple[str, str, Object]]:
    """The root, the group and the description of each resource and subresource there is."""
    roots = [("/api/v1", "")]
    for group in server.admin.call("GET", "/apis")["groups"]:
        roots += [(f"/apis/{each['groupVersion']}", group["name"]) for each in group["versions"]]
    for root, group in roots:
        for each in server.admin.call("GET", root)["resources"]:
            yield root, group, each


def places(root: str, found: Object, *, named: bool) -> Iterator[str]:
    """Where a resource is: all of it, or one by name, with the subresource it may be."""
    resource, _, below = found["name"].partition("/")
    inside = "/namespaces/shop" if found["namespaced"] else ""
    end = f"/web{f'/{below}' if below else ''}" if named or below else ""
    yield f"{root}{inside}/{resource}{end}"
    if inside and not end:
        yield f"{root}/{resource}"


def test_every_write_is_refused(server: ApiServer, bot: Api) -> None:
    tried = set()
    for root, group, found in resources(server):
        for verb in WRITES.keys() & set(found["verbs"]):
            if found["name"] in QUESTIONS:
                continue
            method, named = WRITES[verb]
            for place in places(root, found, named=named):
                media = "application/merge-patch+json" if verb == "patch" else "application/json"
                answer = bot.ask(method, place, {"metadata": {"name": "web"}}, media=media)
                assert answer.status_code == 403, (method, place, answer.text)
                tried.add((group, found["name"], verb))
    assert {("apps", "deployments", verb) for verb in WRITES} <= tried
    assert {("", "secrets", verb) for verb in WRITES} <= tried
    assert ("", "pods/exec", "create") in tried
    assert ("", "serviceaccounts/token", "create") in tried
    assert len(tried) > 200
    assert server.admin.get(KUSTOMIZE, "Kustomization", "web", "flux-system") is not None


def test_it_reads_what_health_rests_on_and_nothing_else(server: ApiServer, bot: Api) -> None:
    readable = set()
    for root, group, found in resources(server):
        if "list" in found["verbs"]:
            answer = bot.ask("GET", f"{root}/{found['name']}", limit="1")
            if answer.status_code == 200:
                readable.add((group, found["name"]))
            else:
                assert answer.status_code == 403
    assert readable == READ


def test_it_becomes_nobody_else_and_watches_nothing(server: ApiServer, bot: Api) -> None:
    place = "/apis/apps/v1/deployments"
    assert bot.ask("GET", place).status_code == 200
    assert bot.ask("GET", place, watch="true").status_code == 403
    bot._session.headers["Impersonate-User"] = "system:admin"
    try:
        assert bot.ask("GET", place).status_code == 403
    finally:
        del bot._session.headers["Impersonate-User"]


def test_the_same_requests_succeed_for_who_may(server: ApiServer) -> None:
    """The twin: it is the role that refuses them, not their form."""
    done = 0
    for root, _, found in resources(server):
        if root == "/api/v1" and found["name"] == "configmaps":
            (place, _) = places(root, found, named=False)
            answer = server.admin.ask("POST", place, {"metadata": {"name": "web"}})
            assert answer.status_code == 201
            (one,) = places(root, found, named=True)
            assert server.admin.ask("DELETE", one).status_code == 200
            done += 1
    assert done == 1
