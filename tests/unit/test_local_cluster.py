"""`new --local`: a cluster on a laptop, and the smoke test of merge requests on one of kind."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gitops.check import findings
from gitops.config import read
from gitops.directory import write_directory
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Bootstrap, ForgeKind, Topology
from gitops.scaffold.answers.app_config import Chart
from gitops.scaffold.answers.app_options import Kind
from gitops.scaffold.answers.fleet import Local
from gitops.scaffold.forge_files import PIPELINES
from gitops.scaffold.local_cluster import LOCAL
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree

ANSWERS = FleetAnswers("acme", ForgeKind.GITHUB, capabilities=("cni-netpol",), local=Local.KIND)
FLUX = "kustomize.toolkit.fluxcd.io/"


def app(name: str, *released: str) -> AppAnswers:
    image = f"registry.example.com/shop/{name}"
    versions = {environment: ["v1.0"] for environment in released}
    return AppAnswers(name, "shop", (image,), f"https://g.example/{name}.git", versions=versions)


def fleet(answers: FleetAnswers = ANSWERS) -> Tree:
    """A fleet with a team, an app that runs in dev, and one that waits for its first release."""
    tree = add_tenant(new_fleet(Tree({}), answers), TenantAnswers("shop"))
    return add_app(add_app(tree, app("payments", "dev")), app("antaeus"))


TOPOLOGIES = {each: replace(ANSWERS, topology=each) for each in Topology}


def kustomizations(tree: Tree, *directories: str) -> dict[str, Mapping[str, object]]:
    """The specs of the Flux Kustomizations that lie in these directories, by name."""
    found = {}
    for path, file in tree.items():
        if path.rpartition("/")[0] in directories and path.endswith(".yaml"):
            for each in filter(None, yaml.safe_load_all(file.data)):
                if each["apiVersion"].startswith(FLUX):
                    found[each["metadata"]["name"]] = each["spec"]
    return found


def variables(data: bytes) -> dict[str, set[str]]:
    """The keys of each ConfigMap of a file, by its name."""
    return {each["metadata"]["name"]: set(each["data"]) for each in yaml.safe_load_all(data)}


# --- the cluster ----------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", Topology)
def test_it_is_no_environment_and_nothing_is_wrong_with_it(topology: Topology) -> None:
    answers = TOPOLOGIES[topology]
    tree, without = fleet(answers), fleet(replace(answers, local=None))
    assert [f.code for f in findings(tree)] == [f.code for f in findings(without)]
    assert read(tree).roots == read(without).roots
    reach = Fleet.read(tree).reach
    below = [path for path in tree if path.startswith(f"{LOCAL}/")]
    assert len(below) == 8
    assert [path for path in below if reach.environments(path)] == []


@pytest.mark.parametrize("topology", Topology)
def test_what_it_applies_is_there_and_has_its_variables(topology: Topology) -> None:
    tree = fleet(TOPOLOGIES[topology])
    own = kustomizations(tree, LOCAL)
    assert set(own) == {"flux-system", "tenants", "apps"}
    assert own["flux-system"]["path"] == f"./{LOCAL}"
    assert "dependsOn" not in own["tenants"]
    root = read(tree).roots["dev"][0]
    assert own["apps"]["path"] == f"./{root}/apps"
    there = variables(tree[f"{LOCAL}/cluster-vars.yaml"].data)
    for environment in [root, root.partition("/envs")[0]]:
        for name, keys in variables(tree[f"{environment}/cluster-vars.yaml"].data).items():
            assert there[name] >= keys
    for spec in own.values():
        below = str(spec["path"]).removeprefix("./")
        assert any(path.startswith(f"{below}/") for path in tree)


@pytest.mark.real
@pytest.mark.parametrize("topology", Topology)
@pytest.mark.parametrize("local", Local)
def test_kustomize_builds_it(
    topology: Topology, local: Local, kustomize: str, tmp_path: Path
) -> None:
    tree = fleet(replace(TOPOLOGIES[topology], local=local))
    write_directory(tmp_path, Tree({}), tree)
    paths = [str(spec["path"]) for spec in kustomizations(tree, LOCAL).values()]
    apps = [path for path in paths if path.endswith("/apps")]
    run = kustomizations(tree, *(path.removeprefix("./") for path in apps))
    assert len(run) == 2
    for path in [LOCAL, *(str(spec["path"]) for spec in run.values())]:
        command = [kustomize, "build", path]
        built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
        objects = list(yaml.safe_load_all(built.stdout))
        assert objects
        if path == LOCAL:
            assert {each["kind"] for each in objects} == {"ConfigMap", "Kustomization"}


def test_an_environment_of_that_name_is_refused() -> None:
    answers = FleetAnswers("acme", environments=("local", "prod"))
    assert read(new_fleet(Tree({}), answers)).roots["local"] == ("clusters/local/local-1",)
    with pytest.raises(InvalidInput, match="no environment can be named local"):
        replace(answers, local=Local.KIND)


# --- the smoke test -------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    directory = tmp_path / "fleet"
    write_directory(directory, Tree({}), fleet())
    return directory


def smoke(checkout: Path, *words: str, programs: Path | None = None, **more: str) -> str:
    """What the script says; it must succeed."""
    path = f"{programs}:{os.environ['PATH']}" if programs else os.environ["PATH"]
    done = subprocess.run(
        ["sh", f"{LOCAL}/smoke.sh", *words],
        cwd=checkout,
        env={**os.environ, "PATH": path, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("topology", Topology)
def test_what_is_waited_for_are_the_kustomizations_that_are_not_asleep(
    topology: Topology, tmp_path: Path
) -> None:
    tree = fleet(TOPOLOGIES[topology])
    write_directory(tmp_path, Tree({}), tree)
    own = kustomizations(tree, LOCAL)
    below = [str(spec["path"]).removeprefix("./") for name, spec in own.items()]
    every = {**own, **kustomizations(tree, *below)}
    awake = {name for name, spec in every.items() if spec.get("suspend") is not True}
    asleep = set(every) - awake
    assert {re.sub("-dev$", "", name) for name in asleep} == {"antaeus"}
    names = smoke(tmp_path, "names").split()
    # The Kustomization that applies the others is waited for before the rest.
    assert set(names) | {"flux-system"} == awake
    assert len(names) == len(set(names))
    assert names[:2] == ["tenants", "apps"]


STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$(basename "$0") $*" in
  *" --filename -") cat > "$CALLS.sync" ;;
  *"create secret"*) cat > "$CALLS.token" ;;
  *"get services"*) printf 'payments payments\\n' ;;
  curl*) printf %s "$CODE" ;;
esac
"""


def programs(tmp_path: Path) -> Path:
    """Stand-ins for kind, kubectl and curl, which write down how they are called."""
    directory = tmp_path / "programs"
    directory.mkdir()
    for name in ("kind", "kubectl", "curl"):
        (directory / name).write_text(STAND_IN)
        (directory / name).chmod(0o755)
    return directory


SAID = {"FLEET_URL": "https://git.example.com/acme/fleet.git", "FLEET_REF": "refs/pull/7/head"}


def test_the_cluster_is_made_waited_for_asked_and_taken_away(
    checkout: Path, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    more = {**SAID, "FLEET_TOKEN": "s3cret", "CALLS": str(calls), "CODE": "404"}
    said = smoke(checkout, programs=programs(tmp_path), **more)
    assert "payments/payments answers 404" in said
    done = calls.read_text().splitlines()
    assert done[0].startswith("kind create cluster")
    assert done[-1].startswith("kind delete cluster")
    waited = [found[1] for line in done if (found := re.search(r"kustomization/(\S+)", line))]
    assert waited == ["flux-system", *smoke(checkout, "names").split()]
    source, applied = yaml.safe_load_all(Path(f"{calls}.sync").read_text())
    assert (source["spec"]["url"], source["spec"]["ref"]) == (
        SAID["FLEET_URL"],
        {"name": SAID["FLEET_REF"]},
    )
    assert applied["spec"]["path"] == f"./{LOCAL}"
    # A token in a command line is read by everybody on the machine.
    assert "s3cret" not in calls.read_text()
    assert Path(f"{calls}.token").read_text() == "s3cret"


def test_an_app_that_does_not_answer_fails_it_and_the_cluster_goes(
    checkout: Path, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    more = {**SAID, "FLEET_TOKEN": "s3cret", "CALLS": str(calls), "CODE": "503"}
    with pytest.raises(AssertionError, match="payments/payments does not answer: 503"):
        smoke(checkout, programs=programs(tmp_path), **more)
    assert calls.read_text().splitlines()[-1].startswith("kind delete cluster")


@pytest.mark.real
def test_shellcheck_has_nothing_to_say_of_it(checkout: Path, shellcheck: str) -> None:
    script = str(checkout / LOCAL / "smoke.sh")
    command = [shellcheck, "--norc", "--severity=style", script]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


@pytest.mark.parametrize("forge", list(PIPELINES))
def test_merge_requests_are_tried_where_kind_was_asked_for(forge: ForgeKind) -> None:
    def job(answers: FleetAnswers) -> Mapping[str, object] | None:
        found = yaml.safe_load(new_fleet(Tree({}), answers)[PIPELINES[forge]].data)
        return dict(found.get("jobs", found)).get("smoke")

    answers = replace(ANSWERS, forge=forge)
    written = job(answers)
    assert written is not None
    assert "make smoke" in str(written)
    assert re.search(r"refs/(?:pull|merge-requests)/.+?/head", str(written))
    for name in ("FLEET_URL", "FLEET_REF", "FLEET_TOKEN"):
        assert name in str(written)
    for other in (None, Local.MINIKUBE):
        assert job(replace(answers, local=other)) is None
    assert job(replace(answers, bootstrap=Bootstrap.OPERATOR)) is None


def test_make_has_the_target_where_the_script_is() -> None:
    for local in (None, *Local):
        tree = new_fleet(Tree({}), replace(ANSWERS, local=local))
        has = b"\nsmoke:\n" in tree["Makefile"].data
        assert has == (f"{LOCAL}/smoke.sh" in tree) == (local is Local.KIND)


CHARTS = {
    "helm": AppAnswers(
        "wiki", "shop", (), range=">=1", kind=Kind.HELM, chart=Chart("wiki", "https://c.example")
    ),
    "oci-chart": AppAnswers(
        "wiki", "shop", (), range=">=1", kind=Kind.OCI_CHART, chart=Chart("oci://r.example/c/wiki")
    ),
}


@pytest.mark.parametrize("kind", CHARTS)
@pytest.mark.parametrize("tested", [False, True])
def test_a_charts_own_tests_decide_where_that_was_asked_for(kind: str, *, tested: bool) -> None:
    answers = CHARTS[kind]
    assert answers.chart is not None
    asked = replace(answers, chart=replace(answers.chart, tested=tested))
    tree = add_app(new_fleet(Tree({}), FleetAnswers("acme")), asked)
    release = yaml.safe_load(tree["apps/wiki/base/release.yaml"].data)
    assert release["spec"].get("test") == ({"enable": True} if tested else None)
