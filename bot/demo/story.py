"""The demo's story: three apps, from just added to running in prod, told as it happens."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.demo import cast
from bot.demo.clock import START
from bot.demo.kept import commands, place, write_settings
from bot.demo.printing import Page, table
from bot.demo.telling import Telling, Wording
from bot.demo.world import World
from bot.model import Gap
from gitops.carriers import carried
from gitops.diff import unified_diff
from gitops.fleet import Fleet
from gitops.tree import Tree

AFTERNOON = START.replace(hour=15, minute=10)
"""Late enough for the prod window to close before everybody has agreed."""


def tell(keep: Path | None, page: Page, wording: Wording, fairlead: str = "fairlead") -> None:
    """Play the story in a temporary world, or in `keep`, which then stays.

    Args:
        keep: a directory that does not exist or is empty; None for a temporary one.
        page: where it is told.
        wording: the command line's own texts.
        fairlead: how the command is called on this machine, for what is printed at the end.

    Raises:
        InvalidInput: `keep` holds something.
    """
    with place(keep) as directory:
        world = World(directory, now=AFTERNOON)
        try:
            telling = Telling(world, page, wording)
            _prologue(telling)
            for chapter in CHAPTERS:
                chapter(telling)
            if keep is not None:
                write_settings(world)
                _what_stays(telling, directory, fairlead)
        finally:
            page.clear()
            world.close()


def _prologue(telling: Telling) -> None:
    page, world = telling.page, telling.world
    page.title("Fairlead: three releases travel from a merge to prod")
    page.say(
        "Real: the fleet and the apps' repositories (git), the merge requests (the embedded "
        f"forge), a registry that speaks the registries' HTTP API on {world.registry.host}, and "
        "Fairlead."
    )
    page.say(
        "Simulated: the clusters, which apply the fleet at once and report health, and the clock. "
        "Nothing leaves this machine. Digests and commits are shortened here, long lines folded."
    )


def _fleet(telling: Telling) -> None:
    page, world = telling.page, telling.world
    telling.chapter("A fleet with three apps, all just added")
    apps = cast.answers(world)
    tree = cast.scaffolded(apps)
    page.command("fairlead new acme --cluster prod=prod-eu --cluster prod=prod-us && cd acme")
    for app in apps:
        page.command(cast.add_command(app))
    page.say(f"That made {len(tree)} files, which Ana pushes. Then, once, as a person:")
    world.publish(tree, "A fleet with three apps", cast.PLATFORM)
    world.clusters.reconcile()
    page.command("fairlead state init", f"state branch started at {world.init()}")
    telling.status()


def _dev(telling: Telling) -> None:
    page, world = telling.page, telling.world
    world.clock.advance(timedelta(minutes=5))
    telling.chapter("A merge to main deploys dev")
    page.say(
        "Eve's change reaches the main branch of payments, and CI pushes its image. Gus's reaches "
        "that of checkout, which has two images; CI has pushed one of them so far. Somebody else "
        "publishes podinfo 6.9.0 and 7.0.0, of which the range takes 6.9.0."
    )
    payments = world.apps["payments"].commit("Take cards", cast.EVE)
    checkout = world.apps["checkout"].commit("Ask for the address once", cast.GUS)
    cast.build(world, "shop/payments", payments)
    cast.build(world, "shop/checkout-web", checkout)
    for version in ("6.9.0", "7.0.0"):
        world.image("podinfo/podinfo", version)
    before = _of_payments(world.fleet_tree())
    page.say("Nobody has to approve in dev. Fairlead commits, and only where the version stands:")
    telling.run()
    page.quote(unified_diff(before, _of_payments(world.fleet_tree())), diff=True)
    page.say("checkout waits for its other image:")
    telling.why("checkout", "dev")
    cast.build(world, "shop/checkout-worker", checkout)
    page.say("CI pushes it, and the clusters apply what is there:")
    telling.run()
    telling.wait(2, step=1)
    page.say(
        "All three were healthy for a minute, so dev has proven them. podinfo follows nothing but "
        "the environment before: its merge request for stage is open already."
    )


def _of_payments(tree: Tree) -> Tree:
    return Tree({path: file for path, file in tree.items() if "payments" in path})


def _stage(telling: Telling) -> None:
    page, world = telling.page, telling.world
    world.clock.advance(timedelta(minutes=8))
    telling.chapter("The tag v1.0-rc.1 proposes stage")
    page.say("Eve and Gus tag what ran in dev, and CI builds the images of their tags.")
    for each in (cast.PAYMENTS, cast.CHECKOUT):
        cast.tag(world, each, "v1.0-rc.1", images=True)
    world.clusters.reconcile()
    telling.run()
    payments = telling.open_request("payments", "stage")
    telling.show(payments)
    page.say("One person of the group qa has to agree. Bo does, for all three:")
    for app in ("podinfo", "payments", "checkout"):
        telling.approve(telling.open_request(app, "stage"), "bo")
    telling.run()


def _waiting(telling: Telling) -> None:
    page, world = telling.page, telling.world
    telling.wait(16)
    telling.chapter("The tag v1.0 proposes prod, and waits")
    page.say(
        "The same commits are tagged v1.0. CI need not build anything: prod gets the images that "
        "stage runs. But stage must have run them for half an hour:"
    )
    for app in (cast.PAYMENTS, cast.CHECKOUT):
        cast.tag(world, app, "v1.0", images=False)
    telling.run()
    telling.why("payments", "prod")
    page.say("It waits. As soon as they have, the merge requests for prod open:")
    telling.wait(24)
    telling.show(telling.open_request("payments", "prod"))
    page.say(
        f"It is {world.clock():%H:%M}, and the window for prod closed at four. So there are two "
        "reasons to wait:"
    )
    telling.why("payments", "prod")


def _agreeing(telling: Telling) -> None:
    page, world = telling.page, telling.world
    world.clock.advance(timedelta(minutes=20))
    telling.chapter("Two people who did not make it must agree")
    request = telling.open_request("payments", "prod")
    page.say("Eve is a release manager, but she made this release: hers does not count. Cy's does:")
    telling.approve(request, "eve", "cy")
    telling.why("payments", "prod")
    world.clock.advance(timedelta(minutes=40))
    page.say("Di agrees too, and she and Cy agree to the other two. Only the time is missing now:")
    telling.approve(request, "di")
    for app in ("checkout", "podinfo"):
        telling.approve(telling.open_request(app, "prod"), "cy", "di")
    telling.why("payments", "prod")


def _prod(telling: Telling) -> None:
    page, world = telling.page, telling.world
    world.clock.move_to(AFTERNOON.replace(hour=9, minute=1) + timedelta(days=1))
    world.clusters.reconcile()
    telling.chapter("The window opens")
    page.say("Nobody does anything. Fairlead merges exactly the commits that were agreed to:")
    telling.run()
    page.say("The clusters apply it and stay healthy:")
    telling.wait(2, step=1)
    telling.status()


def _ending(telling: Telling) -> None:
    page = telling.page
    telling.chapter("What runs where, as the clusters report it")
    page.quote(table(_running(telling)))
    page.say(
        "Stage and prod run the same bytes, approved by people who did not make them. The fleet "
        "changed only where versions stand, in commits that say why."
    )


CHAPTERS: tuple[Callable[[Telling], None], ...] = (
    _fleet,
    _dev,
    _stage,
    _waiting,
    _agreeing,
    _prod,
    _ending,
)


def _running(telling: Telling) -> list[list[str]]:
    """A table of images by clusters: the first digits of the digest that runs there."""
    fleet = Fleet.read(telling.world.fleet_tree())
    wanted = [c for e in fleet.environments for app in fleet.apps for c in carried(fleet, e, app)]
    reports = telling.ports.clusters.health(wanted)
    if isinstance(reports, Gap):
        raise RuntimeError(f"the demo's clusters say nothing: {reports}")  # noqa: TRY004
    digests = {(r.cluster, image): d for r in reports for image, d in r.digests.items()}
    clusters = [c.name for e in fleet.config.fleet.environments for c in e.clusters]
    head = ["IMAGE", *clusters]
    return [head] + [
        [image.partition("/")[2], *(digests[c, image][7:19] for c in clusters)]
        for image in sorted({image for _, image in digests})
    ]


def _what_stays(telling: Telling, directory: Path, fairlead: str) -> None:
    page, requests = telling.page, telling.forge.list()
    telling.chapter("What stays")
    page.say(
        f"The world lies in {directory}. Its clock stopped, and its registry closed with this "
        "command, so `status` and `why` say what they cannot see any more, and exit with 4."
    )
    number = next(r.number for r in requests if r.source_branch == "promote/prod/payments/v1.0")
    for line, shows in commands(directory, fairlead, number):
        page.copy(line, shows)
