"""`fairlead render`, as it is typed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitops.directory import write_directory
from gitops.tree import Tree
from tests.unit.test_check_codes import FLEET
from tests.unit.test_check_shared import FLEET as SHARED_FLEET

PROD = "apps/shop/envs/prod/kustomization.yaml"
FLUX = "clusters/dev/shop.yaml"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The fleet of the examples, its app suspended in dev."""
    asleep = FLEET[FLUX].data.replace(b"spec:\n", b"spec:\n  suspend: true\n")
    write_directory(tmp_path, Tree({}), FLEET.replace({FLUX: asleep}))
    return tmp_path


def fairlead(fleet: Path, *arguments: str, tools: str = "") -> subprocess.CompletedProcess[str]:
    """The command, with this kustomize alone on its PATH besides the system's."""
    path = f"{Path(tools).parent}:/usr/bin:/bin" if tools else "/usr/bin:/bin"
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=fleet,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_app_in_one_environment(fleet: Path, kustomize: str) -> None:
    done = fairlead(fleet, "render", "shop", "prod", tools=kustomize)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# prod prod: apps/shop/envs/prod\n---\n")
    assert "image: registry.example.com/shop:1.0.0\n" in done.stdout
    dev = fairlead(fleet, "render", "shop", "dev", tools=kustomize)
    assert "suspended, so that Flux does not apply it: shop" in dev.stderr


def test_everything_and_everything_of_one_environment(fleet: Path, kustomize: str) -> None:
    every = fairlead(fleet, "render", "--all", "--json", tools=kustomize)
    assert every.returncode == 0
    found = json.loads(every.stdout)
    assert {each["environment"] for each in found["rendered"]} == {"dev", "prod"}
    assert found["failed"] == []
    one = fairlead(fleet, "render", "--environment", "dev", tools=kustomize)
    assert one.stdout.count("# dev dev: ") == one.stdout.count("\n# ") + 1


def test_one_that_fails_is_told_and_the_others_are_printed(fleet: Path, kustomize: str) -> None:
    (fleet / PROD).write_text(f"{(fleet / PROD).read_text()}components: [absent]\n")
    done = fairlead(fleet, "render", "--all", tools=kustomize)
    assert done.returncode == 2
    assert "# dev dev: clusters/dev\n" in done.stdout
    assert "fairlead: prod prod: apps/shop/envs/prod: " in done.stderr
    assert "components: absent is not there" in done.stderr


def test_a_cluster_without_files_is_told(fleet: Path, kustomize: str) -> None:
    shutil.rmtree(fleet / "clusters/prod")
    told = "fairlead: clusters/prod: the cluster prod of prod has nothing here\n"
    assert told in fairlead(fleet, "render", "--all", tools=kustomize).stderr
    dev = fairlead(fleet, "render", "--environment", "dev", tools=kustomize)
    assert dev.returncode == 0
    assert "has nothing here" not in dev.stderr


def test_without_kustomize_it_says_what_is_missing(fleet: Path) -> None:
    done = fairlead(fleet, "render", "shop", "prod")
    assert done.returncode == 4
    assert "kustomize was not found on PATH" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say what: APP and ENV"),
        (("shop",), "say what: APP and ENV"),
        (("shop", "prod", "--all"), "say what: APP and ENV"),
        (("shpo", "prod"), "there is no app 'shpo'"),
        (("shop", "prd"), "there is no environment 'prd'"),
        (("shop", "prod", "--cluster", "dev"), "there is no cluster 'dev'"),
    ],
)
def test_bad_questions_are_refused(
    fleet: Path, kustomize: str, arguments: tuple[str, ...], told: str
) -> None:
    done = fairlead(fleet, "render", *arguments, tools=kustomize)
    assert done.returncode == 2
    assert told in done.stderr


def test_what_environments_share_is_printed_once(tmp_path: Path, kustomize: str) -> None:
    write_directory(tmp_path, Tree({}), SHARED_FLEET)
    done = fairlead(tmp_path, "render", "--all", tools=kustomize)
    assert done.returncode == 0
    assert done.stdout.count("# shared main: tenants/shop/envs/all\n") == 1
    found = json.loads(fairlead(tmp_path, "render", "--all", "--json", tools=kustomize).stdout)
    whose = {each["path"]: each["environment"] for each in found["rendered"]}
    assert whose["tenants/shop/envs/all"] is None
    assert whose["apps/web/envs/prod"] == "prod"
    one = fairlead(tmp_path, "render", "--environment", "prod", tools=kustomize)
    assert "# shared" not in one.stdout
