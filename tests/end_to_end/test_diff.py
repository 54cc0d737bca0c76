"""`fairlead diff`, as it is typed, in a real repository."""

import json
import subprocess
from pathlib import Path

import pytest

from gitops.directory import write_directory
from gitops.tree import Tree
from tests.end_to_end.test_render import fairlead
from tests.unit.test_check_codes import FLEET
from tests.unit.test_check_shared import FLEET as SHARED_FLEET

DEPLOYMENT = "apps/shop/base/deployment.yaml"
PROD = "apps/shop/envs/prod/kustomization.yaml"


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet in a repository, committed twice: the second time with three replicas in prod."""
    root = tmp_path / "fleet"
    root.mkdir()
    git(root, "init", "--quiet", ".")
    write_directory(root, Tree({}), FLEET)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    more = (root / PROD).read_text() + "replicas:\n  - {name: shop, count: 3}\n"
    (root / PROD).write_text(more)
    git(root, "commit", "--quiet", "-am", "two")
    return root


def test_nothing_changes_nothing(fleet: Path, kustomize: str) -> None:
    done = fairlead(fleet, "diff", tools=kustomize)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_comment_changes_nothing_and_a_value_does(fleet: Path, kustomize: str) -> None:
    text = (fleet / DEPLOYMENT).read_text()
    (fleet / DEPLOYMENT).write_text(f"# why\n{text}")
    assert fairlead(fleet, "diff", tools=kustomize).returncode == 0
    (fleet / DEPLOYMENT).write_text(text.replace("memory: 256Mi", "memory: 512Mi"))
    done = fairlead(fleet, "diff", tools=kustomize)
    assert done.returncode == 1
    assert done.stdout.count("-            memory: 256Mi\n+            memory: 512Mi\n") == 2
    assert "--- a/dev/dev/shop/Deployment/shop.yaml\n" in done.stdout
    one = fairlead(fleet, "diff", "HEAD", "shop", "prod", "--json", tools=kustomize)
    assert json.loads(one.stdout) == {
        "rendered": True,
        "changed": ["prod/prod/shop/Deployment/shop.yaml"],
    }


def test_an_older_revision_by_any_name(fleet: Path, kustomize: str) -> None:
    git(fleet, "tag", "before", "HEAD~1")
    for revision in ("HEAD~1", "before", git(fleet, "rev-parse", "HEAD~1")):
        done = fairlead(fleet, "diff", revision, tools=kustomize)
        assert done.returncode == 1
        assert "-  replicas: 2\n+  replicas: 3\n" in done.stdout
    unchanged = fairlead(fleet, "diff", "HEAD~1", "shop", "dev", tools=kustomize)
    assert (unchanged.returncode, unchanged.stdout) == (0, "")


def test_a_fleet_below_the_top_and_in_a_second_work_tree(
    fleet: Path, tmp_path: Path, kustomize: str
) -> None:
    second = tmp_path / "second"
    git(fleet, "worktree", "add", "--quiet", str(second), "HEAD~1")
    assert fairlead(second, "diff", "HEAD", tools=kustomize).returncode == 0
    inside = tmp_path / "top" / "deep" / "fleet"
    inside.mkdir(parents=True)
    write_directory(inside, Tree({}), FLEET)
    git(tmp_path / "top", "init", "--quiet", ".")
    git(tmp_path / "top", "add", ".")
    git(tmp_path / "top", "commit", "--quiet", "-m", "one")
    (inside / DEPLOYMENT).write_text((inside / DEPLOYMENT).read_text().replace("256Mi", "1Gi"))
    done = fairlead(inside, "diff", tools=kustomize)
    assert "+            memory: 1Gi\n" in done.stdout


def test_without_kustomize_the_files_are_compared(fleet: Path) -> None:
    done = fairlead(fleet, "diff", "HEAD~1")
    assert done.returncode == 1
    assert "the files are compared" in done.stderr
    assert f"+++ b/{PROD}\n" in done.stdout
    assert fairlead(fleet, "diff", "HEAD~1", "shop", "dev").returncode == 0


def test_what_cannot_be_rendered_now_is_told(fleet: Path, kustomize: str) -> None:
    (fleet / DEPLOYMENT).unlink()
    done = fairlead(fleet, "diff", tools=kustomize)
    assert done.returncode == 2
    assert "fairlead: now: prod prod: apps/shop/envs/prod: " in done.stderr


def test_a_revision_without_a_fleet_has_nothing(fleet: Path, kustomize: str) -> None:
    git(fleet, "commit", "--quiet", "--allow-empty", "-m", "three")
    git(fleet, "checkout", "--quiet", "--orphan", "empty")
    git(fleet, "rm", "--quiet", "-r", "--cached", ".")
    git(fleet, "commit", "--quiet", "--allow-empty", "-m", "none")
    done = fairlead(fleet, "diff", "HEAD", "shop", "prod", tools=kustomize)
    assert done.returncode == 1
    assert "--- /dev/null\n+++ b/prod/prod/shop/Deployment/shop.yaml\n" in done.stdout
    assert "fairlead: before: " in done.stderr


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("nothing", "there is no revision 'nothing'"),
        ("--upload-pack=x", "No such option"),
        ("HEAD..HEAD~1", "is no single revision"),
        ("^HEAD", "is no single revision"),
    ],
)
def test_what_is_no_revision_is_refused(fleet: Path, revision: str, told: str) -> None:
    done = fairlead(fleet, "diff", revision)
    assert done.returncode == 2
    assert told in done.stderr


def test_an_app_that_no_side_has_is_told_once(fleet: Path, kustomize: str) -> None:
    done = fairlead(fleet, "diff", "HEAD", "shpo", tools=kustomize)
    assert done.returncode == 2
    assert done.stderr == "fairlead: there is no app 'shpo'; did you mean `shop`?\n"
    assert fairlead(fleet, "diff", "HEAD", "shop", tools=kustomize).returncode == 0


def test_outside_of_a_repository_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), FLEET)
    done = fairlead(tmp_path, "diff")
    assert done.returncode == 2
    assert "is in no git repository" in done.stderr


def test_what_environments_share_changes_once(tmp_path: Path, kustomize: str) -> None:
    root = tmp_path / "fleet"
    root.mkdir()
    git(root, "init", "--quiet", ".")
    write_directory(root, Tree({}), SHARED_FLEET)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    quota = root / "tenants/shop/base/shop/quota.yaml"
    quota.write_text(quota.read_text().replace("pods:", "configmaps:"))
    done = fairlead(root, "diff", "--json", tools=kustomize)
    assert json.loads(done.stdout)["changed"] == ["shared/main/shop/ResourceQuota/quota.yaml"]
