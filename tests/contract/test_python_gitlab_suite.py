"""python-gitlab's own functional tests on the GitLab face: docs/fidelity.md tells how they end."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.stand_ins.model import Tier
from tests.stand_ins.python_gitlab_suite import FILES, Outcome, Run

pytestmark = [pytest.mark.real, pytest.mark.slow]

PAGE = (ROOT / "docs" / "fidelity.md").read_text()
ROW = re.compile(r"^\| `test_(\w+)\.py` \| (\w+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def outcomes(directory: Path) -> Mapping[tuple[str, str], Outcome]:
    """By file and tier. They mostly wait, so they run beside each other."""
    runs: dict[tuple[str, str], Run] = {}
    try:
        for tier in Tier:
            for file in FILES:
                runs[file, tier.value] = Run(directory / f"{file}-{tier.value}", file, tier)
        return {name: run.end() for name, run in runs.items()}
    finally:
        for run in runs.values():
            run.stop()


def test_the_page_tells_how_they_end(tmp_path: Path) -> None:
    ended = outcomes(tmp_path)
    told = {(file, tier.lower()): numbers for file, tier, *numbers in ROW.findall(PAGE)}
    seen = {
        name: [str(n) for n in (one.passed, one.skipped, len(one.failed))]
        for name, one in ended.items()
    }
    assert told == seen, {name: dict(one.failed) for name, one in ended.items()}
    failed = {name for one in ended.values() for name in one.failed}
    assert failed == set(re.findall(r"^- `(test_\w+)`", PAGE, re.MULTILINE))
    assert {name: one.unknown for name, one in ended.items() if one.unknown} == {}
