"""A release on its way to prod, on some forge, with the whole bot: it observes, decides and acts.

One app, one environment, one approval out of `qa`; Eve makes the releases.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bot import wiring
from bot.adapters.local import LocalForge
from bot.beginning import start
from bot.cli.report import find, why_text
from bot.demo.app_repository import AppRepository
from bot.demo.registry import DemoRegistry
from bot.demo.world import bare_repository, ignore
from bot.model import MergeRequest, MergeRequestState, Person
from bot.observe import Observer
from bot.secret import Secret
from bot.settings import Origin, Settings, origin_of
from gitops.errors import FairleadError
from tests.bypass.places import Place
from tests.contract.forge_worlds import BOT
from tests.scenario.fleets import app_files, fleet_files
from tests.simulation.cutting import Crash, Knife

T = TypeVar("T")

APP = "payments"
BRANCH = f"promote/prod/{APP}/v1.0"
OVERLAY = f"apps/{APP}/envs/prod/kustomization.yaml"
APP_FILE = f"apps/{APP}/app.yaml"
EVE = Person("Eve", "eve@example.com")

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: %(forge)s
people:
  ana: {emails: [ana@example.com]}
  bo: {emails: [bo@example.com]}
  eve: {emails: [eve@example.com], logins: [eve, eve-2]}
  zoe: {emails: [zoe@example.com]}
%(people)sgroups: {qa: [%(members)s]}
environments:
  - name: prod
    clusters: [prod-eu]
    follow: {tags: release}
    deliver: merge-request
    approvals: {required: 1, from: [%(from)s]}
%(checks)s"""


@dataclass(frozen=True)
class Rule:
    """What fleet.yaml says of people and of what prod asks for; `people` and `checks` as lines."""

    from_: str = "qa"
    members: str = "ana, bo, eve"
    people: str = ""
    checks: str = ""

    def fleet(self, forge: str) -> str:
        """The whole fleet.yaml."""
        return FLEET % {
            "forge": forge,
            "from": self.from_,
            "members": self.members,
            "people": self.people,
            "checks": self.checks,
        }


@dataclass
class Until(Knife):
    """Dies right before the first call whose name begins so."""

    word: str = ""

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Make the call, unless it is that one."""
        if name.startswith(self.word):
            raise Crash(name)
        return super().through(name, effect)


class Bot:
    """One process, which knows nothing but its work directory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Weak settings would be a reason of their own to refuse.
        self.ports = replace(wiring.ports(settings), forge_settings=None)

    def start(self) -> None:
        """`fairlead state init`."""
        start(self.ports, Observer(self.ports, "main").observe(), self.ports.clock())

    def run(self, knife: Knife | None = None) -> list[FairleadError]:
        """`fairlead run --once`, with a knife between it and the outside; what went wrong there."""
        ports = self.ports if knife is None else knife.ports(self.ports)
        errors: list[FairleadError] = []
        loop = wiring.loop(ports, self._settings, ignore)
        loop.once(lambda ticked: errors.extend(ticked.errors))
        return errors

    def why(self) -> str:
        """`fairlead why`; of an app that cannot be read, what is wrong with it."""
        ticked = wiring.loop(self.ports, self._settings, ignore).plan()
        broken = ticked.observation.broken.get(APP)
        return broken or why_text(find(ticked, APP, "prod"))

    def requests(self) -> tuple[MergeRequest, ...]:
        """Every merge request of ours, after a fresh look."""
        if isinstance(self.ports.forge, LocalForge):
            self.ports.repository.fetch()  # it reads the heads there
        return self.ports.forge.merge_requests()


class Scene:
    """One fleet with one bot; close it afterwards."""

    def __init__(self, place: Place, directory: Path) -> None:
        self.place = place
        self._directory = directory
        self._registry = DemoRegistry()
        work = directory / "people"
        self._app = AppRepository(work, APP, bare_repository(directory / "app.git"), wiring.clock)

    def close(self) -> None:
        """Stop the registry."""
        self._registry.close()

    # --- what people do ---------------------------------------------------------------------------

    def begin(self, rule: Rule | None = None, maker: Person = EVE) -> None:
        """The fleet, and `v1.0` of its app, built and tagged by its maker."""
        self.rule = rule or Rule()
        files = fleet_files() | app_files(APP, self._registry.host, self._app.url)
        here = {p: text for p, text in files.items() if "/dev/" not in p and "/stage/" not in p}
        here |= {"fleet.yaml": self.rule.fleet(self.place.name)}
        self.place.push("main", here, by="ana")
        self.bot.start()
        self.commit = self._app.commit("work", maker)
        self.release("v1.0")

    def release(self, tag: str) -> None:
        """The app's commit is tagged and built."""
        self._registry.push_image(f"shop/{APP}", tag, revision=self.commit)
        self._app.tag(tag, self.commit)

    def proposed(self, rule: Rule | None = None, maker: Person = EVE) -> MergeRequest:
        """The same, and the merge request that the bot opens for it."""
        self.begin(rule, maker)
        self.run()
        return self.request()

    def approve(self, login: str) -> None:
        """Somebody approves the merge request at its present head."""
        request = self.request()
        self.place.approve(request.number, request.head, login)

    def text(self, path: str) -> str:
        """A file of the target branch."""
        repository = self.bot.ports.repository
        repository.fetch()
        head = repository.head("main")
        assert head is not None
        return repository.tree(head)[path].data.decode()

    # --- the bot ----------------------------------------------------------------------------------

    @cached_property
    def bot(self) -> Bot:
        """The one that runs unless another one is asked to."""
        return self.another("work")

    def another(self, work: str) -> Bot:
        """One more process with this work directory."""
        return Bot(replace(self._settings, work_directory=self._directory / work))

    def run(self) -> None:
        """It runs, and nothing goes wrong outside."""
        assert self.bot.run() == []

    def request(self) -> MergeRequest:
        """The one from our branches that is open, as the bot is told."""
        (found,) = (r for r in self.bot.requests() if r.state is MergeRequestState.OPEN)
        return found

    @property
    def merged(self) -> bool:
        """Whether `v1.0` is in prod, as the target branch and the forge agree."""
        there = "newTag: v1.0\n" in self.text(OVERLAY)
        states = [r.state for r in self.bot.requests() if r.source_branch == BRANCH]
        assert there == (MergeRequestState.MERGED in states)
        return there

    @cached_property
    def _settings(self) -> Settings:
        place = self.place
        origins = {
            "file://": Origin("file://", private=True),
            self._registry.url: Origin(self._registry.url, private=True),
        }
        at = origin_of(place.url)
        if place.token is not None:
            origins[at] = Origin(at, username=BOT, password=place.token, private=True)
        return Settings(
            fleet=place.url,
            origins=tuple(origins.values()),
            state_key=Secret("the corpus' state key guards nothing"),
        )
