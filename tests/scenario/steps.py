"""Steps of stories: what people and time do to a world until something interesting can happen."""

from datetime import timedelta

from bot.cli.report import find, why_text
from bot.demo.world import World
from bot.model import MergeRequest, MergeRequestState, Person
from gitops.tree import Tree
from tests.scenario.fleets import app_files, fleet_files

APP = "payments"
IMAGES = ("payments", "worker")
"""The app's images, below `shop/`."""

MAKER = Person("Eve", "eve@example.com")
"""Makes the releases; a release manager too."""

SOAK = timedelta(minutes=30)
"""Of stage."""


# --- what people do -------------------------------------------------------------------------------


def begin(world: World, *, dev: str = "commit", prod: str = "settle: 1m") -> None:
    """A fleet with one app of two images, nothing released, the bot set up."""
    url = world.app(APP).url
    app = app_files(APP, world.registry.host, url, images=IMAGES)
    world.publish(Tree.of(fleet_files(dev=dev, prod=prod) | app), "A fleet")
    world.init()


def edit(world: World, path: str, old: str, new: str) -> str:
    """A person changes one place of one file of the fleet; the commit."""
    tree = world.fleet_tree()
    before = tree[path].data.decode()
    assert before.count(old) == 1, f"{path} holds {old!r} {before.count(old)} times"
    return world.publish(tree.replace({path: before.replace(old, new).encode()}), f"Edit {path}")


def build(world: World, message: str = "work", author: Person = MAKER) -> str:
    """A commit on the app's main branch, and the images that its CI pushes; its sha."""
    sha = world.apps[APP].commit(message, author)
    push(world, f"main-{sha[:7]}-{world.clock():%Y%m%d%H%M%S}", sha)
    return sha


def tag(world: World, name: str, sha: str, *, images: bool = False) -> None:
    """Tag a commit of the app; with the images that CI builds for the tag, or without."""
    world.apps[APP].tag(name, sha)
    if images:
        push(world, name, sha)


def push(world: World, name: str, revision: str, images: tuple[str, ...] = IMAGES) -> None:
    """Push the app's images under a tag, labelled with a commit."""
    for image in images:
        world.image(f"shop/{image}", name, revision)


def approve(world: World, *people: str, head: str | None = None) -> None:
    """People approve the open merge request: its present head, or another one."""
    request = opened(world)
    for person in people:
        world.forge().approve(request.number, head or request.head, person)


# --- what there is --------------------------------------------------------------------------------


def head_of(world: World) -> str:
    """The app's newest commit."""
    sha = world.apps[APP].head
    assert sha is not None
    return sha


def requests(world: World) -> tuple[MergeRequest, ...]:
    """Every merge request there ever was."""
    return world.forge().list()


def opened(world: World) -> MergeRequest:
    """The one open merge request."""
    (request,) = (r for r in requests(world) if r.state is MergeRequestState.OPEN)
    return request


def pins(world: World, environment: str) -> str:
    """The text of the file that says what runs there."""
    return world.fleet_tree()[f"apps/{APP}/envs/{environment}/kustomization.yaml"].data.decode()


def why(world: World, environment: str = "prod") -> str:
    """What `fairlead why` prints."""
    return why_text(find(world.plan(), APP, environment))


# --- how far a release has come -------------------------------------------------------------------


def built_in_dev(world: World, message: str = "work") -> str:
    """A build runs in dev and is proven there; its commit."""
    sha = build(world, message)
    world.run()
    world.clusters.reconcile()
    world.run()
    world.pass_time(timedelta(minutes=1))
    return sha


def released_to_stage(world: World, candidate: str, sha: str) -> None:
    """A release candidate of a commit that dev has proven is merged, and healthy in stage."""
    tag(world, candidate, sha, images=True)
    world.run()
    approve(world, "ana")
    world.run()
    assert f"newTag: {candidate}" in pins(world, "stage")
    world.clusters.reconcile()
    world.run()


def soaked_in_stage(world: World) -> None:
    """What runs in stage is healthy without a break until it has soaked there and is proven."""
    world.clusters.reconcile()
    world.pass_time(SOAK, SOAK)


def proposed_to_prod(world: World, release: str, sha: str) -> MergeRequest:
    """A release that stage has proven waits for its approvals; its merge request."""
    tag(world, release, sha)
    world.run()
    request = opened(world)
    assert request.source_branch == f"promote/prod/{APP}/{release}"
    return request
