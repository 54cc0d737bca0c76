"""The report of `check`: for a person, as JSON, as SARIF and as GitLab reads it."""

import json
from typing import Any
from urllib.parse import unquote

import pytest

from gitops.check import Finding, Report, Severity
from gitops.check.baseline import Entry
from gitops.check.codes import CODES
from gitops.check.report import as_json, lines
from gitops.check.report_codequality import as_codequality
from gitops.check.report_sarif import as_sarif
from gitops.check.suppression import Suppressed, Suppression
from gitops.errors import Place

ERROR = Finding("FL004", Severity.ERROR, Place("clusters/a b.yaml", 4, 9), "no path", "write it")
AGAIN = Finding("FL004", Severity.ERROR, Place("clusters/a b.yaml", 9, 9), "no path", "write it")
WARNING = Finding("FL107", Severity.WARNING, Place("apps/é#%.yaml"), "is nowhere")
INFO = Finding("FL101", Severity.INFO, Place("b.yaml", 2), "not yet")
SILENCED = Suppressed(
    Finding("FL106", Severity.WARNING, Place("b.yaml", 2, 1), "odd"),
    Suppression(Place("b.yaml", 2, 20), ("FL106",), "nine is the last", 2),
)
STALE = Entry("c.yaml", "FL108", "0" * 32, 2, "no room")
REPORT = Report((ERROR, AGAIN, WARNING, INFO), (SILENCED,), (INFO,), (STALE,))
NOTHING = Report(())


def test_a_person_reads_lines_and_counts() -> None:
    assert lines(REPORT) == [
        "clusters/a b.yaml:4:9: error FL004 no path; write it",
        "clusters/a b.yaml:9:9: error FL004 no path; write it",
        "apps/é#%.yaml: warning FL107 is nowhere",
        "b.yaml:2: info FL101 not yet",
        "the baseline is stale, it is gone: c.yaml: FL108 no room (2 times)",
        "2 errors, 1 warning, 1 info, 1 suppressed, 1 in the baseline",
    ]
    assert lines(NOTHING) == ["0 errors, 0 warnings, 0 infos"]


@pytest.mark.parametrize(
    ("findings", "fails", "strictly"),
    [
        ((), False, False),
        ((INFO,), False, False),
        ((WARNING,), False, True),
        ((ERROR,), True, True),
    ],
)
def test_what_fails(findings: tuple[Finding, ...], fails: bool, strictly: bool) -> None:
    assert Report(findings).fails() is fails
    assert Report(findings).fails(strict=True) is strictly


def test_json_has_everything() -> None:
    value = json.loads(as_json(REPORT))
    assert value["counts"] == {"error": 2, "warning": 1, "info": 1}
    assert value["findings"][0]["code"] == "FL004"
    assert value["findings"][2]["line"] is None
    assert len({each["fingerprint"] for each in value["findings"]}) == 4
    [silenced] = value["suppressed"]
    assert (silenced["code"], silenced["reason"]) == ("FL106", "nine is the last")
    assert silenced["by"] == "b.yaml:2:20"
    assert value["baseline"]["known"] == 1
    [stale] = value["baseline"]["stale"]
    assert (stale["code"], stale["gone"]) == ("FL108", 2)


def results(report: Report, prefix: str = "") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    log = json.loads(as_sarif(report, prefix))
    [run] = log["runs"]
    return run, run["results"]


@pytest.mark.parametrize("report", [REPORT, NOTHING])
def test_sarif_has_what_the_standard_requires(report: Report) -> None:
    """Source: SARIF 2.1.0, 3.13.2 version, 3.14.6 tool, 3.18.2 driver, 3.19.8 name, 3.14.23."""
    log = json.loads(as_sarif(report))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    [run] = log["runs"]
    assert run["tool"]["driver"]["name"] == "fairlead"
    # 3.14.17: the unit in which columns count has to be said when there are any.
    assert run["columnKind"] == "unicodeCodePoints"
    # 3.14.23: an empty list says that nothing was found, its absence that nobody looked.
    assert isinstance(run["results"], list)
    assert len(run["results"]) == len(report.findings)


def test_sarif_results_name_their_rule_level_and_message() -> None:
    run, found = results(REPORT)
    rules = run["tool"]["driver"]["rules"]
    # 3.49.3: an id is there once; 3.27.6: ruleIndex is where in that list.
    assert [rule["id"] for rule in rules] == ["FL004", "FL101", "FL107"]
    for result in found:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"] == CODES[rule["id"]].title
        # 3.27.10: one of none, note, warning, error.
        assert result["level"] in {"note", "warning", "error"}
        assert rule["defaultConfiguration"]["level"] in {"note", "warning", "error"}
        # 3.11.8: a message has a text, which is not empty.
        assert result["message"]["text"]
    assert [result["level"] for result in found] == ["error", "error", "warning", "note"]
    assert found[0]["message"]["text"] == "no path; write it"


def test_sarif_locations_are_uris_and_regions_count_from_one() -> None:
    _, found = results(REPORT, "fleets/one two/")
    places = [result["locations"][0]["physicalLocation"] for result in found]
    uris = [place["artifactLocation"]["uri"] for place in places]
    # RFC 3986, as 3.4.3 asks: no blank, no `#`, no letters beyond ASCII.
    assert uris[0] == "fleets/one%20two/clusters/a%20b.yaml"
    assert all(uri.isascii() and not set(uri) & set(" #?") for uri in uris)
    assert unquote(uris[2]) == "fleets/one two/apps/é#%.yaml"
    # 3.30.5: startLine is positive; a whole file has no region.
    assert places[0]["region"] == {"startLine": 4, "startColumn": 9}
    assert "region" not in places[2]
    assert places[3]["region"] == {"startLine": 2}


def test_sarif_fingerprints_are_apart_and_stay_when_lines_move() -> None:
    def names(report: Report) -> list[str]:
        return [each["partialFingerprints"]["fairlead/v1"] for each in results(report)[1]]

    assert len(set(names(REPORT))) == 4
    moved = Finding("FL004", Severity.ERROR, Place("clusters/a b.yaml", 99, 1), "no path")
    assert names(Report((moved,)))[0] == names(REPORT)[0]


def test_gitlab_reads_an_array_of_what_counts() -> None:
    """Source: docs.gitlab.com, Code Quality, "Code Quality report format"."""
    rows = json.loads(as_codequality(REPORT, "fleet/"))
    assert [row["severity"] for row in rows] == ["critical", "critical", "minor", "info"]
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    assert rows[0]["description"] == "no path; write it"
    assert rows[0]["check_name"] == "FL004"
    assert rows[0]["location"] == {"path": "fleet/clusters/a b.yaml", "lines": {"begin": 4}}
    # A line is required: a whole file is shown at its first.
    assert rows[2]["location"]["lines"]["begin"] == 1
    assert json.loads(as_codequality(NOTHING)) == []


def test_a_name_that_is_no_utf_8_breaks_no_format() -> None:
    odd = Report((Finding("FL002", Severity.ERROR, Place("a\udcff.yaml", 1), "odd"),))
    [result] = results(odd)[1]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%FF.yaml"
    assert json.loads(as_codequality(odd))[0]["location"]["path"] == "a\udcff.yaml"
    assert json.loads(as_json(odd))["findings"][0]["path"] == "a\udcff.yaml"
