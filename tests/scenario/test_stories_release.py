"""Stories of releases that make their way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import MergeRequestState
from tests.scenario.telling import APP, EVE, MINUTE, Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with Story.new(tmp_path) as told:
        yield told


def test_the_first_release_of_an_app_goes_all_the_way(story: Story) -> None:
    story.begin(dev="merge-request")
    commit = story.build("first")
    story.run()
    # Dev asks for nobody: its merge request was opened and merged at once.
    (into_dev,) = story.requests("dev")
    assert into_dev.state is MergeRequestState.MERGED
    assert into_dev.approvals == ()
    assert story.pin("dev").startswith(f"main-{commit[:7]}-")
    assert "suspend: false" in story.text("clusters/dev/dev-1/payments.yaml")
    assert "suspend: true" in story.text("clusters/stage/stage-1/payments.yaml")

    story.later(MINUTE)
    story.later(MINUTE)
    story.merged_to_stage("v1.0-rc.1", commit)
    story.tag("v1.0", commit)
    story.run()
    assert story.requests("prod") == ()
    story.soaked_in_stage()

    request = story.approve("prod", "cy")
    story.run()
    assert story.pin("prod").startswith("0.0.0-unreleased")
    story.approve("prod", "di")
    story.run()
    # The very bytes that stage proved, under the release's own tag, on both clusters.
    proven = story.pin("stage").partition("@")[2]
    assert story.pin("prod") == f"v1.0@{proven}"
    for cluster in ("prod-eu", "prod-us"):
        assert "suspend: false" in story.text(f"clusters/prod/{cluster}/payments.yaml")
    (done,) = story.requests("prod")
    assert (done.number, done.head) == (request.number, request.head)
    assert done.state is MergeRequestState.MERGED

    story.later(MINUTE)
    story.later(MINUTE)
    assert story.proof_of("v1.0", "prod") is not None
    assert not [ref for ref in story.refs() if ref.startswith("refs/heads/promote/")]
    assert story.run().plan.quiet


def test_both_images_of_an_app_move_together(story: Story) -> None:
    story.begin(story.files(images=("payments", "worker")))
    commit = story.world.apps[APP].commit("first", EVE)
    stamp = f"{story.world.clock():%Y%m%d%H%M%S}"
    story.world.image("shop/payments", f"main-{commit[:7]}-{stamp}", commit)
    story.run()
    assert set(story.pins("dev").values()) == {"0.0.0-unreleased@"}
    # A build is missing since its commit was made.
    made = f"{story.world.clock():%Y-%m-%d %H:%M:%S}Z"
    assert f"shop/worker of it yet (since {made})" in story.reason("dev")

    # The second image is pushed a minute later, with its own stamp.
    story.world.clock.advance(MINUTE)
    later = f"{story.world.clock():%Y%m%d%H%M%S}"
    story.world.image("shop/worker", f"main-{commit[:7]}-{later}", commit)
    story.run()
    pins = story.pins("dev")
    assert pins["payments"].startswith(f"main-{commit[:7]}-{stamp}@sha256:")
    assert pins["worker"].startswith(f"main-{commit[:7]}-{later}@sha256:")

    story.later(MINUTE)
    story.later(MINUTE)
    story.release("v1.0-rc.1", commit)
    story.run()
    story.approve("stage", "ana")
    story.run()
    story.soaked_in_stage()
    story.tag("v1.0", commit)
    story.run()
    story.approve("prod", "cy", "di")
    story.run()
    stage, prod = story.pins("stage"), story.pins("prod")
    assert prod == {name: pin.replace("v1.0-rc.1@", "v1.0@") for name, pin in stage.items()}
    assert prod["payments"] != prod["worker"]


PODINFO = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: podinfo
team: platform
artifacts:
  - image: %(image)s
environments:
  dev: {follow: {range: ">=6.0.0"}}
"""


def test_an_app_without_a_source_follows_a_range(story: Story) -> None:
    files = story.files("podinfo")
    image = f"{story.world.registry.host}/shop/podinfo"
    files["apps/podinfo/app.yaml"] = PODINFO % {"image": image}
    story.world.image("shop/podinfo", "5.9.0")
    digest = story.world.image("shop/podinfo", "6.1.0")
    story.world.image("shop/podinfo", "6.2.0-rc.1")
    story.begin(files)
    story.run()
    assert story.pin("dev", "podinfo") == f"6.1.0@{digest}"
    story.later(MINUTE)
    story.later(MINUTE)

    # A newer one in dev does not change what was proven there and is proposed to stage.
    story.world.image("shop/podinfo", "6.1.1")
    story.run()
    assert story.pin("dev", "podinfo").startswith("6.1.1@")
    story.approve("stage", "eve", app="podinfo")
    story.run()
    assert story.pin("stage", "podinfo") == f"6.1.0@{digest}"
    story.later(MINUTE)
    story.world.clock.advance(30 * MINUTE)
    story.world.clusters.reconcile()
    story.run()
    # No commit and no makers: three people are eligible, two suffice.
    story.approve("prod", "eve", "cy", app="podinfo")
    story.run()
    assert story.pin("prod", "podinfo") == f"6.1.0@{digest}"


def test_a_release_overtaken_before_health_was_read_earns_no_proof(story: Story) -> None:
    story.begin()
    one = story.proven_in_dev("one")
    two = story.proven_in_dev("two")
    story.merged_to_stage("v1.0-rc.1", one)
    first_merge = story.refs()["refs/heads/main"]
    story.merged_to_stage("v1.1-rc.1", two)
    # The first report of all speaks of the commit before: it is ready there, and too late.
    story.world.clusters.reconcile(revision=first_merge)
    story.run()
    assert story.soak("stage") is None
    story.tag("v1.0", one)
    story.tag("v1.1", two)
    story.soaked_in_stage()
    assert [p.release.version for p in story.proofs("stage")] == ["v1.1-rc.1"]
    assert story.request("prod").source_branch == "promote/prod/payments/v1.1"


def test_two_merges_within_one_tick_and_the_tag_on_the_first(story: Story) -> None:
    story.begin()
    first = story.build("first")
    story.world.clock.advance(MINUTE)
    second = story.build("second")
    story.run()
    # Dev ran only the second, which contains the first.
    story.later(MINUTE)
    story.later(MINUTE)
    assert [p.release.commit for p in story.proofs("dev")] == [second]
    story.release("v1.0-rc.1", first)
    story.run()
    request = story.request("stage")
    assert "contained in" in request.body
    assert second[:12] in request.body
    story.approve("stage", "ana")
    story.run()
    digest = story.world.image("shop/payments", "v1.0-rc.1", first)
    assert story.pin("stage") == f"v1.0-rc.1@{digest}"
