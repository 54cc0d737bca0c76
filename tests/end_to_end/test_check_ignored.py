"""`fairlead check` in a repository with what git ignores beside the fleet."""

import json
from pathlib import Path

import pytest

from bot import wiring
from gitops.directory import write_directory
from gitops.tree import Tree
from tests.end_to_end.test_diff import git
from tests.end_to_end.test_render import fairlead
from tests.unit.test_check_codes import FLEET

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
FILES = {
    "build/out.yaml": "a: 1\na: 2\n",
    "dist/deep/token.txt": TOKEN,
    "apps/shop/base/cache/x.yaml": "[",
    "local.txt": TOKEN,
}
LEFT_OUT = "fairlead: git ignores 3 directories, which are left out\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet below a repository's top, with files that the repository ignores."""
    root = tmp_path / "repository" / "fleet"
    root.mkdir(parents=True)
    write_directory(root, Tree({}), FLEET.replace({p: t.encode() for p, t in FILES.items()}))
    return root


def repository(fleet: Path, ignored: str = "build/\ndist/\ncache/\n/fleet/local.txt\n") -> Path:
    git(fleet.parent, "init", "--quiet", ".")
    (fleet.parent / ".gitignore").write_text(ignored)
    return fleet


def tokens(fleet: Path, path: str = ".") -> tuple[list[str], str]:
    """Where tokens are found, and what is said on standard error."""
    done = fairlead(fleet, "check", path, "--no-render", "--json")
    found = json.loads(done.stdout)["findings"]
    return [each["path"] for each in found if each["code"] == "FL704"], done.stderr


def test_what_git_ignores_is_left_out_and_counted_once(fleet: Path) -> None:
    assert tokens(repository(fleet)) == ([], LEFT_OUT)
    assert tokens(fleet.parent, "fleet") == ([], LEFT_OUT)


def test_without_a_repository_everything_is_read(fleet: Path) -> None:
    assert tokens(fleet) == (["dist/deep/token.txt", "local.txt"], "")


def test_what_is_tracked_counts_whatever_is_ignored(fleet: Path) -> None:
    repository(fleet)
    git(fleet, "add", "--force", "dist/deep/token.txt")
    found, said = tokens(fleet)
    assert found == ["dist/deep/token.txt"]
    assert "2 directories" in said


def test_a_fleet_that_is_ignored_as_a_whole_is_checked(fleet: Path) -> None:
    repository(fleet, "fleet/\n")
    assert tokens(fleet) == (["dist/deep/token.txt", "local.txt"], "")
    repository(fleet, "build/\n")
    assert tokens(fleet)[1] == LEFT_OUT.replace("3 directories, which are", "1 directory, which is")


def test_the_rules_of_the_user_do_not_count(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(fleet, "build/\n")
    (fleet.parent / "mine").write_text("dist/\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(fleet.parent / "mine"))
    assert wiring.ignored(fleet) == frozenset({"build/"})


def test_odd_names_and_symlinks(fleet: Path) -> None:
    repository(fleet, "odd*\n")
    (fleet / "odd ü\n").mkdir()
    (fleet / "odd ü\n" / "a.yaml").write_text("a: 1\n")
    (fleet / "odd.yaml").symlink_to("fleet.yaml")
    assert wiring.ignored(fleet) == frozenset({"odd ü\n/", "odd.yaml"})
    (fleet.parent / "elsewhere").symlink_to(fleet)
    assert wiring.ignored(fleet.parent / "elsewhere") == wiring.ignored(fleet)
