"""Who and what plays in the demo: people, three apps, and the CI that builds their images."""

from dataclasses import dataclass, replace

from bot.demo.app_repository import AppRepository
from bot.demo.world import World
from bot.model import Person
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.tree import Tree

FLEET = FleetAnswers("acme", clusters={"prod": ("prod-eu", "prod-us")})

EVE = Person("Eve", "eve@example.com")
GUS = Person("Gus", "gus@example.com")
PLATFORM = Person("Ana", "ana@example.com")

PODINFO = AppAnswers("podinfo", "platform", ("podinfo/podinfo",), range=">=6.0.0 <7.0.0", port=9898)


@dataclass(frozen=True, slots=True)
class SourceApp:
    """An app with a source repository: `images` are its repositories, without the host."""

    name: str
    images: tuple[str, ...]
    maker: Person


PAYMENTS = SourceApp("payments", ("shop/payments",), EVE)
CHECKOUT = SourceApp("checkout", ("shop/checkout-web", "shop/checkout-worker"), GUS)


def answers(world: World) -> tuple[AppAnswers, ...]:
    """What `fairlead add app` is told of each app, on this world's registry and repositories."""
    own = tuple(
        AppAnswers(app.name, "shop", app.images, source=world.app(app.name).url)
        for app in (PAYMENTS, CHECKOUT)
    )
    host = world.registry.host
    return tuple(
        replace(each, images=tuple(f"{host}/{image}" for image in each.images))
        for each in (*own, PODINFO)
    )


def scaffolded(apps: tuple[AppAnswers, ...]) -> Tree:
    """The fleet with these apps, as `fairlead new` and `fairlead add app` write it."""
    tree = new_fleet(Tree({}), FLEET)
    for app in apps:
        tree = add_app(tree, app)
    return tree


def add_command(app: AppAnswers) -> str:
    """The command line that adds this app."""
    images = " ".join(f"--image {image}" for image in app.images)
    follows = f"--source {app.source}" if app.source else f"--range '{app.range}' --port {app.port}"
    return f"fairlead add app {app.name} --team {app.team} {images} {follows}"


def build(world: World, image: str, commit: str) -> None:
    """CI pushes the image of a build of the main branch."""
    world.image(image, f"main-{commit[:7]}-{world.clock():%Y%m%d%H%M%S}", commit)


def tag(world: World, app: SourceApp, name: str, *, images: bool) -> None:
    """Tag the head of main; with `images`, CI builds and pushes an image of that name for each."""
    repository: AppRepository = world.apps[app.name]
    commit = repository.head
    if commit is None:
        raise ValueError(f"{app.name} has no commit to tag")
    repository.tag(name, commit)
    for image in app.images if images else ():
        world.image(image, name, commit)
