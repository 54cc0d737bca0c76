"""Whose a version is, when an app.yaml is broken."""

import pytest

from gitops.fleet import Fleet
from gitops.tree import Tree

FLEET = """apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
environments: [{name: prod, clusters: [one], follow: {tags: release}}]
"""
APP = """apiVersion: fairlead.dev/v1alpha1
kind: App
name: NAME
team: shop
source: {url: "https://git.example.com/shop.git"}
artifacts:
  - image: registry.example.com:5000/shop
"""
SHARED = """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec: {containers: [{name: shop, image: "registry.example.com:5000/shop:v1"}]}
"""


@pytest.mark.parametrize(
    "broken",
    [
        "unknown: key\n" + APP.replace("NAME", "first"),
        APP.replace("NAME", "first") + "team: [\n",
        'artifacts: [{"image": "registry.example.com:5000/shop"}, {\n',
        "",
    ],
    ids=["unknown key", "twice and unfinished", "JSON, unfinished", "empty"],
)
def test_the_fall_of_one_app_gives_nothing_to_another(broken: str) -> None:
    files = {
        "fleet.yaml": FLEET,
        "clusters/prod/one/shop.yaml": SHARED,
        "apps/first/app.yaml": broken,
        "apps/second/app.yaml": APP.replace("NAME", "second"),
    }
    pin = Fleet.read(Tree.of(files)).pin("prod", "second")
    assert pin is not None
    if broken:
        assert "is an image of first and of second" in str(pin.problem)
    else:
        assert pin.problem is None


TWO = FLEET.replace(
    "[{name: prod, clusters: [one], follow: {tags: release}}]",
    """
  - {name: stage, clusters: [one], follow: {tags: prerelease}}
  - {name: prod, clusters: [two], follow: {tags: release}}
""",
)
SYNC = """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: "ssh://git@git.example.com/fleet.git"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, prune: true, path: PATH, sourceRef: {kind: GitRepository, name: flux-system}}
"""


def shared_base(*, broken: str = "") -> Tree:
    """A version that stage reaches, and prod through `clusters/prod/two/extra.yaml`."""
    extra = SYNC.split("---\n")[1].replace("name: flux-system, namespace", "name: shop, namespace")
    return Tree.of(
        {
            "fleet.yaml": TWO,
            "apps/shop/app.yaml": APP.replace("NAME", "shop"),
            "apps/shop/live/shop.yaml": SHARED,
            "clusters/stage/one/sync.yaml": SYNC.replace("PATH", "clusters/stage/one"),
            "clusters/stage/one/shop.yaml": extra.replace("PATH", "apps/shop/live"),
            "clusters/prod/two/sync.yaml": SYNC.replace("PATH", "clusters/prod/two"),
            "clusters/prod/two/extra.yaml": extra.replace("PATH", "apps/shop/live") + broken,
        }
    )


def test_a_shared_version_is_refused_as_shared() -> None:
    pin = Fleet.read(shared_base()).pin("stage", "shop")
    assert pin is not None
    assert "is shared by" in str(pin.problem)


def test_breaking_the_file_that_shares_a_version_does_not_set_it_free() -> None:
    pin = Fleet.read(shared_base(broken="oops: [\n")).pin("stage", "shop")
    assert pin is not None
    assert "while this is broken, prod may reach shop too" in str(pin.problem)
    assert str(pin.problem).startswith("clusters/prod/two/extra.yaml:")
