"""Every call with an effect is cut, three ways; running again ends where it would have ended.

The story is a release of two apps from dev over stage to prod. It is told once without a cut, which
enumerates the calls and keeps the world right before each run of the bot; then each call is cut in
a copy of the world that its run began with.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.demo.world import World
from bot.model import Target
from bot.tick import Ticked
from gitops.errors import Unavailable
from gitops.tree import Tree
from tests.simulation.cutting import Crash, Cut, Knife, effects
from tests.simulation.history import Entry
from tests.simulation.oracle import FORGE, Oracle, inconstant
from tests.simulation.story import STEPS, Saved, founded

pytestmark = pytest.mark.slow

FEWEST_CALLS = 50
"""The story's calls when this was written; fewer means that the net has a hole."""

Refs = frozenset[tuple[str, str]]
"""Each ref of the fleet repository and the sha that it is at."""

_SHA = re.compile("[0-9a-f]{64}|[0-9a-f]{40}")


@dataclass(frozen=True)
class End:
    """What a world has come to, whatever the way there."""

    files: Tree
    requests: Mapping[str, tuple[str, ...]]
    proofs: frozenset[tuple[Target, str]]
    soaks: frozenset[tuple[Target, str]]

    @classmethod
    def of(cls, world: World) -> "End":
        requests: dict[str, tuple[str, ...]] = {}
        for request in world.forge().list():
            known = requests.get(request.source_branch, ())
            requests[request.source_branch] = (*known, request.state.value)
        state = world.ports().ledger.read()
        return cls(
            world.fleet_tree(),
            requests,
            frozenset((p.target, p.release.identity) for p in state.proofs),
            frozenset((s.target, s.identity) for s in state.soaks),
        )


@dataclass
class Told:
    """The story as it goes without a cut, and what was learnt by telling it again.

    For each step: the world before it, the calls with an effect, the refs after it, and all refs
    on which a new process is known to settle, since there is nothing else that it could see.
    """

    world: World
    oracle: Oracle
    before: list[Saved] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    after: list[Refs] = field(default_factory=list)
    settled: list[set[Refs]] = field(default_factory=list)
    ends: dict[tuple[int, Refs], End] = field(default_factory=dict)
    """How the story ends from each kind of world after a step (see `kind`)."""

    @property
    def end(self) -> End:
        """The end without a cut."""
        return self.ends[len(STEPS), self.after[-1]]

    def refs(self) -> Refs:
        return frozenset(self.oracle.git.refs().items())

    def run(self, step: int, knife: Knife | None = None) -> list[Ticked]:
        """One run of the bot in a new process; what was wrong fails the test at once."""
        ticks: list[Ticked] = []

        def said(ticked: Ticked) -> None:
            ticks.append(ticked)
            assert self.oracle.violations() == ()

        ports = (knife or Knife()).ports(self.world.ports())
        STEPS[step].run(self.world, ports, said)
        return ticks

    def settle(self, step: int) -> bool:
        """Run again in a new process, and once more: the second one writes nothing.

        False where that was done from here before.
        """
        left = self.refs()
        if left in self.settled[step]:
            return False
        self.run(step)
        self.quiet(step)
        self.settled[step].add(left)
        return True

    def quiet(self, step: int) -> None:
        """A further run writes nothing."""
        done = self.refs()
        if done not in self.settled[step]:
            self.run(step)
            assert self.refs() == done, "running again wrote something"
            self.settled[step].add(done)

    def ends_from(self, step: int) -> End:
        """The end of the story, told on from the world as it is after this step.

        Told on only until the world is of a kind from which the end is known.
        """
        way: list[tuple[int, Refs]] = []
        while self.refs() != self.after[step]:
            way.append((step, self.kind()))
            if way[-1] in self.ends or step == len(STEPS) - 1:
                break
            step += 1
            STEPS[step].happens(self.world)
            self.run(step)
        else:
            return self.end
        end = self.ends.get(way[-1]) or End.of(self.world)
        self.ends |= dict.fromkeys(way, end)
        return end

    def kind(self) -> Refs:
        """What the refs hold, but for shas and for the order in which merge requests came."""
        git = self.oracle.git
        return frozenset(
            (ref, _requests(git.entries(sha)) if ref == FORGE else git.tree(sha))
            for ref, sha in self.refs()
        )


def _requests(entries: Iterable[Entry]) -> str:
    texts = (repr(sorted({**entry, "number": 0}.items())) for entry in entries)
    return _SHA.sub("a commit", "\n".join(sorted(texts)))


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    memory = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    world = founded(directory / "world")
    try:
        yield tell(world, directory)
    finally:
        world.close()
        shutil.rmtree(directory)


def tell(world: World, directory: Path) -> Told:
    """The story without a cut; every plan is decided again, and each step run again at its end."""
    told = Told(world, Oracle(world.directory / "fleet.git", frozenset({"eve"})))
    for number, step in enumerate(STEPS):
        step.happens(world)
        told.before.append(Saved.of(world, directory / f"before-{number}"))
        told.settled.append(set())
        knife = Knife()
        for ticked in told.run(number, knife):
            assert inconstant(ticked, world.clock()) == ()
        told.calls.append(knife.calls)
        told.after.append(told.refs())
        told.quiet(number)
    told.ends[len(STEPS), told.after[-1]] = End.of(world)
    return told


def test_the_story_ends_in_prod_with_one_merge_request_for_each_promotion(told: Told) -> None:
    assert told.end.requests == {
        "promote/stage/checkout/v1.0-rc.1": ("merged",),
        "promote/stage/payments/v1.0-rc.1": ("closed",),
        "promote/stage/payments/v1.0-rc.2": ("merged",),
        "promote/prod/checkout/v1.0": ("merged",),
        "promote/prod/payments/v1.0": ("merged",),
    }
    assert len(told.end.proofs) == 6
    for app in ("payments", "checkout"):
        overlay = told.end.files[f"apps/{app}/envs/prod/kustomization.yaml"].data.decode()
        assert "newTag: v1.0\n" in overlay


def test_every_call_of_the_story_can_be_cut(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    calls = [call for step in told.calls for call in step]
    with capsys.disabled():
        text = f"\n{len(calls) * len(Cut)} cut points: {len(calls)} calls, {len(Cut)} cuts of each"
        print(text, file=sys.stderr)
    assert len(calls) >= FEWEST_CALLS, effects(calls)
    assert effects(calls).keys() == {
        *("forge.close", "forge.describe", "forge.merge", "forge.open", "forge.post_status"),
        *("ledger.start", "ledger.write", "repository.push", "repository.write"),
    }


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("step", range(len(STEPS)), ids=[s.name for s in STEPS])
def test_after_a_cut_running_again_ends_in_the_same_place(told: Told, step: int, cut: Cut) -> None:
    for at, name in enumerate(told.calls[step]):
        told.before[step].restore(told.world)
        interrupt(told, step, Knife(at, cut), name)
        if told.settle(step):
            assert told.ends_from(step) == told.end, f"{name}, cut {cut}"


def interrupt(told: Told, step: int, knife: Knife, name: str) -> None:
    """Run until the cut; what the outside is left with has to be right even then."""
    stopped: BaseException | None = None
    try:
        told.run(step, knife)
    except (Crash, Unavailable) as error:
        stopped = error
    assert knife.calls[knife.at or 0] == name, "the story went another way before the cut"
    if knife.cut is not Cut.REPLY_LOST:
        assert isinstance(stopped, Crash)
    assert told.oracle.violations() == ()
