"""The forges that can be cheated on; one of each for all the stories."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bypass.places import (
    GiteaPlace,
    GitHubPlace,
    GitLabPlace,
    LocalPlace,
    Place,
    RuledGitHubPlace,
)
from tests.real.gitea import Gitea
from tests.stand_ins.github import GitHub
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Tier

MakePlace = Callable[[Path], Place]


@pytest.fixture(scope="package")
def local() -> MakePlace:
    return LocalPlace


@pytest.fixture(scope="package")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePlace]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        yield lambda directory: GiteaPlace(server, directory)


def _gitlab(factory: pytest.TempPathFactory, tier: Tier) -> Iterator[MakePlace]:
    with GitLab(factory.mktemp("gitlab"), tier=tier) as server:
        yield lambda directory: GitLabPlace(server, directory)


@pytest.fixture(scope="package")
def gitlab_free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePlace]:
    yield from _gitlab(tmp_path_factory, Tier.FREE)


@pytest.fixture(scope="package")
def gitlab_premium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePlace]:
    yield from _gitlab(tmp_path_factory, Tier.PREMIUM)


@pytest.fixture(scope="package")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePlace]:
    with GitHub(tmp_path_factory.mktemp("github")) as server:
        yield lambda directory: GitHubPlace(server, directory)


@pytest.fixture(scope="package")
def github_team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePlace]:
    with GitHub(tmp_path_factory.mktemp("github-team"), tier=Tier.PREMIUM) as server:
        yield lambda directory: RuledGitHubPlace(server, directory)
