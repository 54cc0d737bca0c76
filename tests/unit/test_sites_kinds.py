"""Sites of every further kind: tables of small files, what is found in them and what is not."""

import pytest

from gitops.sites import Survey, survey
from gitops.tree import Tree

DIGEST = "sha256:" + "a" * 64
COMMIT = "c" * 40


def surveyed(text: str, path: str = "apps/a/a.yaml") -> Survey:
    return survey(Tree.of({path: text}))


def told(text: str, path: str = "apps/a/a.yaml") -> list[tuple[str, str, str, str]]:
    found = surveyed(text, path).sites
    return [(str(s.kind), s.part.name, s.artifact, s.value) for s in found]


def reasons(text: str, path: str = "apps/a/a.yaml") -> list[str]:
    return [each.reason for each in surveyed(text, path).skipped]


def source(kind: str, spec: str) -> str:
    return (
        f"apiVersion: source.toolkit.fluxcd.io/v1\nkind: {kind}\n"
        f"metadata: {{name: a, namespace: flux-system}}\nspec: {{{spec}}}\n"
    )


def flux(spec: str) -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: apps, namespace: flux-system}}\nspec:\n  {spec}\n"
    )


def release(spec: str) -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: a, namespace: shop}}\nspec: {{{spec}}}\n"
    )


def substitute(pairs: str) -> str:
    return flux(f"postBuild: {{substitute: {{{pairs}}}}}")


def instance(spec: str) -> str:
    head = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\n"
    return f"{head}spec: {{{spec}}}\n"


def application(spec: str, kind: str = "Application") -> str:
    head = f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\n"
    return f"{head}spec: {{{spec}}}\n"


HELM_LAYER = "layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip}"
OCI = "url: 'oci://ghcr.io/shop/charts/a', "
GIT = "url: 'https://github.com/shop/a.git', "
GIT_NAME = "github.com/shop/a"
REPO = "repoURL: 'https://github.com/shop/a'"
SYNC = "kind: OCIRepository, url: 'oci://ghcr.io/a/b'"

FOUND = {
    "HelmChart": (
        source("HelmChart", "chart: podinfo, version: '6.x', sourceRef: {kind: HelmRepository}"),
        [("chart", "CHART_VERSION", "podinfo", "6.x")],
    ),
    "HelmChart's float": (
        source("HelmChart", "chart: podinfo, version: 1.10"),
        [("chart", "CHART_VERSION", "podinfo", "1.10")],
    ),
    "OCIRepository, all of ref": (
        source("OCIRepository", f"{OCI} ref: {{tag: v1, semver: '>=1', digest: '{DIGEST}'}}"),
        [
            ("image", "TAG", "ghcr.io/shop/charts/a", "v1"),
            ("image", "RANGE", "ghcr.io/shop/charts/a", ">=1"),
            ("image", "DIGEST", "ghcr.io/shop/charts/a", DIGEST),
        ],
    ),
    "OCIRepository of a chart": (
        source("OCIRepository", f"{OCI} ref: {{tag: 1.0.0}}, {HELM_LAYER}"),
        [("chart", "TAG", "ghcr.io/shop/charts/a", "1.0.0")],
    ),
    "OCIRepository that is a patch": (
        source("OCIRepository", "ref: {tag: 1.0.0}"),
        [("image", "TAG", "", "1.0.0")],
    ),
    "OCIRepository with a variable for its host": (
        source("OCIRepository", "url: 'oci://${HOST}/a', ref: {tag: 1.0.0}"),
        [("image", "TAG", "", "1.0.0")],
    ),
    "GitRepository, all of ref": (
        source(
            "GitRepository",
            f"{GIT} ref: {{branch: main, tag: v1.0, semver: 1.x, name: refs/tags/v2,"
            f" commit: {COMMIT}}}",
        ),
        [
            ("git", "TAG", GIT_NAME, "v1.0"),
            ("git", "RANGE", GIT_NAME, "1.x"),
            ("git", "GIT_REF", GIT_NAME, "refs/tags/v2"),
            ("git", "COMMIT", GIT_NAME, COMMIT),
        ],
    ),
    "GitRepository over ssh": (
        source("GitRepository", "url: 'ssh://git@GitHub.com:22/shop/a', ref: {tag: v1.0}"),
        [("git", "TAG", GIT_NAME, "v1.0")],
    ),
    "Flux Kustomization's images": (
        flux(f"images: [{{name: app, newName: a/b, newTag: v1}}, {{name: c, digest: '{DIGEST}'}}]"),
        [
            ("image", "TAG", "docker.io/a/b", "v1"),
            ("image", "DIGEST", "docker.io/library/c", DIGEST),
        ],
    ),
    "variables called a version": (
        substitute(
            "VERSION: 1.2.3, APP_TAG: 'v1', appVersion: '1.10', image-tag: main-20260101,"
            f" SIDECAR_IMAGE: 'a/b:v1', APP_DIGEST: '{DIGEST}'"
        ),
        [
            ("image", "VERSION", "", "1.2.3"),
            ("image", "TAG", "", "v1"),
            ("image", "VERSION", "", "1.10"),
            ("image", "TAG", "", "main-20260101"),
            ("image", "REFERENCE", "docker.io/a/b", "a/b:v1"),
            ("image", "DIGEST", "", DIGEST),
        ],
    ),
    "postRenderers' images": (
        release("postRenderers: [{kustomize: {images: [{name: a/b, newTag: v1, digest: ''}]}}]"),
        [("image", "TAG", "docker.io/a/b", "v1"), ("image", "DIGEST", "docker.io/a/b", "")],
    ),
    "values image with a version for a tag": (
        release("values: {image: {repository: a/b, version: v1}}"),
        [("image", "TAG", "docker.io/a/b", "v1")],
    ),
    "values image with both": (
        release("values: {image: {repository: a/b, version: v1, tag: v2}}"),
        [("image", "TAG", "docker.io/a/b", "v2")],
    ),
    "a workload of another group": (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\n"
            "spec: {template: {spec: {containers: [{image: 'a/b:v1'}]}}}\n"
        ),
        [("image", "REFERENCE", "docker.io/a/b", "a/b:v1")],
    ),
    "a scheduled workload of another group": (
        (
            "apiVersion: example.com/v1\nkind: AdvancedCronJob\nmetadata: {name: a}\n"
            "spec: {jobTemplate:"
            " {spec: {template: {spec: {containers: [{image: 'a/b:v1'}]}}}}}\n"
        ),
        [("image", "REFERENCE", "docker.io/a/b", "a/b:v1")],
    ),
    "a custom resource's image": (
        (
            "apiVersion: example.com/v1\nkind: Database\nmetadata: {name: a}\n"
            "spec: {x: [{image: 'a/b:v1'}], image: a/b, baseImage: 'a/b:v2'}\n"
            "status: {image: 'a/b:v3'}\n"
        ),
        [("image", "REFERENCE", "docker.io/a/b", "a/b:v1")],
    ),
    "kustomize's charts": (
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
            "helmCharts: [{name: a, repo: 'https://c.example', version: 1.0.0}, {name: b}]\n"
        ),
        [("chart", "CHART_VERSION", "a", "1.0.0")],
    ),
    "FluxInstance from git": (
        instance(f"distribution: {{version: 2.x}}, sync: {{{GIT} ref: refs/tags/v1}}"),
        [
            ("git", "VERSION", "github.com/fluxcd/flux2", "2.x"),
            ("git", "GIT_REF", GIT_NAME, "refs/tags/v1"),
        ],
    ),
    "FluxInstance from a registry": (
        instance(f"sync: {{{SYNC}, ref: v1.0}}"),
        [("image", "TAG", "ghcr.io/a/b", "v1.0")],
    ),
    "FluxInstance by digest": (
        instance(f"sync: {{{SYNC}, ref: '{DIGEST}'}}"),
        [("image", "DIGEST", "ghcr.io/a/b", DIGEST)],
    ),
    "Application of a chart": (
        application("source: {repoURL: 'https://c.example', chart: a, targetRevision: 1.x}"),
        [("chart", "CHART_VERSION", "a", "1.x")],
    ),
    "Application's sources": (
        application(
            f"sources: [{{{REPO}, targetRevision: v1.0}}, {{{REPO}, targetRevision: {COMMIT}}},"
            f" {{{REPO}, targetRevision: '>=1.2 <2'}}, {{{REPO}, targetRevision: refs/tags/x}}]"
        ),
        [
            ("git", "TAG", GIT_NAME, "v1.0"),
            ("git", "COMMIT", GIT_NAME, COMMIT),
            ("git", "RANGE", GIT_NAME, ">=1.2 <2"),
            ("git", "GIT_REF", GIT_NAME, "refs/tags/x"),
        ],
    ),
    "ApplicationSet": (
        application(
            "template: {spec: {source: {repoURL: 'https://c', chart: a, targetRevision: 1.0.0}}}",
            "ApplicationSet",
        ),
        [("chart", "CHART_VERSION", "a", "1.0.0")],
    ),
    "Application's parameters and values": (
        application(
            "source: {helm: {parameters: [{name: image.repository, value: a/b},"
            " {name: image.tag, value: v1}, {name: x.image, value: 'c/d:v2'},"
            " {name: replicas, value: '2'}], valuesObject: {image: {repository: e/f, tag: v3}}}}"
        ),
        [
            ("image", "TAG", "docker.io/a/b", "v1"),
            ("image", "REFERENCE", "docker.io/c/d", "c/d:v2"),
            ("image", "TAG", "docker.io/e/f", "v3"),
        ],
    ),
    "items of a list": (
        (
            "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: source.toolkit.fluxcd.io/v1,"
            f" kind: OCIRepository, metadata: {{name: a}}, spec: {{{OCI} ref: {{tag: v1}}}}}}\n"
        ),
        [("image", "TAG", "ghcr.io/shop/charts/a", "v1")],
    ),
    "what a ResourceSet has in it": (
        (
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: a}\n"
            "spec:\n  resources:\n    - {apiVersion: source.toolkit.fluxcd.io/v1, kind:"
            f" OCIRepository, metadata: {{name: a}}, spec: {{{OCI} ref: {{tag: v1}}}}}}\n"
        ),
        [("image", "TAG", "ghcr.io/shop/charts/a", "v1")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FOUND.values(), ids=FOUND.keys())
def test_found(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert told(text) == expected


NOTHING = {
    "HelmChart of another group": "apiVersion: example.com/v1\nkind: HelmChart\n"
    "spec: {chart: a, version: 1.0.0}\n",
    "OCIRepository of another group": "apiVersion: example.com/v1\nkind: OCIRepository\n"
    "spec: {ref: {tag: v1}}\n",
    "a version of an API": substitute("API_VERSION: v1, MIN_VERSION: '1.2', TLS_VERSION: '1.3'"),
    "variables with other names": substitute("STAGE: '1', VERSIONS: '2', tagged: v1"),
    "a version without a digit": substitute("VERSION: latest, TAG: main"),
    "a version of several words": substitute("VERSION: 'at least 3'"),
    "an image without a tag": substitute("IMAGE: a/b, APP_DIGEST: v1"),
    "kustomize's Kustomization with a spec": "apiVersion: kustomize.config.k8s.io/v1beta1\n"
    "kind: Kustomization\nspec: {images: [{name: a/b, newTag: v1}]}\n",
    "an Application of another group": "apiVersion: app.k8s.io/v1beta1\nkind: Application\n"
    "# argoproj.io/\nspec: {source: {chart: a, targetRevision: 1.0.0}}\n",
    "an image in a kind of Flux's": "apiVersion: image.toolkit.fluxcd.io/v1\n"
    "kind: ImageRepository\nspec: {image: 'a/b:v1'}\n",
    "an image in a kind of Kubernetes'": "apiVersion: apps/v1\nkind: Deployment\n"
    "spec: {image: 'a/b:v1'}\n",
    "a pod template without a kind": "spec: {template: {spec: {containers: [{image: 'a/b:1'}]}}}",
    "postRenderers that patch": release("postRenderers: [{kustomize: {patches: [{patch: x}]}}]"),
    "kinds of nothing": "null\n---\n- HelmChart\n---\nOCIRepository\n---\nkind: GitRepository\n",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING.keys())
def test_nothing_found(text: str) -> None:
    assert surveyed(text) == Survey((), ())


SKIPPED = {
    "chart from git": (
        release(
            "chart: {spec: {chart: ./c, version: 1.0.0, sourceRef: {kind: GitRepository, name: g}}}"
        ),
        "the chart comes from GitRepository shop/g: its version is the one that lies there",
    ),
    "HelmChart from a bucket": (
        source("HelmChart", "chart: a, version: 1, sourceRef: {kind: Bucket, name: b}"),
        "the chart comes from Bucket flux-system/b: its version is the one that lies there",
    ),
    "valuesFrom": (
        release("valuesFrom: [{kind: ConfigMap, name: v}]"),
        "the values in the ConfigMap v are not read",
    ),
    "substituteFrom": (
        flux("postBuild: {substituteFrom: [{kind: Secret, name: v}]}"),
        "the variables in the Secret v are not read",
    ),
    "a variable": (
        source("OCIRepository", f"{OCI} ref: {{tag: '${{V}}'}}"),
        "holds ${V}, which Flux fills in",
    ),
    "an input of a ResourceSet": (
        source("OCIRepository", f"{OCI} ref: {{tag: '<< inputs.tag >>'}}"),
        "holds << inputs.tag >>, which Flux fills in",
    ),
    "latest": (
        source("OCIRepository", "url: 'oci://a/b'"),
        "no version is written: Flux takes the tag latest",
    ),
    "a branch": (
        source("GitRepository", f"{GIT} ref: {{branch: main}}"),
        "follows the branch main, no version",
    ),
    "the default branch": (
        source("GitRepository", GIT),
        "no version is written: Flux takes the branch master",
    ),
    "the name of a branch": (
        source("GitRepository", f"{GIT} ref: {{name: refs/heads/main}}"),
        "follows refs/heads/main, which is no tag",
    ),
    "FluxInstance on a branch": (
        instance("sync: {ref: refs/heads/main}"),
        "follows refs/heads/main, which is no tag",
    ),
    "FluxInstance on a tag that moves": (
        instance("sync: {ref: refs/tags/production}"),
        "follows refs/tags/production, which is no version",
    ),
    "FluxInstance on latest": (
        instance(f"sync: {{{SYNC}, ref: latest}}"),
        "follows latest, which is no version",
    ),
    "FluxInstance on a bucket": (
        instance("sync: {kind: Bucket, ref: x}"),
        "a Bucket has no versions",
    ),
    "the Flux operator's artifact": (
        instance("distribution: {artifact: 'oci://a/b:v1'}"),
        "oci://a/b:v1 belongs to the Flux operator, which comes with it",
    ),
    "Application on HEAD": (
        application(f"source: {{{REPO}, targetRevision: HEAD}}"),
        "follows HEAD, which may be a branch",
    ),
    "Application with values in a text": (
        application("source: {helm: {values: 'image: a'}}"),
        "the values are text in a block: write them as valuesObject",
    ),
    "Application with kustomize's images": (
        application("source: {kustomize: {images: ['a=b:c']}}"),
        "images in kustomize's notation are not read",
    ),
    "a remote base": (
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
            "resources: ['github.com/a/b?ref=v1.0', ../base]\n"
        ),
        "a version inside a URL is not read",
    ),
    "SOPS": (
        release("values: {image: a/b:v1}") + "sops: {mac: 'ENC[AES256_GCM,data:x]'}\n",
        "is encrypted by SOPS, whose MAC an edit would break",
    ),
    "broken": ("kind: HelmRelease\n  a: [", "cannot be read: "),
}


@pytest.mark.parametrize(("text", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_skipped(text: str, reason: str) -> None:
    found = surveyed(text)
    assert found.sites == ()
    [skipped] = found.skipped
    assert skipped.reason.startswith(reason)
    assert skipped.place.path == "apps/a/a.yaml"
    assert skipped.place.line


VALUES = "image: {repository: a/b, tag: v1}\nproxyImage: c/d:v2\n"


@pytest.mark.parametrize("name", ["values.yaml", "charts/a/values-prod.yaml", "a/values.prod.yml"])
def test_files_of_values_by_their_name(name: str) -> None:
    assert told(VALUES, name) == [
        ("image", "TAG", "docker.io/a/b", "v1"),
        ("image", "REFERENCE", "docker.io/c/d", "c/d:v2"),
    ]
    assert {site.object for site in surveyed(VALUES, name).sites} == {name.rpartition("/")[2]}


@pytest.mark.parametrize("name", ["a.yaml", "my-values.yaml", "values.json", "values/a.yaml"])
def test_other_files_without_a_kind_are_no_values(name: str) -> None:
    assert told(VALUES, name) == []


def test_an_object_in_a_file_named_values_is_read_as_what_it_is() -> None:
    assert told("apiVersion: v1\nkind: ConfigMap\n" + VALUES, "values.yaml") == []


def test_a_values_file_with_a_template_in_it_is_skipped() -> None:
    [reason] = reasons("image: a/b:v1\n{{- if .x }}\n", "values.yaml")
    assert reason.startswith("cannot be read")


def test_a_source_and_its_artifacts_move_together() -> None:
    text = source("OCIRepository", f"{OCI} ref: {{tag: v1, digest: '{DIGEST}'}}")
    assert len({site.group for site in surveyed(text).sites}) == 1
