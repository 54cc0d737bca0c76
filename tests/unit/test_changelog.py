"""The link to compare two commits, and the list of what lies between."""

import pytest

from bot.changelog import MAX_CHANGES, changelog, compare_url
from bot.ports import Change, Changes

OLD, NEW = "a1" * 20, "b2" * 20


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://gitlab.com/shop/payments.git", "https://gitlab.com/shop/payments/-/compare/"),
        (
            "https://gitlab.example.com:8443/git/a/b/c",
            "https://gitlab.example.com:8443/git/a/b/c/-/compare/",
        ),
        ("https://github.com/shop/payments.git", "https://github.com/shop/payments/compare/"),
        ("https://gitea.example.com/shop/pay/", "https://gitea.example.com/shop/pay/compare/"),
        ("http://127.0.0.1:3000/shop/pay.git", "http://127.0.0.1:3000/shop/pay/compare/"),
    ],
)
def test_each_forge_has_its_page(url: str, expected: str) -> None:
    assert compare_url(url, OLD, NEW) == f"{expected}{OLD}...{NEW}"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@gitlab.com/shop/payments.git",
        "https://me@gitlab.com/shop/payments.git",
        "ssh://git@github.com/shop/payments.git",
        "git@github.com:shop/payments.git",
        "file:///srv/git/payments.git",
        "https://git.example.com/a b",
        "https://git.example.com/a)[x](http://evil.example",
        "https://git.example.com/a?x=@all",
        "https://git.example.com/@all#1",
        "https://ev il/a",
        "https://[x]/a",
        "https://git.example.com:port/a",
        "",
    ],
)
def test_what_is_no_plain_page_is_no_link(url: str) -> None:
    found = compare_url(url, OLD, NEW)
    assert found is None or found == f"https://git.example.com/a/compare/{OLD}...{NEW}"
    assert "@" not in (found or "")


def test_what_is_no_sha_is_no_link() -> None:
    assert compare_url("https://github.com/a/b", "main", NEW) is None
    assert compare_url("https://github.com/a/b", OLD, f"{NEW})x") is None


URL = "https://github.com/shop/payments.git"


def test_subjects_are_listed_as_code_and_counted() -> None:
    entries = tuple(Change(NEW, f"Closes #{number} @all") for number in range(MAX_CHANGES))
    said = changelog(URL, OLD, NEW, Changes(entries, more=7))
    assert f"- `{NEW[:12]}` `Closes #0 @all`" in said
    assert said.endswith("- … and 7 more")


def test_what_goes_back_says_so() -> None:
    said = changelog(URL, OLD, NEW, Changes((Change(OLD, "Add"),), taken_back=True))
    assert "**This takes back:**" in said
    assert "takes back" not in changelog(URL, OLD, NEW, Changes((Change(OLD, "Add"),)))


def test_what_does_not_follow_says_so() -> None:
    said = changelog(URL, OLD, NEW, Changes(related=False))
    assert "do not follow each other" in said
    assert "Nothing: it is the same commit." in changelog(URL, OLD, NEW, Changes())
