"""Reach never misses a file: each case is a way by which prod takes `apps/b` that was missed.

What kustomize makes of the cases that it builds alone was looked at with `kubectl kustomize`.
"""

import pytest

from gitops.reach import Reach, reach
from gitops.tree import Tree

WANTED = "apps/b/deployment.yaml"
ROOTS = {"stage": ("clusters/stage",), "prod": ("clusters/prod",)}
OPERATION = '[{"op": "replace", "path": "/spec/path", "value": "./apps/b"}]'
TO_B = f"{{target: {{kind: Kustomization}}, patch: '{OPERATION}'}}"
TO_A = TO_B.replace("apps/b", "apps/a")
AWAY = "kind: Kustomization\nmetadata: {name: apps, namespace: other}\n"


def flux(path: str = "./nothing", spec: str = "", namespace: str = "flux-system") -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: apps, namespace: {namespace}}}\n"
        f"spec:\n  path: {path}\n"
        + ("" if "sourceRef" in spec else "  sourceRef: {kind: GitRepository, name: flux-system}\n")
        + spec
    )


def top(spec: str = "", inner: str = "") -> dict[str, str]:
    """A Flux Kustomization of top/, and the one in there."""
    outer = flux("./top", spec).replace("name: apps", "name: top")
    return {"clusters/prod/top.yaml": outer, "top/ks.yaml": inner or flux()}


def root(kustomization: str, inner: str = "", **more: str) -> dict[str, str]:
    """A cluster's directory with a kustomization.yaml and one Flux Kustomization."""
    files = {f"clusters/prod/{name}.yaml": text for name, text in more.items()}
    return {
        "clusters/prod/kustomization.yaml": kustomization,
        "clusters/prod/ks.yaml": inner or flux(),
        **files,
    }


def indented(text: str, by: int) -> str:
    return text.rstrip().replace("\n", "\n" + " " * by)


LIST = "apiVersion: v1\nkind: {}List\nitems:\n- "
GENERATOR = (
    "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\n"
    "metadata: {name: g, namespace: flux-system}\nspec:\n"
    "  sources: [{alias: f, kind: GitRepository, name: flux-system}]\n"
    "  artifacts: [{name: '${Y}', copy: [{from: '@f/apps/${Y}/**', to: '@artifact/apps/b/'}]}]\n"
)

CASES = {
    "one base in two overlays, each with its own path": {
        "clusters/prod/kustomization.yaml": "resources: [a, b]\n",
        **{
            f"clusters/prod/{name}/kustomization.yaml": f"namePrefix: {name}-\n"
            f"resources: [../../../base]\npatches: [{patch}]\n"
            for name, patch in (("a", TO_A), ("b", TO_B))
        },
        "base/kustomization.yaml": "resources: [ks.yaml]\n",
        "base/ks.yaml": flux(),
    },
    "a component of the Flux Kustomization patches": {
        **top("  components: [../comp]\n"),
        "comp/kustomization.yaml": f"kind: Component\npatches: [{TO_B}]\n",
    },
    "a component with a variable in its path": {
        **top(
            "  postBuild: {substitute: {C: comp}}\n", flux("./other", "  components: ['../${C}']\n")
        ),
        "other/kustomization.yaml": "resources: []\n",
        "comp/kustomization.yaml": "kind: Component\nresources: [../apps/b/deployment.yaml]\n",
    },
    "kustomize gives the namespace": root(
        "namespace: flux-system\nresources: [ks.yaml]\n", flux("./apps/b", namespace="placeholder")
    ),
    "targetNamespace gives the namespace": top(
        "  targetNamespace: flux-system\n", flux("./apps/b", namespace="placeholder")
    ),
    "targetNamespace is a variable": {
        **top(
            "  postBuild: {substitute: {NS: flux-system}}\n",
            flux("./mid", "  targetNamespace: ${NS}\n"),
        ),
        "mid/ks.yaml": flux("./apps/b", namespace="placeholder"),
    },
    "a replacement writes the path": root(
        "resources: [ks.yaml, cm.yaml]\nreplacements:\n"
        "- source: {kind: ConfigMap, name: cm, fieldPath: data.p}\n"
        "  targets: [{select: {kind: Kustomization}, fieldPaths: [spec.path]}]\n",
        cm="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {p: ./apps/b}\n",
    ),
    "a replacement in a file writes the path": root(
        "resources: [ks.yaml]\nreplacements: [{path: r.yaml}]\n",
        r="source: {kind: ConfigMap, name: cm, fieldPath: data.p}\n"
        "targets: [{select: {name: apps}, fieldPaths: [spec.path]}]\n",
    ),
    "a transformer patches": root(
        "resources: [ks.yaml]\ntransformers: [t.yaml]\n",
        t="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\n"
        + TO_B[1:-1].replace(", patch", "\npatch"),
    ),
    "a transformer takes the file as a patch": {
        **root(
            "resources: [d.yaml]\ntransformers: [t.yaml]\n",
            t="kind: PatchTransformer\nmetadata: {name: t}\npath: ../../apps/b/deployment.yaml\n",
            d="kind: Deployment\n",
        )
    },
    "JSON 6902 copies the path": root(
        "resources: [ks.yaml]\npatches:\n- target: {kind: Kustomization}\n"
        '  patch: \'[{"op": "copy", "from": "/spec/targetNamespace", "path": "/spec/path"}]\'\n',
        flux(spec="  targetNamespace: ./apps/b\n"),
    ),
    "JSON 6902 moves the path from where nobody looks": root(
        "resources: [ks.yaml]\npatches:\n- target: {kind: Kustomization}\n"
        '  patch: \'[{"op": "move", "from": "/metadata/annotations/p", "path": "/spec/path"}]\'\n'
    ),
    "a patch for another namespace": root(
        "resources: [ks.yaml]\npatches: ["
        + TO_A.replace("Kustomization", "Kustomization, namespace: other")
        + "]\n",
        flux("./apps/b"),
    ),
    "a patch that may be for another version": root(
        "resources: [ks.yaml]\npatches: ["
        + TO_A.replace("Kustomization", "Kustomization, version: v1beta2")
        + "]\n",
        flux("./apps/b"),
    ),
    "a merge for another namespace": root(
        "resources: [ks.yaml]\npatches: [{path: p.yaml}]\n",
        flux("./apps/b"),
        p=AWAY + "spec: {path: ./apps/a}\n",
    ),
    "a deletion in another namespace": root(
        "resources: [ks.yaml]\npatches: [{path: p.yaml}]\n",
        flux("./apps/b"),
        p=AWAY + "$patch: delete\n",
    ),
    "two patches by label, neither of which applies": root(
        "resources: [ks.yaml]\npatches:\n"
        + "".join(
            "- "
            + TO_A.replace("Kustomization", f'Kustomization, labelSelector: "x={n}"').replace(
                "apps/a", n
            )
            + "\n"
            for n in "pq"
        ),
        flux("./apps/b"),
    ),
    "a patch for the prefixed name": {
        "clusters/prod/kustomization.yaml": "resources: [a]\npatches: ["
        + TO_B.replace("Kustomization", "Kustomization, name: x-apps")
        + "]\n",
        "clusters/prod/a/kustomization.yaml": "namePrefix: x-\nresources: [ks.yaml]\n",
        "clusters/prod/a/ks.yaml": flux(),
    },
    "a list of its own kind": {
        "clusters/prod/ks.yaml": LIST.format("Kustomization") + indented(flux("./apps/b"), 2)
    },
    "a list in a list": {
        "clusters/prod/ks.yaml": LIST.format("")
        + indented(LIST.format("") + indented(flux("./apps/b"), 2), 2)
    },
    "a variable as the source": top(
        "  postBuild: {substitute: {S: flux-system}}\n",
        flux("./apps/b", "  sourceRef: {kind: GitRepository, name: '${S}'}\n"),
    ),
    "a variable as the source, known to the cluster alone": top(
        "  postBuild: {substituteFrom: [{kind: ConfigMap, name: c}]}\n",
        flux("./apps/b", "  sourceRef: {kind: GitRepository, name: '${S}'}\n"),
    ),
    "a variable as the namespace": top(
        "  postBuild: {substitute: {NS: flux-system}}\n", flux("./apps/b", namespace="'${NS}'")
    ),
    "a variable in a default": top(
        "  postBuild: {substitute: {Y: b}}\n", flux("'./apps/${X:-${Y}}'")
    ),
    "an empty value takes the default": top(
        "  postBuild: {substitute: {Y: ''}}\n", flux("'./${Y:=apps}/b'")
    ),
    "variables in a generator": {
        **top(
            "  postBuild: {substitute: {Y: b}}\n",
            flux("./apps/b", "  sourceRef: {kind: ExternalArtifact, name: b}\n"),
        ),
        "top/generator.yaml": GENERATOR,
    },
    "a key that only Go takes for resources": {
        "clusters/prod/kustomization.yaml": "Resources: [ks.yaml]\n",
        "clusters/prod/ks.yaml": flux("./apps/b"),
    },
    "a local directory that looks remote": {
        "clusters/prod/kustomization.yaml": "resources: ['x@y:z', 'https://example.com/a?ref=main']\n",
        "clusters/prod/x@y:z/kustomization.yaml": "resources: [ks.yaml]\n",
        "clusters/prod/x@y:z/ks.yaml": flux("./apps/b"),
    },
    "a generator in a file": {
        "clusters/prod/kustomization.yaml": "generators: [g.yaml]\n",
        "clusters/prod/g.yaml": "kind: ConfigMapGenerator\n"
        "files: [key=../../apps/b/deployment.yaml]\n",
    },
    "a generator in the kustomization": {
        "clusters/prod/kustomization.yaml": "generators:\n- |\n  kind: ConfigMapGenerator\n"
        "  files: [../../apps/b/deployment.yaml]\n",
    },
    "an escaped apiVersion": {
        "clusters/prod/ks.yaml": flux("./apps/b").replace(
            "kustomize.toolkit.fluxcd.io/v1", r'"kustomize.toolkit\x2efluxcd.io/v1"'
        )
    },
}


def found(files: dict[str, str]) -> Reach:
    return reach(Tree.of({WANTED: "kind: Deployment\n", **files}), ROOTS)


@pytest.mark.parametrize("files", CASES.values(), ids=CASES.keys())
def test_prod_reaches_the_file(files: dict[str, str]) -> None:
    assert found(files).environments(WANTED) == ("prod",)


def test_a_patch_by_name_and_namespace_replaces_the_path() -> None:
    patch = AWAY.replace("other", "flux-system") + "spec: {path: ./apps/a}\n"
    files = root("resources: [ks.yaml]\npatches: [{path: p.yaml}]\n", flux("./apps/b"), p=patch)
    assert found(files).environments(WANTED) == ()


def test_a_replacement_in_workloads_opens_nothing() -> None:
    files = root(
        "resources: [ks.yaml]\nreplacements:\n"
        "- source: {kind: ConfigMap, name: c, fieldPath: data.p}\n"
        "  targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]\n"
    )
    assert found(files).environments(WANTED) == ()


def test_directories_that_include_each_other_end() -> None:
    files = {
        f"clusters/prod/{name}kustomization.yaml": f"resources: [{other}]\npatches: [{TO_B}]\n"
        for name, other in (("", "a"), ("a/", "b"), ("b/", "../b"), ("b/b/", "../../a"))
    }
    files["clusters/prod/b/kustomization.yaml"] = f"resources: [../a]\npatches: [{TO_B}]\n"
    files["clusters/prod/a/kustomization.yaml"] = f"resources: [../b]\npatches: [{TO_B}]\n"
    assert found(files).environments("clusters/prod/b/kustomization.yaml") == ("prod",)


def test_inclusion_that_doubles_with_every_step_is_told() -> None:
    files: dict[str, str] = {"clusters/prod/kustomization.yaml": "resources: [l0, r0]\n"}
    for level in range(11):
        for side in "lr":
            patch = TO_B.replace("apps/b", f"apps/{side}{level}")
            files[f"clusters/prod/{side}{level}/kustomization.yaml"] = (
                f"resources: [../l{level + 1}, ../r{level + 1}]\npatches: [{patch}]\n"
            )
    files["clusters/prod/l11/kustomization.yaml"] = "resources: [ks.yaml]\n"
    files["clusters/prod/l11/ks.yaml"] = flux("./apps/b")
    told = [str(error) for build in found(files).builds for error in build.problems.values()]
    assert "visits" in told[0]
    assert found(files).environments(WANTED) == ("prod",)
