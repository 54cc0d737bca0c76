"""Stories of what breaks for one app, and of what the others do meanwhile."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.registry import DemoRegistry
from bot.model import MergeRequestState
from bot.plan import Decision
from gitops.errors import InvalidInput
from tests.scenario.telling import APP, MINUTE, STATE, Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Two apps, nothing released."""
    with Story.new(tmp_path) as told:
        told.begin(told.files(), told.files("orders"))
        yield told


def decision(story: Story, environment: str, app: str) -> Decision:
    found = story.world.plan().plan.decisions
    return next(d for d in found if (d.target.environment, d.target.app) == (environment, app))


def test_the_work_directory_is_deleted(story: Story) -> None:
    commit = story.proven_in_dev()
    story.release("v1.0-rc.1", commit)
    story.run()
    story.approve("stage", "ana")
    before = story.refs()
    shutil.rmtree(story.world.settings.work_directory)
    assert story.world.plan().plan.state == before[STATE]
    shutil.rmtree(story.world.settings.work_directory)
    story.run()
    # Everything that mattered was in git: the approval, the proof, the tag as first seen.
    assert story.pin("stage").startswith("v1.0-rc.1@")
    assert [r.state for r in story.requests("stage")] == [MergeRequestState.MERGED]
    story.later(MINUTE)
    shutil.rmtree(story.world.settings.work_directory)
    story.later(30 * MINUTE)
    assert story.proof_of("v1.0-rc.1", "stage") is not None


def test_a_dead_registry_stops_only_the_app_whose_images_are_there(tmp_path: Path) -> None:
    with Story.new(tmp_path) as story:
        dead = DemoRegistry()
        dead.close()
        here = story.world.registry.host
        orders = story.files("orders")
        moved = {path: text.replace(here, dead.host) for path, text in orders.items()}
        story.begin(story.files(), moved)
        story.build("work", "orders")
        story.proven_in_dev()
        ticked = story.run()
        assert story.pin("dev", "orders").startswith("0.0.0-unreleased")
        assert "could not be read" in "\n".join(decision(story, "dev", "orders").reasons)
        assert any(dead.host in said for said in ticked.plan.reports)
        assert story.pin("dev").startswith("main-")
        story.merged_to_stage("v1.0-rc.1", story.proofs("dev")[0].release.commit or "")


def test_a_source_that_is_gone_stops_only_its_app(story: Story) -> None:
    repository = story.world.directory / "apps" / "orders.git"
    repository.rename(repository.with_suffix(".away"))
    shutil.rmtree(story.world.settings.work_directory / "sources", ignore_errors=True)
    story.proven_in_dev()
    assert "could not be read" in "\n".join(decision(story, "dev", "orders").reasons)
    repository.with_suffix(".away").rename(repository)
    story.build("back again", "orders")
    story.run()
    assert story.pin("dev", "orders").startswith("main-")


def test_a_broken_app_yaml_stops_only_its_app(story: Story) -> None:
    story.run()
    good = story.text("apps/orders/app.yaml")
    story.edit("apps/orders/app.yaml", lambda text: text.replace("team: shop", "teem: shop"))
    story.build("work", "orders")
    commit = story.build()
    ticked = story.run()
    (said,) = (s for s in ticked.plan.reports if s.startswith("app orders is left out"))
    assert "apps/orders/app.yaml:4:7: unknown key `teem`; did you mean `team`?" in said
    assert story.pin("dev").startswith(f"main-{commit[:7]}-")
    assert {d.target.app for d in ticked.plan.decisions} == {APP}
    story.edit("apps/orders/app.yaml", lambda _: good)
    story.run()
    assert story.pin("dev", "orders").startswith("main-")


def test_a_shared_pin_stops_only_its_app(story: Story) -> None:
    # Stage takes prod's overlay of orders: one place would now decide for both.
    story.edit(
        "clusters/stage/stage-1/orders.yaml",
        lambda text: text.replace("apps/orders/envs/stage", "apps/orders/envs/prod"),
    )
    story.build("work", "orders")
    story.proven_in_dev()
    reasons = "\n".join(decision(story, "prod", "orders").reasons)
    assert "apps/orders/envs/prod/kustomization.yaml" in reasons
    assert "clusters/stage/stage-1/orders.yaml" in reasons
    story.merged_to_stage("v1.0-rc.1", story.proofs("dev")[0].release.commit or "")


def test_a_broken_fleet_yaml_stops_everything_and_writes_nothing(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace("kind: Fleet", "kind: Float"))
    story.build()
    before = story.refs()
    with pytest.raises(InvalidInput) as refused:
        story.run()
    assert str(refused.value.place).startswith("fleet.yaml:2:")
    assert story.refs() == before
