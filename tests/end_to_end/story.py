"""A release's way through a fleet, step by step, as people, clusters and the bot take it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.end_to_end.world import App, RealWorld

PODINFO = "stefanprodan/podinfo"
APPS = ("payments", "podinfo", "store")
FLEET = ("new", "checkout", "--name", "acme", "--cluster", "prod=prod-eu", "--cluster")


@dataclass
class Story:
    """`commits` are those that were released, by app; `stage` and `prod` the digests CI built."""

    world: RealWorld
    apps: Mapping[str, App]
    commits: dict[str, str]
    stage: dict[str, str]
    prod: dict[str, str]
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def tick(self, *, report: bool = True, code: int = 0) -> None:
        """The bot runs, after the clusters reported, and ends with `code`."""
        if report:
            self.world.reconcile()
        said = self.world.fairlead("run", "--once", "--json", code=code).out
        decisions = json.loads(said.splitlines()[-1])["decisions"]
        self._numbers = {(d["environment"], d["app"]): d["merge_request"] for d in decisions}

    def agree(self, environment: str, apps: Collection[str], *people: str) -> None:
        """Each of these approves the open merge request of each app at its head."""
        for branch, head in opened(self.world).items():
            there, app, _ = branch.split("/")
            if there == environment and app in apps:
                for person in people:
                    self.world.approve(person, self._numbers[environment, app], head)

    def why(self, app: str, environment: str) -> dict[str, dict[str, str]]:
        """Each gate's answer."""
        told = self.world.fairlead("why", app, environment, "--json").json()
        return {gate["gate"]: gate for gate in told["gates"] + told["exits"]}


def begin(world: RealWorld, fleet: Mapping[str, str]) -> Story:
    """A fleet with three apps as `new` and `add app` write it, changed by hand as `fleet` says."""
    fairlead = world.fairlead
    fairlead(*FLEET, "prod=prod-us", *world.answers)
    apps = {
        "payments": world.app("payments", "shop/payments"),
        "store": world.app("store", "shop/store", "shop/store-worker"),
    }
    for name, app in apps.items():
        images = [f"--image={world.registry.host}/{image}" for image in app.images]
        add = ("add", "app", name, "--path=checkout", "--team=shop")
        fairlead(*add, f"--source={world.source(name)}", *images)
    image = f"--image={world.registry.host}/{PODINFO}"
    add = ("add", "app", "podinfo", "--path=checkout", "--team=shop")
    fairlead(*add, "--range=>=6.0.0 <7.0.0", image)
    world.edit("fleet.yaml", fleet)
    asked = '    tag: "{tag}" # the image of a git tag\n'
    platforms = f"{asked}    platforms: [linux/amd64, linux/arm64]\n"
    world.edit("apps/payments/app.yaml", {asked: platforms})
    fairlead("check", "checkout")
    world.publish("A fleet")
    return Story(world, apps, {}, {}, {})


def into_dev(story: Story) -> None:
    """The first builds reach dev and are proven there."""
    world = story.world
    for tag in ("6.1.0", "6.0.9", "6.2.0-rc.1", "7.0.0"):
        world.registry.push_image(PODINFO, tag, platforms=("linux/amd64", "linux/arm64"))
    story.commits.update({n: world.build(app, "First version") for n, app in story.apps.items()})
    world.fairlead("state", "init")
    world.reconcile()
    story.tick()
    story.tick()
    world.clock.advance(timedelta(minutes=2))
    story.tick()


def proposed_for_stage(story: Story) -> None:
    """Release candidates are tagged and built, and proposed."""
    for name, app in story.apps.items():
        story.stage |= story.world.release(app, "v1.0-rc.1", story.commits[name])
    story.tick(report=False)
    assert set(opened(story.world)) == branches("stage", "v1.0-rc.1")


def into_stage(story: Story) -> None:
    """Somebody agrees."""
    story.agree("stage", APPS, "ana")
    story.tick(report=False)
    assert not opened(story.world)


def through_the_soak(story: Story) -> None:
    """v1.0 is tagged and built, and waits until stage has run its commit for thirty minutes."""
    world = story.world
    story.tick()
    for name, app in story.apps.items():
        story.prod |= world.release(app, "v1.0", story.commits[name])
    world.clock.advance(timedelta(minutes=29))
    story.tick()
    assert not opened(world)
    proven = story.why("payments", "prod")["proven"]
    assert proven["verdict"] == "waits"
    assert datetime.fromisoformat(proven["until"]) == world.clock() + timedelta(minutes=1)
    world.clock.advance(timedelta(minutes=1))
    story.tick()
    assert set(opened(world)) == branches("prod", "v1.0")


def into_prod(story: Story) -> None:
    """Two people agree in the evening; the merge waits for the morning's window."""
    world = story.world
    story.agree("prod", APPS, "cy")
    world.clock.set(world.clock().replace(hour=18))
    story.agree("prod", APPS, "di")
    story.tick(report=False)
    assert len(opened(world)) == len(APPS)
    gates = story.why("payments", "prod")
    assert gates["approved"]["verdict"] == "open"
    morning = world.clock().replace(hour=9, minute=0, second=0) + timedelta(days=1)
    assert gates["window"]["verdict"] == "waits"
    opens = datetime.fromisoformat(gates["window"]["until"])
    assert opens.replace(microsecond=0) == morning  # the edge itself is closed
    world.clock.set(opens)
    story.tick(report=False)
    assert not opened(world)
    story.tick()
    world.clock.advance(timedelta(minutes=2))
    story.tick()


def opened(world: RealWorld) -> dict[str, str]:
    """The branches of open promotions and their heads; a branch goes with its merge request."""
    return world.refs("refs/heads/promote/")


def branches(environment: str, tag: str) -> set[str]:
    """Those of a promotion of every app, when the apps with a source are at this tag."""
    shown = {"payments": tag, "podinfo": "6.1.0", "store": tag}
    return {f"{environment}/{app}/{version}" for app, version in shown.items()}


def pinned(world: RealWorld, environment: str) -> dict[str, tuple[str, str]]:
    """Tag and digest of each image, as the fleet's main branch says."""
    found = {}
    for app in APPS:
        text = world.file(f"apps/{app}/envs/{environment}/version/kustomization.yaml")
        for entry in text.split("  - name: ")[1:]:
            lines = [line.partition(": ")[2] for line in entry.splitlines()[1:]]
            tag, digest = (line.partition(" #")[0].strip("\"'") for line in lines[:2])
            found[entry.splitlines()[0]] = (tag, digest)
    return found


def proofs(world: RealWorld) -> dict[tuple[str, str], dict[str, Any]]:
    """The proof records by environment and app, the newest of each."""
    told = world.fairlead("state", "show", "--json").json()["proofs"]
    found = sorted(told, key=lambda p: datetime.fromisoformat(p["soaked_at"]))
    return {(p["target"]["environment"], p["target"]["app"]): p for p in found}
