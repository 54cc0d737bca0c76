"""A bot that dies after each single call that leaves it; the next one goes on where it was.

There is a death between any two calls, so this ends as it would have ended only if every such gap
can be gone on from. The story is short: a release is proposed, a newer one supersedes it, Ana
approves, it is merged.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from bot.model import MergeRequestState
from gitops.errors import Unavailable
from tests.bypass.places import GiteaPlace, GitHubPlace, GitLabPlace, Place
from tests.bypass.scene import BRANCH, OVERLAY, Scene
from tests.real.gitea import Gitea
from tests.simulation.cutting import Crash, Cut, Knife
from tests.stand_ins.github import GitHub
from tests.stand_ins.gitlab import GitLab

pytestmark = pytest.mark.slow

T = TypeVar("T")
MOST_LIVES = 40


@dataclass
class Mortal(Knife):
    """Cuts every call that others can see; what is written into the mirror alone is not cut."""

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Make the call, and end there."""
        if name == "repository.write":
            return effect()
        self.calls.append(name.partition(" ")[0])
        result = effect()
        if self.cut is Cut.REPLY_LOST:
            raise Unavailable(f"no answer to {name}", service="the test")
        if self.cut is Cut.AFTER:
            raise Crash(name)
        return result


@pytest.fixture
def gitea(tmp_path: Path) -> Iterator[Place]:
    with Gitea(tmp_path / "gitea") as server:
        yield GiteaPlace(server, tmp_path)


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[Place]:
    with GitLab(tmp_path / "gitlab") as server:
        yield GitLabPlace(server, tmp_path)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Place]:
    with GitHub(tmp_path / "github") as server:
        yield GitHubPlace(server, tmp_path)


@dataclass
class Lives:
    """One bot after the other, until one finds nothing to do; `calls` are all they made."""

    scene: Scene
    cut: Cut
    calls: list[str] = field(default_factory=list)
    count: int = 0

    def live(self) -> None:
        """Run until there is nothing left to do."""
        for _ in range(MOST_LIVES):
            self.count += 1
            mortal = Mortal(cut=self.cut)
            with contextlib.suppress(Crash, Unavailable):
                self.scene.another("work").run(mortal)
            self.calls += mortal.calls
            if not mortal.calls:
                return
        raise AssertionError(f"never done: {self.calls}")


@pytest.mark.parametrize(
    ("forge", "cut"),
    [
        pytest.param("gitea", Cut.AFTER, marks=pytest.mark.real),
        pytest.param("gitea", Cut.REPLY_LOST, marks=pytest.mark.real),
        ("gitlab", Cut.AFTER),
        ("github", Cut.AFTER),
    ],
)
def test_however_often_it_dies_it_ends_where_it_would_have_ended(
    request: pytest.FixtureRequest, tmp_path: Path, forge: str, cut: Cut
) -> None:
    scene = Scene(request.getfixturevalue(forge), tmp_path)
    request.addfinalizer(scene.close)
    lives = Lives(scene, cut)
    scene.begin()
    lives.live()
    scene.release("v1.1")
    lives.live()
    scene.approve("ana")
    lives.live()

    newer = BRANCH.replace("v1.0", "v1.1")
    assert [(r.source_branch, r.state) for r in scene.bot.requests()] == [
        (BRANCH, MergeRequestState.CLOSED),
        (newer, MergeRequestState.MERGED),
    ]
    assert "newTag: v1.1\n" in scene.text(OVERLAY)
    assert (scene.place.head(BRANCH), scene.place.head(newer)) == (None, None)
    assert {"forge.open", "forge.close", "forge.merge", "repository.push", "ledger.write"} <= set(
        lives.calls
    )
    if cut is Cut.AFTER:
        assert lives.count == len(lives.calls) + 3
        assert lives.calls.count("forge.merge") == 1
