"""A checkout: what of it cannot be read, writing it all or nothing, and diffs that git applies."""

import os
import subprocess
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops.diff import unified_diff
from gitops.directory import read_directory, write_directory
from gitops.errors import InvalidInput, Place
from gitops.tree import File, Tree

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


UNREAD = File(b"", unread="larger than 4194304 bytes")


def test_what_was_not_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0\n")
    old = Tree({"a.yaml": UNREAD})
    with pytest.raises(InvalidInput, match=r"^a.yaml: is larger than 4194304 bytes; nothing was"):
        write_directory(tmp_path, old, old.replace({"a.yaml": b"1\n"}))
    with pytest.raises(InvalidInput, match="larger"):
        write_directory(tmp_path, Tree.of({"a.yaml": "0\n"}), old)
    assert write_directory(tmp_path, old, old.replace({"b.yaml": b"1\n"})) == ["b.yaml"]
    assert (tmp_path / "a.yaml").read_text() == "0\n"


def test_who_goes_by_an_unread_file_is_refused() -> None:
    tree = Tree({"a.yaml": UNREAD, "b.yaml": File(b"x")})
    assert tree.read("b.yaml") == b"x"
    with pytest.raises(InvalidInput, match=r"^a.yaml: is larger than 4194304 bytes"):
        tree.read("a.yaml")


@pytest.mark.parametrize("name", ["a\nb.yaml", "a\rb.yaml", "a\\b.yaml"])
def test_an_odd_name_hides_no_other_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x\n")
    (tmp_path / "c.yaml").write_text("x\n")
    tree = read_directory(tmp_path)
    assert tree[name].unread == "a file with a backslash or a line break in its name"
    assert tree["c.yaml"].data == b"x\n"
    with pytest.raises(InvalidInput, match="not a path inside the repository"):
        tree.replace({name: b"y\n"})


@pytest.mark.parametrize("path", ["../a", "/a", "a/../b", ".git/config", "a//b", ""])
def test_an_unread_file_is_inside_the_repository_all_the_same(path: str) -> None:
    with pytest.raises(InvalidInput, match="not a path inside the repository"):
        Tree({path: UNREAD})


def test_the_directory_of_git_is_passed_over_as_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: ../elsewhere\n")
    (tmp_path / ".GIT").mkdir()
    (tmp_path / ".GIT" / "config").write_text("")
    (tmp_path / "a.yaml").write_text("x\n")
    assert list(read_directory(tmp_path)) == ["a.yaml"]


def as_nobody(look: Callable[[], bool]) -> bool:
    """What `look` says in a process that may not read everything."""
    child = os.fork()
    if child == 0:
        # Whatever happens, this process must not go on as the test run.
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os._exit(0 if look() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def readable() -> Iterator[Path]:
    """A directory that everybody may enter, other than pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_file_that_nobody_may_read_is_there_and_named(readable: Path) -> None:
    (readable / "a.yaml").write_text("x\n")
    (readable / "a.yaml").chmod(0)
    (readable / "b.yaml").write_text("y\n")

    def look() -> bool:
        tree = read_directory(readable)
        told = tree["a.yaml"].unread == "a file that cannot be read (Permission denied)"
        return told and tree["b.yaml"].data == b"y\n"

    assert as_nobody(look)


def test_a_directory_that_nobody_may_enter_is_not_passed_over(readable: Path) -> None:
    (readable / "a").mkdir()
    (readable / "a" / "b.yaml").write_text("x\n")

    assert as_nobody(lambda: "a/b.yaml" in read_directory(readable))
    (readable / "a").chmod(0)

    def refused() -> bool:
        with pytest.raises(InvalidInput, match="Permission denied") as caught:
            read_directory(readable)
        return caught.value.place == Place(str(readable / "a"))

    assert as_nobody(refused)


FEW = ["x: 1\n", "a\n", "\n", "a\nx: 1\na\n", "a\n\n\nb\n\n\n\nx: 1\n\n\n\n\nc"]


@pytest.mark.parametrize("new", [*FEW, "a\n\n\nb\n\n\n\nx: 2\n\n\n\n\nc", "\n" * 9 + "y\n" * 9])
@pytest.mark.parametrize("old", [*FEW, "\n" * 9 + "y\n" * 8, "\n" * 300 + "x: 1" + "\n" * 300])
def test_git_applies_the_diff_of_lines_that_are_alike(tmp_path: Path, old: str, new: str) -> None:
    before, after = (
        Tree.of({"a": text, "b": "z\n" * 20 + text + "z\n" * 20}) for text in (old, new)
    )
    write_directory(tmp_path, Tree({}), before)
    if old != new:
        applied = unified_diff(before, after).encode()
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
        command = ["git", "apply", "--whitespace=nowarn"]
        subprocess.run(command, cwd=tmp_path, input=applied, check=True, env=environment)
    assert read_directory(tmp_path) == after


def test_a_diff_costs_what_differs() -> None:
    old, new = (Tree.of({"a": "\n" * 300_000 + f"x: {n}" + "\n" * 300_000}) for n in (1, 2))
    tracemalloc.start()
    try:
        shown = unified_diff(old, new)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
    assert shown.splitlines()[2:] == [
        "@@ -299998,7 +299998,7 @@",
        *[" "] * 3,
        "-x: 1",
        "+x: 2",
        *[" "] * 3,
    ]


def test_what_was_changed_since_it_was_read_is_not_written_over(tmp_path: Path) -> None:
    old, new = (Tree.of({"a.yaml": text, "b.yaml": text}) for text in ("1\n", "2\n"))
    write_directory(tmp_path, Tree({}), old)
    (tmp_path / "b.yaml").write_text("theirs\n")
    with pytest.raises(InvalidInput, match=r"b\.yaml: was changed meanwhile; nothing was written"):
        write_directory(tmp_path, old, new)
    assert (tmp_path / "a.yaml").read_text() == "1\n"
    assert (tmp_path / "b.yaml").read_text() == "theirs\n"
    assert there(tmp_path) == ["a.yaml", "b.yaml"]
    (tmp_path / "b.yaml").write_text("1\n")
    assert write_directory(tmp_path, old, new) == ["a.yaml", "b.yaml"]


def test_what_was_made_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "z.yaml").write_text("theirs\n")
    with pytest.raises(InvalidInput, match="was changed meanwhile"):
        write_directory(tmp_path, Tree({}), NEW)
    assert there(tmp_path) == ["z.yaml"]
    (tmp_path / "z.yaml").write_text("3\n")
    assert write_directory(tmp_path, Tree({}), NEW) == list(NEW)


@pytest.mark.parametrize(
    "name",
    [
        'w\xe9ird "q" \u65e5.yaml',
        "tab\tx.yaml",
        "sp ace.yaml",
        " lead.yaml",
        "b c /x.yaml",
        '"quoted".yaml',
        "esc\x1b[31m.yaml",
        "bad\udcff.yaml",
        "plain.yaml",
    ],
)
def test_a_diff_names_its_files_as_git_does(tmp_path: Path, name: str) -> None:
    old, new = Tree.of({name: "a: 1\n"}), Tree.of({name: "a: 2\n"})
    write_directory(tmp_path, Tree({}), old)
    diff = unified_diff(old, new)
    assert "\x1b" not in diff
    command = ["git", "apply", "-"]
    subprocess.run(command, cwd=tmp_path, input=diff.encode(errors="surrogateescape"), check=True)
    assert read_directory(tmp_path) == new


def test_a_directory_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    paths = ("z", "a/x", "a.d/y", "m/n/o", "b", "a/b/c")
    write_directory(tmp_path, Tree({}), Tree.of(dict.fromkeys(paths, "x\n")))
    assert list(read_directory(tmp_path)) == sorted(paths)
