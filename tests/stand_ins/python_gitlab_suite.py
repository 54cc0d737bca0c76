"""python-gitlab's own functional tests, run against the GitLab face.

The suite starts GitLab in a container and waits for it here and there. A conftest of ours stands
before its own: it names the server that is there, and opens merge requests without the pauses.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.real.python_gitlab_tests import directory
from tests.stand_ins.gitlab import ADMINISTRATOR, GitLab
from tests.stand_ins.model import Tier

FILES = ("merge_requests", "projects", "repository")
"""Which of its files are run: what Fairlead's adapter and people do on GitLab."""

_TIME = 600.0

_CONFTEST = """
import os

import pytest

from tests.functional.helpers import safe_delete
from tests.functional.upstream import *


@pytest.fixture(scope="session")
def gitlab_url():
    return os.environ["STAND_IN_URL"]


@pytest.fixture(scope="session")
def gitlab_token():
    return os.environ["STAND_IN_TOKEN"]


@pytest.fixture
def make_merge_request(project):
    made = []

    def make(*, source_branch, create_pipeline=False):
        project.refresh()
        start = {"branch": source_branch, "ref": project.default_branch}
        made.append(project.branches.create(start))
        files = {f"README.{source_branch}": "Initial content"}
        if create_pipeline:
            rule = "$CI_PIPELINE_SOURCE == 'merge_request_event'"
            files[".gitlab-ci.yml"] = f'job: {{rules: [{{if: "{rule}"}}], script: [sleep 1d]}}'
        for path, content in files.items():
            file = {"file_path": path, "branch": source_branch, "content": content}
            project.files.create({**file, "commit_message": f"Add {path}"})
        request = project.mergerequests.create(
            {
                "source_branch": source_branch,
                "target_branch": project.default_branch,
                "title": "Should remove source branch",
                "remove_source_branch": True,
            }
        )
        while True:
            request = project.mergerequests.get(request.iid)
            if request.detailed_merge_status not in ("preparing", "checking", "unchecked"):
                made.insert(0, request)
                return request

    yield make
    for each in made:
        safe_delete(each)
"""


@dataclass(frozen=True)
class Outcome:
    """How many tests of a file ended how; what failed, by name; calls that nothing knew."""

    passed: int
    skipped: int
    failed: Mapping[str, str]
    unknown: tuple[str, ...]


class Run:
    """One file of the suite against a GitLab of its own, in a process of its own."""

    def __init__(self, place: Path, file: str, tier: Tier) -> None:
        self._place = place
        self._report = place / "report.xml"
        _lay_out(place)
        self._server = GitLab(place / "gitlab", tier=tier)
        self._server.forge.policy.polls_until_settled = 1
        # Options of the run that this one is part of are not for somebody else's tests.
        inherited = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
        environment = {
            **inherited,
            "PYTHONPATH": str(place),
            "STAND_IN_URL": self._server.url,
            "STAND_IN_TOKEN": self._server.person(ADMINISTRATOR).reveal(),
        }
        test = place / "tests" / "functional" / "api" / f"test_{file}.py"
        options = ("-p", "no:cacheprovider", "-q", "--rootdir", str(place), "-W", "ignore")
        report = ("--junit-xml", str(self._report), "-c", os.devnull)
        command = [sys.executable, "-m", "pytest", *options, *report, str(test)]
        with (place / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=place, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def end(self) -> Outcome:
        """Wait for it."""
        self._process.wait(timeout=_TIME)
        self.stop()
        if not self._report.exists():
            raise AssertionError((self._place / "output.txt").read_text())
        return self._read()

    def stop(self) -> None:
        """Leave nothing of it; more than once does no harm."""
        self._process.kill()
        self._process.wait()
        self._server.stop()

    def _read(self) -> Outcome:
        passed, skipped, failed = 0, 0, {}
        for case in ElementTree.parse(self._report).getroot().iter("testcase"):
            bad = case.find("failure") if case.find("failure") is not None else case.find("error")
            if bad is not None:
                failed[case.get("name", "")] = (bad.get("message") or "").split("\n")[0]
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
        unknown = tuple(sorted(set(self._server.server.unknown)))
        return Outcome(passed, skipped, failed, unknown)


def _lay_out(place: Path) -> None:
    target = place / "tests" / "functional"
    unwanted = shutil.ignore_patterns("cli", "unit", "smoke", "install", "meta")
    shutil.copytree(directory() / "tests", place / "tests", ignore=unwanted)
    (target / "conftest.py").rename(target / "upstream.py")
    (target / "fixtures" / "docker.py").write_text("")
    (target / "conftest.py").write_text(_CONFTEST)
