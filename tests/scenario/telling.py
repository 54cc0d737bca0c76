"""How stories are told: a world, and what people, time and the bot do in it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.adapters.git import GitRepository
from bot.beginning import clear_halt
from bot.demo.world import World
from bot.model import MergeRequest, MergeRequestState, Person, Target
from bot.observe import Observer
from bot.ports import Draft, RefUpdate
from bot.state import Origin, Proof, Soak, State
from bot.tick import Ticked
from gitops.fleet import Fleet
from gitops.tree import Tree
from tests.scenario.fleets import app_files, fleet_files
from tests.scenario.kept import Kept

APP = "payments"
STATE = "refs/heads/fairlead/state"
MAIN = "refs/heads/main"
MINUTE = timedelta(minutes=1)

EVE = Person("Eve", "eve@example.com")
"""Makes releases; in `qa` and among the release managers, whom she leaves one short."""

BO = Person("Bo", "bo@example.com")


class Story:
    """One world, from its first day on, or from where another story has left it."""

    def __init__(self, world: World, images: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.world = world
        clone = world.directory / "somebody" / "fleet.git"
        self.git = GitRepository(clone, world.fleet_url, plain=True)
        """Somebody's clone of the fleet, with push rights."""
        self.of_apps: dict[str, tuple[str, ...]] = dict(images or {})
        """The images of each app."""

    @classmethod
    def new(cls, directory: Path) -> Self:
        """A story in which nothing has happened yet."""
        return cls(World(directory / "world"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.world.close()

    # --- the fleet ------------------------------------------------------------------------------

    def files(self, app: str = APP, **more: object) -> dict[str, str]:
        """An app with its repository, as `app_files` writes it."""
        images = more.get("images") or (app,)
        assert isinstance(images, tuple)
        self.of_apps[app] = images
        url = self.world.app(app).url
        return app_files(app, self.world.registry.host, url, **more)  # type: ignore[arg-type]

    def begin(
        self, *files: Mapping[str, str], dev: str = "commit", prod: str = "settle: 1m"
    ) -> None:
        """A fleet of these apps (one of one image, unless said otherwise), and `state init`."""
        self.publish(*files, dev=dev, prod=prod)
        self.world.init()

    def publish(
        self, *files: Mapping[str, str], dev: str = "commit", prod: str = "settle: 1m"
    ) -> str:
        """The same without `state init`."""
        whole: dict[str, str] = fleet_files(dev=dev, prod=prod)
        for part in files or (self.files(),):
            whole |= part
        return self.world.publish(Tree.of(whole), "A fleet")

    def edit(self, path: str, change: Callable[[str], str], author: Person = BO) -> str:
        """A person changes one file on the target branch; the commit."""
        tree = self.world.fleet_tree()
        before = tree[path].data.decode() if path in tree else ""
        after = change(before)
        assert after != before, f"nothing changes in {path}:\n{before}"
        return self.world.publish(tree.replace({path: after.encode()}), f"Edit {path}", author)

    def text(self, path: str) -> str:
        """A file of the target branch."""
        return self.world.fleet_tree()[path].data.decode()

    # --- what developers do -----------------------------------------------------------------------

    def build(self, message: str = "work", app: str = APP, author: Person = EVE) -> str:
        """A commit on the app's main branch and the images that its CI makes of it; the sha."""
        commit = self.world.apps[app].commit(message, author)
        self.images(f"main-{commit[:7]}-{self.world.clock():%Y%m%d%H%M%S}", commit, app)
        return commit

    def tag(self, name: str, commit: str, app: str = APP) -> None:
        """A tag without images of its own."""
        self.world.apps[app].tag(name, commit)

    def release(self, name: str, commit: str, app: str = APP) -> None:
        """A tag, and the images that CI makes of it."""
        self.tag(name, commit, app)
        self.images(name, commit, app)

    def images(self, tag: str, commit: str, app: str = APP) -> None:
        """Every image of the app under one tag."""
        for image in self.of_apps[app]:
            self.world.image(f"shop/{image}", tag, commit)

    # --- what reviewers do ------------------------------------------------------------------------

    def requests(self, environment: str, app: str = APP) -> tuple[MergeRequest, ...]:
        """Every merge request there ever was for a target, by number."""
        prefix = f"promote/{environment}/{app}/"
        return tuple(r for r in self.world.forge().list() if r.source_branch.startswith(prefix))

    def request(self, environment: str, app: str = APP) -> MergeRequest:
        """The open merge request of a target: exactly one."""
        found = self.requests(environment, app)
        (request,) = (r for r in found if r.state is MergeRequestState.OPEN)
        return request

    def approve(self, environment: str, *people: str, app: str = APP) -> MergeRequest:
        """People approve the open merge request at its present head."""
        request = self.request(environment, app)
        for person in people:
            self.world.forge().approve(request.number, request.head, person)
        return request

    def comments(self, number: int) -> str:
        """What was written below a merge request."""
        return "\n".join(str(c) for c in self.world.forge().show(number).comments)

    # --- what time and the bot do -----------------------------------------------------------------

    def run(self) -> Ticked:
        """`fairlead run --once`."""
        return self.world.run()[-1]

    def later(self, by: timedelta = 2 * MINUTE) -> Ticked:
        """Time passes, the clusters report, the bot runs."""
        self.world.clock.advance(by)
        self.world.clusters.reconcile()
        return self.run()

    def proven_in_dev(self, message: str = "work", app: str = APP) -> str:
        """A new build goes to dev, and is proven there; the commit."""
        commit = self.build(message, app)
        self.run()
        self.later(MINUTE)
        self.later(MINUTE)
        assert any(p.release.commit == commit for p in self.proofs("dev", app))
        return commit

    def merged_to_stage(self, candidate: str, commit: str, app: str = APP) -> None:
        """A release candidate is proposed to stage, approved and merged."""
        self.release(candidate, commit, app)
        self.run()
        self.approve("stage", "ana", app=app)
        self.run()
        assert self.pin("stage", app).startswith(f"{candidate}@sha256:")

    def soaked_in_stage(self, app: str = APP) -> None:
        """What is in stage becomes healthy, settles and soaks."""
        self.later(MINUTE)
        self.later(30 * MINUTE)
        assert self.proofs("stage", app)

    def proven_in_stage(self, candidate: str = "v1.0-rc.1", app: str = APP) -> str:
        """A commit's whole way up to its proof in stage; the commit."""
        commit = self.proven_in_dev(f"for {candidate}", app)
        self.merged_to_stage(candidate, commit, app)
        self.soaked_in_stage(app)
        return commit

    # --- what there is ----------------------------------------------------------------------------

    def pin(self, environment: str, app: str = APP) -> str:
        """`TAG@DIGEST` that is written for the app's one image."""
        pins = self.pins(environment, app)
        assert len(set(pins.values())) == 1
        return next(iter(pins.values()))

    def pins(self, environment: str, app: str = APP) -> dict[str, str]:
        """`TAG@DIGEST` of each image, by its last name."""
        pin = Fleet.read(self.world.fleet_tree()).pin(environment, app)
        assert pin is not None
        return {p.repository.rsplit("/", 1)[-1]: f"{p.tag}@{p.digest or ''}" for p in pin.content}

    def overlay(self, environment: str, app: str = APP) -> str:
        """The path of the file that holds a target's pin."""
        return f"apps/{app}/envs/{environment}/kustomization.yaml"

    def state(self) -> State:
        """The state branch."""
        return self.world.ports().ledger.read()

    def proofs(self, environment: str, app: str = APP) -> tuple[Proof, ...]:
        """The proof records of a target."""
        return tuple(p for p in self.state().proofs if p.target == Target(environment, app))

    def proof_of(self, version: str, environment: str, app: str = APP) -> Proof | None:
        """The proof record of a release, by its name."""
        found = self.proofs(environment, app)
        return next((p for p in found if p.release.version == version), None)

    def soak(self, environment: str, app: str = APP) -> Soak | None:
        """The soak on record."""
        found = [s for s in self.state().soaks if s.target == Target(environment, app)]
        return found[0] if found else None

    def reason(self, environment: str, app: str = APP) -> str:
        """Why the newest promotion of a target waits, as `plan` says."""
        decisions = self.world.plan().plan.decisions
        decision = next(d for d in decisions if d.target == Target(environment, app))
        return "\n".join(decision.reasons)

    # --- the fleet's refs, as git has them --------------------------------------------------------

    def refs(self) -> dict[str, str]:
        """Every ref of the fleet repository."""
        self.git.fetch()
        return dict(self.git.refs("refs/"))

    def commit_on(self, ref: str, changed: Mapping[str, bytes], author: Person = BO) -> str:
        """Somebody pushes a commit on top of a ref; its sha."""
        head = self.refs()[ref]
        draft = Draft((head,), "By hand\n", author, self.world.clock(), changed)
        (sha,) = self.git.write([draft])
        self.git.push([RefUpdate(ref, head, sha)])
        return sha

    def move(self, ref: str, new: str | None) -> None:
        """Somebody moves a ref by force, or deletes it."""
        self.git.push([RefUpdate(ref, self.refs().get(ref), new)])

    # --- operators --------------------------------------------------------------------------------

    def clear_halt(self) -> str:
        """`fairlead halt --clear`; the new head of the state branch."""
        ports = self.world.ports()
        return clear_halt(ports, Observer(ports, "main").observe(), self.world.clock())


class Chapter:
    """A story up to here, and as many that go on from it, one after the other."""

    def __init__(self, story: Story, directory: Path) -> None:
        self._kept = Kept(story.world, directory)
        self._images = dict(story.of_apps)

    def go_on(self) -> Story:
        """One of them. The clusters report once more what they just reported."""
        story = Story(self._kept.world(), self._images)
        story.world.clusters.reconcile()
        return story


def origins(proofs: tuple[Proof, ...]) -> list[Origin]:
    """How the releases of these records came there."""
    return [p.origin for p in proofs]
