"""`check`: each rule finds what it is for, where it is, and is silent where nothing is wrong."""

from collections.abc import Mapping

import pytest

from gitops.check import Finding, Severity, facts, findings
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet, Setting
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.tree import File, Mode, Tree

IMAGE = "registry.example.com/shop/payments"
DIGEST = "sha256:" + "1" * 64
UNRELEASED = add_app(
    new_fleet(Tree({}), FleetAnswers("acme", capabilities=("cni-netpol",))),
    AppAnswers("payments", "shop", (IMAGE,), "https://git.example.com/p.git"),
)
APP = "apps/payments/app.yaml"
FLUX = "clusters/dev/dev-1/apps/payments.yaml"
BASE = "apps/payments/base/kustomization.yaml"
STAGE = "apps/payments/envs/stage/version/kustomization.yaml"
DEV = "apps/payments/envs/dev/version/kustomization.yaml"


def released(tag: str = "v1.0", digest: str | None = DIGEST) -> Tree:
    tree = UNRELEASED
    for environment in ("dev", "stage", "prod"):
        tree = Fleet.read(tree).set_pin(environment, "payments", [Setting(IMAGE, tag, digest)])
    return tree


FLEET = released()


def edited(path: str, old: str, new: str, tree: Tree = FLEET) -> Tree:
    data = tree[path].data.decode()
    assert old in data
    return tree.replace({path: data.replace(old, new, 1).encode()})


def without(*paths: str) -> Tree:
    return Tree({path: file for path, file in FLEET.items() if path not in paths})


def found(tree: Tree) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, str(each.place)) for each in findings(tree)]


def only(tree: Tree, code: str) -> Finding:
    every = findings(tree)
    assert [each.code for each in every] == [code], [str(each) for each in every]
    return every[0]


def test_a_released_fleet_has_nothing_to_say() -> None:
    assert findings(FLEET) == ()


def test_unreleased_pins_are_said_and_no_error() -> None:
    assert found(UNRELEASED) == [
        ("FL101", Severity.INFO, f"apps/payments/envs/{e}/version/kustomization.yaml:5:13")
        for e in ("dev", "prod", "stage")
    ]


def test_without_fleet_yaml_there_is_nothing_to_check() -> None:
    with pytest.raises(InvalidInput, match="no fleet here"):
        findings(without("fleet.yaml"))


def test_a_wrong_fleet_yaml_is_invalid_input_with_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"^fleet\.yaml:8:8: .*did you mean `kind`"):
        findings(edited("fleet.yaml", "  kind: local", "  kin: local"))


def test_fl001_a_wrong_app_stops_nothing_else() -> None:
    other = add_app(FLEET, AppAnswers("web", "shop", ("r.example/web",), "https://g.example/w.git"))
    tree = edited(APP, "team: shop", "taem: shop", other)
    every = findings(tree)
    assert (every[0].code, every[0].place.path, every[0].place.line) == ("FL001", APP, 5)
    assert "did you mean `team`" in str(every[0])
    assert {each.code for each in every[1:]} == {"FL101"}


def test_fl002_a_file_that_cannot_be_read_is_told_once() -> None:
    tree = edited(STAGE, "images:", "images: [")
    error = only(tree, "FL002")
    assert (error.severity, error.place.path) == (Severity.ERROR, STAGE)


def test_fl003_a_cluster_without_files() -> None:
    tree = edited("fleet.yaml", "      - dev-1\n", "      - dev-1\n      - dev-2\n")
    error = only(tree, "FL003")
    assert error.place == Place("clusters/dev/dev-2")
    assert "the cluster dev-2 of dev" in error.message


def test_fl004_a_flux_kustomization_of_nothing() -> None:
    error = only(edited(FLUX, "envs/dev", "envs/dve"), "FL004")
    assert error.place.path == FLUX
    assert "applies ./apps/payments/envs/dve" in error.message


def test_fl004_a_path_that_flux_fills_in_may_be_anything() -> None:
    tree = edited(FLUX, "./apps/payments/envs/dev", "./apps/${APP}/envs/dev")
    assert "FL004" not in {code for code, _, _ in found(tree)}


def test_fl005_a_dependency_that_is_not_there() -> None:
    path = "clusters/dev/dev-1/apps.yaml"
    error = only(edited(path, "name: tenants", "name: tenant"), "FL005")
    assert error.place.path == path
    assert "depends on tenant, which this cluster has not" in error.message
    assert "tenants" in (error.hint or "")


def test_fl006_stops_that_flux_would_apply() -> None:
    path = ".fairlead/holds/prod/payments.yaml"
    tree = edited(FLUX, "path: ./apps/payments/envs/dev", "path: ./.fairlead")
    every = findings(tree.replace({path: b"reason: x\n"}))
    assert ("FL006", path) in {(each.code, each.place.path) for each in every}


def test_fl007_a_resource_that_is_not_there() -> None:
    error = only(edited(BASE, "service.yaml", "servce.yaml"), "FL007")
    assert str(error.place) == f"{BASE}:7:5"
    assert error.hint == "did you mean `service.yaml`?"


def test_fl007_a_component_that_is_a_file() -> None:
    tree = edited("apps/payments/envs/dev/kustomization.yaml", "- version", "- versions")
    assert ("FL007", Severity.ERROR) in {(code, severity) for code, severity, _ in found(tree)}


@pytest.mark.parametrize("path", [DEV, "apps/payments/base/service.yaml"])
def test_fl007_a_symlink_is_not_there_for_flux(path: str) -> None:
    tree = Tree({**FLEET, path: File(b"../elsewhere.yaml", Mode.SYMLINK)})
    error = only(tree, "FL007")
    assert f"{path.rpartition('/')[2]} is a symlink, which Flux leaves out" in error.message
    assert error.place.line is not None


def test_fl007_a_component_without_a_kustomization() -> None:
    tree = Tree({**without(DEV), DEV.replace("kustomization", "other"): FLEET[DEV]})
    assert "version has no kustomization.yaml" in only(tree, "FL007").message


def test_fl007_says_nothing_of_fleets_that_are_cut_into_artifacts() -> None:
    generator = """\
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: apps, namespace: flux-system}
spec:
  sources: [{alias: fleet, kind: GitRepository, name: flux-system}]
  artifacts: []
"""
    tree = edited(BASE, "service.yaml", "servce.yaml")
    path = "clusters/dev/dev-1/apps/generator.yaml"
    assert findings(tree.replace({path: generator.encode()})) == ()


def test_fl102_a_version_that_two_environments_share() -> None:
    tree = edited(
        "apps/payments/envs/stage/kustomization.yaml", "  - version", "  - ../dev/version"
    )
    codes = [(each.code, each.place.path) for each in findings(tree)]
    assert set(codes) == {("FL102", DEV)}


def test_fl103_places_that_disagree() -> None:
    entry = f"  - name: {IMAGE}\n    newTag: v9\n    digest: {DIGEST}\n"
    data = FLEET[STAGE].data + entry.encode()
    error = only(FLEET.replace({STAGE: data}), "FL103")
    assert error.place.path == STAGE
    assert "v9" in error.message


def test_fl104_a_version_that_flux_fills_in() -> None:
    assert only(edited(STAGE, "newTag: v1.0", "newTag: ${VERSION}"), "FL104").place.path == STAGE


def test_fl106_prereleases_that_will_order_wrongly() -> None:
    warning = only(edited(STAGE, "newTag: v1.0", "newTag: v1.0-rc9"), "FL106")
    assert (warning.severity, warning.place.path) == (Severity.WARNING, STAGE)
    assert findings(edited(STAGE, "newTag: v1.0", "newTag: v1.0-rc.9")) == ()


def test_fl107_an_app_that_is_nowhere() -> None:
    tree = edited(APP, IMAGE, IMAGE + "-new")
    assert "FL107" in {code for code, _, _ in found(tree)}


def test_fl108_a_guarded_tag_without_room_for_a_digest() -> None:
    warning = only(edited(STAGE, f'    digest: "{DIGEST}"\n', ""), "FL108")
    assert (warning.severity, warning.place) == (Severity.WARNING, Place(STAGE, 5, 13))
    assert findings(edited(DEV, f'    digest: "{DIGEST}"\n', "")) == ()


def test_fl201_a_soak_that_nobody_waits_for() -> None:
    tree = edited("fleet.yaml", "    proof: commit\n", "    proof: commit\n    soak: 1h\n")
    assert only(tree, "FL201").message.startswith("nothing comes after prod")
    own = {APP: FLEET[APP].data + b"environments:\n  prod: {soak: 1h}\n"}
    assert only(FLEET.replace(own), "FL201").place == Place(APP, 14, 16)


@pytest.mark.parametrize("where", ["fleet.yaml", APP])
def test_fl202_a_rule_that_no_maker_among_the_approvers_can_satisfy(where: str) -> None:
    tree = FLEET.replace(
        {APP: FLEET[APP].data + b"environments:\n  stage: {approvals: {required: 3}}\n"}
    )
    if where == "fleet.yaml":
        tree = edited("fleet.yaml", "{required: 1, from: [qa]}", "{required: 3, from: [qa]}")
    warning = only(tree, "FL202")
    assert (warning.severity, warning.place.path) == (Severity.WARNING, where)
    assert "only ana, bo, eve may give them" in warning.message


def test_fl203_approvers_whom_the_embedded_forge_cannot_know() -> None:
    tree = edited("fleet.yaml", "qa: [ana, bo, eve]", "qa: [ana, bo, eve, zoe]")
    assert only(tree, "FL203").message.startswith("zoe may approve in stage")


def test_fl203_leaves_a_forge_alone_that_verifies_e_mails() -> None:
    tree = edited("fleet.yaml", "qa: [ana, bo, eve]", "qa: [ana, bo, eve, zoe]")
    forge = edited("fleet.yaml", "kind: local", "{kind: gitlab, project: a/b}", tree)
    data = forge["fleet.yaml"].data.replace(b"forge:\n  {", b"forge: {")
    assert findings(forge.replace({"fleet.yaml": data})) == ()


def test_groups_of_the_forge_are_known_to_it_alone() -> None:
    old, new = "{required: 1, from: [qa]}", "{required: 9, from: ['group:acme/qa']}"
    text = FLEET["fleet.yaml"].data.decode().replace(old, new)
    text = text.replace("forge:\n  kind: local", "forge: {kind: gitlab, project: a/b}")
    assert findings(FLEET.replace({"fleet.yaml": text.encode()})) == ()


def test_a_finding_reads_as_a_line_and_as_facts() -> None:
    finding = Finding("FL999", Severity.WARNING, Place("a.yaml", 2, 3), "odd", "mend it")
    assert str(finding) == "a.yaml:2:3: warning FL999 odd; mend it"
    expected: Mapping[str, object] = {
        "code": "FL999",
        "severity": "warning",
        "path": "a.yaml",
        "line": 2,
        "column": 3,
        "message": "odd",
        "hint": "mend it",
    }
    assert facts(finding) == expected


@pytest.mark.parametrize("name", ["fleet", "app"])
def test_fl204_a_schema_of_another_version(name: str) -> None:
    path = f".fairlead/schemas/{name}.json"
    info = only(edited(path, '"type"', '"kind"'), "FL204")
    assert (info.severity, info.place) == (Severity.INFO, Place(path))
    assert info.hint == f"write `fairlead schema {name} > {path}`"
    assert findings(edited(path, "  ", "\r\n    ")) == ()
    assert findings(without(path)) == ()
