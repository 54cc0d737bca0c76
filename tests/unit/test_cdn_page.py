"""docs/cdn-and-cost.md is true, and annotations stand on whatever exposes an app."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory, write_directory
from gitops.errors import InvalidInput
from gitops.scaffold import FleetAnswers, add_app, new_fleet
from gitops.tree import Tree
from tests.golden.app_trees import told
from tests.unit.test_manuals import DOCS, example

BASE = "apps/shop/base"
APP = "--team shop --image r.example.com/shop --source https://g.example.com/shop.git"
FLEET = new_fleet(Tree({}), FleetAnswers("acme"))


def annotations(kind: str, file: str, *given: str) -> dict[str, str]:
    """What stands on the object that exposes the app."""
    words = " ".join(f"--annotation {shlex.quote(each)}" for each in given)
    tree = add_app(FLEET, told("shop", f"{APP} --expose {kind} --host shop {words}"))
    found: dict[str, str] = yaml.safe_load(tree[f"{BASE}/{file}"].data)["metadata"]["annotations"]
    return found


def test_the_example_leads_through_the_cdn(tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), FLEET)
    app = typer.Typer()
    add_verbs(app)
    words = shlex.split(example("cdn-and-cost.md", "cdn").replace("\\\n", " "))[1:]
    ran = CliRunner().invoke(app, [*words, "--path", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    ingress = read_directory(tmp_path)["apps/shopfront/base/ingress.yaml"].data
    assert yaml.safe_load(ingress)["metadata"]["annotations"] == {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "external-dns.alpha.kubernetes.io/cloudflare-proxied": "true",
    }


@pytest.mark.parametrize(
    ("kind", "file"),
    [("ingress", "ingress.yaml"), ("httproute", "route.yaml"), ("load-balancer", "service.yaml")],
)
@pytest.mark.parametrize("value", ["true", "60", "team=shop,env=prod", "a: b # c", '"', ""])
def test_an_annotation_is_the_text_that_was_given(kind: str, file: str, value: str) -> None:
    found = annotations(kind, file, f"example.com/one={value}", "two=2")
    assert (found["example.com/one"], found["two"]) == (value, "2")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--annotation a=b", "nothing exposes the app"),
        ("--expose ingress --host shop --annotation a", "--annotation a is not KEY=VALUE"),
        ("--expose ingress --host shop --annotation 'a b=c'", "'a b' is no annotation"),
        ("--expose ingress --host shop --annotation a=1 --annotation a=2", "is given twice"),
        (
            "--expose httproute --host shop --annotation a=b --strategy Canary --metrics",
            "Flagger makes the route of a canary",
        ),
    ],
)
def test_an_annotation_that_has_no_place_is_refused(flags: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)):
        told("shop", f"{APP} {flags}")


def test_the_flags_that_the_page_names_are_there() -> None:
    text = (DOCS / "cdn-and-cost.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", text))
    manuals = "".join((DOCS / name).read_text() for name in ("add-app.md", "scaffold.md"))
    assert {flag for flag in named if flag not in manuals} == set()
