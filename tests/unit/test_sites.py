"""Sites: where versions are written, kind by kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.sites import UNNAMED, Part, Site, names_of, sites_of

DIGEST = "sha256:" + "a" * 64


CRON_JOB = (
    "apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n"
    "      template:\n        spec:"
)


def sites(text: str, path: str = "apps/a/release.yaml") -> list[Site]:
    return list(sites_of(path, text.encode()))


def told(text: str, path: str = "apps/a/release.yaml") -> list[tuple[str, str, str]]:
    return [(site.part.name, site.artifact, site.value) for site in sites(text, path)]


def release(values: str) -> str:
    body = "".join(f"    {line}\n" for line in values.splitlines())
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: payments, namespace: shop}}\nspec:\n  values:\n{body}"
    )


def chart(spec: str, api: str = "helm.toolkit.fluxcd.io/v2") -> str:
    return (
        f"apiVersion: {api}\nkind: HelmRelease\nmetadata: {{name: a}}\n"
        f"spec:\n  chart:\n    spec: {{{spec}}}\n"
    )


def test_chart_version() -> None:
    assert told(chart("chart: podinfo, version: 6.5.0")) == [("CHART_VERSION", "podinfo", "6.5.0")]


def test_chart_version_keeps_the_text_of_a_float() -> None:
    assert told(chart("chart: a, version: 1.10")) == [("CHART_VERSION", "a", "1.10")]


def test_chart_version_of_an_older_api() -> None:
    text = chart("chart: a, version: 1.0.0", "helm.toolkit.fluxcd.io/v2beta1")
    assert told(text) == [("CHART_VERSION", "a", "1.0.0")]


def test_chart_version_without_a_chart_is_unnamed() -> None:
    assert told(chart("version: 6.5.0")) == [("CHART_VERSION", UNNAMED, "6.5.0")]


@pytest.mark.parametrize("kind", ["GitRepository", "Bucket"])
def test_chart_from_git_or_a_bucket_has_no_version(kind: str) -> None:
    assert told(chart(f"chart: ./charts/a, version: 1.0.0, sourceRef: {{kind: {kind}}}")) == []


def test_chart_ref_is_no_site_of_the_release() -> None:
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n"
        "spec: {chartRef: {kind: OCIRepository, name: a}}\n"
    )
    assert told(text) == []


def test_another_group_of_the_same_kind_is_no_release() -> None:
    assert told(chart("chart: a, version: 1.0.0", "example.com/v1")) == []


def test_values_image_map() -> None:
    text = release(
        f"image:\n  repository: registry.example.com/shop/a\n  tag: v1\n  digest: {DIGEST}"
    )
    artifact = "registry.example.com/shop/a"
    assert told(text) == [("TAG", artifact, "v1"), ("DIGEST", artifact, DIGEST)]
    first, second = sites(text)
    assert first.group == second.group
    assert first.object == "HelmRelease shop/payments"
    assert (first.line, first.column) == (8, 12)
    assert first.refusal is None


def test_values_image_map_under_any_key_and_depth() -> None:
    text = release("a:\n  - b: {repository: nginx, tag: '1.27'}")
    assert told(text) == [("TAG", "docker.io/library/nginx", "1.27")]


def test_values_registry_beside_repository() -> None:
    text = release("image: {registry: quay.io, repository: shop/a, tag: v1}")
    assert told(text) == [("TAG", "quay.io/shop/a", "v1")]


def test_values_tag_with_its_digest_is_one_site() -> None:
    text = release(f"image: {{repository: a/b, tag: v1@{DIGEST}}}")
    assert told(text) == [("TAG", "docker.io/a/b", f"v1@{DIGEST}")]


def test_values_digest_alone() -> None:
    text = release(f"image: {{repository: a/b, digest: '{DIGEST}'}}")
    assert told(text) == [("DIGEST", "docker.io/a/b", DIGEST)]


def test_an_empty_digest_beside_a_tag_is_a_place_for_one() -> None:
    text = release("image: {repository: a/b, tag: v1, digest: ''}")
    assert told(text) == [("TAG", "docker.io/a/b", "v1"), ("DIGEST", "docker.io/a/b", "")]


@pytest.mark.parametrize("image", ["{repository: a/b}", "{repository: a/b, tag: ''}", "{tag: }"])
def test_an_image_without_a_version_is_no_site(image: str) -> None:
    assert told(release(f"image: {image}")) == []


def test_a_repository_that_is_no_image_is_no_site() -> None:
    assert told(release("source: {repository: 'https://example.com/a.git', tag: v1}")) == []


def test_an_image_patch_without_a_repository_is_unnamed() -> None:
    assert told(release("image: {tag: v1}")) == [("TAG", UNNAMED, "v1")]


def test_a_tag_without_a_repository_elsewhere_is_no_site() -> None:
    assert told(release("logging: {tag: v1}")) == []


def test_values_image_text() -> None:
    text = release(
        f"sidecars:\n  - proxyImage: quay.io/a/proxy:v2@{DIGEST}\n  - image: a/b\n  - x: c:1"
    )
    assert told(text) == [("REFERENCE", "quay.io/a/proxy", f"quay.io/a/proxy:v2@{DIGEST}")]


def test_only_images_are_sites_where_another_scalar_says_the_same() -> None:
    text = release(
        "image: {repository: a/b, tag: 1.0.0}\nother: {repository: c/d, tag: 1.0.0}\nv: 1.0.0"
    )
    assert [value for _, _, value in told(text)] == ["1.0.0", "1.0.0"]


@pytest.mark.parametrize(
    "values",
    ["image: {repository: a/b, tag: '${TAG}'}", "image: 'a/b:${TAG:=v1}'"],
)
def test_a_variable_is_a_refused_site(values: str) -> None:
    [site] = sites(release(values))
    assert site.artifact == "docker.io/a/b"
    assert "which Flux fills in" in str(site.refusal)


def test_an_encrypted_document_is_refused() -> None:
    text = release("image: {repository: a/b, tag: v1}") + "sops:\n  mac: ENC[AES256_GCM,data:x]\n"
    [site] = sites(text)
    assert "SOPS" in str(site.refusal)


def test_kustomization_images() -> None:
    text = (
        "images:\n"
        "  - {name: app, newName: registry.example.com/shop/app, newTag: v1}\n"
        f"  - name: b/c\n    newTag: v2\n    digest: {DIGEST}\n"
        f"  - {{name: d/e, digest: {DIGEST}}}\n"
        "  - {name: f/g, newName: h/i}\n"
    )
    artifact = "registry.example.com/shop/app"
    path = "apps/a/kustomization.yaml"
    assert told(text, path) == [
        ("TAG", artifact, "v1"),
        ("TAG", "docker.io/b/c", "v2"),
        ("DIGEST", "docker.io/b/c", DIGEST),
        ("DIGEST", "docker.io/d/e", DIGEST),
    ]
    groups = [site.group for site in sites(text, path)]
    assert groups[1] == groups[2]
    assert len(set(groups)) == 3


def test_images_of_a_component() -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    text = head + "images: [{name: a/b, newTag: v1}]"
    assert told(text, "c/kustomization.yml") == [("TAG", "docker.io/a/b", "v1")]


def test_images_elsewhere_are_no_sites() -> None:
    assert told("images: [{name: a/b, newTag: v1}]", "apps/a/values.yaml") == []


@pytest.mark.parametrize(
    ("head", "indent"),
    [
        ("apiVersion: v1\nkind: Pod\nspec:", 2),
        ("apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:", 6),
        ("apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  template:\n    spec:", 6),
        ("apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  template:\n    spec:", 6),
        ("apiVersion: apps/v1\nkind: ReplicaSet\nspec:\n  template:\n    spec:", 6),
        ("apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:", 6),
        (CRON_JOB, 10),
    ],
)
def test_workloads(head: str, indent: int) -> None:
    space = " " * indent
    text = (
        f"{head}\n{space}initContainers:\n{space}  - {{name: i, image: a/init:v1}}\n"
        f"{space}containers:\n{space}  - {{name: c, image: 'a/main@{DIGEST}'}}\n"
        f"{space}  - {{name: d, image: a/untagged}}\n"
    )
    assert told(text) == [
        ("REFERENCE", "docker.io/a/init", "a/init:v1"),
        ("REFERENCE", "docker.io/a/main", f"a/main@{DIGEST}"),
    ]


def test_a_workload_of_another_group_is_none() -> None:
    text = "apiVersion: example.com/v1\nkind: Pod\nspec: {containers: [{image: a/b:v1}]}"
    assert told(text) == []


def test_the_items_of_a_list_are_objects() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "  - {apiVersion: v1, kind: Pod, metadata: {name: p},\n"
        "     spec: {containers: [{image: a/b:v1}]}}\n"
    )
    [site] = sites(text)
    assert site.address == ("items", 0, "spec", "containers", 0, "image")
    assert site.object == "Pod p"


def test_documents_are_counted_with_the_empty_ones() -> None:
    text = (
        "---\n---\n"
        + chart("chart: a, version: 1.0.0")
        + "---\n"
        + chart("chart: b, version: 2.0.0")
    )
    assert [site.document for site in sites(text)] == [1, 2]


def test_an_anchored_map_used_twice_cannot_be_edited() -> None:
    text = release("one: &i {repository: a/b, tag: v1}\ntwo: *i")
    assert [site.refusal is None for site in sites(text)] == [False, False]


def test_broken_yaml_that_may_hold_sites_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        sites("kind: HelmRelease\n  a: [")
    assert str(caught.value).startswith("apps/a/release.yaml:2")


def test_broken_yaml_that_holds_none_is_nobodys_business() -> None:
    assert sites("a: [") == []


def test_other_files_are_not_read() -> None:
    assert sites(chart("chart: a, version: 1.0.0"), "apps/a/README.md") == []


def test_names_for_the_sites_of_patches() -> None:
    text = release("image: {repository: a/b}") + "  chart: {spec: {chart: payments}}\n"
    names = names_of("base/release.yaml", text.encode())
    assert names == {
        (title, address): artifact
        for title in ("HelmRelease payments", "HelmRelease shop/payments")
        for address, artifact in (
            (("spec", "chart", "spec"), "payments"),
            (("spec", "values", "image"), "docker.io/a/b"),
        )
    }


def test_parts_are_words_for_people() -> None:
    assert [part.value for part in Part] == [
        "tag",
        "digest",
        "reference",
        "chart version",
        "suspend",
        "range",
        "commit",
        "git ref",
        "version",
        "name",
    ]


SHAPES = st.recursive(
    st.sampled_from(["", "a/b", "a/b:v1", "v1", "${TAG}", f"a/b@{DIGEST}", "image"])
    | st.none()
    | st.booleans()
    | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["image", "repository", "registry", "tag", "digest", "chart", "spec"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(
    st.sampled_from(
        [("helm.toolkit.fluxcd.io/v2", "HelmRelease"), ("v1", "Pod"), ("apps/v1", "Deployment")]
    ),
    SHAPES,
    SHAPES,
)
def test_every_shape_is_read_and_every_site_is_the_scalar_it_names(
    identity: tuple[str, str], inner: object, values: object
) -> None:
    api, kind = identity
    spec = {"values": values, "chart": inner, "containers": inner, "template": {"spec": inner}}
    text = json.dumps({"apiVersion": api, "kind": kind, "metadata": inner, "spec": spec})
    [document] = documents("a.yaml", text.encode())
    found = sites_of("a.yaml", text.encode())
    assert len({site.address for site in found}) == len(found)
    for site in found:
        assert document.scalars[site.address].value == site.value
        assert site.value or site.part is Part.DIGEST
