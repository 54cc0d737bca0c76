import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.oci_documents import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Described,
    Location,
    describe,
    digest_of,
    locate,
    read_configuration,
    read_tags,
)
from bot.adapters.wire import Garbled

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
IMAGE = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 2}
REVISION = {"org.opencontainers.image.revision": "abc"}


def data(content: object) -> bytes:
    return json.dumps(content).encode()


def child(digest: str, **platform: str) -> dict[str, object]:
    return {"mediaType": OCI_MANIFEST, "digest": digest, "size": 2, "platform": platform}


@pytest.mark.parametrize(
    ("repository", "host", "name"),
    [
        ("registry.example.com/shop/app", "registry.example.com", "shop/app"),
        ("Registry.Example.com:5000/app", "registry.example.com:5000", "app"),
        ("127.0.0.1:5000/a/b__c", "127.0.0.1:5000", "a/b__c"),
        ("[::1]:5000/app", "[::1]:5000", "app"),
        ("localhost/app", "localhost", "app"),
        ("docker.io/nginx", "registry-1.docker.io", "library/nginx"),
        ("docker.io/library/nginx", "registry-1.docker.io", "library/nginx"),
        ("index.docker.io/stefanprodan/podinfo", "registry-1.docker.io", "stefanprodan/podinfo"),
        ("nginx", "registry-1.docker.io", "library/nginx"),
        ("stefanprodan/podinfo", "registry-1.docker.io", "stefanprodan/podinfo"),
    ],
)
def test_where_a_repository_is_asked_for(repository: str, host: str, name: str) -> None:
    assert locate(repository) == Location(host, name)


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "registry.example.com/",
        "registry.example.com/Shop",
        "registry.example.com/../../admin",
        "registry.example.com/a//b",
        "registry.example.com/app:v1",
        "registry.example.com/app?x=1",
        "robot@registry.example.com/app",
        "registry.example.com#x/app",
        "https://registry.example.com/app",
        "registry.example.com/app\n",
        "registry.example.com/" + "a" * 256,
    ],
)
def test_what_is_no_repository_is_not_asked_for(repository: str) -> None:
    with pytest.raises(Garbled):
        locate(repository)


def test_an_index_lists_platforms_without_attestations() -> None:
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            child(OTHER, os="linux", architecture="arm64", variant="v8"),
            child(DIGEST, os="linux", architecture="amd64"),
            child("sha256:" + "c" * 64, os="unknown", architecture="unknown"),
            {"mediaType": OCI_MANIFEST, "digest": OTHER, "size": 2},
        ],
        "annotations": REVISION,
    }
    platforms = ("linux/amd64", "linux/arm64/v8")
    expected = Described(platforms, "abc", child=DIGEST, children=(DIGEST, OTHER))
    assert describe(data(content), OCI_INDEX) == expected


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_a_manifest_names_its_configuration(kind: str) -> None:
    content = {"schemaVersion": 2, "config": IMAGE, "layers": [], "annotations": REVISION}
    assert describe(data(content), f"{kind}; charset=utf-8") == Described(
        (), "abc", configuration=DIGEST
    )


def test_the_configuration_of_a_chart_is_not_an_images() -> None:
    chart = IMAGE | {"mediaType": "application/vnd.cncf.helm.config.v1+json"}
    content = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": chart, "layers": []}
    assert describe(data(content), OCI_MANIFEST) == Described((), None)


def test_a_configuration_says_platform_and_revision() -> None:
    content = {
        "os": "linux",
        "architecture": "arm",
        "variant": "v7",
        "config": {"Labels": REVISION},
    }
    assert read_configuration(data(content)) == Described(("linux/arm/v7",), "abc")
    assert read_configuration(b'{"config": {"Labels": null}}') == Described((), None)


@pytest.mark.parametrize(
    ("content", "sent_as"),
    [
        (
            {"schemaVersion": 1, "fsLayers": []},
            "application/vnd.docker.distribution.manifest.v1+json",
        ),
        ({"schemaVersion": 2, "config": IMAGE, "layers": []}, "text/html"),
        ({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}, DOCKER_LIST),
        ({"schemaVersion": 2, "config": IMAGE, "manifests": []}, OCI_MANIFEST),
        ({"schemaVersion": 2, "layers": [], "manifests": []}, OCI_INDEX),
        ({"schemaVersion": 2, "manifests": []}, OCI_MANIFEST),
        ({"schemaVersion": 2, "config": IMAGE}, OCI_INDEX),
        ({"schemaVersion": 2, "manifests": ["x"]}, OCI_INDEX),
        ({"schemaVersion": 2, "mediaType": {}, "manifests": []}, OCI_INDEX),
        ({"schemaVersion": 2, "config": {**IMAGE, "digest": "../../x"}}, OCI_MANIFEST),
        ({"schemaVersion": 2, "manifests": [child("x", os="a", architecture="b")]}, OCI_INDEX),
        ({"schemaVersion": 2, "manifests": [child(DIGEST, os="a/b", architecture="c")]}, OCI_INDEX),
        ({"schemaVersion": 2, "manifests": [child(DIGEST, os="linux")]}, OCI_INDEX),
        ([], OCI_INDEX),
    ],
)
def test_what_is_no_manifest_is_garbled(content: object, sent_as: str) -> None:
    with pytest.raises(Garbled):
        describe(data(content), sent_as)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"tags": {}x}',
        b'{"tags": [1]}',
        b'{"tags": "v1"}',
        b'{"tags": ["v1',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_tag_list_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        read_tags(body)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([2, OCI_INDEX, OCI_MANIFEST, DIGEST, "linux", IMAGE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "schemaVersion",
                    "mediaType",
                    "manifests",
                    "config",
                    "layers",
                    "digest",
                    "platform",
                    "os",
                    "architecture",
                    "annotations",
                    "Labels",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from([OCI_INDEX, OCI_MANIFEST, ""]))
def test_any_json_is_read_or_garbled(content: object, sent_as: str) -> None:
    for read in (read_configuration, read_tags, lambda body: describe(body, sent_as)):
        try:
            read(data(content))
        except Garbled:
            continue


def test_digests_by_either_algorithm() -> None:
    assert digest_of(b"").startswith("sha256:e3b0c442")
    assert digest_of(b"", "sha512:").startswith("sha512:cf83e135")
