"""The verbs of a checkout: what they print, write and answer with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory
from gitops.errors import InvalidInput
from gitops.tree import Tree

IMAGE = "registry.example.com/shop/payments"
APP = ["payments", "--image", IMAGE, "--team", "shop", "--source", "https://g.example/p.git"]
DIGEST = "sha256:" + "1" * 64
VERSION_FILE = "apps/payments/envs/dev/version/kustomization.yaml"


def run(*arguments: str | Path, code: int = 0) -> str:
    """What a verb prints; what it raises is raised here too."""
    app = typer.Typer()
    add_verbs(app)
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "acme"
    run("new", path)
    run("add", "app", *APP, "--path", path)
    return path


def test_new_names_the_fleet_after_its_directory(tmp_path: Path) -> None:
    out = run("new", tmp_path / "deep" / "acme", "--cluster", "prod=eu", "--cluster", "prod=us")
    assert "  prod/\n    eu/\n    us/\n" in out
    assert "check: 0 errors, 0 warnings\n" in out
    assert f"fairlead check {tmp_path / 'deep' / 'acme'}" in out
    assert "name: acme\n" in (tmp_path / "deep/acme/fleet.yaml").read_text()


def test_new_takes_a_forge(tmp_path: Path) -> None:
    run(
        "new",
        tmp_path,
        "--name",
        "a",
        "--forge",
        "gitlab",
        "--project",
        "x/y",
        "--url",
        "https://u/f",
    )
    assert "  kind: gitlab\n  project: x/y\n" in (tmp_path / "fleet.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--forge", "gihub"), "did you mean `github"),
        (("--cluster", "prod"), "--cluster prod is not ENV=VALUE; write --cluster prod=prod-eu"),
        (("--cluster", "pord=eu"), "did you mean `prod"),
        (("--name", "A B"), "say --name a-b"),
    ],
)
def test_new_tells_a_typo_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        run("new", tmp_path / "acme", *arguments)
    assert not (tmp_path / "acme").exists()


def test_a_dry_run_prints_a_diff_and_writes_nothing(tmp_path: Path) -> None:
    out = run("new", tmp_path / "acme", "--dry-run", code=1)
    assert "--- /dev/null\n+++ b/fleet.yaml\n" in out
    assert not (tmp_path / "acme").exists()


def test_a_second_run_changes_nothing(fleet: Path) -> None:
    before = read_directory(fleet)
    assert run("new", fleet) == "nothing to do\n"
    assert run("add", "app", *APP, "--path", fleet) == "nothing to do\n"
    assert run("new", fleet, "--dry-run") == ""
    assert run("add", "app", *APP, "--path", fleet, "--dry-run") == ""
    assert read_directory(fleet) == before


def test_json_says_what_was_or_would_be_written(tmp_path: Path) -> None:
    dry = json.loads(run("new", tmp_path / "acme", "--json", "--dry-run", code=1))
    wet = json.loads(run("new", tmp_path / "acme", "--json"))
    assert dry["would_write"] == wet["written"]
    assert "fleet.yaml" in wet["written"]


def test_add_app_needs_a_fleet(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no fleet here"):
        run("add", "app", *APP, "--path", tmp_path)
    assert read_directory(tmp_path) == Tree({})


def test_add_app_tells_an_unknown_kind(fleet: Path) -> None:
    with pytest.raises(InvalidInput, match=r"did you mean .helm"):
        run("add", "app", *APP, "--path", fleet, "--kind", "heml")


def test_set_writes_a_version_and_nothing_else(fleet: Path) -> None:
    before = read_directory(fleet)
    out = run("set", "payments", "dev", f"v1.0@{DIGEST}", "--path", fleet)
    flux = "clusters/dev/dev-1/apps/payments.yaml"
    assert out.splitlines() == [f"changed {VERSION_FILE}", f"changed {flux}"]
    told = before[VERSION_FILE].data.decode().replace("0.0.0-unreleased", "v1.0")
    assert (fleet / VERSION_FILE).read_text() == told.replace('""', f'"{DIGEST}"')
    assert run("set", "payments", "dev", f"v1.0@{DIGEST}", "--path", fleet) == "nothing to do\n"


def test_set_dry_run_is_a_diff(fleet: Path) -> None:
    before = read_directory(fleet)
    out = run("set", "payments", "dev", "v1.0", "--path", fleet, "--dry-run", code=1)
    assert "-    newTag: 0.0.0-unreleased\n+    newTag: v1.0\n" in out
    assert "-  suspend: true # lifted" in out
    assert read_directory(fleet) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("paymnts", "dev", "v1"), "no app 'paymnts' in this fleet; did you mean `payments"),
        (("payments", "devv", "v1"), "no environment 'devv' in this fleet; did you mean `dev"),
        (("payments", "dev", "paymnts=v1"), f"did you mean `{IMAGE}"),
        (("payments", "dev", "v1 0"), "'v1 0' is no tag"),
        (("payments", "dev", "0.0.0-unreleased"), "name a version that was released"),
    ],
)
def test_set_tells_a_typo_and_writes_nothing(
    fleet: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = read_directory(fleet)
    with pytest.raises(InvalidInput, match=told):
        run("set", *arguments, "--path", fleet)
    assert read_directory(fleet) == before


def test_show_is_a_table(fleet: Path) -> None:
    run("set", "payments", "dev", "v1.0", "--path", fleet)
    lines = run("show", "--path", fleet).splitlines()
    assert [line.split() for line in lines] == [
        ["APP", "dev", "stage", "prod"],
        ["payments", "v1.0", "unreleased", "unreleased"],
    ]


def test_show_of_one_app_has_its_places(fleet: Path) -> None:
    run("set", "payments", "dev", f"v1.0@{DIGEST}", "--path", fleet)
    out = run("show", "payments", "--path", fleet)
    assert f"dev:\n  {IMAGE} v1.0@{DIGEST}\n    {VERSION_FILE}:5:13 tag\n" in out
    assert "prod: unreleased\n" in out


def test_show_says_what_is_wrong(fleet: Path) -> None:
    (fleet / "apps/bad").mkdir()
    (fleet / "apps/bad/app.yaml").write_text("kind: App\n")
    flux = fleet / VERSION_FILE
    flux.write_text(flux.read_text() + f"  - name: {IMAGE}\n    newTag: v9\n")
    out = run("show", "--path", fleet)
    assert "problem" in out
    assert "payments in dev: " in out
    assert "apps/bad/app.yaml:1:1: " in out
    with pytest.raises(InvalidInput, match="apiVersion"):
        run("show", "bad", "--path", fleet)


def test_show_has_a_dash_where_an_app_is_not(fleet: Path) -> None:
    flux = fleet / "clusters/dev/dev-1/apps/payments.yaml"
    flux.write_text(flux.read_text().replace("envs/dev", "envs/nowhere"))
    row = run("show", "--path", fleet).splitlines()[1]
    assert row.split() == ["payments", "-", "unreleased", "unreleased"]


def test_show_as_json(fleet: Path) -> None:
    first = json.loads(run("show", "--path", fleet, "--json"))[0]
    assert (first["app"], first["environment"], first["unreleased"]) == ("payments", "dev", True)
    assert first["content"] == [{"artifact": IMAGE, "tag": "0.0.0-unreleased", "digest": None}]
    assert {"place": f"{VERSION_FILE}:5:13", "part": "tag"} in first["sites"]


def test_check_passes_with_infos(fleet: Path) -> None:
    out = run("check", fleet)
    assert out.splitlines()[-1] == "0 errors, 0 warnings, 6 infos"
    found = json.loads(run("check", fleet, "--json"))
    assert {each["code"] for each in found["findings"]} == {"FL101", "FL610"}


def test_check_fails_with_errors(fleet: Path) -> None:
    (fleet / "clusters/dev/dev-1/tenants.yaml").unlink()
    out = run("check", fleet, code=1)
    assert "error FL007" in out


def test_the_command_has_the_verbs_and_their_exit_codes(tmp_path: Path) -> None:
    def fairlead(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    unknown = fairlead("check", "nowhere")
    assert (unknown.returncode, unknown.stderr) == (2, "fairlead: nowhere: no such directory\n")
    assert fairlead("new", "acme").returncode == 0
    assert fairlead("check", "acme").returncode == 0
