"""Stories of streams with many versions: they are looked up from the top, as far as is needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.telling import Story

APP = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: tools
team: platform
artifacts:
  - image: %(host)s/shop/server
  - image: %(host)s/shop/agent
environments:
  dev: {follow: {range: ">=6.0.0"}}
"""


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with Story.new(tmp_path) as told:
        yield told


def tools(story: Story, *, servers: int, agents: int) -> None:
    """An app without a source, of two images with so many versions each."""
    files = story.files("tools", images=("server", "agent"))
    files["apps/tools/app.yaml"] = APP % {"host": story.world.registry.host}
    for image, count in (("server", servers), ("agent", agents)):
        for minor in range(count):
            story.world.image(f"shop/{image}", f"6.{minor}.0")
    story.begin(files)


def test_only_the_newest_are_looked_up_where_the_newest_is_there(story: Story) -> None:
    tools(story, servers=40, agents=40)
    planned = story.world.plan()
    assert len(planned.observation.resolved) == 2 * 8
    story.run()
    assert {pin.partition("@")[0] for pin in story.pins("dev", "tools").values()} == {"6.39.0"}


def test_the_look_goes_down_until_one_is_whole(story: Story) -> None:
    tools(story, servers=40, agents=16)
    planned = story.world.plan()
    assert len(planned.observation.resolved) == 2 * 32
    story.run()
    assert {pin.partition("@")[0] for pin in story.pins("dev", "tools").values()} == {"6.15.0"}
