import pytest

from bot.adapters.git_remote import Remote, check_url, origin_of
from gitops.errors import InvalidInput
from tests.real.git_http import Login, Text


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.example.com/shop/payments.git",
        "https://gitlab.example.com:8443/shop/payments",
        "https://[2001:db8::1]/a.git",
    ],
)
def test_https_is_accepted(url: str) -> None:
    check_url(url, plain=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/a.git", "file:///srv/git/a.git"])
def test_http_and_file_only_where_the_operator_says_so(url: str) -> None:
    check_url(url, plain=True)
    with pytest.raises(InvalidInput, match="is not allowed"):
        check_url(url, plain=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/a.git",
        "--upload-pack=touch /tmp/x",
        "-uhttps://host/a",
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "https::http://host/a",
        "ssh://-oProxyCommand=x/a",
        "ssh://host/a.git",
        "git@host:a.git",
        "git://host/a.git",
        "https://-host/a.git",
        "https://user:canary@host/a.git",
        "https://token@host/a.git",
        "https://host",
        "https://host/",
        "https:///a.git",
        "https://host:port/a.git",
        "https://host:99999/a.git",
        "https://host/a.git?x=1",
        "https://host/a.git#x",
        "https://host/a b.git",
        "https://host/a.git\n",
        "https://host/a\\b",
        "https://host/$(id)",
        "https://host/`id`",
        "HTTPS://host/a.git",
        "file://host/a.git",
        "file://-x/a.git",
        "https://h\u00f6st/a.git",
    ],
)
def test_anything_else_is_no_repository_url(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url(url, plain=True)
    assert "canary" not in str(caught.value)
    assert "token" not in str(caught.value)


def test_a_remote_shows_no_secret() -> None:
    remote = Remote("https://git.example.com/a.git", Login(Text("canary/7f3a"), "bot"))
    assert remote.authorization == "Basic Ym90OmNhbmFyeS83ZjNh"
    assert "canary" not in repr(remote)
    assert "Ym90" not in repr(remote)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Git.Example.com/a", "https://git.example.com"),
        ("https://git.example.com:443/a", "https://git.example.com"),
        ("https://git.example.com:8443/a", "https://git.example.com:8443"),
        ("http://127.0.0.1:80/a", "http://127.0.0.1"),
        ("file:///a/b", "file://"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin
