"""The rules about NetworkPolicies: each fault is found by its code, what is nearly one is not."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.check.network import network
from gitops.errors import Place
from tests.conftest import ROOT
from tests.faults.network import OBJECT_FAULTS, ObjectFault

MINE = [code for code in CODES if code.startswith("FL96")]
_BLOCK = re.compile(r"^## (\w+)\n\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Written:
    """An object of a test, and a place that names it."""

    data: dict[str, Any]
    place: Place


def found(manifests: str) -> list[Finding]:
    written = [
        Written(data, Place(f"{data.get('kind')}.yaml", line))
        for line, data in enumerate(yaml.safe_load_all(manifests), 1)
    ]
    return list(network(written))


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
