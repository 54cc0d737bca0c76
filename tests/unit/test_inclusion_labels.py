"""Label selectors in the targets of patches, and what they leave of a Flux Kustomization."""

import pytest

from gitops.inclusion.labels import selects
from gitops.reach import reach
from gitops.tree import Tree

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app == web", True),
        ("app=api", False),
        ("app!=api", True),
        ("app != web", False),
        ("other!=x", True),
        ("app", True),
        ("!app", False),
        ("! other", True),
        ("app in (web, api), tier", True),
        ("app notin (web,api)", False),
        ("other notin (a)", True),
        ("app=web,tier=back", False),
        ("app ~ web", None),
        ("app in web", None),
    ],
)
def test_selectors(selector: str, expected: bool | None) -> None:
    assert selects(selector, LABELS) is expected


PARENT = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system}
  patches:
    - target: {kind: Kustomization, labelSelector: defaults!=own}
      patch: |
        kind: Kustomization
        metadata: {name: any}
        spec: {PATCH}
"""
CHILD = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system, labels: {defaults: LABEL}}
spec:
  path: ./web
  timeout: 1h
  sourceRef: {kind: GitRepository, name: flux-system}
"""


def children(patch: str, label: str) -> list[tuple[object, object]]:
    """Path and timeout of each way in which the child may turn out."""
    files = {
        "clusters/dev/apps.yaml": PARENT.replace("PATCH", patch),
        "apps/web.yaml": CHILD.replace("LABEL", label),
        "web/a.yaml": "a: 1\n",
        "other/a.yaml": "a: 1\n",
    }
    found = reach(Tree.of(files), {"dev": ["clusters/dev"]}).flux_kustomizations("dev")
    return [(each.path, each.spec.get("timeout")) for each in found if each.name == "web"]


def test_defaults_are_what_the_labels_say() -> None:
    assert children("timeout: 5m", "none") == [("./web", "5m")]
    assert children("timeout: 5m", "own") == [("./web", "1h")]


@pytest.mark.parametrize("label", ["none", "own"])
def test_a_path_that_a_label_decides_may_be_either(label: str) -> None:
    """A label may be set on the way, so what is built is never taken from it."""
    assert children("path: ./other", label) == [("./other", "1h"), ("./web", "1h")]
