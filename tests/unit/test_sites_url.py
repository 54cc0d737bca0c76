"""Sources as one spelling."""

import pytest

from gitops.sites.url import git_source, oci_repository, without_user


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/shop/a", "github.com/shop/a"),
        ("https://github.com/shop/a.git", "github.com/shop/a"),
        ("https://github.com/shop/a/", "github.com/shop/a"),
        ("https://user:word@GitHub.com/Shop/a", "github.com/Shop/a"),
        ("https://git.example.com:443/a", "git.example.com/a"),
        ("https://git.example.com:8443/a", "git.example.com:8443/a"),
        ("http://git.example.com:80/a", "git.example.com/a"),
        ("ssh://git@git.example.com:22/a", "git.example.com/a"),
        ("ssh://git@git.example.com:2222/a", "git.example.com:2222/a"),
        ("git@github.com:shop/a.git", "github.com/shop/a"),
        ("github.com:/shop/a", "github.com/shop/a"),
        ("github.com/shop/a", "github.com/shop/a"),
        ("https://github.com", "github.com"),
        ("https://github.com/${ORG}/a", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_git_source(url: str | None, expected: str) -> None:
    assert git_source(url) == expected
    assert git_source(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("oci://ghcr.io/shop/a", "ghcr.io/shop/a"),
        ("oci://ghcr.io/shop/a/", "ghcr.io/shop/a"),
        ("oci://localhost:5000/a", "localhost:5000/a"),
        ("oci://docker.io/a", "docker.io/library/a"),
        ("oci://${HOST}/a", ""),
        ("https://ghcr.io/shop/a", ""),
        ("oci://", ""),
        (None, ""),
    ],
)
def test_oci_repository(url: str | None, expected: str) -> None:
    assert oci_repository(url) == expected


def test_a_url_is_shown_without_its_user() -> None:
    assert (
        without_user("https://user:word@charts.example.com/a@b") == "https://charts.example.com/a@b"
    )
    assert without_user("https://charts.example.com/a@b") == "https://charts.example.com/a@b"
    assert without_user(None) == ""
