"""A survey of a tree: what files say of each other's sites, and what a pin leaves out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gitops.document import documents
from gitops.edit import Replacement, replace
from gitops.fleet import Fleet
from gitops.sites import Site, sites_of, survey
from gitops.tree import File, Mode, Tree

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec: {chart: {spec: {chart: shop, version: 1.0.0, sourceRef: {kind: HelmRepository, name: c}}}}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: c, namespace: shop}
spec: {url: 'https://charts.example.com'}
"""
POLICY = """\
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: a, namespace: shop}
spec: {imageRepositoryRef: {name: images}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {name: images, namespace: shop}
spec: {image: ghcr.io/shop/a}
"""
VARIABLES = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {postBuild: {substitute: {SHOP: 1.0.0, OTHER: 2.0.0}}}
"""


def sites(**files: str) -> tuple[Site, ...]:
    return survey(Tree.of({f"{name}.yaml": text for name, text in files.items()})).sites


def test_a_chart_is_told_with_its_repository() -> None:
    [site] = sites(release=RELEASE, repository=REPOSITORY)
    assert site.source == "https://charts.example.com"


def test_a_repository_without_a_namespace_is_the_one_of_its_name() -> None:
    [site] = sites(release=RELEASE, repository=REPOSITORY.replace(", namespace: shop", ""))
    assert site.source == "https://charts.example.com"


def test_two_repositories_of_one_name_are_told_apart_by_their_namespace() -> None:
    other = REPOSITORY.replace("shop", "other").replace("charts.", "other.")
    [site] = sites(release=RELEASE, repository=REPOSITORY, other=other)
    assert site.source == "https://charts.example.com"


def test_a_repository_that_is_not_there_is_told_by_its_name() -> None:
    for repository in ("", REPOSITORY.replace("shop", "other"), "kind: HelmRepository\n"):
        [site] = sites(release=RELEASE, repository=repository)
        assert site.source == "HelmRepository shop/c"


def test_two_answers_are_none() -> None:
    [site] = sites(release=RELEASE, one=REPOSITORY, two=REPOSITORY.replace("charts.", "other."))
    assert site.source == "HelmRepository shop/c"


def test_a_source_from_which_a_release_takes_its_chart_holds_one() -> None:
    source = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
        "metadata: {name: c, namespace: shop}\nspec: {url: 'oci://a/b', ref: {tag: 1.0.0}}\n"
    )
    release = RELEASE.partition("spec:")[0] + "spec: {chartRef: {kind: OCIRepository, name: c}}\n"
    assert [str(site.kind) for site in sites(source=source, release=release)] == ["chart"]
    assert [str(site.kind) for site in sites(source=source)] == ["image"]


def test_a_variable_is_a_charts_where_its_source_holds_one() -> None:
    source = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
        "metadata: {name: c, namespace: shop}\nspec: {url: 'oci://a/b', ref: {tag: '${SHOP}'}}\n"
    )
    release = RELEASE.partition("spec:")[0] + "spec: {chartRef: {kind: OCIRepository, name: c}}\n"
    [site] = sites(source=source, variables=VARIABLES, release=release)
    assert (site.artifact, str(site.kind)) == ("docker.io/a/b", "chart")
    marked = VARIABLES.replace("1.0.0,", '1.0.0, # {"$imagepolicy": "shop:a:tag"}\n ')
    policy = POLICY.replace("ghcr.io/shop/a", "a/b")
    [site] = sites(source=source, variables=marked, release=release, policy=policy)
    assert (site.artifact, str(site.kind), site.policy) == ("docker.io/a/b", "chart", "shop:a")
    [site] = sites(source=source, variables=VARIABLES)
    assert (site.artifact, str(site.kind)) == ("docker.io/a/b", "image")


def test_a_marked_scalar_has_the_artifact_of_its_policy() -> None:
    marked = 'x: v1 # {"$imagepolicy": "shop:a:tag"}\n'
    [site] = sites(marked=marked, policy=POLICY)
    assert site.artifact == "ghcr.io/shop/a"
    [site] = sites(marked=marked.replace("shop:a", "other:a"), policy=POLICY)
    assert site.artifact == ""


def test_a_variable_has_the_artifact_whose_version_it_is_and_may_have_any_name() -> None:
    [site] = sites(release=RELEASE.replace("1.0.0", "'${SHOP}'"), variables=VARIABLES)
    assert (site.value, site.artifact, str(site.kind)) == ("1.0.0", "shop", "chart")
    assert site.address[-1] == "SHOP"


def test_a_variable_that_is_a_part_of_a_version_is_no_version() -> None:
    assert sites(release=RELEASE.replace("1.0.0", "'1.${SHOP}'"), variables=VARIABLES) == ()


def test_a_variable_of_two_charts_is_a_charts_and_has_no_name() -> None:
    release = RELEASE.replace("1.0.0", "'${SHOP}'")
    other = release.replace("chart: shop", "chart: other")
    [site] = sites(release=release, other=other, variables=VARIABLES)
    assert (site.value, site.artifact, str(site.kind)) == ("1.0.0", "", "chart")


def test_a_variable_is_found_where_the_registry_is_one_too() -> None:
    image = "image: '${REGISTRY}/shop/a:${SHOP}'"
    found = survey(Tree.of({"values.yaml": image, "variables.yaml": VARIABLES}))
    [site] = found.sites
    assert (site.value, site.artifact, str(site.kind)) == ("1.0.0", "${REGISTRY}/shop/a", "image")
    assert [each.reason for each in found.skipped] == ["holds ${REGISTRY}, which Flux fills in"]


def test_a_patch_has_the_artifact_of_what_it_patches() -> None:
    patch = RELEASE.partition("spec:")[0] + "spec: {chart: {spec: {version: 2.0.0}}}\n"
    found = sites(base=RELEASE, patch=patch.replace(", namespace: shop", ""))
    assert [site.artifact for site in found] == ["shop", "shop"]


def test_what_is_no_file_of_its_own_is_skipped() -> None:
    tree = Tree(
        {
            "a/link.yaml": File(b"b.yaml", Mode.SYMLINK),
            "b/large.yaml": File(b"", unread="larger than 4194304 bytes"),
            "c/README.md": File(RELEASE.encode()),
            "d/other.yaml": File(b"a: ["),
            "e/release.yaml": File(b"\xff" + RELEASE.encode()),
        }
    )
    found = survey(tree)
    assert found.sites == ()
    assert [(each.place.path, each.reason.split(",")[0]) for each in found.skipped] == [
        ("a/link.yaml", "is a symlink; edit its target"),
        ("b/large.yaml", "is larger than 4194304 bytes"),
        ("e/release.yaml", found.skipped[2].reason.split(",")[0]),
    ]


def test_sites_stand_in_the_order_of_their_places() -> None:
    text = 'a: v1 # {"$imagepolicy": "shop:a:tag"}\n---\n' + RELEASE
    found = sites(b=text, a=RELEASE)
    assert [str(site.place) for site in found] == ["a.yaml:4:45", "b.yaml:1:4", "b.yaml:6:45"]


KINDS = [
    ("source.toolkit.fluxcd.io/v1", "HelmChart"),
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
    ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("fluxcd.controlplane.io/v1", "FluxInstance"),
    ("fluxcd.controlplane.io/v1", "ResourceSet"),
    ("argoproj.io/v1alpha1", "Application"),
    ("image.toolkit.fluxcd.io/v1", "ImagePolicy"),
    ("example.com/v1", "Database"),
    ("v1", "List"),
]
WORDS = ["", "a/b", "a/b:v1", "1.0", "v1", "${A_TAG}", "<< x >>", "refs/tags/v1", "oci://a/b", "x"]
LEAF = st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers()
ANY = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["image", "repository", "tag", "name"]), inner)
    ),
    max_leaves=4,
)


def mapping(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Any of these fields, now and then with something else in them, or something else."""
    odd = {key: field | ANY for key, field in fields.items()}
    return st.fixed_dictionaries({}, optional=odd) | st.fixed_dictionaries(fields) | ANY


REF = mapping(tag=LEAF, semver=LEAF, digest=LEAF, branch=LEAF, name=LEAF, commit=st.just("c" * 40))
IMAGES = st.lists(mapping(name=LEAF, newName=LEAF, newTag=LEAF, digest=LEAF), max_size=2)
CHART = mapping(chart=LEAF, version=LEAF, sourceRef=mapping(kind=LEAF, name=LEAF))
PARAMETER = mapping(name=st.sampled_from(["image.tag", "image.repository", "x.image"]), value=LEAF)
HELM = mapping(parameters=st.lists(PARAMETER, max_size=3), valuesObject=ANY)
SOURCE = mapping(repoURL=LEAF, targetRevision=LEAF, helm=HELM)
SPEC = mapping(
    ref=REF,
    url=LEAF,
    images=IMAGES,
    chart=mapping(spec=CHART) | LEAF,
    version=LEAF,
    values=ANY,
    postRenderers=st.lists(mapping(kustomize=mapping(images=IMAGES)), max_size=1),
    postBuild=mapping(substitute=mapping(A_TAG=LEAF, image=LEAF, appVersion=LEAF, OTHER=LEAF)),
    source=SOURCE,
    sources=st.lists(SOURCE, max_size=2),
    sync=mapping(kind=st.sampled_from(["OCIRepository", "Bucket"]), ref=LEAF, url=LEAF),
    distribution=mapping(version=LEAF, artifact=LEAF),
    resources=st.lists(ANY, max_size=1),
)
METADATA = mapping(name=LEAF, namespace=LEAF)


@given(st.sampled_from(KINDS), METADATA, SPEC, st.sampled_from(["a.yaml", "values.yaml"]))
def test_every_shape_is_surveyed_and_every_site_can_be_changed(
    identity: tuple[str, str], metadata: object, spec: object, path: str
) -> None:
    api, kind = identity
    whole = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec, "items": [spec]}
    data = json.dumps(whole).encode()
    [document] = documents(path, data)
    found = survey(Tree.of({path: data})).sites
    assert len({site.address for site in found}) == len(found)
    for site in found:
        assert document.scalars[site.address].value == site.value
        if site.refusal is None:
            replace(path, data, [Replacement(site.document, site.address, "v2")])
        else:
            assert site.value in {"true", "false"}


@given(
    st.text(max_size=60), st.sampled_from(['# {"$imagepolicy": "a:b:tag"}', "kind: HelmRelease"])
)
def test_no_text_breaks_a_survey(text: str, hint: str) -> None:
    survey(Tree.of({"values.yaml": f"{text} {hint}\n{text}".encode(errors="replace")}))


FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
environments: [{name: prod, clusters: [main]}]
"""
APP = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: a
team: shop
artifacts: [{image: registry.example.com/shop/a}]
environments: {prod: {follow: {range: '>=1.0'}}}
"""
CLUSTER = "clusters/prod/main"
NAME = "registry.example.com/shop/a"
"""Every artifact below is called the same; only what runs the image is in the pin."""


def test_a_pin_has_none_of_the_sites_that_only_a_survey_has() -> None:
    namesakes = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: a}}
spec: {{template: {{spec: {{containers: [{{name: a, image: '{NAME}:v1.0'}}]}}}}}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: a}}
spec: {{url: 'oci://{NAME}', ref: {{tag: v2.0}}}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: a}}
spec: {{url: 'https://{NAME}', ref: {{tag: v3.0}}}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {{name: a}}
spec: {{chart: {NAME}, version: 4.0.0}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: a}}
data:
  x: {NAME}:v5.0 # {{"$imagepolicy": "shop:a"}}
"""
    path = f"{CLUSTER}/a.yaml"
    tree = Tree.of({"fleet.yaml": FLEET, "apps/a/app.yaml": APP, path: namesakes})
    assert len(survey(tree).sites) == 5
    assert [site.value for site in sites_of(path, namesakes.encode())] == [f"{NAME}:v1.0"]
    pin = Fleet.read(tree).pin("prod", "a")
    assert pin is not None
    assert pin.problem is None
    assert [site.value for site in pin.sites] == [f"{NAME}:v1.0"]


def test_what_overrides_the_image_of_an_app_is_in_its_pin() -> None:
    text = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: a}}
spec:
  values: {{image: {{repository: {NAME}, tag: v1.0}}}}
  postRenderers: [{{kustomize: {{images: [{{name: {NAME}, newTag: v1.1}}]}}}}]
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: a}}
spec: {{images: [{{name: {NAME}, newTag: v1.0}}]}}
"""
    files = {"fleet.yaml": FLEET, "apps/a/app.yaml": APP, f"{CLUSTER}/a.yaml": text}
    pin = Fleet.read(Tree.of(files)).pin("prod", "a")
    assert pin is not None
    assert [site.value for site in pin.sites] == ["v1.0", "v1.1", "v1.0"]
    assert "has the tag v1.0 here and v1.1 at" in str(pin.problem)
