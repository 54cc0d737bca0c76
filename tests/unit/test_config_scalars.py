"""How single values are read: each that is refused beside its nearest neighbour that is not."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gitops.config import scalars
from gitops.config.scalars import duration_of
from gitops.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("30s", 30),
        ("2m", 120),
        ("1h", 3600),
        ("24h", 86400),
        ("1h30m", 5400),
        ("1h1s", 3601),
        ("1h2m3s", 3723),
        ("90m", 5400),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "m",
        "-1m",
        "1.5h",
        "30m1h",
        "1h 30m",
        "1d",
        "1H",
        "1234567s",
        "\N{ARABIC-INDIC DIGIT ONE}m",
        "1m1m",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidInput, match="no duration; write it as"):
        duration_of(text)


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        pytest.param(scalars.Label, "dev-1", "Dev", id="capital"),
        pytest.param(scalars.Label, "a", "-a", id="hyphen first"),
        pytest.param(scalars.Label, "a-b", "a-", id="hyphen last"),
        pytest.param(scalars.Label, "a" * 63, "a" * 64, id="64 characters"),
        pytest.param(scalars.Label, "a1", "a.b", id="dot"),
        pytest.param(scalars.Label, "1", 1, id="a number"),
        pytest.param(scalars.Label, "a", "a\n", id="newline"),
        pytest.param(scalars.Label, "e", "é", id="not ASCII"),
        pytest.param(scalars.Login, "ana.B_c-1", "ana@x", id="login with @"),
        pytest.param(scalars.Login, "renovate[bot]", "renovate[x]", id="login with brackets"),
        pytest.param(scalars.Login, "qa", "group:qa", id="login with colon"),
        pytest.param(scalars.Email, "a@b", "ab", id="e-mail without @"),
        pytest.param(scalars.Email, "a+b@c.d", "A <a@b>", id="e-mail with name"),
        pytest.param(scalars.Project, "acme/platform/fleet", "fleet", id="project without group"),
        pytest.param(scalars.Project, "acme/fleet", "acme/../fleet", id="project climbing"),
        pytest.param(scalars.Project, "acme/fleet", "https://x/acme/fleet", id="project as URL"),
        pytest.param(scalars.Image, "registry.example.com/shop/a", "a b", id="image with space"),
        pytest.param(scalars.Image, "localhost:5000/a", "a:1.0", id="image with tag"),
        pytest.param(scalars.Image, "nginx", "nginx@sha256:00", id="image with digest"),
        pytest.param(scalars.Image, "ghcr.io/a/b__c", "https://ghcr.io/a", id="image as URL"),
        pytest.param(scalars.Image, "ghcr.io/a/b", "ghcr.io/a/B", id="image with capital"),
        pytest.param(scalars.Platform, "linux/arm64/v8", "linux", id="platform of one part"),
        pytest.param(scalars.Branch, "release/1.0", "release//1.0", id="branch with //"),
        pytest.param(scalars.Branch, "main", "-main", id="branch as option"),
        pytest.param(scalars.Branch, "a.b", "a..b", id="branch as range"),
        pytest.param(scalars.Branch, "a", "a.lock", id="branch lock"),
        pytest.param(scalars.Branch, "promoted", "promote/x", id="branch of ours"),
        pytest.param(scalars.Branch, "fairlead", "fairlead/state", id="state branch"),
        pytest.param(scalars.Branch, "a", "a b", id="branch with space"),
        pytest.param(scalars.GitUrl, "https://h/a.git", "h/a.git", id="no scheme"),
        pytest.param(scalars.GitUrl, "ssh://git@h/a", "git@h:a", id="scp form"),
        pytest.param(scalars.GitUrl, "ssh://git@h:2222/a", "ssh://git:pw@h/a", id="ssh password"),
        pytest.param(scalars.GitUrl, "https://h/a", "https://token@h/a", id="token"),
        pytest.param(scalars.GitUrl, "file:///srv/a.git", "ext::sh -c id", id="a command"),
        pytest.param(scalars.GitUrl, "https://h:8443/a", "https://h", id="no path"),
        pytest.param(scalars.GitUrl, "https://h/a", "https://[h/a", id="broken host"),
        pytest.param(scalars.GitUrl, "https://h/a", "https://h/a\n-x", id="newline in URL"),
        pytest.param(scalars.RepositoryPath, "clusters/dev", "../clusters", id="climbing path"),
        pytest.param(scalars.RepositoryPath, "clusters/dev", "/clusters", id="absolute path"),
        pytest.param(scalars.Range, ">=1.0 <2.0", "one", id="range"),
        pytest.param(scalars.Pattern, "main-(?P<version>.*)", "main-(.*)", id="pattern"),
        pytest.param(
            scalars.GitTagTemplate, "payments/{tag}", "{sha}", id="template of no version"
        ),
        pytest.param(scalars.GitTagTemplate, "v{version}", "v{verson}", id="template misspelt"),
        pytest.param(scalars.ImageTagTemplate, "{sha:7}", "{branch}", id="a tag has no branch"),
        pytest.param(scalars.BuildTemplate, "main-{sha}", "main-{version}", id="build without sha"),
        pytest.param(scalars.Duration, 0, 30, id="duration without unit"),
        pytest.param(scalars.Duration, "30s", True, id="duration true"),
        pytest.param(scalars.SomeDuration, "1s", "0s", id="none at all"),
        pytest.param(scalars.Count, 2, "2", id="count in quotes"),
        pytest.param(scalars.Count, 0, -1, id="count below zero"),
        pytest.param(scalars.Count, 1, True, id="count true"),
        pytest.param(scalars.Flag, True, "true", id="flag in quotes"),
        pytest.param(scalars.Poster, 15368, True, id="poster true"),
        pytest.param(scalars.Day, "2026-12-20", 20261220, id="day as number"),
        pytest.param(scalars.OpenWindow, "Mon 09:00-10:00 UTC", 9, id="window as number"),
        pytest.param(scalars.Text, "a", "", id="empty text"),
        pytest.param(scalars.Text, "a", None, id="null"),
    ],
)
def test_value(kind: Any, good: object, bad: object) -> None:
    assert accepts(kind, good)
    assert not accepts(kind, bad)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(scalars.GitUrl).validate_python("https://ana:secret@h/a")
    assert "secret" not in caught.value.errors()[0]["msg"]
