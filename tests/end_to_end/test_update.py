"""`fairlead update` as a person meets it: its page, its exit codes, and what it prints."""

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.command import Command
from tests.end_to_end.page import examples, type_in
from tests.end_to_end.test_new import FAIRLEAD

RECORD = ".fairlead/scaffold/app/web.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fleet")
    app = "--image registry.example.com/shop/web --team shop --range '>=1.0.0'"
    for command in ("new . --yes --name acme --have cni-netpol", f"add app web {app}"):
        said = type_in(f"{FAIRLEAD} {command} > /dev/null", root)
        assert said == ""
    return root


@pytest.fixture
def fleet(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "fleet"))


def test_the_page_says_what_the_command_says(tmp_path: Path) -> None:
    found = examples("update.md")
    assert len(found) == 7
    for each in found:
        assert type_in(each.command, tmp_path) == each.said, each.command


@pytest.mark.parametrize("flag", ["", "--check", "--dry-run"])
def test_there_is_nothing_to_do_in_a_fleet_of_today(fleet: Path, flag: str) -> None:
    before = content(fleet)
    done = Command(fleet)("update", *flag.split())
    assert done.err == ""
    assert done.out == ("" if flag == "--dry-run" else "nothing to do\n")
    assert content(fleet) == before


def test_json_has_every_unit(fleet: Path) -> None:
    (fleet / RECORD).unlink()
    done = Command(fleet)("update", "--json")
    assert done.err == ""
    assert (done.json()["written"], done.json()["would_write"]) == ([], [])
    refused = {each["unit"]: each["refused"] for each in done.json()["units"]}
    assert refused["fleet"] is None
    assert "nothing records how it was made" in refused["app web"]


@pytest.mark.parametrize("flag", ["", "--check", "--dry-run", "--json"])
def test_a_record_that_is_none_is_told_with_its_place(fleet: Path, flag: str) -> None:
    (fleet / RECORD).write_text("kind: Scaffold\n")
    before = content(fleet)
    done = Command(fleet)("update", *flag.split(), code=1)
    told = done.json()["units"][1]["refused"] if flag == "--json" else done.err
    assert f"{RECORD}: is no record of what was scaffolded; take it from" in told
    assert content(fleet) == before


@pytest.mark.parametrize("text", [None, "environments:\n"])
def test_what_is_no_fleet_is_refused(fleet: Path, text: str | None) -> None:
    file = fleet / "fleet.yaml"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    said = Command(fleet)("update", code=2)
    assert said.out == ""
    assert said.err.startswith("fairlead: fleet.yaml:")
    assert said.err.count("\n") == 1


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "no such directory" in Command(tmp_path)("update", "nowhere", code=2).err


def content(fleet: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in fleet.rglob("*") if path.is_file()}
