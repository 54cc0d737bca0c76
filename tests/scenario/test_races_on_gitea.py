"""People and other bots come in between, on a real Gitea: what then happens, and what not."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from bot.model import MergeRequestState
from gitops.errors import Conflict, FairleadError, Unavailable
from tests.bypass.places import GiteaPlace
from tests.bypass.scene import BRANCH, OVERLAY, Bot, Scene
from tests.real.gitea import Gitea
from tests.simulation.cutting import Knife

pytestmark = [pytest.mark.real, pytest.mark.slow]

T = TypeVar("T")
NEWER = BRANCH.replace("v1.0", "v1.1")
OPEN, CLOSED, MERGED = MergeRequestState.OPEN, MergeRequestState.CLOSED, MergeRequestState.MERGED


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        yield server


@pytest.fixture
def scene(server: Gitea, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(GiteaPlace(server, tmp_path), tmp_path)
    yield scene
    scene.close()


@dataclass
class Meanwhile(Knife):
    """Lets something happen right before the first call whose name begins so."""

    word: str = ""
    happens: Callable[[], object] | None = None

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Let it happen, once; then make the call."""
        if self.happens is not None and name.startswith(self.word):
            happens, self.happens = self.happens, None
            happens()
        return super().through(name, effect)


def states(scene: Scene) -> list[tuple[str, MergeRequestState]]:
    return [(r.source_branch, r.state) for r in scene.bot.requests()]


def more(scene: Scene) -> dict[str, str]:
    return {OVERLAY: scene.text(OVERLAY) + "# by hand\n"}


def test_a_newer_release_supersedes_the_merge_request(scene: Scene) -> None:
    scene.proposed()
    scene.approve("ana")
    scene.release("v1.1")
    scene.run()
    assert states(scene) == [(BRANCH, CLOSED), (NEWER, OPEN)]
    assert scene.place.head(BRANCH) is None
    assert "0 of 1 approvals" in scene.bot.why()
    scene.approve("ana")
    scene.run()
    assert states(scene) == [(BRANCH, CLOSED), (NEWER, MERGED)]
    assert "newTag: v1.1\n" in scene.text(OVERLAY)


def test_a_persons_commit_on_the_bots_branch_is_neither_merged_nor_overwritten(
    scene: Scene,
) -> None:
    request = scene.proposed()
    foreign = scene.place.push(BRANCH, more(scene), by="bo")
    scene.approve("ana")
    scene.release("v1.1")
    scene.run()
    assert scene.place.head(BRANCH) == foreign
    assert states(scene) == [(BRANCH, OPEN)]
    assert f"a foreign commit {foreign[:12]} is on {BRANCH}" in scene.bot.why()
    scene.place.force(BRANCH, request.head, by="bo")
    scene.run()
    assert states(scene) == [(BRANCH, CLOSED), (NEWER, OPEN)]


def test_a_push_that_comes_before_the_merge_is_not_merged(scene: Scene) -> None:
    scene.proposed()
    scene.approve("ana")
    pushed: list[str] = []
    late = Meanwhile(
        word="forge.merge",
        happens=lambda: pushed.append(scene.place.push(BRANCH, more(scene), by="bo")),
    )
    scene.bot.run(late)
    assert late.happens is None
    assert states(scene) == [(BRANCH, OPEN)]
    assert scene.place.head(BRANCH) == pushed[0]
    assert "0.0.0-unreleased" in scene.text(OVERLAY)
    assert "a foreign commit" in scene.bot.why()


def test_what_the_target_branch_became_before_the_merge_is_kept(scene: Scene) -> None:
    scene.proposed()
    scene.approve("ana")
    meanwhile = lambda: scene.place.push("main", more(scene), by="bo")  # noqa: E731 - one line
    scene.bot.run(Meanwhile(word="forge.merge", happens=meanwhile))
    assert scene.text(OVERLAY).endswith("# by hand\n")
    if not scene.merged:
        scene.run()
        scene.approve("ana")
        scene.run()
    assert scene.merged
    assert scene.text(OVERLAY).endswith("# by hand\n")


def test_one_that_a_person_closed_stays_closed_until_it_is_reopened(scene: Scene) -> None:
    request = scene.proposed()
    scene.approve("ana")
    scene.place.close(request.number, "bo")
    scene.run()
    scene.run()
    assert states(scene) == [(BRANCH, CLOSED)]
    assert f"!{request.number} for it was closed by bo; reopen it" in scene.bot.why()
    scene.place.reopen(request.number, "bo")
    scene.run()
    assert states(scene) == [(BRANCH, MERGED)]


def test_two_bots_at_once_open_one_and_merge_it_once(scene: Scene) -> None:
    scene.begin()
    pair = [scene.bot, scene.another("work-of-another")]
    racing(pair)
    # Gitea may open one for each of them when they ask at the same time; then one is closed.
    spare = states(scene)[1:]
    assert spare in ([], [(BRANCH, CLOSED)])
    assert states(scene) == [(BRANCH, OPEN), *spare]
    scene.approve("ana")
    racing(pair)
    assert scene.merged
    assert states(scene) == [(BRANCH, MERGED), *spare]
    assert scene.place.head(BRANCH) is None
    history = scene.bot.ports.repository.first_parents(str(scene.place.head("main")))
    assert len([c for c in history if "Fairlead-Promotion" in c.message]) == 1


def racing(pair: list[Bot]) -> None:
    """Both at once, and then once more each."""
    start, failed = threading.Barrier(len(pair)), []

    def run(bot: Bot) -> None:
        start.wait()
        try:
            failed.extend(bot.run())
        except FairleadError as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(bot,)) for bot in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Gitea may answer 500 to the slower of two who change the same thing.
    assert [e for e in failed if not isinstance(e, Conflict | Unavailable)] == []
    for bot in pair:
        assert bot.run() == []
