"""`fairlead render`, as it is typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.tree import Tree, write_directory

DIGEST = "sha256:" + "1" * 64
PAYMENTS = AppAnswers(
    "payments",
    "shop",
    ("registry.example.com/shop/payments",),
    "https://git.example.com/payments.git",
    versions={"prod": [f"v1.0@{DIGEST}"]},
)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    tree = add_app(new_fleet(Tree({}), FleetAnswers("acme")), PAYMENTS)
    root = tmp_path / "fleet"
    root.mkdir()
    write_directory(root, Tree({}), tree)
    return root


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
    done = fairlead(fleet, "render", "payments", "prod", tools=kustomize)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# prod prod-1: apps/payments/envs/prod\n---\n")
    assert f"image: registry.example.com/shop/payments:v1.0@{DIGEST}\n" in done.stdout
    dev = fairlead(fleet, "render", "payments", "dev", tools=kustomize)
    assert "suspended, so that Flux does not apply it: payments" in dev.stderr


def test_everything_and_everything_of_one_environment(fleet: Path, kustomize: str) -> None:
    every = fairlead(fleet, "render", "--all", "--json", tools=kustomize)
    assert every.returncode == 0
    found = json.loads(every.stdout)
    assert {each["environment"] for each in found["rendered"]} == {"dev", "stage", "prod"}
    assert found["failed"] == []
    one = fairlead(fleet, "render", "--environment", "dev", tools=kustomize)
    assert one.stdout.count("# dev dev-1: ") == one.stdout.count("\n# ") + 1


def test_one_that_fails_is_told_and_the_others_are_printed(fleet: Path, kustomize: str) -> None:
    (fleet / "apps/payments/base/service.yaml").unlink()
    done = fairlead(fleet, "render", "--all", tools=kustomize)
    assert done.returncode == 2
    assert "# dev dev-1: clusters/dev/dev-1\n" in done.stdout
    assert "fairlead: prod prod-1: apps/payments/envs/prod: " in done.stderr
    assert "service.yaml" in done.stderr


def test_without_kustomize_it_says_what_is_missing(fleet: Path) -> None:
    done = fairlead(fleet, "render", "payments", "prod")
    assert done.returncode == 4
    assert "kustomize was not found on PATH" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say what: APP and ENV"),
        (("payments",), "say what: APP and ENV"),
        (("payments", "prod", "--all"), "say what: APP and ENV"),
        (("paymets", "prod"), "there is no app 'paymets'"),
        (("payments", "prd"), "there is no environment 'prd'"),
        (("payments", "prod", "--cluster", "dev-1"), "there is no cluster 'dev-1'"),
    ],
)
def test_bad_questions_are_refused(
    fleet: Path, kustomize: str, arguments: tuple[str, ...], told: str
) -> None:
    done = fairlead(fleet, "render", *arguments, tools=kustomize)
    assert done.returncode == 2
    assert told in done.stderr
