"""Reach: which environments reach a file, and by which path of inclusion."""

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.directory import read_directory
from gitops.reach import Reach, reach
from gitops.sites import sites_of
from gitops.tree import File, Mode, Tree
from tests.archives import unpack

ROOTS = {"stage": ("clusters/stage/one",), "prod": ("clusters/prod/eu", "clusters/prod/us")}
EU = "clusters/prod/eu"


def flux(path: str | None, name: str = "payments", spec: str = "", source: str = "") -> str:
    ref = source or "{kind: GitRepository, name: flux-system}"
    where = "" if path is None else f"  path: {path}\n"
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec:\n{where}  sourceRef: {ref}\n{spec}---\n"
    )


def lists(**fields: str) -> str:
    return "".join(f"{field}: {value}\n" for field, value in fields.items())


def reached(files: dict[str, str], environment: str = "prod") -> set[str]:
    found = reach(Tree.of(files), ROOTS)
    return {path for path in found.paths if environment in found.environments(path)}


def problems(found: Reach) -> list[str]:
    return [str(error) for build in found.builds for error in build.problems.values()]


def test_the_builds_that_read_a_file() -> None:
    files = {
        f"{EU}/payments.yaml": flux("./apps/payments"),
        f"{EU}/other.yaml": flux("./apps/other", "other"),
        "clusters/stage/one/payments.yaml": flux("./apps/payments"),
        "apps/payments/pod.yaml": "a: 1\n",
        "apps/other/pod.yaml": "a: 1\n",
    }
    found = reach(Tree.of(files), ROOTS)
    assert [each.directory for each in found.reading("prod", ["apps/other/pod.yaml"])] == [
        "apps/other"
    ]
    both = found.reading("prod", ["apps/payments/pod.yaml", f"{EU}/other.yaml", "apps/none.yaml"])
    assert [each.directory for each in both] == [EU, "apps/payments"]
    for paths in (["apps/payments/pod.yaml", "apps/other/pod.yaml"], list(files), []):
        for environment in ROOTS:
            assert list(found.reading(environment, paths)) == [
                build
                for build in found.builds
                if build.environment == environment and not build.files.isdisjoint(paths)
            ]


def test_a_flux_path_with_a_kustomization() -> None:
    found = reach(
        Tree.of(
            {
                f"{EU}/apps/payments.yaml": flux("./apps/payments/envs/prod"),
                "apps/payments/envs/prod/kustomization.yaml": lists(resources="[../../base]"),
                "apps/payments/envs/prod/unlisted.yaml": "a: 1\n",
                "apps/payments/base/kustomization.yaml": lists(resources="[deployment.yaml]"),
                "apps/payments/base/deployment.yaml": "a: 1\n",
            }
        ),
        ROOTS,
    )
    assert found.paths["apps/payments/base/deployment.yaml"]["prod"] == (
        "prod: cluster path clusters/prod/eu",
        "clusters/prod/eu: everything below -> clusters/prod/eu/apps/payments.yaml",
        "clusters/prod/eu/apps/payments.yaml: Kustomization payments -> apps/payments/envs/prod",
        "apps/payments/envs/prod/kustomization.yaml: resources -> apps/payments/base",
        "apps/payments/base/kustomization.yaml: resources -> apps/payments/base/deployment.yaml",
    )
    assert found.environments("apps/payments/envs/prod/unlisted.yaml") == ()
    assert found.environments("apps/payments/base/kustomization.yaml") == ("prod",)
    assert [each.name for each in found.flux_kustomizations("prod")] == ["payments"]


def test_environments_keep_the_order_of_the_fleet() -> None:
    files = {
        "clusters/prod/us/a.yaml": flux("apps"),
        "clusters/stage/one/a.yaml": flux("apps"),
        "apps/a.yaml": "a: 1\n",
    }
    assert reach(Tree.of(files), ROOTS).environments("apps/a.yaml") == ("stage", "prod")


def test_a_path_without_a_kustomization_reaches_all_yaml_below_it() -> None:
    files = {
        f"{EU}/a.yaml": flux("apps"),
        "apps/a.yaml": "a: 1\n",
        "apps/deep/er/b.yml": "a: 1\n",
        "apps/README.md": "no\n",
        "apps/data.json": "{}\n",
    }
    assert reached(files) == {f"{EU}/a.yaml", "apps/a.yaml", "apps/deep/er/b.yml"}


def test_a_directory_below_it_with_a_kustomization_is_taken_by_that() -> None:
    files = {
        f"{EU}/a.yaml": flux("apps"),
        "apps/x/kustomization.yaml": lists(resources="[listed.yaml, ../../base]"),
        "apps/x/listed.yaml": "a: 1\n",
        "apps/x/unlisted.yaml": "a: 1\n",
        "apps/x/sub/unlisted.yaml": "a: 1\n",
        "apps/y.yaml": "a: 1\n",
        "base/kustomization.yml": lists(resources="[b.yaml]"),
        "base/b.yaml": "a: 1\n",
    }
    assert reached(files) == {
        f"{EU}/a.yaml",
        "apps/x/kustomization.yaml",
        "apps/x/listed.yaml",
        "apps/y.yaml",
        "base/kustomization.yml",
        "base/b.yaml",
    }


@pytest.mark.parametrize(
    ("entry", "file"),
    [
        ("resources: [x.yaml]", "x.yaml"),
        ("bases: [../b]", "../b/kustomization.yaml"),
        ("components: [../c]", "../c/kustomization.yaml"),
        ("patches: [{path: p.yaml}]", "p.yaml"),
        ("patchesStrategicMerge: [p.yaml]", "p.yaml"),
        ("patchesJson6902: [{path: p.json, target: {kind: Pod}}]", "p.json"),
        ("configMapGenerator: [{name: a, files: [k=v.txt]}]", "v.txt"),
        ("configMapGenerator: [{name: a, files: [v.txt]}]", "v.txt"),
        ("configMapGenerator: [{name: a, envs: [v.env]}]", "v.env"),
        ("configMapGenerator: [{name: a, env: v.env}]", "v.env"),
        ("secretGenerator: [{name: a, envs: [v.env]}]", "v.env"),
        ("helmCharts: [{name: a, valuesFile: v.yaml}]", "v.yaml"),
        ("helmCharts: [{name: a, additionalValuesFiles: [v.yaml]}]", "v.yaml"),
        ("configurations: [c.yaml]", "c.yaml"),
        ("crds: [c.yaml]", "c.yaml"),
        ("replacements: [{path: r.yaml}]", "r.yaml"),
        ("transformers: [t.yaml]", "t.yaml"),
        ("openapi: {path: o.json}", "o.json"),
    ],
)
def test_every_way_to_include_a_file(entry: str, file: str) -> None:
    target = file.removeprefix("../") if file.startswith("../") else f"a/{file}"
    files = {f"{EU}/a.yaml": flux("a"), "a/kustomization.yaml": f"{entry}\n", target: "{}\n"}
    assert target in reached(files)


def test_components_of_the_flux_kustomization_count_from_its_path() -> None:
    files = {
        f"{EU}/a.yaml": flux("apps/a", spec="  components: [../../components/hpa]\n"),
        "apps/a/x.yaml": "a: 1\n",
        "components/hpa/kustomization.yaml": lists(kind="Component", resources="[hpa.yaml]"),
        "components/hpa/hpa.yaml": "a: 1\n",
    }
    assert {"apps/a/x.yaml", "components/hpa/hpa.yaml"} <= reached(files)


def test_nested_flux_kustomizations_are_followed() -> None:
    files = {
        f"{EU}/all.yaml": flux("flux", "all"),
        "flux/one.yaml": flux("apps/one", "one"),
        "apps/one/a.yaml": "a: 1\n",
    }
    assert "apps/one/a.yaml" in reached(files)


def test_a_missing_path_is_the_root_of_the_source() -> None:
    files = {f"{EU}/a.yaml": flux(None), "x/a.yaml": "a: 1\n"}
    assert "x/a.yaml" in reached(files)


def test_other_sources_do_not_count() -> None:
    files = {
        f"{EU}/a.yaml": flux("a", source="{kind: GitRepository, name: tenants}"),
        f"{EU}/b.yaml": flux("b", source="{kind: OCIRepository, name: flux-system}"),
        f"{EU}/c.yaml": flux("c", source="{kind: GitRepository, name: flux-system, namespace: x}"),
        "a/a.yaml": "a: 1\n",
        "b/b.yaml": "a: 1\n",
        "c/c.yaml": "a: 1\n",
    }
    assert reached(files) == {f"{EU}/a.yaml", f"{EU}/b.yaml", f"{EU}/c.yaml"}


def test_the_sync_source_is_what_gotk_sync_names() -> None:
    source = "{kind: OCIRepository, name: fleet}"
    files = {
        f"{EU}/flux-system/kustomization.yaml": lists(resources="[gotk-sync.yaml]"),
        f"{EU}/flux-system/gotk-sync.yaml": flux(f"./{EU}", "flux-system", source=source),
        f"{EU}/a.yaml": flux("a", source=source),
        f"{EU}/b.yaml": flux("b"),
        "a/a.yaml": "a: 1\n",
        "b/b.yaml": "a: 1\n",
    }
    assert {"a/a.yaml"} == {path for path in reached(files) if path[:2] in {"a/", "b/"}}


@pytest.mark.parametrize(
    ("sync", "name"), [("kind: OCIRepository, name: me", "me"), ("kind: OCIRepository", "ops")]
)
def test_the_sync_source_is_what_a_flux_instance_names(sync: str, name: str) -> None:
    files = {
        f"{EU}/instance.yaml": (
            "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\n"
            "metadata: {name: flux, namespace: ops}\n"
            f"spec: {{sync: {{{sync}, url: 'oci://x/y', path: {EU}}}}}\n"
        ),
        f"{EU}/a.yaml": flux("a", source=f"{{kind: OCIRepository, name: {name}, namespace: ops}}"),
        "a/a.yaml": "a: 1\n",
    }
    assert "a/a.yaml" in reached(files)


GENERATOR = """\
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: cut, namespace: flux-system}
spec:
  sources:
    - {alias: repo, kind: GitRepository, name: flux-system}
    - {alias: other, kind: GitRepository, name: other}
"""
OVER = (
    '{from: "@repo/d/a.yaml", to: "@artifact/v.yaml"},'
    ' {from: "@repo/d/s/b.yaml", to: "@artifact/v.yaml"'
)
EXTERNAL = "{kind: ExternalArtifact, name: apps}"


def test_an_external_artifact_is_mapped_back() -> None:
    files = {
        f"{EU}/a.yaml": flux("./production", "apps", source=EXTERNAL),
        f"{EU}/z.yaml": GENERATOR
        + """\
  artifacts:
    - name: apps
      copy:
        - {from: "@repo/apps/base/**", to: "@artifact/base/"}
        - {from: "@repo/apps/prod/**", to: "@artifact/production/", exclude: ["*.txt"]}
        - {from: "@other/apps/secret/**", to: "@artifact/production/"}
""",
        "apps/prod/kustomization.yaml": lists(resources="[../base, ../../infra]"),
        "apps/prod/x.txt": "",
        "apps/base/kustomization.yaml": lists(resources="[b.yaml]"),
        "apps/base/b.yaml": "a: 1\n",
        "apps/secret/s.yaml": "a: 1\n",
        "infra/i.yaml": "a: 1\n",
    }
    assert {path for path in reached(files) if not path.startswith("clusters")} == {
        "apps/prod/kustomization.yaml",
        "apps/base/kustomization.yaml",
        "apps/base/b.yaml",
    }
    chain = reach(Tree.of(files), ROOTS).paths["apps/base/b.yaml"]["prod"]
    assert chain[2] == (
        "clusters/prod/eu/a.yaml: Kustomization apps -> production"
        " of clusters/prod/eu/z.yaml: ExternalArtifact apps"
    )
    assert chain[3] == "apps/prod/kustomization.yaml: resources -> apps/base"


@pytest.mark.parametrize(
    ("copy", "path", "expected"),
    [
        ('{from: "@repo/d/**", to: "@artifact/"}', "./", {"a.yaml", "s/b.yaml", "s/t/c.yaml"}),
        ('{from: "@repo/d/s/**", to: "@artifact/x/"}', "x", {"s/b.yaml", "s/t/c.yaml"}),
        ('{from: "@repo/d/*", to: "@artifact/"}', "d/s", {"s/b.yaml", "s/t/c.yaml"}),
        ('{from: "@repo/d/s", to: "@artifact/x"}', "x/s", {"s/b.yaml", "s/t/c.yaml"}),
        ('{from: "@repo/d/a.yaml", to: "@artifact/x/"}', "x", {"a.yaml"}),
        ('{from: "@repo/d/a.yaml", to: "@artifact/x/y.yaml"}', "x", {"a.yaml"}),
        ('{from: "@repo/d/*.yaml", to: "@artifact/"}', "d", {"a.yaml"}),
        ('{from: "@repo/**", to: "@artifact/", exclude: [s]}', "d", {"a.yaml"}),
        ('{from: "@repo/d/**", to: "@artifact/", exclude: ["s/{b,x}.yaml"]}', "s", {"s/t/c.yaml"}),
        ('{from: "@repo/d/**", to: "@artifact/", exclude: ["d/s/**"]}', ".", {"a.yaml"}),
        ('{from: "@repo/d/[a]*", to: "@artifact/"}', "d", {"a.yaml"}),
        ('{from: "@repo/nowhere/**", to: "@artifact/"}', ".", set()),
        ('{from: "@repo/.", to: "@artifact/"}', "d", {"a.yaml", "s/b.yaml", "s/t/c.yaml"}),
        (f"{OVER}, strategy: Merge}}", ".", {"a.yaml", "s/b.yaml"}),
        (f"{OVER}}}", ".", {"s/b.yaml"}),
    ],
)
def test_copies_of_a_generator(copy: str, path: str, expected: set[str]) -> None:
    files = {
        f"{EU}/a.yaml": flux(path, source=EXTERNAL),
        f"{EU}/z.yaml": f"{GENERATOR}  artifacts:\n    - name: apps\n      copy: [{copy}]\n",
        "d/a.yaml": "a: 1\n",
        "d/s/b.yaml": "a: 1\n",
        "d/s/t/c.yaml": "a: 1\n",
    }
    assert {each for each in reached(files) if each[:2] == "d/"} == {f"d/{x}" for x in expected}


def test_a_generator_with_a_path_pattern() -> None:
    files = {
        f"{EU}/a.yaml": flux("./", source="{kind: ExternalArtifact, name: pay-prod}"),
        f"{EU}/z.yaml": GENERATOR
        + """\
  pathPattern: "@repo/apps/{app}/{env}"
  artifacts:
    - name: "{app}-{env}"
      copy: [{from: "@repo/apps/{app}/{env}/**", to: "@artifact/"}]
""",
        "apps/pay/prod/a.yaml": "a: 1\n",
        "apps/pay/stage/a.yaml": "a: 1\n",
    }
    assert {path for path in reached(files) if path.startswith("apps")} == {"apps/pay/prod/a.yaml"}


def test_an_external_artifact_of_nobody_reaches_nothing() -> None:
    files = {f"{EU}/a.yaml": flux("./", source=EXTERNAL), "a.yaml": "a: 1\n"}
    assert reached(files) == {f"{EU}/a.yaml"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("apps/${TEAM}/prod", {"apps/a/prod/x.yaml", "apps/a/b/prod/x.yaml", "apps/prod/x.yaml"}),
        ("apps/${A}${B}", {"apps/a/prod/x.yaml", "apps/a/b/prod/x.yaml", "apps/prod/x.yaml"}),
        ("apps/pro${X}", {"apps/prod/x.yaml"}),
        ("$${TEAM}", set()),
    ],
)
def test_an_unresolved_variable_reaches_what_any_value_names(path: str, expected: set[str]) -> None:
    files = {
        f"{EU}/a.yaml": flux(path),
        "apps/a/prod/x.yaml": "a: 1\n",
        "apps/a/b/prod/x.yaml": "a: 1\n",
        "apps/prod/x.yaml": "a: 1\n",
        "other/prod/x.yaml": "a: 1\n",
    }
    assert reached(files) - {f"{EU}/a.yaml"} == expected


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("{substitute: {ENV: prod}}", {"a/prod/x.yaml"}),
        ("{substitute: {OTHER: prod}}", {"a/stage/x.yaml"}),
        ("{substitute: {ENV: 'x${Y}'}}", {"a/prod/x.yaml", "a/stage/x.yaml"}),
        ("{substituteFrom: [{kind: ConfigMap, name: c}]}", {"a/prod/x.yaml", "a/stage/x.yaml"}),
    ],
)
def test_post_build_resolves_what_it_says(build: str, expected: set[str]) -> None:
    files = {
        f"{EU}/all.yaml": flux("flux", "all", spec=f"  postBuild: {build}\n"),
        "flux/one.yaml": flux("a/${ENV:=stage}", "one"),
        "a/prod/x.yaml": "a: 1\n",
        "a/stage/x.yaml": "a: 1\n",
    }
    assert {path for path in reached(files) if path.startswith("a/")} == expected


STRATEGIC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: one}
spec: {path: a/prod}
"""


@pytest.mark.parametrize(
    "entry",
    [
        "patches: [{path: p.yaml}]",
        "patchesStrategicMerge: [p.yaml]",
        "patches: [{target: {kind: Kustomization, name: o.*}, path: j.yaml}]",
        "components: [../c]",
    ],
)
def test_a_patch_moves_the_path(entry: str) -> None:
    files = {
        f"{EU}/all.yaml": flux("flux/prod", "all"),
        "flux/prod/kustomization.yaml": f"resources: [../base]\n{entry}\n",
        "flux/prod/p.yaml": STRATEGIC,
        "flux/prod/j.yaml": "[{op: replace, path: /spec/path, value: a/prod}]\n",
        "flux/c/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]\n",
        "flux/c/p.yaml": STRATEGIC,
        "flux/base/kustomization.yaml": lists(resources="[one.yaml]"),
        "flux/base/one.yaml": flux("a/nowhere", "one"),
        "a/prod/x.yaml": "a: 1\n",
        "a/nowhere/x.yaml": "a: 1\n",
        "x.yaml": "a: 1\n",
    }
    assert {p for p in reached(files) if not p.startswith(("flux", "cl"))} == {"a/prod/x.yaml"}


def test_a_patch_of_the_flux_kustomization_itself_and_one_by_labels() -> None:
    patch = "{op: replace, path: /spec/path, value: a/prod}"
    spec = f"  patches: [{{patch: '[{patch}]', target: {{kind: Kustomization%s}}}}]\n"
    files = {
        "flux/one.yaml": flux("a/base", "one"),
        "a/prod/x.yaml": "a: 1\n",
        "a/base/x.yaml": "a: 1\n",
    }
    moved = files | {f"{EU}/all.yaml": flux("flux", "all", spec=spec % "")}
    assert {path for path in reached(moved) if path[:2] == "a/"} == {"a/prod/x.yaml"}
    selected = files | {f"{EU}/all.yaml": flux("flux", "all", spec=spec % ", labelSelector: x=y")}
    assert len([path for path in reached(selected) if path[:2] == "a/"]) == 2


def test_a_patch_that_deletes_a_flux_kustomization() -> None:
    delete = STRATEGIC.replace("spec: {path: a/prod}", "$patch: delete")
    files = {
        f"{EU}/all.yaml": flux("flux", "all"),
        "flux/kustomization.yaml": "resources: [one.yaml]\npatches: [{path: p.yaml}]\n",
        "flux/one.yaml": flux("a", "one"),
        "flux/p.yaml": delete,
        "a/x.yaml": "a: 1\n",
    }
    assert "a/x.yaml" not in reached(files)


def test_cycles_end() -> None:
    files = {
        f"{EU}/flux-system/gotk-sync.yaml": flux(EU, "flux-system"),
        f"{EU}/a.yaml": flux("a"),
        "a/kustomization.yaml": lists(resources="[../b, x.yaml]", components="[../a]"),
        "b/kustomization.yaml": lists(resources="[../a]", components="[../b, ../a]"),
        "a/x.yaml": flux("a"),
    }
    assert {"a/kustomization.yaml", "b/kustomization.yaml", "a/x.yaml"} <= reached(files)


@pytest.mark.parametrize(
    "entry",
    [
        "https://example.com/x.yaml",
        "https://github.com/org/repo//deploy?ref=v1",
        "github.com/org/repo/deploy?ref=v1",
        "git@github.com:org/repo.git",
        "ssh://git@example.com/repo",
        "git::https://example.com/repo",
    ],
)
def test_remote_resources_are_left_out(entry: str) -> None:
    files = {f"{EU}/a.yaml": flux("a"), "a/kustomization.yaml": lists(resources=f"['{entry}']")}
    found = reach(Tree.of(files), ROOTS)
    assert set(found.paths) == set(files)
    assert problems(found) == []


@pytest.mark.parametrize("target", ["../../outside.yaml", "/etc/passwd"])
def test_a_path_out_of_the_repository_is_refused_with_its_place(target: str) -> None:
    files = {f"{EU}/a.yaml": flux("a"), "a/kustomization.yaml": f"resources:\n  - {target}\n"}
    found = reach(Tree.of(files), ROOTS)
    [problem] = problems(found)
    assert problem.startswith("a/kustomization.yaml:2:5: resources: ")
    assert f"{target} lies outside the repository" in problem


def test_a_flux_path_out_of_the_repository_is_told_and_followed_as_flux_does() -> None:
    files = {f"{EU}/a.yaml": flux("../a"), "a/x.yaml": "a: 1\n"}
    found = reach(Tree.of(files), ROOTS)
    assert found.environments("a/x.yaml") == ("prod",)
    assert problems(found) == []
    assert [str(error) for build in found.builds for error in build.slips.values()] == [
        f"{EU}/a.yaml:3:18: spec.path ../a leaves the repository; count it from the root"
    ]


def test_one_broken_file_stops_nothing_else() -> None:
    files = {
        f"{EU}/a.yaml": flux("a", "a"),
        f"{EU}/b.yaml": flux("b", "b"),
        "a/kustomization.yaml": "resources: [\n",
        "b/x.yaml": flux("c", "c") + "kind: [\n",
        "b/y.yaml": "a: 1\n",
    }
    found = reach(Tree.of(files), ROOTS)
    assert found.environments("b/y.yaml") == ("prod",)
    assert [text.partition(":")[0] for text in problems(found)] == [
        "a/kustomization.yaml",
        "b/x.yaml",
    ]


def test_links_and_submodules_are_not_read() -> None:
    tree = Tree(
        {
            f"{EU}/a.yaml": File(flux("a").encode()),
            "a/link.yaml": File(b"../b.yaml", Mode.SYMLINK),
            "a/module": File(b"", Mode.SUBMODULE),
            "a/x.yaml": File(b"a: 1\n"),
        }
    )
    found = reach(tree, ROOTS)
    assert set(found.paths) == {f"{EU}/a.yaml", "a/x.yaml"}
    assert problems(found) == []


def test_an_unread_file_that_flux_would_read_is_a_problem_and_no_absence() -> None:
    """It may hold a version, or a Flux Kustomization that reaches on."""
    unread = File(b"", unread="larger than 4194304 bytes")
    files = {
        f"{EU}/a.yaml": File(flux("a").encode()),
        "a/kustomization.yaml": File(
            b"resources: [large.yaml, x.yaml]\n"
            b"patches: [{path: p.yaml}]\n"
            b"configMapGenerator: [{name: c, files: [logo.png]}]\n"
        ),
        "a/p.yaml": unread,
        "a/large.yaml": unread,
        "a/logo.png": unread,
        "a/x.yaml": File(b"a: 1\n"),
    }
    found = reach(Tree(files), ROOTS)
    assert {"a/large.yaml", "a/logo.png", "a/x.yaml"} <= set(found.paths)
    assert [text.partition(";")[0] for text in problems(found)] == [
        "a/p.yaml: is larger than 4194304 bytes",
        "a/large.yaml: is larger than 4194304 bytes",
    ]
    overlay = {**files, "a/kustomization.yaml": unread}
    assert [text.partition(":")[0] for text in problems(reach(Tree(overlay), ROOTS))] == [
        "a/kustomization.yaml"
    ]


def test_a_patch_file_is_no_flux_kustomization() -> None:
    files = {
        f"{EU}/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
        f"{EU}/a.yaml": flux("a", "one"),
        f"{EU}/p.yaml": STRATEGIC.replace("{path: a/prod}", "{suspend: true}"),
        "a/x.yaml": "a: 1\n",
        "b/x.yaml": "a: 1\n",
    }
    assert "b/x.yaml" not in reached(files)


def test_two_clusters_of_one_environment() -> None:
    files = {
        f"{EU}/a.yaml": flux("a"),
        "clusters/prod/us/a.yaml": flux("a"),
        "a/x.yaml": "a: 1\n",
    }
    found = reach(Tree.of(files), ROOTS)
    assert found.environments("a/x.yaml") == ("prod",)
    assert found.paths["a/x.yaml"]["prod"][0] == "prod: cluster path clusters/prod/eu"
    assert len(found.flux_kustomizations("prod")) == 2


def test_a_cluster_that_is_not_there_reaches_nothing() -> None:
    assert reach(Tree.of({"a.yaml": "a: 1\n"}), ROOTS).paths == {}


def test_another_kustomization_of_the_cluster_directory_is_not_its_sync() -> None:
    foreign = flux(EU, "foreign", source="{kind: GitRepository, name: foreign}")
    instance = (
        "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\n"
        "metadata: {name: flux, namespace: flux-system}\nspec: {sync: {kind: GitRepository}}\n"
    )
    files = {
        f"{EU}/foreign.yaml": foreign,
        f"{EU}/instance.yaml": instance,
        f"{EU}/a.yaml": flux("a"),
        "a/x.yaml": "a: 1\n",
    }
    assert "a/x.yaml" in reached(files)


WORDS = st.sampled_from(
    ["", ".", "..", "../..", "/", "a", "b", "x.yaml", "a/${X}", "${", "p.yaml", "k=x.yaml", "\0"]
)
SHAPES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["path", "patch", "target", "kind", "name", "files", "envs", "spec", "sourceRef"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = ["resources", "components", "patches", "patchesStrategicMerge", "configMapGenerator"]
SPECS = ["path", "sourceRef", "patches", "components", "postBuild", "artifacts", "sources", "copy"]


@given(
    st.dictionaries(st.sampled_from(FIELDS), SHAPES),
    st.sampled_from(["Kustomization", "ArtifactGenerator"]),
    st.dictionaries(st.sampled_from(SPECS), SHAPES),
)
def test_no_shape_of_a_manifest_ends_the_walk(
    fields: dict[str, object], kind: str, spec: dict[str, object]
) -> None:
    group = {
        "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
        "ArtifactGenerator": "source.extensions.fluxcd.io/v1beta1",
    }[kind]
    odd = {"apiVersion": group, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    files = {
        f"{EU}/a.yaml": flux("a"),
        "a/kustomization.yaml": json.dumps(fields),
        "a/x.yaml": json.dumps(odd),
        "a/p.yaml": STRATEGIC,
        "a/b/kustomization.yaml": json.dumps(fields),
    }
    assert "a/kustomization.yaml" in reached(files)


CORPUS = {
    "fluxcd__flux2-kustomize-helm-example": ("clusters/staging", "clusters/production"),
    "fluxcd__flux2-multi-tenancy": ("clusters/staging", "clusters/production"),
    "equinor__radix-flux": ("clusters/development", "clusters/production", "clusters/c3"),
    "bjw-s-labs__home-ops": ("kubernetes/flux/cluster",),
    "angelnu__k8s-gitops": ("clusters/prod", "clusters/test"),
}


@pytest.mark.parametrize("name", CORPUS)
def test_fleets_of_others(name: str, shared: Path, tmp_path: Path) -> None:
    with tarfile.open(shared / "corpus" / f"{name}.tar.gz") as tar:
        unpack(tar, tmp_path)
    tree = read_directory(tmp_path)
    found = reach(tree, {path: (path,) for path in CORPUS[name]})
    held = [path for path in found.paths if "clusters/" not in path and "flux/" not in path]
    assert len(held) > 10
    for path in found.paths:
        sites_of(path, tree[path].data)
