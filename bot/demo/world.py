"""The demo's world: a fleet, application repositories, a registry, clusters and a clock.

Everything lies in one directory and on loopback. The fleet, the forge, the state branch and the
registry client are the real ones; the clusters and the clock are simulated, and say so.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot import wiring
from bot.act import Actor, Audit
from bot.adapters.git import GitRepository
from bot.adapters.local import LocalForge
from bot.beginning import start
from bot.demo.app_repository import AppRepository
from bot.demo.clock import START, SimulatedClock
from bot.demo.cluster import SimulatedClusters
from bot.demo.registry import DemoRegistry
from bot.model import IDENTITY, Person
from bot.observe import Observer
from bot.ports import Draft, Ports, RefUpdate
from bot.secret import Secret
from bot.settings import Origin, Settings
from bot.tick import Loop, Ticked
from gitops.tree import Tree, changes

DEMO_KEY = "the demo's state key guards nothing"


def bare_repository(directory: Path) -> str:
    """An empty bare repository, or the one that is there already; its file:// URL."""
    if (directory / "HEAD").exists():
        return directory.resolve().as_uri()
    (directory / "objects").mkdir(parents=True)
    (directory / "refs" / "heads").mkdir(parents=True)
    (directory / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
    (directory / "config").write_text(config, encoding="ascii")
    return directory.resolve().as_uri()


def ignore(facts: Mapping[str, object]) -> None:
    """An audit that keeps nothing."""
    del facts


class World:
    """A world in `directory`: a new one, or the one that was left there. Close it afterwards.

    A world that goes on is told what its directory does not keep: the `registry`, which then
    outlives it, and the time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        audit: Audit = ignore,
        registry: DemoRegistry | None = None,
        now: datetime = START,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.clock = SimulatedClock(now)
        self.registry = registry or DemoRegistry()
        self._own_registry = registry is None
        self.fleet_url = bare_repository(directory / "fleet.git")
        self.status_file = directory / "status.json"
        self.settings = Settings(
            fleet=self.fleet_url,
            work_directory=directory / "work",
            status_file=self.status_file,
            origins=(Origin(self.registry.url, private=True), Origin("file://", private=True)),
            state_key=Secret(DEMO_KEY),
        )
        self.apps: dict[str, AppRepository] = {}
        self._audit = audit
        self._person = GitRepository(directory / "person.git", self.fleet_url, plain=True)
        self._clusters: SimulatedClusters | None = None

    def close(self) -> None:
        """Stop the registry that it started; the directory stays."""
        if self._own_registry:
            self.registry.close()

    # --- what people do -------------------------------------------------------------------------

    def app(self, name: str) -> AppRepository:
        """An application with its repository, empty when it is new."""
        url = bare_repository(self.directory / "apps" / f"{name}.git")
        work = self.directory / "people"
        self.apps[name] = AppRepository(work, name, url, self.clock)
        return self.apps[name]

    def publish(self, tree: Tree, message: str, author: Person = IDENTITY) -> str:
        """Push these files as the fleet's main branch, as a person would; the commit."""
        self._person.fetch()
        parent = self._person.head("main")
        old = self._person.tree(parent) if parent else Tree({})
        delta = changes(old, tree)
        draft = Draft(
            (parent,) if parent else (),
            message + "\n",
            author,
            self.clock(),
            {p: after.data for p, (_, after) in delta.items() if after is not None},
            tuple(p for p, (_, after) in delta.items() if after is None),
        )
        sha = self._person.write([draft])[0]
        self._person.push([RefUpdate("refs/heads/main", parent, sha)])
        return sha

    def fleet_tree(self) -> Tree:
        """The files of the fleet's main branch."""
        self._person.fetch()
        head = self._person.head("main")
        return self._person.tree(head) if head else Tree({})

    def image(self, name: str, tag: str, revision: str | None = None) -> str:
        """Push an image (name without the host); its digest."""
        return self.registry.push_image(name, tag, revision=revision)

    # --- the clusters ----------------------------------------------------------------------------

    @property
    def clusters(self) -> SimulatedClusters:
        """Every cluster of the fleet."""
        if self._clusters is None:
            mirror = GitRepository(self.directory / "cluster.git", self.fleet_url, plain=True)
            registry = wiring.registries(self._as_a_cluster())
            self._clusters = SimulatedClusters(mirror, registry, self.status_file, self.clock)
        return self._clusters

    def _as_a_cluster(self) -> Settings:
        """Clusters pull with mirrors of their own."""
        return replace(self.settings, work_directory=self.directory / "cluster")

    def pass_time(self, by: timedelta, step: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass, with the clusters reporting and the bot running on the way."""
        left = by
        while left > timedelta(0):
            self.clock.advance(min(step, left))
            left -= min(step, left)
            self.clusters.reconcile()
            self.run()

    # --- the bot ---------------------------------------------------------------------------------

    def ports(self) -> Ports:
        """The real adapters, on the simulated clock."""
        return wiring.ports(self.settings, now=self.clock)

    def loop(self, ports: Ports | None = None) -> Loop:
        """The bot's loop over this world."""
        found = ports or self.ports()
        return Loop(found, Observer(found, "main"), Actor(found, self._audit))

    def init(self) -> str:
        """`fairlead state init`."""
        ports = self.ports()
        return start(ports, Observer(ports, "main").observe(), self.clock())

    def run(self) -> list[Ticked]:
        """`fairlead run --once`; every tick of it."""
        ticks: list[Ticked] = []
        self.loop().once(ticks.append)
        return ticks

    def plan(self) -> Ticked:
        """`fairlead plan`."""
        return self.loop().plan()

    def forge(self) -> LocalForge:
        """The embedded forge, freshly read."""
        forge = self.ports().forge
        assert isinstance(forge, LocalForge)  # noqa: S101 - the demo's fleet has no other
        return forge
