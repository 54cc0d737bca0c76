"""Image names: one spelling each, and references taken apart."""

import time

import pytest

from gitops.sites.image import normalise, parse_reference, split_tag

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("library/nginx", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx"),
        ("registry-1.docker.io/shop/a", "docker.io/shop/a"),
        ("shop/payments", "docker.io/shop/payments"),
        ("localhost/a", "localhost/a"),
        ("localhost:5000/a", "localhost:5000/a"),
        ("GHCR.io/shop/a", "ghcr.io/shop/a"),
        ("registry.example.com/shop/a/b", "registry.example.com/shop/a/b"),
        ("${cacheRegistry}/shop/a", "${cacheRegistry}/shop/a"),
        ("${registry}/a", "${registry}/a"),
    ],
)
def test_normalise(written: str, one: str) -> None:
    assert normalise(written) == one
    assert normalise(one) == one


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("nginx", None, None)),
        ("nginx:1.27", ("nginx", "1.27", None)),
        ("localhost:5000/a", ("localhost:5000/a", None, None)),
        ("localhost:5000/a:v1", ("localhost:5000/a", "v1", None)),
        (f"a/b@{DIGEST}", ("a/b", None, DIGEST)),
        (f"a/b:v1@{DIGEST}", ("a/b", "v1", DIGEST)),
        ("GHCR.io/shop/a:v1", ("GHCR.io/shop/a", "v1", None)),
        ("LOCAL/a:v1", ("LOCAL/a", "v1", None)),
        ("my-host.io:443/a.b/c_d/e__f/g--h", ("my-host.io:443/a.b/c_d/e__f/g--h", None, None)),
        ("127.0.0.1:5000/a", ("127.0.0.1:5000/a", None, None)),
        ("[::1]:5000/a:v1", ("[::1]:5000/a", "v1", None)),
        ("a/b:${TAG:=v1}", ("a/b", "${TAG:=v1}", None)),
        ("a/b:v1-${TAG}", ("a/b", "v1-${TAG}", None)),
        ("a/b:<< inputs.tag >>", ("a/b", "<< inputs.tag >>", None)),
        ("${REGISTRY}/a/b:${TAG}", ("${REGISTRY}/a/b", "${TAG}", None)),
        ("x.${DOMAIN:=a.b}/c:v1", ("x.${DOMAIN:=a.b}/c", "v1", None)),
    ],
)
def test_parse_reference(text: str, parts: tuple[str, str | None, str | None]) -> None:
    assert parse_reference(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/B:v1",
        "https://example.com/a:1",
        "a b:c",
        "a/b:",
        "a/b@sha256:1",
        "${IMAGE}",
        "${R}/a",
        "a:\n",
    ],
)
def test_no_reference(text: str) -> None:
    assert parse_reference(text) is None


@pytest.mark.parametrize(
    "name",
    [
        "ghcr.io/../b",
        "../b",
        "./b",
        "a/../b",
        "ghcr.io/./b",
        "ghcr.io//b",
        "a//b",
        "/a",
        "a/",
        "a..b",
        "a___b",
        "a._b",
        "a-_b",
        "-a",
        "a-",
        "_a",
        "a/.b",
        "a/b.",
        ".ghcr.io/b",
        "ghcr.io./b",
        "-ghcr.io/b",
        "ghcr-.io/b",
        "gh_cr.io:1/b",
        "[]/b",
        "[::1/b",
        "[fe80::1%25eth0]/b",
    ],
)
@pytest.mark.parametrize("tag", ["", ":v1", ":${TAG}"])
def test_no_name(name: str, tag: str) -> None:
    assert parse_reference(name + tag) is None


def test_split_tag() -> None:
    assert split_tag("v1") == ("v1", None)
    assert split_tag(f"v1@{DIGEST}") == ("v1", DIGEST)
    assert split_tag("") == (None, None)


@pytest.mark.parametrize(
    "piece", ["a", "a.", ".", "${", "${a}", "${a}/", "a:", "a-", "a__", "a/", "[:"]
)
def test_hostile_names_take_no_time(piece: str) -> None:
    started = time.process_time()
    normalise(piece * 500_000)
    parse_reference(piece * 500_000)
    assert time.process_time() - started < 5


def test_what_no_registry_would_take_is_no_reference() -> None:
    """The pattern's engine would need a hundred times the text's weight."""
    long = "a/" * 511 + "b"
    assert parse_reference(long[4:] + ":v1") is not None
    assert parse_reference(long + ":v1") is None
