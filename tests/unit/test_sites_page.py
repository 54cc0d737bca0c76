"""The two tables of `docs/sites.md`: each row is tried on small files."""

import json

import pytest

from gitops.sites import survey
from gitops.tree import MAX_FILE, File, Mode, Tree
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sites.md").read_text(encoding="utf-8")
COMMIT = "c" * 40
DIGEST = "sha256:" + "a" * 64

APPS = "apps/v1"
ARGO = "argoproj.io/v1alpha1"
FLUX = "kustomize.toolkit.fluxcd.io/v1"
HELM = "helm.toolkit.fluxcd.io/v2"
KUSTOMIZE = "kustomize.config.k8s.io/v1beta1"
OPERATOR = "fluxcd.controlplane.io/v1"
SOURCE = "source.toolkit.fluxcd.io/v1"


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, between the page's marks `table:begin` and `table:end`."""
    text = PAGE.split(f"<!-- {table}:begin -->")[1].split(f"<!-- {table}:end -->")[0]
    lines = [line.strip("| ").split(" | ") for line in text.strip().splitlines()]
    return lines[2:]


def thing(api: str, kind: str, spec: object, **beside: object) -> str:
    """An object, in the flow style that is JSON too."""
    whole = {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    return json.dumps(whole | beside)


def pod(**fields: object) -> dict[str, object]:
    return {"containers": [{"name": "a", **fields}]}


def deployment(**fields: object) -> str:
    return thing(APPS, "Deployment", {"template": {"spec": pod(**fields)}})


def release(**spec: object) -> str:
    return thing(HELM, "HelmRelease", spec)


def chart(**spec: object) -> dict[str, object]:
    return {"spec": {"chart": "shop", **spec}}


def substitute(**variables: str) -> str:
    return thing(FLUX, "Kustomization", {"postBuild": {"substitute": variables}})


def oci(ref: object, **spec: object) -> str:
    return thing(SOURCE, "OCIRepository", {"url": "oci://ghcr.io/shop/a", "ref": ref, **spec})


def git(ref: object) -> str:
    return thing(SOURCE, "GitRepository", {"url": "https://github.com/shop/a", "ref": ref})


def kustomization(**fields: object) -> str:
    return json.dumps({"apiVersion": KUSTOMIZE, "kind": "Kustomization", **fields})


def instance(**spec: object) -> str:
    return thing(OPERATOR, "FluxInstance", spec)


def application(**source: object) -> str:
    whole = {"repoURL": "https://github.com/shop/a", **source}
    return thing(ARGO, "Application", {"source": whole})


def resources(*objects: object, **spec: object) -> str:
    return thing(OPERATOR, "ResourceSet", {"resources": objects, **spec})


def config(**data: str) -> str:
    return thing("v1", "ConfigMap", {}, data=data)


CRON = {"jobTemplate": {"spec": {"template": {"spec": pod(image="a/b:v1")}}}}
INIT = {"initContainers": [{"image": "a/b:v1"}], "containers": [{"image": "c/d:v2"}]}
IMAGES = [{"name": "a/b", "newTag": "v1", "digest": DIGEST}]
VALUES = {
    "image": {"registry": "ghcr.io", "repository": "a/b", "tag": "v1", "digest": DIGEST},
    "proxyImage": "c/d:v2",
    "job": {"image": {"repository": "e/f", "version": "v3"}},
    "patched": {"image": {"tag": "v4"}},
}
FOUND_VALUES = [("image", value) for value in ("v1", DIGEST, "c/d:v2", "v3", "v4")]
REF = {"tag": "v1", "semver": "1.x", "digest": DIGEST}
LAYER = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}
PARAMETERS = [
    {"name": "image.tag", "value": "v1"},
    {"name": "image.digest", "value": DIGEST},
    {"name": "job.image", "value": "a/b:v2"},
]
SYNC = {"kind": "OCIRepository", "url": "oci://ghcr.io/shop/a", "ref": "v1"}
MARKED = 'x: v1 # {"$imagepolicy": "shop:a:tag"}\n'

READ: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "workload": (
        {"a.yaml": thing(APPS, "Deployment", {"template": {"spec": INIT}})},
        [("image", "a/b:v1"), ("image", "c/d:v2")],
    ),
    "CronJob": ({"a.yaml": thing("batch/v1", "CronJob", CRON)}, [("image", "a/b:v1")]),
    "Pod": ({"a.yaml": thing("v1", "Pod", INIT)}, [("image", "a/b:v1"), ("image", "c/d:v2")]),
    "custom resource": (
        {"a.yaml": thing("example.com/v1", "Database", {"deep": [{"image": "a/b:v1"}]})},
        [("image", "a/b:v1")],
    ),
    "HelmRelease, `spec.chart.spec.version`": (
        {"a.yaml": release(chart=chart(version="1.x"))},
        [("chart", "1.x")],
    ),
    "HelmRelease, images in `spec.values`": ({"a.yaml": release(values=VALUES)}, FOUND_VALUES),
    "HelmRelease, `spec.postRenderers[].kustomize.images`": (
        {"a.yaml": release(postRenderers=[{"kustomize": {"images": IMAGES}}])},
        [("image", "v1"), ("image", DIGEST)],
    ),
    "HelmChart": (
        {"a.yaml": thing(SOURCE, "HelmChart", {"chart": "a", "version": "1.0.0"})},
        [("chart", "1.0.0")],
    ),
    "OCIRepository": (
        {"a.yaml": oci(REF)},
        [("image", "v1"), ("image", "1.x"), ("image", DIGEST)],
    ),
    "OCIRepository of a chart": (
        {"a.yaml": oci(REF, layerSelector=LAYER)},
        [("chart", "v1"), ("chart", "1.x"), ("chart", DIGEST)],
    ),
    "GitRepository, `spec.ref.tag`, `semver`, `commit`": (
        {"a.yaml": git({"tag": "v1", "semver": "1.x", "commit": COMMIT})},
        [("git", "v1"), ("git", "1.x"), ("git", COMMIT)],
    ),
    "GitRepository, `spec.ref.name` of a tag": (
        {"a.yaml": git({"name": "refs/tags/v1"})},
        [("git", "refs/tags/v1")],
    ),
    "kustomization.yaml, `images[].newTag`, `digest`": (
        {"kustomization.yaml": json.dumps({"images": IMAGES})},
        [("image", "v1"), ("image", DIGEST)],
    ),
    "kustomization.yaml, `helmCharts[].version`": (
        {"kustomization.yaml": kustomization(helmCharts=[{"name": "a", "version": "1.0.0"}])},
        [("chart", "1.0.0")],
    ),
    "Flux Kustomization, `spec.images[].newTag`, `digest`": (
        {"a.yaml": thing(FLUX, "Kustomization", {"images": IMAGES})},
        [("image", "v1"), ("image", DIGEST)],
    ),
    "Flux Kustomization, `spec.postBuild.substitute`, names that end in VERSION, TAG, DIGEST,"
    " IMAGE": (
        {"a.yaml": substitute(VERSION="1.0", A_TAG="v1", A_DIGEST=DIGEST, anImage="a/b:v1")},
        [("image", "1.0"), ("image", "v1"), ("image", DIGEST), ("image", "a/b:v1")],
    ),
    "Flux Kustomization, `spec.postBuild.substitute`, a name that stands elsewhere for a whole"
    " version": (
        {"a.yaml": substitute(SHOP="1.0"), "b.yaml": release(chart=chart(version="${SHOP}"))},
        [("chart", "1.0")],
    ),
    "FluxInstance, `spec.distribution.version`": (
        {"a.yaml": instance(distribution={"version": "2.x"})},
        [("git", "2.x")],
    ),
    "FluxInstance, `spec.sync.ref` of a tag in git": (
        {"a.yaml": instance(sync={"kind": "GitRepository", "ref": "refs/tags/v1"})},
        [("git", "refs/tags/v1")],
    ),
    "FluxInstance, `spec.sync.ref` in an OCI registry": (
        {"a.yaml": instance(sync=SYNC)},
        [("image", "v1")],
    ),
    "Argo CD Application, `targetRevision` of a chart": (
        {"a.yaml": application(chart="a", targetRevision="1.x")},
        [("chart", "1.x")],
    ),
    "Argo CD Application, `targetRevision` that is a version, a range, a commit or"
    " `refs/tags/...`": (
        {
            f"{n}.yaml": application(targetRevision=text)
            for n, text in enumerate(["v1.0", ">=1.0 <2", COMMIT, "refs/tags/x"])
        },
        [("git", "v1.0"), ("git", ">=1.0 <2"), ("git", COMMIT), ("git", "refs/tags/x")],
    ),
    "Argo CD Application, `helm.parameters` whose name ends in `image.tag`, `image.digest`,"
    " `image`": (
        {"a.yaml": application(helm={"parameters": PARAMETERS})},
        [("image", "v1"), ("image", DIGEST), ("image", "a/b:v2")],
    ),
    "Argo CD Application, images in `helm.valuesObject`": (
        {"a.yaml": application(helm={"valuesObject": VALUES})},
        FOUND_VALUES,
    ),
    "`values*.yaml`": ({"values-prod.yaml": json.dumps(VALUES)}, FOUND_VALUES),
    "any": ({"a.yaml": MARKED}, [("image", "v1")]),
}
"""By the first cell, with the second where several rows have the first."""

SOPS = {"mac": "ENC[AES256_GCM,data:x]"}
LEFT_ALONE: dict[str, list[tuple[str, str | File]]] = {
    "an image without tag and digest": [("a.yaml", deployment(image="a/b"))],
    "a branch of a GitRepository": [("a.yaml", git({"branch": "release-1"}))],
    "an OCIRepository without a ref": [("a.yaml", oci({}))],
    "a revision of an Application that is no version": [
        ("a.yaml", application(targetRevision="release-1"))
    ],
    "a FluxInstance's ref that is a branch, `latest` or a git tag without a digit": [
        ("a.yaml", instance(sync={"ref": "refs/heads/v1"})),
        ("a.yaml", instance(sync=SYNC | {"ref": "latest"})),
        ("a.yaml", instance(sync={"ref": "refs/tags/production"})),
    ],
    "`spec.distribution.artifact` of a FluxInstance": [
        ("a.yaml", instance(distribution={"artifact": "oci://ghcr.io/a/b:v1"}))
    ],
    "the chart of a HelmRelease from git or a bucket": [
        ("a.yaml", release(chart=chart(version="1.0.0", sourceRef={"kind": kind, "name": "a"})))
        for kind in ("GitRepository", "Bucket")
    ],
    "a version that is a variable, `${VERSION}`": [
        ("a.yaml", release(chart=chart(version="${VERSION}"))),
        ("a.yaml", deployment(image="${REGISTRY}/a:v1")),
    ],
    "an input in a ResourceSet's resources, `<< inputs.tag >>`": [
        ("a.yaml", resources(json.loads(oci({"tag": "<< inputs.tag >>"}))))
    ],
    "inputs of a ResourceSet": [
        ("a.yaml", resources(inputs=[{"tag": "v1", "image": "a/b:v1"}])),
    ],
    "a ResourceSet's `resourcesTemplate`": [
        ("a.yaml", resources(resourcesTemplate=deployment(image="a/b:v1")))
    ],
    "`valuesFrom`": [("a.yaml", release(valuesFrom=[{"kind": "Secret", "name": "a"}]))],
    "`substituteFrom`": [
        (
            "a.yaml",
            thing(FLUX, "Kustomization", {"postBuild": {"substituteFrom": [{"name": "a"}]}}),
        )
    ],
    "a document encrypted by SOPS": [
        ("a.yaml", thing(HELM, "HelmRelease", {"values": VALUES}, sops=SOPS))
    ],
    "a symlink": [("a.yaml", File(b"b.yaml", Mode.SYMLINK))],
    "a file larger than 4 MiB": [("a.yaml", File(b"", unread=f"larger than {MAX_FILE} bytes"))],
    "a file that nobody may read, or with a backslash or a line break in its name": [
        ("a.yaml", File(b"", unread="unreadable"))
    ],
    "a file that is no YAML, but looks as if it held versions": [
        ("a.yaml", "kind: HelmRelease\n  a: ["),
        ("values.yaml", "image: a/b:v1\n{{- if .Values.x }}\n"),
    ],
    "a marker in a place or form that Flux does not read": [("a.yaml", f"{MARKED.strip()} note")],
    "a version inside a URL of a kustomization.yaml, `?ref=v1.0`": [
        ("a.yaml", kustomization(resources=["https://github.com/a/b?ref=v1.0"]))
    ],
    "a version inside any other URL": [
        ("a.yaml", kustomization(resources=["https://github.com/a/b/releases/v1.0/install.yaml"])),
        ("a.yaml", config(url="https://example.com/v1.0.tgz")),
    ],
    "an Application's `helm.values`": [("a.yaml", application(helm={"values": "image: a/b:v1"}))],
    "an Application's `kustomize.images`": [
        ("a.yaml", application(kustomize={"images": ["a/b=c/d:v1"]}))
    ],
    "patches written as text": [
        ("a.yaml", kustomization(patches=[{"patch": deployment(image="a/b:v1")}])),
        (
            "a.yaml",
            release(postRenderers=[{"kustomize": {"patches": [{"patch": "image: a/b:v1"}]}}]),
        ),
    ],
    "scripts and configuration in a ConfigMap": [
        ("a.yaml", config(script="docker run a/b:v1", VERSION="v1", image="a/b:v1"))
    ],
    "`args`, `command` and `env` of a container": [
        ("a.yaml", deployment(args=["--image=a/b:v1"], command=["a/b:v1"])),
        ("a.yaml", deployment(env=[{"name": "IMAGE", "value": "a/b:v1"}])),
    ],
    "a variable with another name": [("a.yaml", substitute(SHOP="v1", API_VERSION="v1"))],
    "`imageTag`, `imageVersion` and the like": [
        ("values.yaml", json.dumps({"imageTag": "v1", "imageVersion": "v1"}))
    ],
    "`tagSuffix`, `tagPrefix`": [
        ("values.yaml", '{"image": {"repository": "a/b", "tagSuffix": "-slim", "tagPrefix": "v"}}'),
        ("kustomization.yaml", '{"images": [{"name": "a/b", "tagSuffix": "-slim"}]}'),
    ],
    "`sha` and other names for a digest in values": [
        ("a.yaml", release(values={"image": {"repository": "a/b", "sha": "a" * 64}}))
    ],
    "an image in a list of texts, `images: [shop/api:v1.0]`": [
        ("a.yaml", release(values={"images": ["a/b:v1.0"]}))
    ],
    "a directory that is called as a version, `path: ./operator/v1.0`": [
        ("a.yaml", thing(FLUX, "Kustomization", {"path": "./operator/v1.0"}))
    ],
    "`version` in values or a spec": [
        ("a.yaml", release(values={"version": "v1", "a": {"version": "v1"}})),
        ("a.yaml", thing("example.com/v1", "Database", {"version": "16.1"})),
    ],
    "`talos_version`, `kubernetesVersion` and other names of one tool": [
        ("a.yaml", "talos_version: v1.7.0\nkubernetesVersion: v1.30.0\n")
    ],
    "`imageName` and other names of one operator": [
        ("a.yaml", thing("postgresql.cnpg.io/v1", "Cluster", {"imageName": "a/b:v1"}))
    ],
    "a label, as `app.kubernetes.io/version`": [
        ("a.yaml", '{"kind": "A", "metadata": {"labels": {"app.kubernetes.io/version": "v1.0"}}}')
    ],
    "Chart.yaml, with its dependencies": [
        (
            "Chart.yaml",
            (
                "apiVersion: v2\nversion: 1.0.0\nappVersion: v1\n"
                "dependencies: [{name: a, version: 1.0.0, repository: 'https://c.example'}]\n"
            ),
        )
    ],
    "docker-compose.yaml": [("docker-compose.yaml", "services: {a: {image: 'a/b:v1'}}\n")],
    "workflows of GitHub Actions": [
        (".github/workflows/a.yaml", "jobs: {a: {container: 'a/b:v1', steps: [{uses: c/d@v4}]}}\n")
    ],
    "the range of an ImagePolicy": [
        (
            "a.yaml",
            thing(
                "image.toolkit.fluxcd.io/v1",
                "ImagePolicy",
                {"policy": {"semver": {"range": "1.x"}}},
            ),
        )
    ],
    "volumes of images, ephemeral containers": [
        (
            "a.yaml",
            thing(
                "v1",
                "Pod",
                {
                    "containers": [],
                    "ephemeralContainers": [{"name": "a", "image": "a/b:v1"}],
                    "volumes": [{"name": "a", "image": {"reference": "a/b:v1"}}],
                },
            ),
        )
    ],
    "a file that is no YAML by its name": [("a.json", deployment(image="a/b:v1"))],
    "a comment": [("a.yaml", deployment(image="a/b") + " # image: a/b:v1")],
}


def _name(cells: list[str]) -> str:
    alone = sum(row[0] == cells[0] for row in rows("read")) == 1
    return cells[0] if alone else ", ".join(cells[:2])


def test_each_row_is_tried() -> None:
    assert [_name(cells) for cells in rows("read")] == list(READ)
    assert [cells[0] for cells in rows("left")] == list(LEFT_ALONE)


@pytest.mark.parametrize("cells", rows("read"), ids=_name)
def test_what_the_page_says_is_read(cells: list[str]) -> None:
    files, expected = READ[_name(cells)]
    found = survey(Tree.of(files)).sites
    assert [(site.kind.value, site.value) for site in found] == expected
    assert {site.kind.value for site in found} == {cells[2]}
    assert not [site for site in found if site.refusal is not None]


@pytest.mark.parametrize("cells", rows("left"), ids=lambda cells: cells[0])
def test_what_the_page_says_is_left_alone(cells: list[str]) -> None:
    for path, content in LEFT_ALONE[cells[0]]:
        file = content if isinstance(content, File) else File(content.encode())
        found = survey(Tree({path: file}))
        assert found.sites == ()
        assert bool(found.skipped) == (cells[2] == "yes"), content
