"""The verb `bump`, as it is typed: what the manual shows, what it writes, and how it ends."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.command import Command
from tests.end_to_end.page import SCRIPTS, examples, type_in, write_files

IMAGES = "images:\n  - {name: shop/api, newTag: v1.0}  # kept\n"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


@pytest.fixture
def fairlead(tmp_path: Path) -> Command:
    (tmp_path / "kustomization.yaml").write_text(IMAGES)
    return Command(tmp_path)


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    write_files("bump.md", tmp_path)
    shown = examples("bump.md")
    assert len(shown) >= 7
    # One after the other, in one directory: the page tells a story.
    for example in shown:
        assert type_in(example.command, tmp_path) == example.said


def test_a_bump_is_done_once(fairlead: Command, tmp_path: Path) -> None:
    said = fairlead("bump", "shop/api", "v1.1")
    assert "v1.0 -> v1.1" in said.out
    assert said.err == ""
    assert files(tmp_path) == {"kustomization.yaml": IMAGES.replace("v1.0", "v1.1").encode()}
    assert fairlead("bump", "shop/api", "v1.1").out == "nothing to do\n"
    assert fairlead("bump", "shop/api", "v1.1", "--dry-run").out == ""


def test_a_dry_run_writes_nothing_and_its_diff_applies(fairlead: Command, tmp_path: Path) -> None:
    before = files(tmp_path)
    diff = fairlead("bump", "shop/api", "v1.1", "--dry-run", code=1).out
    assert files(tmp_path) == before
    subprocess.run(["git", "apply"], input=diff, text=True, cwd=tmp_path, check=True)
    assert fairlead("bump", "shop/api", "v1.1").out == "nothing to do\n"


def test_json_is_what_is_promised(fairlead: Command) -> None:
    moved = {
        "path": "kustomization.yaml",
        "line": 2,
        "column": 30,
        "object": "kustomization.yaml",
        "part": "tag",
        "from": "v1.0",
        "to": "1.1",
    }
    would = fairlead("bump", "shop/api", "1.1", "--dry-run", "--json", code=1)
    assert would.err == ""
    assert would.json() == {
        "name": "docker.io/shop/api",
        "kind": "image",
        "moved": [moved],
        "passed_over": [],
        "notes": ["1.1 has no v, and every version that it replaces has one"],
        "written": [],
        "would_write": ["kustomization.yaml"],
    }
    did = fairlead("bump", "shop/api", "1.1", "--json").json()
    assert did == would.json() | {"written": ["kustomization.yaml"], "would_write": []}


def test_every_refusal_is_named_and_nothing_is_written(fairlead: Command, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(
        "a:\n  image: {repository: shop/api, tag: on}\nb: {image: shop/api:v1.0}\n"
        "c:\n  image: {repository: shop/api, tag: true}\n"
    )
    before = files(tmp_path)
    said = fairlead("bump", "shop/api", "v1.1", code=2)
    lines = said.err.splitlines()
    assert lines[0].startswith("fairlead: values.yaml:2:38: ")
    assert lines[1].startswith("fairlead: values.yaml:5:38: ")
    assert lines[2:] == ["fairlead: nothing was written"]
    assert (said.out, files(tmp_path)) == ("", before)
    (tmp_path / "values.yaml").write_text("b: {image: shop/api:v1.0}\n")
    fairlead("bump", "shop/api", "v1.1")
    assert b"v1.0" not in b"".join(files(tmp_path).values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shop/ape", "v1.1"], "did you mean docker.io/shop/api (image)?"),
        (["api", "v1.1"], "did you mean docker.io/shop/api (image)?"),
        (["shop/api:v1.0", "v1.1"], "write the version apart: shop/api v1.0"),
        (["shop/api", ">=1.1"], "a range is written by hand"),
        (["shop/api", "$(touch x)"], "is no version of an image"),
        (["$(touch x)", "v1.1"], "is no name of an artifact"),
        (["shop/api\x1b[2J", "v1.1"], "is no name of an artifact"),
        (["shop/api", "v1\x1b[2J"], "is no version of an image"),
        (["shop/api", "sha256:" + "1" * 64], "write @sha256:1"),
        (["shop/api", "v1.1", "--kind", "charts"], "write image, chart, git"),
        (["shop/api", "v1.1", "--kind", "chart"], "leave out --kind chart"),
        (["shop/api", "v1.1", "nowhere"], "no such file or directory"),
        (["shop/api", "v1.1", "kustomization.yml"], "did you mean kustomization.yaml?"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    fairlead: Command, tmp_path: Path, arguments: list[str], words: str
) -> None:
    said = fairlead("bump", *arguments, code=2)
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert words in said.err
    assert "\x1b" not in said.err
    assert files(tmp_path) == {"kustomization.yaml": IMAGES.encode()}


def test_one_file_is_moved_alone(fairlead: Command, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    shutil.copy(tmp_path / "kustomization.yaml", tmp_path / "below")
    said = fairlead("bump", "shop/api", "v1.1", "below/kustomization.yaml")
    assert said.out.startswith("below/kustomization.yaml:2:30: ")
    assert files(tmp_path) == {
        "kustomization.yaml": IMAGES.encode(),
        "below/kustomization.yaml": IMAGES.replace("v1.0", "v1.1").encode(),
    }


def test_nothing_is_written_through_a_symlink(fairlead: Command, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(tmp_path / "kustomization.yaml", outside / "a.yaml")
    inside = tmp_path / "inside"
    inside.mkdir()
    shutil.copy(tmp_path / "kustomization.yaml", inside)
    (inside / "file.yaml").symlink_to("../outside/a.yaml")
    (inside / "again.yaml").symlink_to("kustomization.yaml")
    (inside / "directory").symlink_to("../outside")
    said = fairlead("bump", "shop/api", "v1.1", "inside")
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["inside/kustomization.yaml"]
    assert said.err.splitlines() == [
        "passed over inside/directory: is a symlink to a directory elsewhere, which is not read",
        "passed over inside/file.yaml: is a symlink; edit its target",
    ]
    assert (outside / "a.yaml").read_text() == IMAGES
    assert (inside / "again.yaml").is_symlink()
    refused = fairlead("bump", "shop/api", "v1.2", "inside/again.yaml", code=2)
    assert "inside/again.yaml is a symlink; edit its target" in refused.err


def _as_anybody() -> None:
    """Lose what lets root read every file; nobody else has it, and is not allowed to lose it.

    Source: prctl(2), PR_CAPBSET_DROP; capabilities(7).
    """
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_a_file_that_may_not_be_read_stops_all(fairlead: Command, tmp_path: Path) -> None:
    locked = tmp_path / "locked.yaml"
    locked.write_text(IMAGES)
    locked.chmod(0)
    said = subprocess.run(
        [f"{SCRIPTS}/fairlead", "bump", "shop/api", "v1.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=_as_anybody,
        check=False,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert "locked.yaml: " in said.stderr
    assert "cannot be read" in said.stderr
    assert (tmp_path / "kustomization.yaml").read_text() == IMAGES
    locked.chmod(0o600)
    fairlead("bump", "shop/api", "v1.1")
    assert locked.read_text() == IMAGES  # by its name it is no kustomization
    assert "v1.1" in (tmp_path / "kustomization.yaml").read_text()


def test_a_file_that_is_too_large_stops_all(fairlead: Command, tmp_path: Path) -> None:
    large = tmp_path / "large" / "large.yaml"
    large.parent.mkdir()
    with large.open("wb") as file:
        file.truncate(1 << 30)
    said = fairlead("bump", "shop/api", "v1.1", code=2)
    assert "large/large.yaml: is larger than" in said.err
    assert (tmp_path / "kustomization.yaml").read_text() == IMAGES
    fairlead("bump", "shop/api", "v1.1", "kustomization.yaml")
    large.rename(tmp_path / "large.bin")
    assert fairlead("bump", "shop/api", "v1.1").out == "nothing to do\n"


def test_hostile_texts_reach_no_terminal(fairlead: Command, tmp_path: Path) -> None:
    name = 'metadata: {name: "\\e[2Jx"}\nkind: Kustomization\n'
    (tmp_path / "kustomization.yaml").write_text(
        f"apiVersion: kustomize.config.k8s.io/v1\n{name}{IMAGES}"
    )
    said = fairlead("bump", "shop/api", "v1.1")
    assert "\\x1b[2Jx" in said.out
    assert "\x1b" not in said.out
