"""The rules of rendered output: each fault is found by its code, what is nearly one is not."""

import re
from functools import cache
from typing import Any

import pytest
import yaml

from gitops.check.codes import CODES
from gitops.check.finding import Finding, Severity
from gitops.check.rendered import Around, Rendered, found, subjects
from gitops.check.rendered_rules import RENDERED_RULES
from gitops.errors import Place
from gitops.fleet import Fleet
from gitops.rendering.model import Object, Output
from gitops.rendering.rendering import Rendering
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.conftest import ROOT
from tests.faults import certificates, mounts, pods, sealing, tracing, workloads
from tests.faults.workloads import CLUSTER, RenderedFault, both, container, payments

FAULTS = tuple(
    fault
    for module in (workloads, certificates, mounts, sealing, tracing, pods)
    for fault in module.RENDERED_FAULTS
)
MINE = [code for code in CODES if "FL801" <= code <= "FL899" or "FL901" <= code <= "FL959"]
_BLOCK = re.compile(r"^## (\w+)\n\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def named(values: list[Any]) -> list[str]:
    """The names of a list's mappings."""
    return [each["name"] for each in values if isinstance(each, dict) and "name" in each]


def merged(base: Any, over: Any) -> Any:
    """`over` laid over `base`: null takes away, a list of named things is merged by their names."""
    if isinstance(over, dict):
        under = base if isinstance(base, dict) else {}
        both = {**under, **{key: merged(under.get(key), value) for key, value in over.items()}}
        return {key: value for key, value in both.items() if value is not None}
    if isinstance(base, list) and isinstance(over, list) and named(base) == named(over) != []:
        return [merged(one, other) for one, other in zip(base, over, strict=True)]
    return over


def objects(more: str) -> tuple[Object, ...]:
    """The objects of CLUSTER with these laid over them."""
    there: dict[tuple[str, str], Any] = {}
    for data in (*yaml.safe_load_all(CLUSTER), *filter(None, yaml.safe_load_all(more))):
        key = (data["kind"], data["metadata"]["name"])
        there[key] = merged(there.get(key), data)
    return tuple(
        Object(data, Place(f"{kind}.yaml", line))
        for line, ((kind, _), data) in enumerate(there.items(), 1)
    )


def subject(more: str, *, serious: bool = True, complete: bool = True, **known: Any) -> Rendered:
    there = objects(more)
    around = Around(there, complete)
    return Rendered(
        "prod", "prod-1", "payments", "p", there, serious, serious, around=around, **known
    )


def findings(more: str, *, serious: bool = True, complete: bool = True) -> list[Finding]:
    return list(found(RENDERED_RULES, [subject(more, serious=serious, complete=complete)]))


def test_nothing_is_wrong_with_what_the_faults_are_laid_over() -> None:
    assert [str(each) for each in findings("")] == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_found_by_its_code_alone(fault: RenderedFault) -> None:
    there = findings(fault.faulty)
    assert {each.code for each in there} == {fault.code} | fault.also, list(map(str, there))
    for each in there:
        assert each.severity is CODES[each.code].severity
        assert each.place.line is not None
        assert each.hint


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_near_miss_is_none(fault: RenderedFault) -> None:
    there = findings(fault.near_miss, serious=fault.near_miss_serious)
    assert [str(each) for each in there] == []
    assert fault.near_miss != fault.faulty or not fault.near_miss_serious


def test_every_code_has_a_fault() -> None:
    assert {fault.code for fault in FAULTS} == set(MINE)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({str(fault) for fault in FAULTS}) == len(FAULTS)


@cache
def examples(code: str) -> dict[str, str]:
    page = (ROOT / "docs" / "checks" / f"{code}.md").read_text(encoding="utf-8")
    return dict(_BLOCK.findall(page))


@pytest.mark.parametrize("code", MINE)
def test_the_examples_of_a_page_are_true(code: str) -> None:
    assert {each.code for each in findings(examples(code)["Faulty"])} == {code}
    assert code not in {each.code for each in findings(examples(code)["Cured"])}


NAMELESS = ("FL809", "FL811", "FL812", "FL816", "FL823", "FL824", "FL911")


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.code in NAMELESS], ids=str)
def test_while_a_part_of_the_cluster_is_unknown_nothing_is_said_to_be_away(
    fault: RenderedFault,
) -> None:
    there = findings(fault.faulty, complete=False)
    said = [each.message for each in there if each.code == fault.code]
    assert all("has not" in each or "no such key" in each for each in said)


@pytest.mark.parametrize(
    ("maker", "spec"),
    [
        ("SealedSecret", "spec: {template: {metadata: {name: db}}}"),
        ("VaultStaticSecret", "spec: {destination: {name: db}}"),
        ("Certificate", "spec: {secretName: db}"),
    ],
)
def test_what_makes_a_secret_is_known(maker: str, spec: str) -> None:
    env = "env:\n  - name: P\n    valueFrom: {secretKeyRef: {name: db, key: password}}"
    made = f"apiVersion: x/v1\nkind: {maker}\nmetadata: {{name: db, namespace: shop}}\n{spec}\n"
    assert findings(both(container(env), made)) == []
    elsewhere = made.replace("namespace: shop", "namespace: other")
    assert [each.code for each in findings(both(container(env), elsewhere))] == ["FL824"]


@pytest.mark.parametrize("asleep", [True, False])
def test_what_is_not_released_has_time_to_get_its_secrets(asleep: bool) -> None:
    env = "env:\n  - name: P\n    valueFrom: {secretKeyRef: {name: db, key: password}}"
    [finding] = found(RENDERED_RULES, [subject(container(env), asleep=asleep)])
    assert finding.code == "FL824"
    assert finding.severity is (Severity.INFO if asleep else Severity.WARNING)


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("topology", [Topology.SINGLE, Topology.PER_ENVIRONMENT])
def test_a_shared_cluster_is_known_whole_where_it_says_what_its_flux_starts_from(
    topology: Topology, said: bool
) -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme", topology=topology))
    kept = {p: f for p, f in tree.items() if said or not p.endswith("gotk-sync.yaml")}
    fleet = Fleet.read(Tree(kept))
    outputs = [
        Output(build.environment, "main", None, ".", (), build) for build in fleet.reach.builds
    ]
    there = subjects(fleet, Rendering(tuple(outputs), ()))
    known = said or topology is Topology.PER_ENVIRONMENT
    assert {each.around.complete for each in there} == {known}


def test_a_variable_of_the_cluster_is_judged_by_nobody() -> None:
    assert findings(container('image: "${REGISTRY}/app:${TAG}"')) == []
    assert findings(payments('replicas: "${REPLICAS}"')) == []
