"""What Flux would apply: its own additions to a kustomization, variables, and what is refused."""

from base64 import b64encode

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import flux_objects
from gitops.rendering.as_flux import adds, written
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object
from gitops.rendering.rendering import Rendering, rendering
from gitops.tree import File, Mode, Tree

FLEET_FILE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
environments:
  - {name: dev, clusters: [dev-1], follow: {branch: main}, deliver: commit}
"""
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: shop
  namespace: flux-system
spec:
  path: ./apps/shop
  sourceRef: {kind: GitRepository, name: flux-system}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop
  annotations: {a: "${REPLICAS}", b: "${NAME:=unnamed}", c: "$${KEPT}"}
spec:
  containers:
    - {name: shop, image: registry.example.com/shop:1}
"""
VARIABLES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cluster-vars, namespace: flux-system}
data: {REPLICAS: "two"}
"""
FLUX_PATH = "clusters/dev/dev-1/shop.yaml"
FILES = {
    "fleet.yaml": FLEET_FILE,
    FLUX_PATH: FLUX,
    "apps/shop/kustomization.yaml": f"{HEAD}resources: [pod.yaml]\n",
    "apps/shop/pod.yaml": POD,
}


@pytest.fixture
def real(kustomize: str) -> Kustomize:
    return Kustomize(kustomize)


def render(real: Kustomize, files: dict[str, str] | Tree) -> Rendering:
    tree = files if isinstance(files, Tree) else Tree.of({**FILES, **files})
    fleet = Fleet.read(tree)
    return rendering(fleet, real.builds, builds_of(fleet))


def shop(real: Kustomize, **spec: str) -> Object:
    """The pod, when its Flux Kustomization says this besides; each value is flow YAML."""
    more = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    done = render(real, {FLUX_PATH: FLUX + more})
    assert done.failed == ()
    [found] = [o for each in done.rendered for o in each.objects if o.kind == "Pod"]
    return found


def test_a_directory_is_applied_as_it_stands(real: Kustomize) -> None:
    done = render(real, {})
    assert [(each.environment, each.cluster, each.path) for each in done.rendered] == [
        ("dev", "dev-1", "clusters/dev/dev-1"),
        ("dev", "dev-1", "apps/shop"),
    ]
    [pod] = done.rendered[1].objects
    assert (pod.kind, pod.name, pod.namespace, pod.group) == ("Pod", "shop", "", "")
    assert pod.place == Place("apps/shop/pod.yaml", 4, 9)
    # Without postBuild nothing is filled in.
    assert "${NAME:=unnamed}" in pod.text


def test_what_the_flux_kustomization_adds(real: Kustomize) -> None:
    assert shop(real, targetNamespace="store").namespace == "store"
    assert shop(real, namePrefix="the-", nameSuffix='"-1"').name == "the-shop-1"
    image = "[{name: registry.example.com/shop, newTag: '2'}]"
    assert "image: registry.example.com/shop:2\n" in shop(real, images=image).text
    operation = '[{"op": "add", "path": "/spec/hostNetwork", "value": true}]'
    patch = f"[{{patch: '{operation}', target: {{kind: Pod}}}}]"
    assert "hostNetwork: true" in shop(real, patches=patch).text
    common = shop(real, commonMetadata="{labels: {team: shop}, annotations: {owner: ana}}")
    assert "team: shop" in common.text
    assert "owner: ana" in common.text


def test_a_component_of_the_flux_kustomization_counts_from_its_directory(real: Kustomize) -> None:
    component = HEAD.replace("v1beta1", "v1alpha1").replace("Kustomization", "Component")
    files = {
        FLUX_PATH: FLUX + "  components: [../../components/named]\n",
        "components/named/kustomization.yaml": f"{component}namePrefix: my-\n",
    }
    done = render(real, files)
    assert done.failed == ()
    assert [o.name for o in done.rendered[1].objects] == ["my-shop"]


def test_one_path_that_is_applied_twice_is_built_each_time_on_its_own(real: Kustomize) -> None:
    second = FLUX.replace("name: shop", "name: other", 1) + "  namePrefix: other-\n"
    done = render(real, {"clusters/dev/dev-1/other.yaml": second})
    assert sorted(o.name for r in done.rendered[1:] for o in r.objects) == ["other-shop", "shop"]


def test_its_namespace_replaces_the_one_of_the_kustomization() -> None:
    own = ("k.yaml", f"{HEAD}namespace: old\nImages:\n- {{name: a, newTag: '1'}}\n".encode())
    spec = {"targetNamespace": "new", "images": [{"name": "a", "newTag": "2", "x": 1}]}
    assert adds(spec)
    assert not adds({"path": "./apps/shop"})
    assert written(own, (), spec) == (
        b'{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", '
        b'"namespace": "new", "Images": [{"name": "a", "newTag": "2"}]}'
    )


def test_a_directory_without_kustomization_lists_what_lies_below(real: Kustomize) -> None:
    done = render(
        real,
        {
            FLUX_PATH: FLUX.replace("./apps/shop", "./all") + "  namePrefix: x-\n",
            "all/one.yaml": VARIABLES.replace("cluster-vars", "one"),
            "all/deep/er/two.yml": VARIABLES.replace("cluster-vars", "two"),
            "all/own/kustomization.yaml": f"{HEAD}resources: [three.yaml]\nnameSuffix: -own\n",
            "all/own/three.yaml": VARIABLES.replace("cluster-vars", "three"),
            "all/own/not-listed.yaml": "no: object\n",
            "all/notes.txt": "text\n",
        },
    )
    assert done.failed == ()
    assert sorted(o.name for o in done.rendered[1].objects) == ["x-one", "x-three-own", "x-two"]


def test_variables_are_filled_in_and_the_text_is_read_again(real: Kustomize) -> None:
    pod = shop(real, postBuild='{substitute: {REPLICAS: "2"}}')
    assert pod.data["metadata"] == {
        "name": "shop",
        "annotations": {"a": 2, "b": "unnamed", "c": "${KEPT}"},
    }


def test_a_config_map_of_the_fleet_is_looked_into(real: Kustomize) -> None:
    files = {
        FLUX_PATH: FLUX
        + "  postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster-vars}]}\n",
        "clusters/dev/dev-1/vars.yaml": VARIABLES,
    }
    done = render(real, files)
    assert "a: two" in done.rendered[1].objects[0].text
    assert done.rendered[1].unknown == ()
    # The same when the app's build alone is asked for.
    fleet = Fleet.read(Tree.of({**FILES, **files}))
    [alone] = rendering(fleet, real.builds, builds_of(fleet)[1:]).rendered
    assert alone == done.rendered[1]


def test_what_a_secret_holds_only_the_cluster_knows(real: Kustomize) -> None:
    post_build = "  postBuild: {substituteFrom: [{kind: Secret, name: cluster-vars}]}\n"
    [_, done] = render(real, {FLUX_PATH: FLUX + post_build}).rendered
    assert "a: ${REPLICAS}" in done.objects[0].text
    assert "${REPLICAS}" in done.unknown


def test_a_variable_without_value_is_empty_or_an_error(real: Kustomize) -> None:
    post_build = '  postBuild: {substitute: {OTHER: "1"}}\n'
    lax = render(real, {FLUX_PATH: FLUX + post_build})
    assert lax.rendered[1].objects[0].data["metadata"] == {
        "name": "shop",
        "annotations": {"a": None, "b": "unnamed", "c": "${KEPT}"},
    }
    gate = "patches:\n- patch: '- --feature-gates=StrictPostBuildSubstitutions=true'\n"
    strict = render(
        real,
        {
            FLUX_PATH: FLUX + post_build,
            "clusters/dev/dev-1/flux-system/strict.txt": gate,
        },
    )
    [failed] = strict.failed
    assert "${REPLICAS} has no value" in failed.error.message
    assert failed.error.place == Place(FLUX_PATH, 4, 9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("resources: ['https://example.com/a.yaml']\n", "nothing is fetched"),
        ("resources: ['github.com/org/repo//base']\n", "is not there"),
        ("resources: [pod.yaml]\npatches: [{path: 'https://example.com/p'}]\n", "is elsewhere"),
        ("configMapGenerator: [{name: a, files: [/etc/passwd]}]\n", "outside the repository"),
        ("configMapGenerator: [{name: a, files: [../../../x]}]\n", "outside the repository"),
        ("resources: [pod.yaml]\ntransformers: [plugin.yaml]\n", "outside the repository"),
    ],
)
def test_what_lies_outside_is_refused_before_anything_is_started(text: str, told: str) -> None:
    plugin = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npath: /etc/passwd\n"
    files = {"apps/shop/kustomization.yaml": HEAD + text, "apps/shop/plugin.yaml": plugin}
    fleet = Fleet.read(Tree.of({**FILES, **files}))
    asked: list[str] = []

    def builder(tree: Tree, paths: object, seen: object) -> object:
        asked.extend(str(path) for path in paths)  # type: ignore[attr-defined]
        return iter([b""] * len(asked))

    done = rendering(fleet, builder, builds_of(fleet))  # type: ignore[arg-type]
    [failed] = done.failed
    assert told in str(failed.error)
    assert asked == ["source-0/.fairlead-0"] or len(asked) == 1


GENERATOR = "kind: ConfigMapGenerator\nmetadata: {name: a}\n"
BUILTIN = f"apiVersion: builtin\n{GENERATOR}"
NAMED = "generators: [plugin.yaml]\n"
TREE = {"deep/kustomization.yaml": f"{HEAD}resources: [plugin.txt]\n"}
INLINE = f'{{apiVersion: "b\\x75iltin", {", ".join(GENERATOR.splitlines())}, files: [/etc/passwd]}}'
LEAVING = {
    "plain": (NAMED, {"plugin.yaml": f"{BUILTIN}files: [x=/etc/passwd]\n"}),
    "another case": (NAMED, {"plugin.yaml": f"{BUILTIN}Files: [x=/etc/passwd]\n"}),
    "escaped": (
        NAMED,
        {"plugin.yaml": f'apiVersion: "b\\x75iltin"\n{GENERATOR}files: [x=/etc/passwd]\n'},
    ),
    "in a list": (
        NAMED,
        {
            "plugin.yaml": "apiVersion: v1\nkind: List\nitems: [{apiVersion: builtin, kind: "
            "ConfigMapGenerator, metadata: {name: a}, files: [x=/etc/passwd]}]\n"
        },
    ),
    "without YAML's ending": (
        "generators: [plugin.txt]\n",
        {"plugin.txt": f"{BUILTIN}files: [x=/etc/passwd]\n"},
    ),
    "in a directory": (
        "generators: [deep]\n",
        {**TREE, "deep/plugin.txt": f"{BUILTIN}env: /etc/passwd\n"},
    ),
    "from the kustomization's own directory": (
        "generators: [deep/er/plugin.yaml]\n",
        {"deep/er/plugin.yaml": f"{BUILTIN}files: [x=../../../pod.yaml]\n"},
    ),
    "inline and escaped": (f"generators:\n- |\n  {INLINE}\n", {}),
    "a field in another case": ("configmapgenerator: [{name: a, FILES: [x=/etc/passwd]}]\n", {}),
}


def failed(files: dict[str, str]) -> list[str]:
    """Why builds are not given to kustomize."""
    ours = {f"apps/shop/{path}": text for path, text in files.items()}
    fleet = Fleet.read(Tree.of({**FILES, **ours}))
    done = rendering(fleet, lambda _, paths, seen: iter([b""] * len(paths)), builds_of(fleet))
    return [str(each.error) for each in done.failed]


@pytest.mark.parametrize("way", LEAVING)
def test_no_spelling_makes_kustomize_read_what_lies_outside(way: str) -> None:
    text, files = LEAVING[way]
    [told] = failed({"kustomization.yaml": HEAD + text, **files})
    assert "outside the repository" in told

    def inside(content: str) -> str:
        return content.replace("/etc/passwd", "pod.yaml").replace("../../../pod", "../pod")

    files = {path: inside(content) for path, content in files.items()}
    assert failed({"kustomization.yaml": HEAD + inside(text), **files}) == []


def test_a_directory_of_plugins_that_changes_them_is_refused() -> None:
    plugin = {"deep/plugin.txt": f"{BUILTIN}files: [x=pod.yaml]\n"}
    files = {"kustomization.yaml": f"{HEAD}generators: [deep]\n", **TREE, **plugin}
    assert failed(files) == []
    patch = "patches: [{path: p.yaml, target: {kind: ConfigMapGenerator}}]\n"
    files["deep/kustomization.yaml"] += patch
    [told] = failed({**files, "deep/p.yaml": "[{op: replace, path: /files/0, value: x=/a}]\n"})
    assert "patches: changes how plugins are configured" in told


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("configMapGenerator: [{name: a, files: [{}]}]\n", "pod.yaml"),
        ("configMapGenerator: [{name: a, {}: [pod.yaml]}]\n", "files"),
        ("{}: [pod.yaml]\n", "resources"),
    ],
)
def test_a_name_in_base64_is_refused(text: str, read: str) -> None:
    hidden = f"!!binary {b64encode(read.encode()).decode()}"
    [told] = failed({"kustomization.yaml": HEAD + text.replace("{}", hidden)})
    assert "a text in base64" in told
    assert failed({"kustomization.yaml": HEAD + text.replace("{}", f"!!str {read}")}) == []


@pytest.mark.parametrize(
    "key", ["!!merge <<", "! <<", '!!merge "<<"', "!<tag:yaml.org,2002:merge> <<"]
)
def test_a_merge_key_with_a_tag_is_refused(key: str) -> None:
    text = f"{HEAD}{key}: {{resources: [pod.yaml]}}\n"
    [told] = failed({"kustomization.yaml": text})
    assert "a merge key (<<) with a tag" in told
    assert failed({"kustomization.yaml": text.replace(key, "<<")}) == []


def test_a_flux_object_in_base64_is_not_overlooked() -> None:
    version = "kustomize.toolkit.fluxcd.io/v1"
    hidden = f"!!binary {b64encode(version.encode()).decode()}"
    with pytest.raises(InvalidInput, match="a text in base64"):
        flux_objects(FLUX_PATH, FLUX.replace(version, hidden).encode())
    [found] = flux_objects(FLUX_PATH, FLUX.replace(version, f"!!str {version}").encode())
    assert found.name == "shop"


def test_symlinks_are_left_out_as_flux_leaves_them_out(real: Kustomize) -> None:
    tree = Tree.of({**FILES, "apps/shop/kept.yaml": POD})
    linked = Tree({**tree, "apps/shop/pod.yaml": File(b"kept.yaml", Mode.SYMLINK)})
    [failed] = render(real, linked).failed
    assert "is not there" in failed.error.message


def test_what_kustomize_refuses_is_told_with_the_fleet_s_own_path(real: Kustomize) -> None:
    [failed] = render(
        real,
        {
            FLUX_PATH: FLUX + "  namePrefix: the-\n",
            "apps/shop/pod.yaml": POD.replace("name: shop\n", "nome: shop\n", 1),
        },
    ).failed
    assert "kustomize: " in failed.error.message
    assert ".fairlead" not in str(failed.error)
    assert failed.error.place is not None
    assert failed.error.place.path.startswith("apps/shop")
