"""What `new` writes for a forge: pipelines and code owners."""

import fnmatch
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from bot.cli import app
from gitops.config import read
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.forge_files import PIPELINES, REQUESTS
from gitops.scaffold.owners import owner_lines, with_owner
from gitops.tree import Tree, changes
from tests.golden.fleets import COMMANDS, IMAGE, WHEEL, kept

FORGES = [ForgeKind.GITLAB, ForgeKind.GITHUB, ForgeKind.GITEA]
APP = AppAnswers("payments", "shop", ("r.example/shop/payments",), "https://g.example/p.git")


def written(forge: ForgeKind, install: str | None = None) -> Tree:
    return new_fleet(Tree({}), FleetAnswers("acme", forge, "acme/fleet", install=install))


def jobs(tree: Tree, forge: ForgeKind) -> dict[str, Any]:
    """The jobs of a pipeline that run, by name."""
    read = yaml.safe_load(tree[PIPELINES[forge]].data)
    if forge is not ForgeKind.GITLAB:
        return dict(read["jobs"])
    return {name: job for name, job in read.items() if "script" in job}


# --- pipelines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("install", [WHEEL, IMAGE], ids=["wheel", "image"])
def test_a_pipeline_checks_renders_compares_and_runs_the_bot(
    forge: ForgeKind, install: str
) -> None:
    tree = written(forge, install)
    assert set(jobs(tree, forge)) == {"check", "render", "diff", "promote"}
    assert install in tree[PIPELINES[forge]].data.decode()
    assert REQUESTS[forge] in tree


@pytest.mark.parametrize("forge", FORGES)
def test_nothing_is_installed_that_nobody_named(forge: ForgeKind) -> None:
    tree = written(forge)
    assert set(jobs(tree, forge)) == {"render", "diff"}
    text = tree[PIPELINES[forge]].data.decode()
    assert not re.search(r"pip|fairlead|schedule:|FAIRLEAD", text)


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("install", [None, WHEEL, IMAGE], ids=["nothing", "wheel", "image"])
def test_everything_foreign_is_pinned(forge: ForgeKind, install: str | None) -> None:
    text = written(forge, install)[PIPELINES[forge]].data.decode()
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action)
    for image in re.findall(r"^ +(?:image|name): (\S+/\S+)", text, re.MULTILINE):
        assert re.search(r"@sha256:[0-9a-f]{64}$", image)
    for wheel in re.findall(r"\S+\.whl\S*", text):
        assert re.search(r'#sha256=[0-9a-f]{64}"?$', wheel)


def scripts(node: object) -> Iterator[str]:
    """Every shell line of a pipeline."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            lines = value if isinstance(value, list) else [value]
            if key in {"run", "script", "before_script"}:
                yield from (str(each) for each in lines)
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for each in node:
            yield from scripts(each)


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("install", [WHEEL, IMAGE], ids=["wheel", "image"])
def test_what_a_pipeline_runs_is_there(forge: ForgeKind, install: str, tmp_path: Path) -> None:
    tree = written(forge, install)
    lines = list(scripts(yaml.safe_load(tree[PIPELINES[forge]].data)))
    assert lines
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    targets = re.findall(r"^(\w+):", tree["Makefile"].data.decode(), re.MULTILINE)
    for line in lines:
        parsed = subprocess.run(
            ["sh", "-n"], input=line, text=True, capture_output=True, check=False
        )
        assert (parsed.returncode, parsed.stderr) == (0, ""), line
        for command in re.findall(r"^ *fairlead .*", line, re.MULTILINE):
            words = shlex.split(command)
            flags = {opt for parameter in known[words[1]].params for opt in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= flags
        assert set(re.findall(r"\bmake (\w+)", line)) <= set(targets)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_secret_stands_in_what_is_written(name: str) -> None:
    """Pipelines name variables; the recipient of an age key is public."""
    secret = re.compile(
        r"AGE-SECRET-KEY|-----BEGIN|(?:token|password|secret|key)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9+/]{16,}",
        re.IGNORECASE,
    )
    found = {p: m[0] for p, f in kept(name).items() if (m := secret.search(f.data.decode()))}
    assert found == {}
    assert secret.search("token: abcdefghijklmnop1234")


# --- code owners ----------------------------------------------------------------------------------


def owners(tree: Tree, path: str, *, gitea: bool) -> set[str]:
    """Who must agree to a file, as the forge reads the lines."""
    lines = owner_lines(tree["CODEOWNERS"].data)
    if gitea:
        return {who for pattern, all_ in lines if re.fullmatch(pattern, path) for who in all_}
    matching = [all_ for pattern, all_ in lines if _globbed(pattern, path)]
    return set(matching[-1]) if matching else set()


def _globbed(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    steps = pattern.strip("/").split("/")
    above = path.split("/")[: len(steps)]
    return len(above) == len(steps) and all(map(fnmatch.fnmatchcase, above, steps))


@pytest.mark.parametrize("forge", FORGES)
def test_each_file_has_the_owners_that_it_should_have(forge: ForgeKind) -> None:
    fleet = read(written(forge)).fleet
    tree = with_owner(written(forge), fleet, "payments", "shop")
    tree = with_owner(tree, fleet, "paymentsx", "@acme/other")
    expected = {
        "fleet.yaml": "@acme/platform",
        "CODEOWNERS": "@acme/platform",
        "clusters/prod/prod-1/apps/payments.yaml": "@acme/platform",
        "infrastructure/velero/base/release.yaml": "@acme/platform",
        "apps/payments/app.yaml": "@acme/shop",
        "apps/payments/base/deployment.yaml": "@acme/shop",
        "apps/payments/envs/dev/version/kustomization.yaml": "@acme/shop",
        "apps/payments/envs/stage/version/kustomization.yaml": "@acme/qa",
        "apps/payments/envs/prod/version/kustomization.yaml": "@acme/release-managers",
        "apps/paymentsx/base/deployment.yaml": "@acme/other",
        "apps/paymentsx/envs/prod/kustomization.yaml": "@acme/release-managers",
    }
    found = {path: owners(tree, path, gitea=forge is ForgeKind.GITEA) for path in expected}
    assert found == {path: {owner} for path, owner in expected.items()}


def test_an_apps_line_is_all_that_changes() -> None:
    before = written(ForgeKind.GITLAB)
    fleet = read(before).fleet
    old = before["CODEOWNERS"].data.replace(b"\n", b"\r\n") + b"/docs/ @\xff"
    before = before.replace({"CODEOWNERS": old})
    after = with_owner(before, fleet, "payments", "shop")
    assert after["CODEOWNERS"].data.replace(b"/apps/payments/ @acme/shop\r\n", b"") == old
    assert with_owner(after, fleet, "payments", "shop") == after


def test_owners_that_somebody_keeps_by_hand_stay() -> None:
    fleet = read(written(ForgeKind.GITLAB)).fleet
    by_hand = written(ForgeKind.GITLAB).replace({"CODEOWNERS": b"* @me\n"})
    assert with_owner(by_hand, fleet, "payments", "shop") == by_hand
    without = Tree({p: f for p, f in by_hand.items() if p != "CODEOWNERS"})
    assert with_owner(without, fleet, "payments", "shop") == without


def test_adding_an_app_adds_its_line() -> None:
    before = written(ForgeKind.GITHUB)
    after = add_app(before, APP)
    assert changes(before, after)["CODEOWNERS"][0] is not None
    assert ("/apps/payments/", ("@acme/shop",)) in owner_lines(after["CODEOWNERS"].data)
    assert add_app(after, APP) == after
