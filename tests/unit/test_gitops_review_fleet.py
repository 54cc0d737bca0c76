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
