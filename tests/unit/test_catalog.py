"""The catalogue of components: its facts are those that were read, and it fits its templates."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.scaffold.catalog import Component, Node, State, catalog, read_catalog
from gitops.scaffold.component_answers import FORMS

COMPONENTS = tuple(catalog().components.values())
TEMPLATES = files("gitops.scaffold").joinpath("templates", "component")
SMALL = """\
read: 2026-08
capabilities: {metrics: what is measured}
components:
  new:
    about: what is kept up
    charts: [{name: new, repository: "oci://registry.example.com/charts", version: 1.0.0}]
    provides: [metrics]
  old:
    about: what is not
    state: retired
    reason: nobody mends it
    replacements: [new]
    charts: [{name: old, repository: "https://charts.example.com", version: null}]
    needs: [metrics]
    excludes: []
    asks:
      kind:
        about: which
        choices: {a: {}, b: {needs: [metrics]}}
      more:
        about: how many
        only: {kind: a}
"""


def test_the_small_one_is_read() -> None:
    found = read_catalog(SMALL.encode())
    old = found.components["old"]
    assert (old.state, old.replacements, old.charts[0].version) == (State.RETIRED, ("new",), None)
    assert (found.components["new"].charts[0].oci, old.charts[0].oci) == (True, False)
    assert found.providers("metrics") == ("new",)
    assert found.month == "2026-08"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("replacements: [new]", "replacements: [newer]", "old names newer, which is no component"),
        ("needs: [metrics]\n    exc", "needs: [mesh]\n    exc", "mesh, which is no capability"),
        ("b: {needs: [metrics]}", "b: {needs: [mesh]}", "old names mesh, which is no capability"),
        ("provides: [metrics]", "provides: [mesh]", "new names mesh, which is no capability"),
        ("    reason: nobody mends it\n", "", "reason do not fit"),
        ("    state: retired\n", "", "reason do not fit"),
        ("excludes: []", "excludes: [new]", "old excludes new, and not the other way round"),
        ("only: {kind: a}", "only: {kind: c}", "more is asked only with kind=c"),
        ("about: which\n", "about: which\n        default: c\n", "c is no choice of kind"),
        ("    about: what is not\n", "", r"old\.about is no text"),
        ("about: what is not", "abuot: what is not", r"old\.about is no text"),
        ("needs: [metrics]\n    exc", "needs: [1]\n    exc", "something that is no text"),
        ("about: how many", "about: how many\n        optional: 1", "neither true nor false"),
        ("about: how many", "about: how many\n        into: [a]", "something that is no address"),
        ("provides: [metrics]", "provides: metrics", "provides is no list"),
        ("asks:\n", "extra: 1\n    asks:\n", "has extra, which nobody reads"),
        ("{a: {}, b", "{a: 1, b", r"choices\.a is no mapping"),
    ],
)
def test_a_faulty_one_is_refused(old: str, new: str, told: str) -> None:
    assert old in SMALL
    with pytest.raises(ValueError, match=told):
        read_catalog(SMALL.replace(old, new, 1).encode())


def test_no_component_is_there_twice() -> None:
    twice = SMALL + "  new:\n    about: again\n"
    with pytest.raises(InvalidInput, match="'new' occurs twice"):
        read_catalog(twice.encode())


def test_its_versions_are_those_that_were_read(shared: Path) -> None:
    facts = (shared / "REQUIREMENTS.md").read_text(encoding="utf-8")
    charts = [chart for component in COMPONENTS for chart in component.charts]
    assert [c.name for c in charts if c.version and f"{c.version}" not in facts] == []
    assert [c.name for c in charts if c.version and not c.version[-1].isdigit()] == []


def test_versions_that_nobody_read_are_not_there() -> None:
    unread = {c.name for c in COMPONENTS if any(chart.version is None for chart in c.charts)}
    retired = {"lgtm-distributed", "loki-stack", "promtail"}
    assert unread == {"kyverno", "mimir-distributed", "tigera-operator", *retired}


def test_what_is_retired_is_said_to_be() -> None:
    retired = {c.name: c.replacements for c in COMPONENTS if c.state is not State.CURRENT}
    assert retired == {
        "ingress-nginx": ("envoy-gateway", "nginx-ingress"),
        "lgtm-distributed": ("loki", "grafana", "tempo", "mimir-distributed"),
        "loki-stack": ("loki", "alloy"),
        "postgresql": ("cloudnative-pg",),
        "promtail": ("alloy",),
    }
    for replacements in retired.values():
        assert all(catalog().components[r].state is State.CURRENT for r in replacements)


def test_only_the_cloud_brings_what_no_component_does() -> None:
    provided = {capability for c in COMPONENTS for capability in c.provides}
    assert catalog().capabilities.keys() - provided == {"irsa", "kms", "storage"}


def nodes(component: Component) -> set[Node]:
    asks = component.asks.values()
    own = {node for ask in asks for node in (*ask.into, *ask.without)}
    return own | {n for ask in asks for choice in ask.choices.values() for n in choice.drops}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.name)
def test_its_templates_are_there(component: Component) -> None:
    for folder, names in (
        ("configuration", component.configuration),
        ("objects", component.objects),
    ):
        for name in names:
            assert TEMPLATES.joinpath(folder, component.name, name).is_file()
    for node in nodes(component):
        data = TEMPLATES.joinpath(node.template).read_bytes()
        [document] = documents(node.template, data)
        # After a drop the addresses of what is left are others: the first step alone stays.
        assert document.keys().count(node.address[0]) == 1


def test_no_template_is_idle() -> None:
    releases = {chart.release for c in COMPONENTS for chart in c.charts}
    for folder in ("values", "environment"):
        found = {each.name.removesuffix(".yaml") for each in TEMPLATES.joinpath(folder).iterdir()}
        assert found <= releases
    for folder in ("configuration", "objects"):
        for directory in TEMPLATES.joinpath(folder).iterdir():
            component = catalog().components[directory.name]
            listed = {*(component.configuration if folder == "configuration" else ())}
            listed |= {*(component.objects if folder == "objects" else ())}
            assert {each.name for each in directory.iterdir()} == listed


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.name)
def test_what_is_asked_has_an_example_or_choices(component: Component) -> None:
    asks = list(component.asks)
    for index, ask in enumerate(component.asks.values()):
        assert ask.form in FORMS
        assert bool(ask.choices) or ask.default or FORMS[ask.form][0].fullmatch(ask.like)
        assert ask.only is None or ask.only[0] in asks[:index]
        for default in filter(None, (ask.default, ask.last)):
            # What differs from cluster to cluster may be a variable of theirs.
            known = FORMS[ask.form][0].fullmatch(default) or re.fullmatch(r"\$\{\w+\}", default)
            assert ask.choices or known


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.name)
def test_pods_are_as_safe_as_it_lets_them_be(component: Component) -> None:
    assert component.pod_security in {"restricted", "baseline", "privileged"}
    mounts_nodes = {
        "fluent-bit",
        "kube-prometheus-stack",
        "loki-stack",
        "promtail",
        "tigera-operator",
    }
    assert (component.pod_security == "privileged") == (component.name in mounts_nodes)
