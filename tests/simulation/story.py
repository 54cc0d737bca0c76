"""A release of two apps from dev over stage to prod, one step after the other, and worlds to redo.

A step is what people and clusters do, and then one run of the bot. `Saved` keeps a world as it was
right before such a run, so that the run can be had again.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.beginning import start
from bot.demo.world import World
from bot.model import MergeRequestState, Person
from bot.observe import Observer
from bot.ports import Ports
from bot.tick import Ticked
from gitops.tree import File, Tree
from tests.scenario.fleets import app_files, fleet_files

DEVELOPER = Person("Eve", "eve@example.com")
OPERATOR = Person("Bo", "bo@example.com")
APPS = {"payments": ("payments",), "checkout": ("checkout", "worker")}

Said = Callable[[Ticked], None]
Run = Callable[[World, Ports, Said], None]


@dataclass(frozen=True)
class Step:
    """What happens outside, and how the bot is then run."""

    name: str
    happens: Callable[[World], None]
    run: Run


# --- the bot --------------------------------------------------------------------------------------


def begin(world: World, ports: Ports, said: Said) -> None:
    """`fairlead state init`; a person who sees that it was done does not do it again."""
    observation = Observer(ports, "main").observe()
    if observation.state.sha is None:
        start(ports, observation, world.clock())


def run(world: World, ports: Ports, said: Said) -> None:
    """`fairlead run --once`."""
    world.loop(ports).once(said)


# --- the world ------------------------------------------------------------------------------------


def founded(directory: Path) -> World:
    """A world whose fleet has both apps, released nowhere."""
    world = World(directory)
    files = fleet_files(dev="commit")
    for name, images in APPS.items():
        app = world.app(name)
        files |= app_files(name, world.registry.host, app.url, images=images)
    world.publish(Tree.of(files), "The fleet", OPERATOR)
    return world


def images(world: World, name: str, tag: str, commit: str) -> None:
    """The app's own CI: every image of it under this tag."""
    for image in APPS[name]:
        world.image(f"shop/{image}", tag, commit)


def builds(world: World) -> None:
    stamp = f"{world.clock():%Y%m%d%H%M%S}"
    for name, app in world.apps.items():
        commit = app.commit(f"something new in {name}", DEVELOPER)
        images(world, name, f"main-{commit[:7]}-{stamp}", commit)


def tagged(name: str, *apps: str) -> Callable[[World], None]:
    """The apps tag their newest commit, and CI builds it."""

    def happens(world: World) -> None:
        for app in apps:
            head = world.apps[app].head or ""
            images(world, app, name, head)
            world.apps[app].tag(name, head)

    return happens


def edited(world: World) -> None:
    """A person writes a comment into a file that a merge request is about to change."""
    path = "apps/checkout/envs/stage/kustomization.yaml"
    tree = world.fleet_tree()
    file = File(tree[path].data + b"# asked for by QA\n")
    world.publish(tree.replace({path: file.data}), "A comment", OPERATOR)


def approved(*people: str) -> Callable[[World], None]:
    """These people approve whatever is open, as it stands."""

    def happens(world: World) -> None:
        forge = world.forge()
        for request in forge.list():
            if request.state is MergeRequestState.OPEN:
                for person in people:
                    forge.approve(request.number, request.head, person)

    return happens


def later(minutes: int) -> Callable[[World], None]:
    """Time passes, and every cluster reports."""

    def happens(world: World) -> None:
        world.clock.advance(timedelta(minutes=minutes))
        world.clusters.reconcile()

    return happens


def nothing(world: World) -> None:
    del world


STEPS: Sequence[Step] = (
    Step("the state branch", nothing, begin),
    Step("builds", builds, run),
    Step("dev is healthy", later(1), run),
    Step("dev is proven", later(3), run),
    Step("candidates", tagged("v1.0-rc.1", "payments", "checkout"), run),
    Step("a newer candidate", tagged("v1.0-rc.2", "payments"), run),
    Step("an edit meanwhile", edited, run),
    Step("QA agrees", approved("ana"), run),
    Step("stage is healthy", later(5), run),
    Step("stage is proven", later(31), run),
    Step("releases", tagged("v1.0", "payments", "checkout"), run),
    Step("release managers agree", approved("cy", "di"), run),
    Step("prod is healthy", later(5), run),
    Step("prod is proven", later(5), run),
)


# --- worlds to redo -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """A world at one moment; the registry is shared, since it only ever grows."""

    directory: Path
    now: datetime
    since: dict[tuple[str, str, str], tuple[str, datetime]]

    @classmethod
    def of(cls, world: World, directory: Path) -> "Saved":
        """Keep the world in `directory`, which must not exist."""
        shutil.copytree(world.directory, directory)
        return cls(directory, world.clock(), dict(world.clusters._since))

    def restore(self, world: World) -> None:
        """Make the world what it was."""
        shutil.rmtree(world.directory)
        shutil.copytree(self.directory, world.directory)
        world.clock._now = self.now
        world.clusters._since = dict(self.since)
        for app in world.apps.values():
            app._git._refs = None
