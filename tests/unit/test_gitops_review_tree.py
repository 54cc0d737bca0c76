"""Writing a checkout all or nothing, and diffs that git applies."""

import os
import subprocess
from pathlib import Path

import pytest

from gitops.errors import InvalidInput
from gitops.tree import Tree, read_directory, unified_diff, write_directory

NEW = Tree.of({"a.yaml": "1\n", "deep/er/b.yaml": "2\n", "z.yaml": "3\n"})


def there(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_a_directory_where_a_file_should_be_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "z.yaml").mkdir()
    with pytest.raises(InvalidInput, match="is a directory where a file is needed") as caught:
        write_directory(tmp_path, Tree({}), NEW)
    assert caught.value.place is not None
    assert caught.value.place.path == str(tmp_path / "z.yaml")
    assert there(tmp_path) == ["z.yaml"]


def test_a_pipe_is_not_overwritten(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "z.yaml")
    with pytest.raises(InvalidInput, match="is no ordinary file"):
        write_directory(tmp_path, Tree({}), NEW)
    assert there(tmp_path) == ["z.yaml"]
    assert (tmp_path / "z.yaml").is_fifo()


def test_what_cannot_be_written_is_named_and_nothing_stays(tmp_path: Path) -> None:
    name = "n" * 250 + "/" + "m" * 256
    with pytest.raises(InvalidInput, match="cannot be written") as caught:
        write_directory(tmp_path, Tree({}), Tree.of({"a.yaml": "1\n", name: "2\n"}))
    assert caught.value.place is not None
    assert caught.value.place.path.endswith("m")
    assert there(tmp_path) == []


def test_permissions_that_git_does_not_know_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0\n")
    (tmp_path / "a.yaml").chmod(0o600)
    write_directory(tmp_path, read_directory(tmp_path), NEW)
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "z.yaml").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "above",
    [
        "# plain\n",
        "# a\rb\n",
        "# a\x0cb\n",
        "# a\x1cb\n",
        "# a\u2028b\x85c\n",
        "# a\r\n",
        "\ufeff# a\n",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("path", ["a.yaml", "with space/ä ö.yaml", 'quo"te.yaml'])
@pytest.mark.parametrize("end", ["\n", ""])
def test_git_applies_the_diff(tmp_path: Path, above: str, path: str, end: str) -> None:
    old = Tree.of({path: f"{above}x: 1{end}"})
    new = Tree.of({path: f"{above}x: 2{end}", "new file.yaml": f"{above}y: 1{end}"})
    write_directory(tmp_path, Tree({}), old)
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn"],
        cwd=tmp_path,
        input=unified_diff(old, new).encode(),
        check=True,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
    )
    assert read_directory(tmp_path) == new
