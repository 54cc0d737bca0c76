"""The baseline: what was there when a fleet was adopted does not count, what is new does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.check import Finding, Severity, checked, findings
from gitops.check.baseline import Entry, compared, entries_of, read, written
from gitops.check.finding import fingerprint, fingerprints
from gitops.errors import InvalidInput, Place
from tests.faults.planting import edited, planted

SEVERITIES = st.sampled_from([Severity.ERROR, Severity.WARNING])
FINDINGS = st.builds(
    Finding,
    st.sampled_from(["FL004", "FL106", "FL108"]),
    SEVERITIES,
    st.builds(Place, st.sampled_from(["a.yaml", "b/c.yaml"]), st.integers(1, 9)),
    st.sampled_from(["odd", "odd at x.yaml:3:4", "odd at x.yaml:9", "other"]),
)


def found(message: str = "odd", line: int | None = 1, path: str = "a.yaml") -> Finding:
    return Finding("FL106", Severity.WARNING, Place(path, line), message)


@given(st.lists(FINDINGS, max_size=12))
def test_a_baseline_knows_what_it_was_made_of_and_nothing_more(every: list[Finding]) -> None:
    entries = read("b.json", written(entries_of(every)))
    assert entries == entries_of(every)
    beside = compared(every, entries)
    assert (beside.new, beside.known, beside.stale) == ((), tuple(every), ())
    more = compared([*every, found("new")], entries)
    assert more.new == (found("new"),)


@given(st.lists(FINDINGS, max_size=12), st.integers(0, 500))
def test_lines_may_move(every: list[Finding], by: int) -> None:
    moved = [
        Finding(f.code, f.severity, Place(f.place.path, (f.place.line or 0) + by), f.message)
        for f in every
    ]
    assert compared(moved, entries_of(every)).new == ()


@given(st.lists(FINDINGS, max_size=12))
def test_each_finding_has_a_name_of_its_own(every: list[Finding]) -> None:
    names = fingerprints(every)
    assert len(set(names)) == len(every)
    assert [name[:32] for name in names] == [fingerprint(each) for each in every]


def test_a_name_is_of_code_path_and_message() -> None:
    assert fingerprint(found("x is 1.0 at a.yaml:3:4")) == fingerprint(found("x is 1.0 at a.yaml"))
    assert fingerprint(found("x is 1.0")) != fingerprint(found("x is 2.0"))
    assert fingerprint(found("image a:10")) != fingerprint(found("image a:11"))
    assert fingerprint(found(path="b.yaml")) != fingerprint(found())
    assert len(fingerprint(found())) == 32


def test_one_more_of_the_same_is_new() -> None:
    entries = entries_of([found(line=1), found(line=2)])
    assert [entry.count for entry in entries] == [2]
    beside = compared([found(line=line) for line in (1, 2, 3)], entries)
    assert beside.new == (found(line=3),)


def test_what_is_gone_is_stale() -> None:
    entries = entries_of([found(line=1), found(line=2), found("other")])
    beside = compared([found(line=1)], entries)
    assert [(each.message, each.count) for each in beside.stale] == [("odd", 1), ("other", 1)]
    assert str(beside.stale[0]) == "a.yaml: FL106 odd"


def test_infos_come_and_go_without_it() -> None:
    info = Finding("FL101", Severity.INFO, Place("a.yaml"), "not yet")
    assert entries_of([info]) == ()


def test_a_fleet_with_its_baseline_has_nothing_new() -> None:
    flux = "clusters/dev/dev-1/apps.yaml"
    tree = planted(edited(flux, ("- name: tenants", "- name: tenant")))
    entries = entries_of(findings(tree))
    report = checked(tree, entries)
    assert (report.findings, len(report.known), report.stale) == ((), 1, ())
    assert not report.fails(strict=True)
    worse = planted(edited(flux, ("- name: tenants", "- name: tenant\n    - name: other")))
    again = checked(worse, entries)
    assert again.fails()
    assert ["depends on other" in each.message for each in again.findings] == [True]


def _file(**changed: object) -> bytes:
    entry = {"code": "FL106", "path": "a", "fingerprint": "1", "count": 1, "message": "odd"}
    kind = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "CheckBaseline"}
    return json.dumps({**kind, "findings": [{**entry, **changed}]}).encode()


def test_a_file_that_is_whole_is_read() -> None:
    assert read("b.json", _file()) == (Entry("a", "FL106", "1", 1, "odd"),)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no baseline"),
        (b'{"kind": "CheckBaseline"}', "is no baseline"),
        (_file().replace(b'"findings": [{', b'"found": [{'), "has no list of findings"),
        (_file(count=0), "its finding 1 is not whole"),
        (_file(count=True), "its finding 1 is not whole"),
        (_file(count="1"), "its finding 1 is not whole"),
        (_file(path=None), "its finding 1 is not whole"),
        (_file().replace(b"[{", b"[1, {"), "its finding 1 is not whole"),
        (_file()[:-2] + b", " + _file().partition(b"[")[2], "its finding 2 is there twice"),
    ],
)
def test_another_file_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        read("b.json", data)
    assert refused.value.place == Place("b.json")
    assert "--write-baseline" in str(refused.value)
