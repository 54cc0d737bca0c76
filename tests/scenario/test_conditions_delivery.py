"""A required check keeps a release out, and a freeze keeps out what needs no merge request too."""

from datetime import UTC, datetime, timedelta

from bot.demo.world import World
from bot.model import CheckState
from tests.scenario.outcomes import closed_out, merges
from tests.scenario.steps import approve, build, edit, opened, pins, why


def test_a_required_check_comes_from_its_poster_and_for_this_head(proposed: World) -> None:
    rule = "[release-managers]}\n"
    edit(proposed, "fleet.yaml", rule, rule + "    checks: [{name: render, source: ci}]\n")
    approve(proposed, "cy", "di")
    closed_out(proposed, "green: waits: check render from ci is absent")
    post(proposed, "mallory", CheckState.SUCCESS)
    closed_out(proposed, "green: waits: check render from ci is absent")
    post(proposed, "ci", CheckState.FAILURE)
    closed_out(proposed, "green: refused: check render failed")

    post(proposed, "ci", CheckState.SUCCESS)

    merges(proposed)


def test_a_commit_waits_for_the_end_of_a_freeze_too(in_stage: World) -> None:
    freeze = "freezes: [{from: 2026-03-03, to: 2026-03-03, zone: UTC, reason: holidays}]\n"
    edit(in_stage, "fleet.yaml", "environments:\n", freeze + "environments:\n")
    before = pins(in_stage, "dev")
    sha = build(in_stage, "more work")
    in_stage.run()
    assert pins(in_stage, "dev") == before
    assert "freeze: waits: frozen: holidays (until 2026-03-04 00:00:00 UTC)" in (
        why(in_stage, "dev")
    )

    in_stage.clock.move_to(datetime(2026, 3, 4, tzinfo=UTC) + timedelta(seconds=1))
    in_stage.run()

    assert pins(in_stage, "dev").count(f"newTag: main-{sha[:7]}-") == 2


def post(world: World, source: str, state: CheckState) -> None:
    """Somebody posts the check of the open merge request's head."""
    request = opened(world)
    world.forge().check(request.number, request.head, "render", source, state)
