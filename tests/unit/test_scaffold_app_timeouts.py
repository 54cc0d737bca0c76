"""How long Flux waits for what it applies, when its parent's patches are over it."""

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object
from gitops.rendering.rendering import rendering
from gitops.scaffold import FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Defaults, Topology
from gitops.scaffold.answers.fleet import Secrets
from gitops.tree import Tree
from tests.golden.app_trees import answers
from tests.golden.fleets import KEY

ENVIRONMENTS = ("dev", "stage", "prod")
ENCRYPTED = FleetAnswers(
    "acme", secrets=Secrets.SOPS, age_recipients={each: [KEY] for each in ENVIRONMENTS}
)


def applied(kustomize: str, fleet: Tree, app: str) -> dict[str, Object]:
    """The Flux Kustomizations of an app and its Job in dev, as the parent's build has them."""
    read = Fleet.read(add_app(fleet, answers(app)))
    builds = [each for each in builds_of(read, "dev") if "apps" in each.directory.split("/")]
    done = rendering(read, Kustomize(kustomize).builds, builds)
    assert done.failed == ()
    return {
        f"{o.kind}/{o.name.removesuffix('-dev')}": o
        for each in done.rendered
        for o in each.objects
        if o.name.startswith(app)
    }


def seconds(text: str) -> int:
    assert text.endswith("m"), text
    return int(text[:-1]) * 60


@pytest.mark.real
@pytest.mark.parametrize(("app", "when"), [("payments", "pre"), ("ledger", "post")])
@pytest.mark.parametrize(
    ("topology", "defaults"),
    [
        (Topology.PER_ENVIRONMENT, Defaults.PARENT),
        (Topology.SINGLE, Defaults.PARENT),
        (Topology.PER_ENVIRONMENT, Defaults.INLINE),
    ],
)
def test_flux_waits_longer_than_a_migration_may_take(
    app: str, when: str, topology: Topology, defaults: Defaults, kustomize: str
) -> None:
    fleet = new_fleet(Tree({}), FleetAnswers("acme", topology=topology, defaults=defaults))
    found = applied(kustomize, fleet, app)
    job, own, others = (
        found[kind]
        for kind in (f"Job/{app}-migration", f"Kustomization/{app}-{when}", f"Kustomization/{app}")
    )
    deadline = job.mapping_at("spec")["activeDeadlineSeconds"]
    assert isinstance(deadline, int)
    assert seconds(own.text_at("spec", "timeout")) > deadline + 60
    assert own.mapping_at("spec")["wait"] is True
    # Nothing else is waited for as long: a parent's word still holds for it.
    assert seconds(others.text_at("spec", "timeout")) < deadline
    assert others.mapping_at("spec")["wait"] is True


@pytest.mark.real
def test_what_a_parent_patches_in_is_said_by_who_says_it_all(kustomize: str) -> None:
    found = applied(kustomize, new_fleet(Tree({}), ENCRYPTED), "payments")
    own, others = (found[f"Kustomization/{name}"] for name in ("payments-pre", "payments"))
    same = ("decryption", "retryInterval", "wait", "postBuild", "sourceRef", "prune", "interval")
    assert {key: own.mapping_at("spec")[key] for key in same} == {
        key: others.mapping_at("spec")[key] for key in same
    }
