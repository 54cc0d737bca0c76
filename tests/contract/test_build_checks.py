"""What a source's forge says of its commits, asked as the bot does: by the operator's settings."""

import pytest

from bot.build_checks import BuildChecks, CommitQuery
from bot.model import Check, CheckState, Gap
from bot.secret import Secret
from bot.settings import Origin, Settings, origin_of
from bot.source_wiring import source_checks
from gitops.config import FleetConfig
from tests.contract.forge_worlds import BOT, GiteaWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_fleets import fleet

World = GiteaWorld | GitHubWorld | GitLabWorld
ELSEWHERE = "https://git.example.com/acme/fleet.git"
NAMES = ("scan", "unit")


@pytest.fixture
def source(hosted: World) -> World:
    """A forge whose repository is an app's source; `unit` has succeeded on its main branch."""
    return hosted


def url_of(world: World) -> str:
    return f"{world.project.server}/{world.project.path}.git"


def kind_of(world: World) -> str:
    return {GiteaWorld: "gitea", GitHubWorld: "github", GitLabWorld: "gitlab"}[type(world)]


def asked(world: World, token: Secret | None = None, *, forge: bool = True) -> BuildChecks:
    """The port, of a fleet elsewhere, with settings that list the source's origin."""
    told = token or world.token_of(BOT)
    listed = Origin(
        origin_of(url_of(world)),
        password=told,
        private=True,
        forge=kind_of(world) if forge else None,
    )
    return source_checks(Settings(ELSEWHERE, origins=(listed,)), fleet(0), None)


def answer(port: BuildChecks, world: World, sha: str) -> tuple[Check, ...] | Gap:
    query = CommitQuery(url_of(world), sha, NAMES)
    return port.read([query])[query]


def test_the_last_word_of_each_poster_on_exactly_that_commit(source: World) -> None:
    first = source.push("main", {"a": "1"})
    second = source.push("main", {"a": "2"})
    for state in (CheckState.PENDING, CheckState.SUCCESS):
        source.check_commit(first, "unit", "ana", state)
    source.check_commit(first, "scan", "ana", CheckState.FAILURE)
    source.check_commit(first, "unit", "bo", CheckState.PENDING)
    source.check_commit(first, "lint", "ana", CheckState.SUCCESS)

    found = answer(asked(source), source, first)

    assert isinstance(found, tuple)
    assert {(c.name, c.source, c.sha, c.state) for c in found} == {
        ("unit", "ana", first, CheckState.SUCCESS),
        ("scan", "ana", first, CheckState.FAILURE),
        ("unit", "bo", first, CheckState.PENDING),
    }
    assert answer(asked(source), source, second) == ()


def test_what_flux_writes_is_found_by_its_name_and_has_a_time(source: World) -> None:
    sha = source.push("main", {"a": "1"})
    name = "flux/stage/stage-1/kustomization/flux-system/payments"
    source.check_commit(sha, "unit", "ana", CheckState.SUCCESS)
    source.check_commit(sha, name, "ana", CheckState.SUCCESS)
    source.check_commit(sha, name, "ana", CheckState.FAILURE)
    query = CommitQuery(url_of(source), sha, (name,))

    (found,) = asked(source).read([query]).values()

    assert isinstance(found, tuple)
    (check,) = found
    assert (check.name, check.state) == (name, CheckState.FAILURE)
    assert check.at is not None
    assert check.at.tzinfo is not None


def test_one_that_cannot_be_read_is_its_own_trouble(source: World) -> None:
    sha = source.push("main", {"a": "1"})
    source.check_commit(sha, "unit", "ana", CheckState.SUCCESS)
    here = CommitQuery(url_of(source), sha, NAMES)
    lost = CommitQuery(url_of(source).replace(".git", "-gone.git"), sha, NAMES)

    found = asked(source).read([here, lost])

    gap = found[lost]
    assert isinstance(gap, Gap)
    assert gap.denied
    assert len(found[here]) == 1  # type: ignore[arg-type]


def test_a_token_that_is_not_taken_is_a_gap(source: World) -> None:
    sha = source.push("main", {"a": "1"})
    source.check_commit(sha, "unit", "ana", CheckState.SUCCESS)

    gap = answer(asked(source, Secret("x" * 40)), source, sha)

    assert isinstance(gap, Gap)
    assert gap.denied
    assert len(answer(asked(source), source, sha)) == 1  # type: ignore[arg-type]


def test_an_origin_of_no_known_forge_is_a_gap_that_says_what_to_write(source: World) -> None:
    sha = source.push("main", {"a": "1"})

    gap = answer(asked(source, forge=False), source, sha)

    assert isinstance(gap, Gap)
    assert "list it in the operator's settings with `forge`" in gap.reason
    assert answer(asked(source), source, sha) == ()


def test_the_fleets_own_origin_is_its_forge(source: World) -> None:
    sha = source.push("main", {"a": "1"})
    source.check_commit(sha, "unit", "ana", CheckState.SUCCESS)
    config = own(source)
    listed = Origin(origin_of(url_of(source)), password=source.token_of(BOT), private=True)
    settings = Settings(url_of(source), origins=(listed,))

    found = answer(source_checks(settings, config, None), source, sha)

    assert [c.name for c in found] == ["unit"]  # type: ignore[union-attr]


def own(world: World) -> FleetConfig:
    """A fleet that lies where the source does."""
    base = fleet(0)
    forge = base.forge.model_copy(update={"kind": kind_of(world), "project": world.project.path})
    return base.model_copy(update={"forge": forge})


def test_a_pipeline_of_gitlab_counts_for_whoever_started_it(gitlab_free: GitLabWorld) -> None:
    sha = gitlab_free.push("main", {"a": "1"})
    gitlab_free.check_commit(sha, "unit", "ana", CheckState.SUCCESS)
    query = CommitQuery(url_of(gitlab_free), sha, ("pipeline",))

    (found,) = asked(gitlab_free).read([query]).values()

    assert found == (Check("pipeline", "ana", sha, CheckState.SUCCESS),)
