"""The verb `sites`, as it is typed: the page is true, and a long list costs little."""

import json
import os
import pty
import resource
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.page import SCRIPTS, TIMEOUT, examples, type_in, write_files

MEMORY = 300 << 20
"""Bytes of the process's own data (RLIMIT_DATA)."""

DEPLOYMENTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, namespace: shop}}
spec: {{template: {{spec: {{containers: [{{name: a, image: 'ghcr.io/shop/app-{n}:v1.{n}'}}]}}}}}}
---
"""


def run(
    *arguments: str | Path, code: int = 0, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    said = subprocess.run(
        [f"{SCRIPTS}/fairlead", "sites", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=TIMEOUT,
        check=False,
    )
    assert said.returncode == code, said
    return said


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    write_files("sites.md", tmp_path)
    shown = examples("sites.md")
    assert len(shown) == 4
    for example in shown:
        assert type_in(example.command, tmp_path) == example.said


def test_a_wrong_path_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    said = run("aps", code=2, cwd=tmp_path)
    assert (said.stdout, said.stderr) == (
        "",
        "fairlead: aps: no such file or directory; did you mean apps?\n",
    )
    assert run("apps", cwd=tmp_path).stderr == (
        "fairlead: no versions found in apps, 0 YAML files\n"
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with 10^5 sites in 10^3 files, a fifth of them in its directory `some`."""
    directory = tmp_path_factory.mktemp("large")
    for name, numbers in (("some", range(200)), ("more", range(200, 1000))):
        (directory / name).mkdir()
        for file in numbers:
            text = "".join(DEPLOYMENTS.format(n=100 * file + n) for n in range(100))
            (directory / name / f"{file:04}.yaml").write_text(text)
    return directory


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path: Path) -> None:
    text = "".join(DEPLOYMENTS.format(n=n) for n in range(3000))
    (tmp_path / "a.yaml").write_text(text)
    for flag in ("", "--json"):
        said = type_in(f"fairlead sites {flag} | head -n 2", tmp_path)
        assert len(said.splitlines()) == 2, said


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_many_sites_take_little_memory(large: Path, flags: list[str], tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        ended = subprocess.run(
            [f"{SCRIPTS}/fairlead", "sites", str(large), *flags],
            stdout=out,
            stderr=subprocess.PIPE,
            preexec_fn=_bounded,
            timeout=10 * TIMEOUT,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    text = (tmp_path / "out").read_text()
    found = len(json.loads(text)["sites"]) if flags else len(text.splitlines())
    assert found == 100_000


@pytest.mark.slow
def test_it_says_how_far_it_is_on_a_terminal(large: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [f"{SCRIPTS}/fairlead", "sites", str(large / "some"), "--json"],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            timeout=10 * TIMEOUT,
            check=True,
        )
        said = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "fairlead: looking for versions ... " in said
    assert " of 200 files" in said
