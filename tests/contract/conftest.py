"""The forges that keep the contract; one joins by a fixture of its world and a line in `HOSTED`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.fleet_repositories import FleetRepository
from tests.contract.forge_worlds import ForgeWorld, GiteaWorld, HostedWorld, LocalWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.real.gitea import Gitea
from tests.stand_ins.github import GitHub
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Tier


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    return FleetRepository(tmp_path_factory.mktemp("made"))


@pytest.fixture
def local(made: FleetRepository, tmp_path: Path) -> ForgeWorld:
    return LocalWorld(made.copy(tmp_path))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        yield server


@pytest.fixture
def gitea(server: Gitea, tmp_path: Path) -> ForgeWorld:
    return GiteaWorld(server, tmp_path)


@pytest.fixture(scope="package")
def gitlab_free_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLab]:
    with GitLab(tmp_path_factory.mktemp("gitlab-free")) as server:
        yield server


@pytest.fixture(scope="package")
def gitlab_premium_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLab]:
    with GitLab(tmp_path_factory.mktemp("gitlab-premium"), tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture
def gitlab_free(gitlab_free_server: GitLab, tmp_path: Path) -> ForgeWorld:
    return GitLabWorld(gitlab_free_server, tmp_path)


@pytest.fixture
def gitlab_premium(gitlab_premium_server: GitLab, tmp_path: Path) -> ForgeWorld:
    return GitLabWorld(gitlab_premium_server, tmp_path)


@pytest.fixture(scope="package")
def github_free_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github-free")) as server:
        yield server


@pytest.fixture(scope="package")
def github_team_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github-team"), tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture
def github_free(github_free_server: GitHub, tmp_path: Path) -> ForgeWorld:
    return GitHubWorld(github_free_server, tmp_path)


@pytest.fixture
def github_team(github_team_server: GitHub, tmp_path: Path) -> ForgeWorld:
    return GitHubWorld(github_team_server, tmp_path)


HOSTED = (
    "github_free",
    "github_team",
    "gitlab_free",
    "gitlab_premium",
    pytest.param("gitea", marks=[pytest.mark.real, pytest.mark.slow]),
)
"""Fixtures of the forges that have groups, and merge by themselves when told to."""

FORGES = ("local", *HOSTED)


@pytest.fixture(params=FORGES)
def world(request: pytest.FixtureRequest) -> ForgeWorld:
    chosen: ForgeWorld = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(params=HOSTED)
def hosted(request: pytest.FixtureRequest) -> HostedWorld:
    chosen: HostedWorld = request.getfixturevalue(request.param)
    return chosen
