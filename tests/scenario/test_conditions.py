"""`v1.0` waits until every condition holds, and `why` names the one that does not.

Each story withholds one condition, sees that nothing reaches prod, then mends that condition alone
and sees `v1.0` merged (or proposed, where the condition is one for proposing).
"""

from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.world import World
from bot.model import MergeRequestState
from tests.scenario.outcomes import (
    PROD,
    closed_out,
    merges,
    no_request_for_prod,
    proposes,
    stage_proofs,
)
from tests.scenario.steps import (
    APP,
    SOAK,
    approve,
    build,
    edit,
    head_of,
    opened,
    pins,
    push,
    requests,
    soaked_in_stage,
    tag,
    why,
)

SECOND = timedelta(seconds=1)

WINDOW = (
    "[release-managers]}\n",
    '[release-managers]}\n    windows: ["Mon-Thu 09:00-16:00 Europe/Budapest"]\n',
)


# --- proven, built, newer -------------------------------------------------------------------------


def test_the_soak_counts_to_the_second(in_stage: World) -> None:
    tag(in_stage, "v1.0", head_of(in_stage))
    in_stage.clusters.reconcile()
    in_stage.pass_time(SOAK - SECOND, SOAK)
    closed_out(in_stage, "soaked: soaked for 0:29:59 of 0:30:00")
    assert no_request_for_prod(in_stage)
    assert stage_proofs(in_stage) == ()

    in_stage.pass_time(SECOND)

    proposes(in_stage)


def test_an_rc_of_another_commit_proves_nothing(proven: World) -> None:
    first, second = head_of(proven), build(proven, "more work")
    tag(proven, "v1.0", second)

    closed_out(proven, f"proven: waits: no proof of commit {second[:12]} in stage")

    assert f"v1.0-rc.1 (commit {first[:12]}) runs there" in why(proven)
    assert no_request_for_prod(proven)


def test_an_rc_of_the_same_commit_proves_it(moved_on: World) -> None:
    tag(moved_on, "v1.0", head_of(moved_on))
    closed_out(moved_on, "v1.0-rc.2 (commit")

    soaked_in_stage(moved_on)

    proposes(moved_on)


def test_both_images_must_be_there(proven: World) -> None:
    edit(proven, "fleet.yaml", "artifacts: proven", "artifacts: tagged")
    commit = head_of(proven)
    tag(proven, "v1.0", commit)
    push(proven, "v1.0", commit, ("payments",))
    closed_out(proven, f"built: waits: no image {proven.registry.host}/shop/worker:v1.0")
    assert no_request_for_prod(proven)

    push(proven, "v1.0", commit, ("worker",))

    proposes(proven)


def test_a_tag_moved_after_opening(proposed: World) -> None:
    first, second = head_of(proposed), build(proposed, "more work")
    tag(proposed, "v1.0", second)
    approve(proposed, "cy", "di")
    closed_out(
        proposed,
        f"tag moved: v1.0 was first seen at commit {first[:12]} and now names {second[:12]}",
    )

    tag(proposed, "v1.0", first)

    merges(proposed)


def test_an_image_in_a_file_that_two_environments_reach(proposed: World) -> None:
    apart = proposed.fleet_tree()
    shared = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n" + "".join(
        f"  - name: {proposed.registry.host}/shop/{image}\n    newTag: v0.9\n"
        for image in ("payments", "worker")
    )
    component = f"apps/{APP}/pinned/kustomization.yaml"
    both = {
        f"apps/{APP}/envs/{name}/kustomization.yaml": (
            b"resources: [../../base]\ncomponents: [../../pinned]\n"
        )
        for name in ("stage", "prod")
    }
    approve(proposed, "cy", "di")
    proposed.publish(apart.replace({component: shared.encode(), **both}), "One file for two")
    closed_out(proposed, f"{component}:5:13: the tag v0.9")
    assert "is shared by stage and prod (stage by stage: cluster path" in why(proposed)

    proposed.publish(apart, "A file for each again")

    merges(proposed)


# --- approved -------------------------------------------------------------------------------------


def test_one_of_two_approvals(proposed: World) -> None:
    approve(proposed, "cy")
    closed_out(proposed, "approved: waits: 1 of 2 approvals (cy); may approve: di")

    approve(proposed, "di")

    merges(proposed)


def test_two_approvals_of_which_one_is_a_makers(proposed: World) -> None:
    approve(proposed, "cy", "eve")
    closed_out(proposed, "1 of 2 approvals (cy); not counted: eve is a maker of the release")

    approve(proposed, "di")

    merges(proposed)


def test_an_approval_of_an_older_head(proposed: World) -> None:
    old = opened(proposed).head
    approve(proposed, "cy")
    edit(proposed, PROD, "# payments in prod\n", "# payments, in prod\n")
    closed_out(proposed, f"not counted: cy approved an older head {old[:12]}")
    assert opened(proposed).head != old
    assert "Approvals given before do not count" in opened(proposed).body

    approve(proposed, "cy", "di")

    merges(proposed)


def test_an_approver_of_the_wrong_group(proposed: World) -> None:
    approve(proposed, "cy", "ana")
    closed_out(proposed, "1 of 2 approvals (cy); not counted: ana is not in release-managers")

    approve(proposed, "di")

    merges(proposed)


# --- window, freeze -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edge", "inside"),
    [
        (datetime(2026, 3, 4, 8, tzinfo=UTC), SECOND),
        (datetime(2026, 3, 4, 15, tzinfo=UTC), timedelta(hours=17) + SECOND),
    ],
    ids=["opening", "closing"],
)
def test_a_windows_edge_is_closed(proposed: World, edge: datetime, inside: timedelta) -> None:
    edit(proposed, "fleet.yaml", *WINDOW)
    proposed.clock.move_to(edge)
    approve(proposed, "cy", "di")
    closed_out(proposed, "window: waits: outside its windows (Mon-Thu 09:00-16:00 Europe/Budapest)")

    proposed.clock.advance(inside)

    merges(proposed)


def test_the_last_moment_before_a_window_closes(proposed: World) -> None:
    edit(proposed, "fleet.yaml", *WINDOW)
    proposed.clock.move_to(datetime(2026, 3, 4, 15, tzinfo=UTC) - SECOND)
    approve(proposed, "cy", "di")

    merges(proposed)


def test_a_freeze_holds_to_its_last_edge(proposed: World) -> None:
    freeze = "{from: 2026-03-03, to: 2026-03-05, zone: Europe/Budapest, reason: year end}"
    fleet = proposed.fleet_tree()
    text = fleet["fleet.yaml"].data + f"freezes: [{freeze}]\n".encode()
    proposed.publish(fleet.replace({"fleet.yaml": text}), "Freeze")
    approve(proposed, "cy", "di")
    proposed.clock.move_to(datetime(2026, 3, 5, 23, tzinfo=UTC))
    closed_out(proposed, "freeze: waits: frozen: year end")

    proposed.clock.advance(SECOND)

    merges(proposed)


# --- several releases under way -------------------------------------------------------------------


def test_an_unproven_newer_release_does_not_hold_up_an_approved_one(proposed: World) -> None:
    second = build(proposed, "more work")
    tag(proposed, "v1.1", second)
    approve(proposed, "cy", "di")

    merges(proposed)

    assert f"no proof of commit {second[:12]} in stage" in why(proposed)
    assert "next: v1.1" in why(proposed)


def test_a_proven_newer_release_supersedes_an_approved_one(proposed: World) -> None:
    approve(proposed, "cy", "di")
    tag(proposed, "v1.1", head_of(proposed))

    proposes(proposed, "v1.1")

    old = requests(proposed)[1]
    assert old.state is MergeRequestState.CLOSED
    assert "newTag: v1" not in pins(proposed, "prod")


def test_stage_may_have_moved_on(moved_on: World) -> None:
    (before,) = stage_proofs(moved_on)
    assert before.release.commit not in {None, head_of(moved_on)}
    tag(moved_on, "v1.0", before.release.commit or "")

    proposes(moved_on)
    approve(moved_on, "cy", "di")
    merges(moved_on)

    assert "newTag: v1.0-rc.2\n" in pins(moved_on, "stage")
    assert all(f"digest: '{a.digest}'" in pins(moved_on, "prod") for a in before.release.artifacts)
