"""What `new` writes for people: make, direnv and sops; and that every object fits its schema."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from gitops.check import findings
from gitops.config import read
from gitops.directory import write_directory
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import ForgeKind, Topology
from gitops.scaffold.answers.fleet import Secrets
from gitops.tree import Tree
from tests.archives import unpack
from tests.golden.fleets import COMMANDS, KEY, kept
from tests.real import kustomize, require

APP = AppAnswers("payments", "shop", ("r.example/shop/payments",), "https://g.example/p.git")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fleet with an app, committed as main."""
    write_directory(
        tmp_path,
        Tree({}),
        add_app(new_fleet(Tree({}), FleetAnswers("acme", ForgeKind.GITHUB)), APP),
    )
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def make(checkout: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    # The tests themselves may be run by a make, which hands its own flags on.
    environment = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["make", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["check", "render", "diff", "plan"])
def test_every_target_can_be_asked_for(checkout: Path, target: str) -> None:
    assert make(checkout, "--dry-run", target).returncode == 0


@pytest.mark.real
def test_make_renders_and_compares(checkout: Path) -> None:
    program = require(f"kustomize ({kustomize.REMEDY})", kustomize.executable())
    build = f"BUILD={program} build"
    rendered = make(checkout, "render", build)
    assert rendered.returncode == 0, rendered.stderr
    there = {path.name for path in (checkout / ".rendered").iterdir()}
    assert {"clusters_dev_dev-1.yaml", "apps_payments_envs_prod.yaml"} <= there
    assert make(checkout, "diff", build, "BASE=HEAD").stdout == ""
    variables = checkout / "clusters/dev/dev-1/cluster-vars.yaml"
    variables.write_text(variables.read_text().replace("dev.example.com", "dev.acme.example"))
    said = make(checkout, "diff", build, "BASE=HEAD")
    assert (said.returncode, said.stderr) == (0, "")
    changed = [line for line in said.stdout.splitlines() if re.match(r"[-+] ", line)]
    assert changed == ["-  domain: dev.example.com", "+  domain: dev.acme.example"]
    status = ["git", "status", "--porcelain"]
    left = subprocess.run(status, cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert left == " M clusters/dev/dev-1/cluster-vars.yaml\n"
    (checkout / "clusters/dev/dev-1/apps.yaml").unlink()
    broken = make(checkout, "render", build)
    assert broken.returncode
    assert "clusters/dev/dev-1 does not build" in broken.stderr


# --- one file of versions -------------------------------------------------------------------------


def versions(checkout: Path) -> dict[str, str]:
    """The tools of `.tool-versions`."""
    text = (checkout / ".tool-versions").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9]+) (\S+)$", text, re.MULTILINE))


def stand_in(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    program = directory / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_the_kustomize_that_is_wanted_is_left_as_it_is(checkout: Path, tmp_path: Path) -> None:
    stand_in(tmp_path / ".tools", "kustomize", f"echo v{versions(checkout)['kustomize']}")
    stand_in(tmp_path / ".tools", "go", "echo asked >&2; exit 1")
    done = make(checkout, "tools")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("wanted", [None, "5.9.1"])
def test_another_kustomize_is_fetched_as_the_file_names_it(
    checkout: Path, tmp_path: Path, wanted: str | None
) -> None:
    if wanted is not None:
        text = (checkout / ".tool-versions").read_text()
        new = text.replace(f"kustomize {versions(checkout)['kustomize']}", f"kustomize {wanted}")
        (checkout / ".tool-versions").write_text(new)
    stand_in(tmp_path / ".tools", "kustomize", "echo v4.0.0")
    stand_in(tmp_path / ".tools", "go", 'echo "$GOBIN" "$@"')
    done = make(checkout, "tools")
    module = f"sigs.k8s.io/kustomize/kustomize/v5@v{versions(checkout)['kustomize']}"
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/.tools install {module}\n")


@pytest.mark.real
def test_the_kustomize_of_the_file_is_the_one_that_tests_use(checkout: Path) -> None:
    program = require(f"kustomize ({kustomize.REMEDY})", kustomize.executable())
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"v{versions(checkout)['kustomize']}"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "local"])
def test_a_pipeline_takes_its_versions_from_the_file_alone(name: str) -> None:
    tree = kept(name)
    path = next(path for path in tree if re.match(PIPELINE, path))
    text = tree[path].data.decode()
    assert [f.code for f in findings(tree) if f.place.path == path] == []
    steps = re.findall(r"^ +- (?:run: )?make (\w+)", text, re.MULTILINE)
    smoke = ["smoke"] if "clusters/local/smoke.sh" in tree else []
    assert steps == ["tools", "render", "tools", "diff", *smoke]
    for tool in re.findall(r"^([a-z0-9]+) ", tree[".tool-versions"].data.decode(), re.MULTILINE):
        pinned = tree.replace({path: f"{text}# {tool}_VERSION=0.0.1\n".encode()})
        found = [f for f in findings(pinned) if f.place.path == path]
        assert [f.code for f in found] == ["FL421"], tool
        assert found[0].place.line == text.count("\n") + 1


PIPELINE = r"\.gitlab-ci\.yml|\.(?:github|gitea)/workflows/fleet\.yaml"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_shell_is_pointed_at_the_environment_of_its_directory(name: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    tree = kept(name)
    write_directory(tmp_path, Tree({}), tree)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for environment, clusters in read(tree).roots.items():
        show = '. ./.envrc && echo "$ENVIRONMENT|$CLUSTER_DIRECTORIES|$KUBECONFIG"'
        directory = tmp_path / "env" / environment
        said = subprocess.run(
            [bash, "-euc", show], cwd=directory, capture_output=True, text=True, check=True
        ).stdout.strip()
        assert said == f"{environment}|{' '.join(clusters)}|{directory}/kubeconfig"


def complaints(shellcheck: str, script: Path) -> str:
    """What shellcheck says of a script, down to its style."""
    command = [shellcheck, "--norc", "--severity=style", "--format=gcc", str(script)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def environment_directories(name: str) -> list[str]:
    """The environments of a fleet that have a directory for direnv."""
    paths = [path.split("/") for path in kept(name) if path.endswith("/.envrc")]
    assert {first for first, *_ in paths} == {"env"}
    return sorted(environment for _, environment, _ in paths)


@pytest.mark.real
@pytest.mark.parametrize("name", COMMANDS)
def test_shellcheck_has_nothing_to_say_of_any_environment(
    name: str, shellcheck: str, tmp_path: Path
) -> None:
    tree = kept(name)
    write_directory(tmp_path, Tree({}), tree)
    environments = environment_directories(name)
    assert environments == sorted(read(tree).roots)
    for environment in environments:
        script = tmp_path / "env" / environment / ".envrc"
        assert complaints(shellcheck, script) == ""
        assert re.findall(r"^export ENVIRONMENT=(.*)$", script.read_text(), re.MULTILINE) == [
            environment
        ]


@pytest.mark.real
def test_shellcheck_would_say_something(shellcheck: str, tmp_path: Path) -> None:
    script = tmp_path / ".envrc"
    script.write_text(kept("local")["env/dev/.envrc"].data.decode() + "cd $FLEET_ROOT\n")
    assert "SC2086" in complaints(shellcheck, script)


@pytest.mark.parametrize("topology", Topology)
def test_every_place_of_a_secret_has_its_recipients(topology: Topology) -> None:
    keys = {e: [f"age1{e[0].replace('s', 't') * 58}"] for e in ("dev", "stage", "prod")}
    answers = FleetAnswers("acme", topology=topology, secrets=Secrets.SOPS, age_recipients=keys)
    tree = new_fleet(Tree({}), answers)
    rules = yaml.safe_load(tree[".sops.yaml"].data)["creation_rules"]

    def recipients(path: str) -> list[str]:
        found = next((r for r in rules if re.search(r["path_regex"], path)), None)
        return [] if found is None else found["age"].split(",")

    for environment, own in keys.items():
        assert recipients(f"apps/payments/envs/{environment}/secret.sops.yaml") == own
        for root in read(tree).roots[environment]:
            every = [key for keys_ in keys.values() for key in keys_]
            # sops takes the first rule; below a shared cluster's own directory that is its own.
            assert recipients(f"{root}/x.sops.yaml") in (own, every)
    assert recipients("apps/payments/base/secret.sops.yaml") == []
    shared = recipients("infrastructure/velero/envs/all/secret.sops.yaml")
    assert len(shared) == (3 if topology is Topology.SINGLE else 0)
    assert KEY not in tree[".sops.yaml"].data.decode()


# --- schemas --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schemas(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("schemas")
    with tarfile.open(shared / "schemas" / "schemas.tar.gz") as archive:
        wanted = [each for each in archive if each.name.startswith("./flux-schema/")]
        unpack(archive, directory, wanted)
    return directory / "flux-schema"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_object_fits_its_schema(name: str, schemas: Path) -> None:
    seen: set[str] = set()
    for path, file in kept(name).items():
        if not path.startswith(("clusters/", "infrastructure/")) or not path.endswith(".yaml"):
            continue
        if path == "clusters/local/kind.yaml":  # kind reads it, and no cluster
            continue
        for each in filter(None, yaml.safe_load_all(file.data)):
            group, _, version = each["apiVersion"].rpartition("/")
            kind = each["kind"].lower()
            schema = schemas / (group or "core") / f"{kind}_{version}.json"
            if not schema.is_file():
                assert group == "kustomize.config.k8s.io", schema
                continue
            seen.add(each["kind"])
            jsonschema.validate(each, json.loads(schema.read_text()))
    wanted = {"ConfigMap", "Kustomization"}
    wanted |= (
        {"FluxInstance", "CronJob", "NetworkPolicy"} if name == "gitlab" else {"GitRepository"}
    )
    assert wanted <= seen
