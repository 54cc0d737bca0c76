"""The verb `check`, as it is typed: page, formats, baseline, and what a large fleet costs."""

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from benchmarks.large_fleet import APPS, large_fleet
from gitops.directory import write_directory
from gitops.tree import Tree
from tests.end_to_end.page import SCRIPTS, TIMEOUT, examples, type_in

MEMORY = 300 << 20
"""Bytes of the process's own data (RLIMIT_DATA)."""
CPU = 60
"""Seconds: many times what it takes, far less than what a quadratic rule would."""

STAGE = "apps/app-0000/envs/stage/version/kustomization.yaml"


def run(directory: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    said = subprocess.run(
        # What needs kustomize is tried in test_check_rendered: here it may be there or not.
        [f"{SCRIPTS}/fairlead", "check", "--no-render", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert said.returncode == code, said
    return said.stdout, said.stderr


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet `acme` of two apps, one with a prerelease that will order wrongly."""
    tree = large_fleet(2)
    data = tree[STAGE].data.replace(b"newTag: v1.0", b"newTag: v1.0-rc9")
    write_directory(tmp_path / "acme", Tree({}), tree.replace({STAGE: data}))
    return tmp_path


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    for example in examples("check.md"):
        assert type_in(example.command, tmp_path) == example.said, example.command


def test_warnings_fail_only_strictly(fleet: Path) -> None:
    run(fleet, "acme")
    out, _ = run(fleet, "acme", "--strict", code=1)
    assert out.startswith(f"{STAGE}:5:13: warning FL106 ")


def test_an_error_fails(fleet: Path) -> None:
    (fleet / "acme/apps/app-0001/base/service.yaml").unlink()
    out, _ = run(fleet, "acme", code=1)
    assert "error FL007" in out


@pytest.mark.parametrize("form", ["json", "sarif", "codequality"])
def test_a_format_goes_to_a_file_and_the_text_to_the_screen(fleet: Path, form: str) -> None:
    file = fleet / "reports" / "report"
    out, _ = run(fleet, "acme", "--format", form, "--output", str(file))
    assert out.splitlines()[-1] == "0 errors, 1 warning, 0 infos"
    printed, err = run(fleet, "acme", "--format", form)
    assert (file.read_text(), err) == (printed, "")
    assert json.loads(printed)


def test_paths_count_from_where_the_verb_is_typed(fleet: Path) -> None:
    def paths(directory: Path, *arguments: str) -> list[str]:
        rows = json.loads(run(directory, *arguments, "--format", "codequality")[0])
        return [row["location"]["path"] for row in rows]

    assert paths(fleet, "acme") == [f"acme/{STAGE}"]
    assert paths(fleet, "./acme/") == [f"acme/{STAGE}"]
    assert paths(fleet / "acme") == [STAGE]
    assert paths(fleet, str(fleet / "acme")) == [STAGE]


def test_json_is_one_of_the_formats(fleet: Path) -> None:
    assert run(fleet, "acme", "--json") == run(fleet, "acme", "--format", "json")


def test_a_baseline_is_written_once(fleet: Path) -> None:
    file = fleet / "acme/.fairlead/check-baseline.json"
    diff, _ = run(fleet, "acme", "--write-baseline", "--dry-run", code=1)
    assert f'+      "path": "{STAGE}"' in diff
    assert not file.exists()
    run(fleet, "acme", "--write-baseline")
    written = file.read_bytes()
    assert run(fleet, "acme", "--write-baseline") == ("nothing to do\n", "")
    assert run(fleet, "acme", "--write-baseline", "--dry-run") == ("", "")
    assert file.read_bytes() == written
    assert run(fleet, "acme", "--strict")[0] == "0 errors, 0 warnings, 0 infos, 1 in the baseline\n"


def test_a_baseline_may_lie_elsewhere(fleet: Path) -> None:
    run(fleet, "acme", "--write-baseline", "--baseline", "known.json")
    assert not (fleet / "acme/.fairlead/check-baseline.json").exists()
    run(fleet, "acme", "--strict", code=1)
    run(fleet, "acme", "--strict", "--baseline", "known.json")


def test_where_nothing_is_found_no_baseline_is_written(fleet: Path) -> None:
    (fleet / "acme" / STAGE).write_bytes(large_fleet(1)[STAGE].data)
    assert run(fleet, "acme", "--write-baseline") == ("nothing to do\n", "")
    assert not (fleet / "acme/.fairlead/check-baseline.json").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere",), "nowhere: no such directory"),
        ((".",), "no fleet here"),
        (("acme", "--format", "sraif"), "did you mean `sarif`?"),
        (("acme", "--json", "--format", "sarif"), "two formats"),
        (("acme", "--dry-run"), "--dry-run goes with --write-baseline"),
        (("acme", "--baseline", "none.json"), "none.json: no such baseline; write it with"),
        (("acme", "--baseline", "acme/fleet.yaml"), "acme/fleet.yaml: is no JSON"),
        (("acme", "--output", "acme"), "acme: is no ordinary file"),
    ],
)
def test_a_mistake_is_told_in_one_line(fleet: Path, arguments: tuple[str, ...], told: str) -> None:
    out, err = run(fleet, *arguments, code=2)
    assert (out, len(err.splitlines())) == ("", 1)
    assert told in err


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "old", "new", "errors"),
    [
        ("/base/kustomization.yaml", b"resources:", b"resources:", 0),
        ("/base/kustomization.yaml", b"service.yaml", b"servce.yaml", APPS),
        ("/version/kustomization.yaml", b"images:", b"images: [", 3 * APPS),
    ],
    ids=["right", "missing", "unreadable"],
)
def test_a_thousand_apps_take_seconds_and_little_memory(
    tmp_path: Path, ending: str, old: bytes, new: bytes, errors: int
) -> None:
    tree = large_fleet()
    changed = [path for path in tree if path.startswith("apps/") and path.endswith(ending)]
    assert all(old in tree[path].data for path in changed)
    tree = tree.replace({path: tree[path].data.replace(old, new) for path in changed})
    write_directory(tmp_path, Tree({}), tree)
    ended = subprocess.run(
        [f"{SCRIPTS}/fairlead", "check", "--json", "--no-render"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        preexec_fn=_bounded,
        timeout=10 * TIMEOUT,
        check=False,
    )
    assert json.loads(ended.stdout)["counts"]["error"] == errors
    assert ended.returncode == (errors > 0)
