"""What a kubeconfig may ask for: a server, whom to trust, a token or a certificate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.flux_kubeconfig import Access, given, of_kubeconfig
from bot.secret import Secret
from gitops.errors import InvalidInput, Place

SERVER = "https://k8s.example.com:6443"


def written(
    tmp_path: Path,
    cluster: Mapping[str, Any] | None = None,
    user: Mapping[str, Any] | None = None,
    **more: Any,
) -> Path:
    """A kubeconfig with one context; no file that it names is there."""
    content = {
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "s3cret"} if user is None else user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "here",
        **more,
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_token_and_an_authority(tmp_path: Path) -> None:
    file = written(tmp_path, {"certificate-authority-data": "eA=="})
    found = of_kubeconfig(file, None)
    assert found == Access(SERVER, ca_data="eA==", token=Secret("s3cret"))
    assert of_kubeconfig(file, "here") == found
    assert "s3cret" not in repr(found)


def test_files_are_looked_for_beside_the_kubeconfig(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"certificate-authority": "ca.crt"},
        {"tokenFile": "token", "client-certificate": "tls.crt", "client-key": "tls.key"},
    )
    assert of_kubeconfig(file, None) == Access(
        SERVER,
        ca_file=tmp_path / "ca.crt",
        token_file=tmp_path / "token",
        certificate=tmp_path / "tls.crt",
        key=tmp_path / "tls.key",
    )


WITH_TOKEN = (
    "let something else write a token to a file, and give `server`, `token_file` and `ca_file`"
)
DIRECT = "give `certificate-authority`, and a URL that can be asked directly"
WHO, WHERE = "the user of the context here", "the cluster of the context here"
USERS: dict[str, tuple[dict[str, Any], str]] = {
    "a program": (
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}},
        f"`exec`: {WHO} starts a program for its credentials; {WITH_TOKEN}",
    ),
    "a program beside a token": (
        {"token": "x", "exec": {"command": "aws"}},
        f"`exec`: {WHO} starts a program for its credentials; {WITH_TOKEN}",
    ),
    "a plugin": (
        {"auth-provider": {"name": "gcp"}},
        f"`auth-provider`: {WHO} has its credentials from a plugin; {WITH_TOKEN}",
    ),
    "a password": (
        {"username": "a", "password": "b"},
        (
            f"`username`: {WHO} logs in with a password, which no API server takes any more; "
            f"{WITH_TOKEN}"
        ),
    ),
    "somebody else": (
        {"token": "x", "as": "admin"},
        f"`as`: {WHO} acts as somebody else; {WITH_TOKEN}",
    ),
    "nothing": ({}, "its user has no credentials; give `tokenFile` or `token`"),
    "a certificate without its key": (
        {"client-certificate-data": "eA=="},
        "a client certificate needs its key; give both or none",
    ),
    "a token that is no text": ({"token": 1}, "`token` must be a text"),
}


@pytest.mark.parametrize("row", USERS.values(), ids=USERS)
def test_a_user_that_is_refused(row: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    user, told = row
    with pytest.raises(InvalidInput) as refused:
        of_kubeconfig(written(tmp_path, user=user), None)
    assert str(refused.value) == f"{tmp_path / 'kubeconfig'}: {told}"


CLUSTERS: dict[str, tuple[dict[str, Any], str]] = {
    "anybody is trusted": (
        {"insecure-skip-tls-verify": True},
        f"`insecure-skip-tls-verify`: {WHERE} would show its token to whoever answers; {DIRECT}",
    ),
    "a proxy": (
        {"proxy-url": "http://proxy"},
        f"`proxy-url`: {WHERE} is behind a proxy, which is not asked; {DIRECT}",
    ),
    "another name": (
        {"tls-server-name": "x"},
        f"`tls-server-name`: {WHERE} answers under another name; {DIRECT}",
    ),
    "plain text": (
        {"server": "http://k8s.example.com"},
        "`server` 'http://k8s.example.com' is no https URL; write https://HOST[:PORT]",
    ),
    "no server": ({"server": ""}, "`server` '' is no https URL; write https://HOST[:PORT]"),
    "no port": (
        {"server": "https://x:y"},
        "`server` 'https://x:y' is no https URL; write https://HOST[:PORT]",
    ),
}


@pytest.mark.parametrize("row", CLUSTERS.values(), ids=CLUSTERS)
def test_a_cluster_that_is_refused(row: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    cluster, told = row
    with pytest.raises(InvalidInput) as refused:
        of_kubeconfig(written(tmp_path, cluster), None)
    assert str(refused.value) == f"{tmp_path / 'kubeconfig'}: {told}"


def test_what_verification_says_of_itself_is_taken(tmp_path: Path) -> None:
    assert of_kubeconfig(written(tmp_path, {"insecure-skip-tls-verify": False}), None).server


def refusal(file: Path, context: str | None = None) -> str:
    with pytest.raises(InvalidInput) as refused:
        of_kubeconfig(file, context)
    return refused.value.message


def test_a_kubeconfig_that_is_none(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == "cannot be read (No such file or directory)"
    file = tmp_path / "kubeconfig"
    for content, told in {
        "": "is no kubeconfig",
        "- a": "is no kubeconfig",
        "a: [": "is no YAML",
        "\x00": "is no YAML",
        "[" * 200_000: "is no YAML",
        "#" * (2 << 20): "it is too large for a kubeconfig",
        "kind: Config": "it names no current context",
    }.items():
        file.write_text(content)
        assert refusal(file) == told
    assert refusal(written(tmp_path), "there") == "it has no context 'there'"
    assert refusal(written(tmp_path, users=[])) == "it has no user 'u'"
    assert refusal(written(tmp_path, clusters=None)) == "it has no cluster 'c'"


def test_a_server_with_plain_files(tmp_path: Path) -> None:
    written(tmp_path)
    token, authority, place = tmp_path / "token", tmp_path / "ca.crt", Place("settings.toml")
    assert given(f"{SERVER}/", token, authority, place) == Access(
        SERVER, ca_file=authority, token_file=token
    )
    assert given(SERVER, token, None, place) == Access(SERVER, token_file=token)
    with pytest.raises(InvalidInput, match="no https URL"):
        given("https://user@host", token, None, place)
