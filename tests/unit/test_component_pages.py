"""What the pages of `add component`, `add tenant` and `add environment` show is true."""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gitops.cli import add_verbs
from gitops.scaffold.catalog import State, catalog
from tests.conftest import ROOT

DOCS = ROOT / "docs"


def part(page: str, name: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}:begin -->\n(.*?)\n<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"{page} has no part {name}"
    return found[1]


@pytest.mark.parametrize("page", ["components", "environments", "tenants"])
def test_the_commands_of_a_page_work(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()
    add_verbs(app)
    monkeypatch.chdir(tmp_path)
    lines = [line[2:] for line in part(f"{page}.md", page).splitlines() if line.startswith("$ ")]
    assert len(lines) > 2
    for line in lines:
        words = shlex.split(line.partition(" > ")[0])[1:]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, (line, done.output)
        if words[0] == "check":
            assert "0 errors, 0 warnings" in done.output


def test_what_a_person_should_know_is_a_note_and_no_error(tmp_path: Path) -> None:
    app = typer.Typer()
    add_verbs(app)
    assert CliRunner().invoke(app, ["new", str(tmp_path), "--name", "acme"]).exit_code == 0
    done = CliRunner().invoke(app, ["add", "component", "keda", "--path", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stderr == (
        f"note: the catalogue read its version in {catalog().month}: look for a newer one\n"
    )


FLEETS = {
    "component": ("component keda", "infrastructure/keda/base/release.yaml"),
    "tenant": ("tenant shop", "tenants/shop/base/kustomization.yaml"),
    "environment": ("environment qa --from stage", "clusters/qa/qa-1/apps.yaml"),
    "cluster": ("cluster prod-us --environment prod", "clusters/prod/prod-us/apps.yaml"),
}


@pytest.mark.parametrize("verb", FLEETS)
def test_a_dry_run_writes_nothing_and_json_tells_all(verb: str, tmp_path: Path) -> None:
    app = typer.Typer()
    add_verbs(app)
    words, path = FLEETS[verb]

    def run(line: str) -> Result:
        return CliRunner().invoke(app, shlex.split(line), catch_exceptions=False)

    there = f"--path {tmp_path}"
    assert run(f"new {tmp_path} --name acme").exit_code == 0
    dry = run(f"add {words} {there} --dry-run")
    assert (dry.exit_code, (tmp_path / path).exists()) == (1, False)
    assert f"+++ b/{path}\n" in dry.stdout
    written = json.loads(run(f"add {words} {there} --json").stdout)
    assert path in written["written"]
    assert (tmp_path / path).exists()
    again = run(f"add {words} {there}")
    assert (again.exit_code, again.stdout) == (0, "nothing to do\n")


def test_the_catalogue_of_the_page_is_the_catalogue() -> None:
    rows = [line.split("|")[1:-1] for line in part("components.md", "catalogue").splitlines()[2:]]
    shown = {name.strip(" `"): (about.strip(), version) for name, about, _, version in rows}
    assert list(shown) == list(catalog().components)
    for component in catalog().components.values():
        about, version = shown[component.name]
        assert all((chart.version or "--version") in version for chart in component.charts)
        retired = component.state is not State.CURRENT
        assert (component.reason in about) if retired else (about == component.about)
