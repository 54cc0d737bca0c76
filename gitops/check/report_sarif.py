"""The report as SARIF, which GitHub's code scanning and many editors read.

Source: Static Analysis Results Interchange Format 2.1.0, OASIS Standard, 27 March 2020, sections
3.13 (sarifLog), 3.14 (run), 3.19 (toolComponent), 3.27 (result), 3.30 (region), 3.49
(reportingDescriptor).
"""

import json
from urllib.parse import quote

from gitops.check.codes import CODES, Code
from gitops.check.finding import Finding, Severity, fingerprints
from gitops.check.report import Report
from gitops.errors import Place

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "fairlead/v1"


def as_sarif(report: Report, prefix: str = "") -> str:
    """The findings that count; what is suppressed or in the baseline is left out.

    SARIF could carry those too, but code scanning shows them as if they counted.

    Args:
        report: what was found.
        prefix: the fleet's directory in its repository, with a slash at its end; "" for the root.
    """
    used = sorted({finding.code for finding in report.findings})
    driver = {"name": "fairlead", "rules": [_rule(CODES[code]) for code in used]}
    names = fingerprints(report.findings)
    results = [
        _result(finding, used.index(finding.code), name, prefix)
        for finding, name in zip(report.findings, names, strict=True)
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(code: Code) -> dict[str, object]:
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "help": {"text": f"See {code.page} of Fairlead."},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
        "properties": {"tags": [code.group.value]},
    }


def _result(finding: Finding, index: int, name: str, prefix: str) -> dict[str, object]:
    hint = f"; {finding.hint}" if finding.hint else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{hint}"},
        "locations": [{"physicalLocation": _location(finding.place, prefix)}],
        "partialFingerprints": {_FINGERPRINT: name},
    }


def _location(place: Place, prefix: str) -> dict[str, object]:
    # Surrogates stand for bytes of a file's name that are no UTF-8.
    uri = quote(f"{prefix}{place.path}", errors="surrogateescape")
    artifact = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if place.line is None:
        return {**artifact}
    column = {} if place.column is None else {"startColumn": place.column}
    return {**artifact, "region": {"startLine": place.line, **column}}
