"""The layouts of `new`: each environment's own clusters, or one that all share."""

import itertools
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.check import Severity, findings
from gitops.config import read
from gitops.directory import write_directory
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Bootstrap, Defaults, ForgeKind, Topology
from gitops.scaffold.answers.fleet import Secrets
from gitops.scaffold.placement import app_placements, platform_placements
from gitops.tree import Tree, changes
from tests.real import kustomize, require

IMAGE = "registry.example.com/shop/payments"
PAYMENTS = AppAnswers("payments", "shop", (IMAGE,), "https://git.example.com/shop/payments.git")
KEY = f"age1{'q' * 58}"
BOT = f"registry.example.com/fairlead@sha256:{'0' * 64}"
SETTING = Setting(IMAGE, "v1.0", "sha256:" + "1" * 64)
SINGLE = FleetAnswers("acme", topology=Topology.SINGLE)
SEVERAL = FleetAnswers("acme", clusters={"prod": ["eu", "us"]})
LAYOUTS = pytest.mark.parametrize("answers", [SEVERAL, SINGLE], ids=["several", "single"])


@cache
def fleet_of(answers: str) -> Tree:
    return new_fleet(Tree({}), SINGLE if answers == "single" else SEVERAL)


# --- one cluster that all environments share ------------------------------------------------------


def test_environments_that_share_a_cluster_have_a_directory_each() -> None:
    tree = new_fleet(Tree({}), SINGLE)
    assert dict(read(tree).roots) == {
        e: (f"clusters/all/main/envs/{e}",) for e in ("dev", "stage", "prod")
    }
    assert {path.split("/")[1] for path in tree if path.startswith("clusters/")} == {"all"}
    sync = tree["clusters/all/main/flux-system/gotk-sync.yaml"].data
    assert b"path: ./clusters/all/main\n" in sync


def test_apps_are_named_after_their_environment_where_they_share_a_cluster() -> None:
    tree = add_app(fleet_of("single"), PAYMENTS)
    path = "clusters/all/main/envs/dev/apps/payments.yaml"
    flux = yaml.safe_load(tree[path].data)
    assert flux["metadata"]["name"] == "payments-dev"
    assert flux["spec"]["postBuild"]["substituteFrom"][0]["name"] == "cluster-vars-dev"
    overlay = yaml.safe_load(tree["apps/payments/envs/dev/kustomization.yaml"].data)
    assert overlay["namespace"] == "payments-dev"


@LAYOUTS
def test_every_pin_is_one_environments_and_can_be_set(answers: FleetAnswers) -> None:
    fleet = Fleet.read(add_app(new_fleet(Tree({}), answers), PAYMENTS))
    for environment in fleet.environments:
        after = fleet.set_pin(environment, "payments", [SETTING])
        version = f"apps/payments/envs/{environment}/version/kustomization.yaml"
        assert fleet.reach.environments(version) == (environment,)
        clusters = fleet.config.roots[environment]
        flux = {f"{cluster}/apps/payments.yaml" for cluster in clusters}
        assert set(changes(fleet.tree, after)) == {version, *flux}


def test_two_apps_that_would_be_one_object_are_refused() -> None:
    answers = replace(SINGLE, environments=("dev", "x-dev"))
    tree = add_app(new_fleet(Tree({}), answers), replace(PAYMENTS, name="web"))
    with pytest.raises(InvalidInput, match="has a Flux Kustomization web-x-dev already"):
        add_app(tree, replace(PAYMENTS, name="web-x"))
    assert "apps/web-y/app.yaml" in add_app(tree, replace(PAYMENTS, name="web-y"))


def test_where_things_go_is_read_from_the_fleet() -> None:
    single, several = (Fleet.read(fleet_of(each)) for each in ("single", "several"))
    assert [(p.environment, p.path, p.suffix) for p in platform_placements(single)] == [
        ("all", "clusters/all/main", "")
    ]
    assert [p.path for p in platform_placements(several)] == [
        "clusters/dev/dev-1",
        "clusters/stage/stage-1",
        "clusters/prod/eu",
        "clusters/prod/us",
    ]
    assert [p.suffix for p in app_placements(single)] == ["-dev", "-stage", "-prod"]
    assert {p.suffix for p in app_placements(several)} == {""}


# --- environments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "follows", "proofs"),
    [
        ("dev", ["main"], [None]),
        ("dev prod", ["main", "release"], [None, "contained"]),
        ("dev stage prod", ["main", "prerelease", "release"], [None, "contained", "commit"]),
        (
            "dev test stage prod",
            ["main", "prerelease", None, "release"],
            [None, "contained", None, "commit"],
        ),
    ],
)
def test_environments_take_from_each_other(
    names: str, follows: list[str | None], proofs: list[str | None]
) -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme", environments=names.split()))
    environments = read(tree).fleet.environments
    assert [e.name for e in environments] == names.split()
    assert [e.after for e in environments] == [None, *names.split()[:-1]]
    assert [e.follow and (e.follow.branch or e.follow.tags) for e in environments] == follows
    assert [e.proof for e in environments] == proofs
    assert [e.approvals.required for e in environments][1:] == [1] * (len(names.split()) - 2) + [
        2
    ] * (len(names.split()) > 1)
    assert [f for f in findings(tree) if f.severity is not Severity.INFO] == []


# --- defaults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("defaults", Defaults)
@pytest.mark.parametrize("topology", Topology)
def test_an_app_waits_and_retries_wherever_that_is_said(
    defaults: Defaults, topology: Topology
) -> None:
    answers = FleetAnswers("acme", topology=topology, defaults=defaults)
    tree = add_app(new_fleet(Tree({}), answers), PAYMENTS)
    fleet = Fleet.read(tree)
    for environment in fleet.environments:
        found = [
            each
            for each in fleet.reach.flux_kustomizations(environment)
            if each.name.startswith("payments")
        ]
        told = [(str(e.spec["wait"]).lower(), e.spec["timeout"]) for e in found]
        assert set(told) == {("true", "5m")}
        written = yaml.safe_load(tree[found[0].place.path].data)["spec"]
        assert ("wait" in written) is (defaults is Defaults.INLINE)
        assert {"interval", "prune", "sourceRef", "path"} <= written.keys()


@pytest.mark.parametrize("defaults", Defaults)
def test_encrypted_secrets_are_decrypted_wherever_that_is_said(defaults: Defaults) -> None:
    keys = {environment: [KEY] for environment in ("dev", "stage", "prod")}
    encrypted = replace(SEVERAL, secrets=Secrets.SOPS, age_recipients=keys, defaults=defaults)
    plain = replace(SEVERAL, defaults=defaults)
    for answers, expected in ((encrypted, "sops"), (plain, None)):
        fleet = Fleet.read(add_app(new_fleet(Tree({}), answers), PAYMENTS))
        found = fleet.reach.flux_kustomizations("dev")
        spec = next(each.spec for each in found if each.name == "payments")
        decryption = spec.get("decryption")
        assert (decryption["provider"] if isinstance(decryption, Mapping) else None) == expected


# --- no two objects are one -----------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3})?", fullmatch=True).filter(
    lambda name: name not in {"all", "apps", "tenants"}
)


def objects_below(tree: Tree, root: str) -> Iterator[tuple[str, str, str]]:
    for file in tree.below(root).values():
        for each in yaml.safe_load_all(file.data):
            if each and not each["apiVersion"].startswith("kustomize.config."):
                yield each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]


@settings(max_examples=25)
@given(
    st.lists(names, min_size=1, max_size=4, unique=True),
    st.lists(names, min_size=1, max_size=3, unique=True),
    st.sampled_from(Topology),
)
def test_no_two_objects_of_a_cluster_are_one(
    environments: list[str], apps: list[str], topology: Topology
) -> None:
    answers = FleetAnswers("acme", environments=environments, topology=topology, bot_image=BOT)
    tree = new_fleet(Tree({}), answers)
    for app in apps:
        # Names that meet on a shared cluster are refused, which has a test of its own.
        with suppress(InvalidInput):
            tree = add_app(tree, replace(PAYMENTS, name=app))
    fleet = Fleet.read(tree)
    assert len(fleet.apps) == len(apps) or topology is Topology.SINGLE
    for root in {each.path for each in platform_placements(fleet)}:
        counted = Counter(objects_below(tree, root))
        assert [key for key, count in counted.items() if count > 1] == []
    spaces: dict[str, list[str]] = {}
    for at, app in itertools.product(app_placements(fleet), fleet.apps):
        overlay = f"apps/{app}/envs/{at.environment}/kustomization.yaml"
        spaces.setdefault(at.cluster, []).append(yaml.safe_load(tree[overlay].data)["namespace"])
    assert [each for each in spaces.values() if len(set(each)) < len(each)] == []


# --- what Flux builds -----------------------------------------------------------------------------

MATRIX = [
    FleetAnswers(
        "acme",
        forge,
        topology=topology,
        bootstrap=bootstrap,
        defaults=defaults,
        secrets=Secrets.SOPS if encrypted else Secrets.NONE,
        age_recipients={e: [KEY] for e in ("dev", "stage", "prod")} if encrypted else {},
        bot_image=BOT if encrypted else None,
    )
    for (topology, bootstrap, defaults, encrypted), forge in zip(
        itertools.product(Topology, Bootstrap, Defaults, (False, True)),
        itertools.cycle(ForgeKind),
        strict=False,
    )
]


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    MATRIX,
    ids=lambda a: f"{a.topology}-{a.bootstrap}-{a.defaults}-{a.secrets}-{a.forge}",
)
def test_kustomize_builds_what_flux_starts_from(answers: FleetAnswers, tmp_path: Path) -> None:
    program = require(f"kustomize ({kustomize.REMEDY})", kustomize.executable())
    tree = add_app(new_fleet(Tree({}), answers), PAYMENTS)
    write_directory(tmp_path, Tree({}), tree)
    applied = re.compile(r"(clusters/.*|.*/envs/[^/]+)/kustomization\.yaml")
    built = {}
    for directory in (path.rpartition("/")[0] for path in tree if applied.fullmatch(path)):
        if directory.endswith("/flux-system"):
            continue
        done = subprocess.run(
            [program, "build", tmp_path / directory], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), directory
        built[directory] = [each for each in yaml.safe_load_all(done.stdout) if each]
    for at in platform_placements(Fleet.read(tree)):
        found = {(each["kind"], each["metadata"]["name"]) for each in built[at.path]}
        wanted = {("Kustomization", n) for n in ("infrastructure", "tenants", "apps")}
        assert wanted | {("ConfigMap", "cluster-vars")} <= found
    for at in app_placements(Fleet.read(tree)):
        objects = built[f"apps/payments/envs/{at.environment}"]
        spaces = {each["metadata"].get("namespace") for each in objects} - {None}
        assert spaces == {at.named("payments")}
    if answers.bot_image:
        home = next(d for d in built if d.startswith("infrastructure/fairlead/envs/"))
        pods = [o for o in built[home] if o["kind"] == "CronJob"]
        pod = pods[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["containers"][0]["image"] == answers.bot_image


@pytest.mark.real
def test_kustomize_reads_the_defaults_and_who_is_excepted_as_we_do(tmp_path: Path) -> None:
    program = require(f"kustomize ({kustomize.REMEDY})", kustomize.executable())
    root = "clusters/dev/dev-1"
    child = yaml.safe_load(fleet_of("several")[f"{root}/apps.yaml"].data)
    patches = child["spec"].pop("patches")
    own = {"name": "own", "labels": {"fairlead.dev/defaults": "own"}}
    children = {"plain": {"name": "plain"}, "own": own}
    for name, metadata in children.items():
        spec = {**child["spec"], "path": f"./{name}", "timeout": "1h"}
        text = yaml.safe_dump({**child, "metadata": metadata, "spec": spec})
        (tmp_path / f"{name}.yaml").write_text(text)
    listed = {"resources": [f"{name}.yaml" for name in children], "patches": patches}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(listed))
    built = subprocess.run([program, "build", tmp_path], capture_output=True, text=True, check=True)
    theirs = {o["metadata"]["name"]: o["spec"] for o in yaml.safe_load_all(built.stdout)}
    files = {f"{root}/apps/{n}.yaml": (tmp_path / f"{n}.yaml").read_bytes() for n in children}
    files |= {f"{name}/a.yaml": b"a: 1\n" for name in children}
    fleet = Fleet.read(fleet_of("several").replace(files))
    ours = {o.name: o.spec for o in fleet.reach.flux_kustomizations("dev") if o.name in children}
    for name, key in itertools.product(children, ("timeout", "wait", "retryInterval")):
        assert str(theirs[name].get(key)).lower() == str(ours[name].get(key)).lower(), (name, key)
    assert [theirs[name]["timeout"] for name in children] == ["5m", "1h"]
