"""Every planted fault is found by its code and by nothing else; what is nearly one is not."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

import tests.faults
from gitops.check import Severity, findings
from gitops.check.codes import CODES
from tests.faults import certificates, mounts, network, pods, schemas, sealing, tracing, workloads
from tests.faults.planting import FLEET, Fault, beyond, edited, planted


def _faults() -> Iterator[Fault]:
    for module in pkgutil.iter_modules(tests.faults.__path__):
        if module.name != "base":
            yield from getattr(import_module(f"tests.faults.{module.name}"), "FAULTS", ())


FAULTS = list(_faults())


def test_the_fleet_has_nothing_to_say_that_a_fault_could_hide_behind() -> None:
    assert [str(each) for each in findings(FLEET) if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_found_by_its_code_alone(fault: Fault) -> None:
    found = beyond(fault.faulty)
    codes = {each.code for each in found}
    assert fault.code in codes, "\n".join(map(str, found))
    assert codes == {fault.code} | fault.also, "\n".join(map(str, found))
    # Severity lists the worst first.
    worst = list(Severity)
    assert all(worst.index(CODES[f.code].severity) <= worst.index(f.severity) for f in found)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_near_miss_is_none(fault: Fault) -> None:
    assert planted(fault.near_miss) != FLEET, "nothing is planted"
    assert [str(each) for each in beyond(fault.near_miss)] == []


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({str(fault) for fault in FAULTS}) == len(FAULTS)


def test_every_code_has_a_fault() -> None:
    # What only rendering shows: test_check_network, _rendered and _schemas ask for these.
    rendered = [
        fault
        for module in (pods, workloads, certificates, mounts, sealing, tracing)
        for fault in module.RENDERED_FAULTS
    ]
    objects = (*network.OBJECT_FAULTS, *rendered, *schemas.SCHEMA_FAULTS)
    among_objects = {fault.code for fault in objects}
    assert {fault.code for fault in FAULTS} | among_objects == set(CODES)


def test_an_edit_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(AssertionError, match="has no 'nowhere'"):
        edited("fleet.yaml", ("nowhere", "somewhere"))
