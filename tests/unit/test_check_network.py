"""The rules about NetworkPolicies: each fault is found by its code, what is nearly one is not."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.check.network import network
from gitops.check.network_cluster import Cluster
from gitops.errors import Place
from gitops.network import Pod
from tests.conftest import ROOT
from tests.faults.network import CLUSTER, OBJECT_FAULTS, ObjectFault

MINE = [code for code in CODES if code.startswith("FL96")]
_BLOCK = re.compile(r"^## (\w+)\n\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Written:
    """An object of a test, and a place that names it."""

    data: dict[str, Any]
    place: Place


def written(manifests: str) -> list[Written]:
    return [
        Written(data, Place(f"{data.get('kind')}.yaml", line))
        for line, data in enumerate(yaml.safe_load_all(manifests), 1)
    ]


def found(manifests: str) -> list[Finding]:
    return list(network(written(manifests)))


def codes(manifests: str) -> set[str]:
    return {finding.code for finding in found(manifests)}


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_fault_is_found_by_its_code_alone(fault: ObjectFault) -> None:
    assert codes(fault.faulty) == {fault.code} | fault.also, found(fault.faulty)


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_near_miss_is_none(fault: ObjectFault) -> None:
    assert fault.near_miss != fault.faulty
    assert found(fault.near_miss) == []


def test_every_code_of_the_network_has_a_fault() -> None:
    assert {fault.code for fault in OBJECT_FAULTS} == set(MINE)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({str(fault) for fault in OBJECT_FAULTS}) == len(OBJECT_FAULTS)


@pytest.mark.parametrize("code", MINE)
def test_the_faulty_example_is_found_and_the_cured_one_is_not(code: str) -> None:
    page = (ROOT / "docs" / "checks" / f"{code}.md").read_text(encoding="utf-8")
    examples = dict(_BLOCK.findall(page))
    assert codes(examples["Faulty"]) == {code}
    assert codes(examples["Cured"]) == set()


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_finding_says_what_where_and_how(fault: ObjectFault) -> None:
    for finding in found(fault.faulty):
        assert finding.severity is CODES[finding.code].severity
        assert finding.place.line is not None
        assert finding.message
        assert finding.hint


MISSING = [fault for fault in OBJECT_FAULTS if fault.code in {"FL963", "FL964"}]


@pytest.mark.parametrize("fault", MISSING, ids=str)
def test_what_a_failed_build_may_bring_is_not_said_to_be_missing(fault: ObjectFault) -> None:
    assert codes(fault.faulty) == {fault.code}
    incomplete = {each.code for each in network(written(fault.faulty), complete=False)}
    assert incomplete == ({"FL964"} if fault.name == "a name towards addresses" else set())


def test_a_malformed_workload_may_be_the_missing_one() -> None:
    fault = next(each for each in OBJECT_FAULTS if each.code == "FL963")
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: %s}, spec: {containers: 7}}"
    assert codes(f"{fault.faulty}---\n{pod % 'shop'}") == set()
    assert codes(f"{fault.faulty}---\n{pod % 'antaeus'}") == {"FL963"}


@pytest.mark.parametrize("kind", ["ResourceSet", "ApplicationSet"])
def test_what_may_bring_anything_anywhere_leaves_nothing_to_say(kind: str) -> None:
    fault = next(each for each in OBJECT_FAULTS if each.code == "FL963")
    bringer = f"{{apiVersion: x.example.com/v1, kind: {kind}, metadata: {{name: x, namespace: y}}}}"
    assert codes(f"{fault.faulty}---\n{bringer}") == set()
    assert codes(f"{fault.faulty}---\n{bringer.replace(kind, 'Other')}") == {"FL963"}


def test_what_was_not_read_has_no_place() -> None:
    cluster = Cluster(written(CLUSTER))
    assert cluster.place(cluster.network.pods[0]).path == "Deployment.yaml"
    with pytest.raises(ValueError, match="was not read"):
        cluster.place(Pod("shop", "Pod/x", {}))
