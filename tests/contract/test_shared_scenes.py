"""The same scenes on Gitea, which is real, and on the stand-ins: docs/fidelity.md has them."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contract.forge_worlds import GiteaWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.scene_people import OnGitea, OnGitHub, OnGitLab, People
from tests.contract.shared_scenes import SCENES
from tests.real.gitea import Gitea

pytestmark = [pytest.mark.real, pytest.mark.slow]

PAGE = ROOT / "docs" / "fidelity.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)


def told() -> dict[str, tuple[str, ...]]:
    """What the page has: scene to Gitea, GitLab, GitHub and the reason."""
    text = PAGE.read_text().partition("## The same scenes")[2].partition("\n## ")[0]
    rows = [tuple(cell.strip() for cell in row) for row in ROW.findall(text)]
    return {row[0]: row[1:] for row in rows[1:]}


def played(people: People) -> dict[str, str]:
    found = {}
    for words, play in SCENES.items():
        found[words] = play(people)
        if people.protected:
            people.unprotect()
    return found


@pytest.fixture
def seen(
    server: Gitea, gitlab_premium: GitLabWorld, github_team: GitHubWorld, tmp_path: Path
) -> dict[str, tuple[str, str, str]]:
    """Scene to what was seen on Gitea, GitLab and GitHub."""
    gitea = GiteaWorld(server, tmp_path / "gitea")
    everywhere = (OnGitea(gitea, server), OnGitLab(gitlab_premium), OnGitHub(github_team))
    there = [played(people) for people in everywhere]
    return {words: (there[0][words], there[1][words], there[2][words]) for words in SCENES}


def test_the_page_tells_what_each_forge_answers(seen: dict[str, tuple[str, str, str]]) -> None:
    assert {words: row[:3] for words, row in told().items()} == seen


def test_each_difference_has_its_reason_and_nothing_else_has() -> None:
    for words, (gitea, gitlab, github, reason) in told().items():
        assert bool(reason) is (len({gitea, gitlab, github}) > 1), words
