"""`add app`: the files of an app, and the pins that they are."""

import posixpath
import re
from dataclasses import replace

import pytest

from gitops.config import read
from gitops.config.json_schema import json_schema_text
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Database, Migrations
from gitops.scaffold.owners import owner_lines
from gitops.tree import Tree, changes

FLEET = new_fleet(Tree({}), FleetAnswers("acme", clusters={"prod": ["prod-eu", "prod-us"]}))
IMAGE = "registry.example.com/shop/payments"
WORKER = "registry.example.com/shop/worker"
URL = "https://git.example.com/shop/payments.git"
PAYMENTS = AppAnswers("payments", "shop", (IMAGE,), URL)
TWO = replace(PAYMENTS, images=(IMAGE, WORKER))
PODINFO = AppAnswers("podinfo", "platform", ("ghcr.io/stefanprodan/podinfo",), range=">=6.0.0")
DIGEST = "sha256:" + "1" * 64


def test_only_files_of_the_app_are_new() -> None:
    changed = changes(FLEET, add_app(FLEET, PAYMENTS))
    assert all(before is None for before, _ in changed.values())
    outside = {path for path in changed if not path.startswith(("apps/payments/", "components/"))}
    assert outside == {
        "clusters/dev/dev-1/apps/payments.yaml",
        "clusters/stage/stage-1/apps/payments.yaml",
        "clusters/prod/prod-eu/apps/payments.yaml",
        "clusters/prod/prod-us/apps/payments.yaml",
    }


@pytest.mark.parametrize("answers", [PAYMENTS, PODINFO], ids=["source", "range"])
def test_app_yaml_tells_an_editor_where_its_schema_is(answers: AppAnswers) -> None:
    tree = add_app(FLEET, answers)
    directory = f"apps/{answers.name}"
    hint, path = tree[f"{directory}/app.yaml"].data.decode().splitlines()[0].split("=")
    assert hint == "# yaml-language-server: $schema"
    assert tree[posixpath.normpath(f"{directory}/{path}")].data == json_schema_text("app").encode()


def test_a_fleet_from_before_there_were_schemas_gets_that_of_apps() -> None:
    schemas = (".fairlead/schemas/fleet.json", ".fairlead/schemas/app.json")
    before = Tree({path: file for path, file in FLEET.items() if path not in schemas})
    after = add_app(before, PAYMENTS)
    assert [path in after for path in schemas] == [False, True]
    # Whoever then removes it is not given it again by the same command.
    removed = Tree({path: file for path, file in after.items() if path not in schemas})
    assert add_app(removed, PAYMENTS) == removed


def test_a_schema_of_another_version_is_kept() -> None:
    before = FLEET.replace({".fairlead/schemas/app.json": b"{}\n"})
    assert add_app(before, PAYMENTS)[".fairlead/schemas/app.json"].data == b"{}\n"


@pytest.mark.parametrize("answers", [PAYMENTS, TWO, PODINFO], ids=["one", "two", "range"])
def test_every_environment_has_an_unreleased_pin_with_room_for_digests(answers: AppAnswers) -> None:
    fleet = Fleet.read(add_app(FLEET, answers))
    for environment in ("dev", "stage", "prod"):
        pin = fleet.pin(environment, answers.name)
        assert pin is not None
        assert pin.problem is None
        assert pin.unreleased
        assert [each.repository for each in pin.content] == sorted(answers.images)
        assert all(pin.takes_digest(image) for image in answers.images)


def test_a_first_release_lifts_the_suspension_on_every_cluster() -> None:
    tree = add_app(FLEET, TWO)
    settings = [Setting(image, "v1.0", DIGEST) for image in TWO.images]
    after = Fleet.read(tree).set_pin("prod", "payments", settings)
    assert set(changes(tree, after)) == {
        "apps/payments/envs/prod/version/kustomization.yaml",
        "clusters/prod/prod-eu/apps/payments.yaml",
        "clusters/prod/prod-us/apps/payments.yaml",
    }
    assert b"suspend: false" in after["clusters/prod/prod-us/apps/payments.yaml"].data


def test_versions_that_run_already_are_written() -> None:
    answers = replace(PAYMENTS, versions={"dev": ["main-1"], "prod": [f"v1.0@{DIGEST}"]})
    fleet = Fleet.read(add_app(FLEET, answers))
    said = {}
    for environment in fleet.environments:
        pin = fleet.pin(environment, "payments")
        assert pin is not None
        said[environment] = (pin.content[0].tag, pin.content[0].digest)
    assert said["dev"] == ("main-1", None)
    assert said["prod"] == ("v1.0", DIGEST)
    assert said["stage"] == ("0.0.0-unreleased", None)
    assert b"suspend: false" in fleet.tree["clusters/dev/dev-1/apps/payments.yaml"].data


def test_app_yaml_of_an_app_with_a_source() -> None:
    answers = replace(TWO, tag="{version}", build="b-{sha}")
    app = read(add_app(FLEET, answers)).apps["payments"]
    assert (app.team, app.source and app.source.url) == ("shop", URL)
    assert [(a.image, a.tag, a.build) for a in app.artifacts] == [
        (IMAGE, "{version}", "b-{sha}"),
        (WORKER, "{version}", "b-{sha}"),
    ]


def test_app_yaml_of_an_app_without_a_source_follows_where_nothing_comes_before() -> None:
    config = read(add_app(FLEET, PODINFO))
    assert config.apps["podinfo"].source is None
    follows = {e: config.policy("podinfo", e) for e in config.environments}
    told = {e: p.follow.range if p and p.follow else None for e, p in follows.items()}
    assert told == {"dev": ">=6.0.0", "stage": None, "prod": None}


def test_environments_of_any_name_are_followed() -> None:
    renamed = {
        path.replace("/dev/", "/on/"): file.data.replace(b"/dev/", b"/on/")
        for path, file in FLEET.items()
    }
    renamed["fleet.yaml"] = (
        renamed["fleet.yaml"]
        .replace(b"name: dev", b'name: "on"')
        .replace(b"after: dev", b"after: on")
    )
    config = read(add_app(Tree.of(renamed), PODINFO))
    policy = config.policy("podinfo", "on")
    assert policy is not None
    assert policy.follow is not None


def test_each_image_is_a_workload_of_its_own() -> None:
    tree = add_app(FLEET, TWO)
    base = "apps/payments/base/"
    assert {path.removeprefix(base) for path in tree.below(base)} == {
        "kustomization.yaml",
        "namespace.yaml",
        "service-account.yaml",
        "deployment.yaml",
        "service.yaml",
        "pod-disruption-budget.yaml",
        "payments-worker-pod-disruption-budget.yaml",
        "payments-worker-deployment.yaml",
        "payments-worker-service.yaml",
    }
    path = base + "payments-worker-deployment.yaml"
    pod = documents(path, tree[path].data)[0]
    container = ("spec", "template", "spec", "containers", 0)
    assert pod.text(*container, "image") == WORKER
    assert pod.text(*container, "securityContext", "readOnlyRootFilesystem") == "true"
    assert pod.text("spec", "template", "spec", "serviceAccountName") == "payments"
    label = "app.kubernetes.io/name"
    assert pod.text("spec", "selector", "matchLabels", label) == "payments-worker"
    assert pod.text("spec", "template", "metadata", "labels", label) == "payments-worker"


def test_a_port_stays_a_number() -> None:
    path = "apps/payments/base/deployment.yaml"
    tree = add_app(FLEET, replace(PAYMENTS, port=9898))
    assert b"containerPort: 9898\n" in tree[path].data


def test_versions_stand_in_one_place_only() -> None:
    tree = add_app(FLEET, TWO)
    places = {path for path, file in tree.items() if b"0.0.0-unreleased" in file.data}
    assert places == {
        f"apps/payments/envs/{e}/version/kustomization.yaml" for e in ("dev", "stage", "prod")
    }


def test_a_second_time_changes_nothing_even_when_it_has_moved_on() -> None:
    tree = add_app(FLEET, PAYMENTS)
    assert add_app(tree, PAYMENTS) == tree
    moved = Fleet.read(tree).set_pin("dev", "payments", [Setting(IMAGE, "v1", DIGEST)])
    assert add_app(moved, PAYMENTS) == moved


def test_another_app_of_that_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"apps/payments/app\.yaml: is there already"):
        add_app(add_app(FLEET, PAYMENTS), replace(PAYMENTS, team="other"))


def test_an_app_for_an_image_of_another_has_a_pin_of_its_own() -> None:
    tree = add_app(add_app(FLEET, PAYMENTS), replace(PAYMENTS, name="billing"))
    pin = Fleet.read(tree).pin("dev", "billing")
    assert pin is not None
    assert pin.problem is None


def test_a_fleet_whose_clusters_do_not_apply_apps_is_refused() -> None:
    path = "clusters/stage/stage-1/kustomization.yaml"
    data = FLEET[path].data.replace(b"  - apps.yaml\n", b"")
    told = "nothing in stage would reach this file"
    with pytest.raises(InvalidInput, match=told):
        add_app(FLEET.replace({path: data}), PAYMENTS)


def test_without_a_fleet_there_is_no_app() -> None:
    with pytest.raises(InvalidInput, match="no fleet here"):
        add_app(Tree({}), PAYMENTS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"team": "a b"}, "`a b` is no team; nothing was written"),
        ({"source": "ftp://x/y"}, "--source: not the URL of a git repository; write it as"),
        ({"tag": "{tga}"}, "tga"),
        ({"build": "b-{branch}"}, "does not tell the commit"),
        ({"versions": {"prd": ["v1"]}}, "no environment 'prd'; did you mean `prod"),
        ({"versions": {"prod": ["v1@sha256:1"]}}, "'sha256:1' is no digest"),
        ({"versions": {"prod": ["0.0.0-unreleased"]}}, "stands for an app without a release"),
    ],
)
def test_wrong_answers_are_told(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        add_app(FLEET, replace(PAYMENTS, **changed))  # type: ignore[arg-type]


def test_a_component_that_somebody_changed_stays_and_is_taken_part_in() -> None:
    path = "components/default-deny/allow-dns.yaml"
    changed = add_app(FLEET, PAYMENTS)[path].data.replace(b"kube-dns", b"node-local-dns")
    before = FLEET.replace({path: changed})
    after = add_app(before, PAYMENTS)
    assert after[path].data == changed
    assert b"components/default-deny" in after["apps/payments/envs/dev/kustomization.yaml"].data
    assert add_app(after, PAYMENTS) == after


def test_an_apps_line_in_codeowners_covers_all_of_its_directories() -> None:
    fleet = new_fleet(Tree({}), FleetAnswers("acme", forge=ForgeKind.GITEA))
    answers = replace(
        PAYMENTS, migrations=Migrations.PRE, migration_command=("migrate",), database=Database.CNPG
    )
    tree = add_app(fleet, answers)
    lines = owner_lines(tree["CODEOWNERS"].data)
    pattern = next(p for p, _ in lines if "payments" in p)
    own = [path for path in tree if path.startswith("apps/payments/")]
    left = {path for path in own if not re.fullmatch(pattern, path)}
    assert {path.split("/")[3] for path in left} == {"stage", "prod"}
    assert any("/ground/" in path for path in set(own) - left)
