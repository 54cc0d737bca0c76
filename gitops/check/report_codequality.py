"""The report as GitLab's merge requests show it.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: a JSON array of
description, check_name, fingerprint, severity (info, minor, major, critical or blocker),
location.path (relative, without `./`) and location.lines.begin.
"""

import json

from gitops.check.finding import Severity, fingerprints
from gitops.check.report import Report

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def as_codequality(report: Report, prefix: str = "") -> str:
    """The findings that count, each with a fingerprint of its own; a whole file is its first line.

    Args:
        report: what was found.
        prefix: the fleet's directory in its repository, with a slash at its end; "" for the root.
    """
    names = fingerprints(report.findings)
    rows = [
        {
            "description": f"{each.message}{f'; {each.hint}' if each.hint else ''}",
            "check_name": each.code,
            "fingerprint": name,
            "severity": _SEVERITIES[each.severity],
            "location": {
                "path": f"{prefix}{each.place.path}",
                "lines": {"begin": each.place.line or 1},
            },
        }
        for each, name in zip(report.findings, names, strict=True)
    ]
    return json.dumps(rows, indent=2) + "\n"
