"""The verb `adopt`, as it is typed: its page, five real fleets, and what the bot makes of them."""

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.archives import unpack
from tests.end_to_end.command import TIMEOUT, Command
from tests.end_to_end.page import examples, type_in, write_files

CORPORA = (
    "angelnu__k8s-gitops",
    "bjw-s-labs__home-ops",
    "equinor__radix-flux",
    "fluxcd__flux2-kustomize-helm-example",
    "fluxcd__flux2-multi-tenancy",
)


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(directory).parts
    }


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    write_files("adopt.md", tmp_path)
    shown = examples("adopt.md")
    assert len(shown) >= 5
    # One after the other, in one directory: the page tells a story.
    for example in shown:
        assert type_in(example.command, tmp_path) == example.said


@pytest.fixture(params=CORPORA)
def corpus(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Path:
    """A real fleet, unpacked into a directory of its name."""
    directory = tmp_path / str(request.param)
    with tarfile.open(shared / "corpus" / f"{request.param}.tar.gz") as tar:
        unpack(tar, directory)
    return directory


@pytest.mark.slow
def test_a_real_fleet_is_adopted_checked_and_planned(corpus: Path, tmp_path: Path) -> None:
    fairlead = Command(corpus)
    before = files(corpus)
    would = fairlead("adopt", "--forge", "local", "--dry-run", "--json", code=1).json()
    assert files(corpus) == before
    done = fairlead("adopt", "--forge", "local", "--json").json()
    after = files(corpus)
    assert would["would_write"] == done["written"] == sorted(after.keys() - before.keys())
    assert {path: after[path] for path in before} == before
    assert all(path == "fleet.yaml" or path.startswith(".fairlead/") for path in done["written"])
    again = fairlead("adopt", "--forge", "local", "--json").json()
    assert (again["written"], files(corpus)) == ([], after)
    assert again["report"]["counts"] == done["report"]["counts"]
    with fairlead.start("check", "--no-render") as check:
        _, err = check.communicate(timeout=TIMEOUT)
    assert (check.returncode in {0, 1}, err) == (True, "")
    plan = planned(corpus, tmp_path)
    assert {d["app"] for d in plan["decisions"]} == {each["app"] for each in placed(done)}
    assert [d for d in plan["decisions"] if d["step"] is not None] == []


@pytest.mark.real
@pytest.mark.slow
def test_a_real_fleet_is_checked_as_it_is_rendered(corpus: Path, kustomize: str) -> None:
    fairlead = Command(corpus, {"PATH": f"{Path(kustomize).parent}:/usr/bin:/bin"})
    fairlead("adopt", "--forge", "local")
    with fairlead.start("check", "--json") as check:
        out, err = check.communicate(timeout=5 * TIMEOUT)
    assert (check.returncode in {0, 1}, "Traceback" in err) == (True, False), err
    found = json.loads(out)["findings"]
    assert all((corpus / each["path"]).exists() for each in found)
    assert "left out" not in err


def placed(done: Any) -> list[Any]:
    found: list[Any] = done["report"]["placed"]
    return found


def planned(directory: Path, elsewhere: Path) -> Any:
    """What the bot would do with the fleet as a repository on this machine."""
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "adopted")):
        subprocess.run(["git", *arguments], cwd=directory, check=True)
    subprocess.run(["git", "branch", "-q", "-M", branch(directory)], cwd=directory, check=True)
    settings = elsewhere / "settings.toml"
    settings.write_text('[[origins]]\nurl = "file://"\nprivate = true\n')
    bot = Command(elsewhere, {"FAIRLEAD_SETTINGS": str(settings)})
    return bot(
        "plan", "--fleet", directory.as_uri(), "--branch", branch(directory), "--json"
    ).json()


def branch(directory: Path) -> str:
    text = (directory / "fleet.yaml").read_text(encoding="utf-8")
    return next(line.split()[1] for line in text.splitlines() if line.startswith("branch:"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--environment", "prod"), "--environment prod is no pair; write --environment prod="),
        (("--environment", "prod=clusters/x"), "clusters/x: no such directory"),
        (("--forge", "githbu"), "no forge 'githbu' is known; did you mean `github`?"),
        (("--after", "prod=staging"), "--after: there is no environment 'prod'"),
        (("--name", "A b"), "'A b' is no name for a fleet; write it as a-b"),
        (("--forge", "local", "--project", "a/b"), "the embedded forge has no projects"),
        (("absent",), "no such directory"),
    ],
)
def test_a_bad_answer_leaves_the_tree_as_it_was(
    arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    write_files("adopt.md", tmp_path)
    before = files(tmp_path)
    said = Command(tmp_path)("adopt", *arguments, code=2)
    assert told in said.err
    assert said.err.count("\n") == 1
    assert files(tmp_path) == before


def test_where_nothing_looks_like_a_cluster_the_flag_is_named(tmp_path: Path) -> None:
    said = Command(tmp_path)("adopt", code=2)
    assert "nothing here looks like the directory of a cluster that Flux starts from" in said.err
    assert "say --environment NAME=PATH" in said.err
