"""Which Flux objects carry an app on each cluster, and why nobody can tell where nobody can."""

import tarfile
from pathlib import Path

import pytest

from gitops.adopt import AdoptAnswers, adopt
from gitops.carriers import Carried, Carrier, carried
from gitops.directory import read_directory
from gitops.fleet import Fleet
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.tree import File, Tree

ROOT = Path(__file__).parents[2]
IMAGE = "registry.example.com/shop/payments"
OWN = "GitRepository flux-system/flux-system"
PAYMENTS = Carrier("Kustomization", "flux-system", "payments", "apps/payments/prod", source=OWN)
APP = (
    "apiVersion: fairlead.dev/v1alpha1\nkind: App\nname: payments\nteam: shop\n"
    "artifacts: [{image: %s}]\nenvironments: {prod: {follow: {range: '>=1.0'}}}\n"
)
FLEET = (
    "apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nname: acme\nforge: {kind: local}\n"
    "environments: [{name: prod, clusters: %s, follow: {range: '>=1.0'}}]\n"
)
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: %s}]}\n"


def flux(path: str, name: str = "payments", more: str = "", source: str = "") -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  path: {path}\n{more}"
        f"  sourceRef: {source or '{kind: GitRepository, name: flux-system}'}\n---\n"
    )


def release(more: str, name: str = "web", namespace: str = ", namespace: shop") -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: {name}{namespace}}}\nspec:\n{more}"
    )


def chart(version: str, source: str = "HelmRepository") -> str:
    ref = f"sourceRef: {{kind: {source}, name: charts}}"
    return f"  chart: {{spec: {{chart: web, version: '{version}', {ref}}}}}\n"


def files(changed: dict[str, str | None] | None = None, clusters: str = "[eu]") -> dict[str, str]:
    """`payments` in prod on one cluster; None takes a file away."""
    found = {
        "fleet.yaml": FLEET % clusters,
        "apps/payments/app.yaml": APP % IMAGE,
        "clusters/prod/eu/sync.yaml": flux("./clusters/prod/eu", "flux-system"),
        "clusters/prod/eu/payments.yaml": flux("./apps/payments/prod/"),
        "apps/payments/prod/pod.yaml": POD % f"{IMAGE}:v1.0",
    }
    after = found | (changed or {})
    return {path: text for path, text in after.items() if text is not None}


def told(changed: dict[str, str | None] | None = None, clusters: str = "[eu]") -> Carried:
    """What carries `payments` to the first cluster of prod."""
    return carried(Fleet.read(Tree.of(files(changed, clusters))), "prod", "payments")[0]


def releases(changed: dict[str, str | None]) -> list[tuple[str, str, str | None]]:
    found = told(changed)
    assert found.problem == ""
    return [(c.namespace, c.name, c.chart) for c in found.carriers if c.kind == "HelmRelease"]


def test_every_app_of_the_reference_fleet_has_its_own_kustomization_on_every_cluster() -> None:
    fleet = Fleet.read(read_directory(ROOT))
    assert len(fleet.apps) > 5
    for environment in fleet.config.fleet.environments:
        for app in fleet.apps:
            found = carried(fleet, environment.name, app)
            assert [each.cluster for each in found] == [c.name for c in environment.clusters]
            for each in found:
                path = f"apps/{app}/envs/{environment.name}"
                own = Carrier("Kustomization", "flux-system", app, path, source=OWN)
                assert (each.carriers, each.problem) == ((own,), "")
                assert each.repositories


def test_environments_on_one_cluster_have_an_object_each() -> None:
    names = ("dev", "prod")
    answers = FleetAnswers("acme", topology=Topology.SINGLE, environments=names)
    app = AppAnswers(
        name="payments",
        team="shop",
        images=(IMAGE,),
        range=">=1.0.0",
        versions={name: ["v1.0"] for name in names},
    )
    fleet = Fleet.read(add_app(new_fleet(Tree({}), answers), app))
    found = [each for name in names for each in carried(fleet, name, "payments")]
    assert [each.problem for each in found] == ["", ""]
    assert [c.path for each in found for c in each.carriers] == [
        "apps/payments/envs/dev",
        "apps/payments/envs/prod",
    ]
    assert len({c.name for each in found for c in each.carriers}) == len(names)


def test_the_pin_says_what_is_carried() -> None:
    found = told()
    assert found == Carried("prod", "eu", "payments", (PAYMENTS,), (IMAGE,))


def test_a_cluster_without_the_app_says_so() -> None:
    fleet = Fleet.read(Tree.of(files(clusters="[eu, us]")))
    one, other = carried(fleet, "prod", "payments")
    assert (one.cluster, one.problem) == ("eu", "")
    assert (other.cluster, other.carriers) == ("us", ())
    assert "no Flux Kustomization of prod on us builds this version of payments" in other.problem
    assert "apps/payments/prod/pod.yaml:4" in other.problem


def test_an_app_without_a_version_says_so() -> None:
    found = told({"apps/payments/prod/pod.yaml": "a: 1\n"})
    assert (found.carriers, found.repositories) == ((), ())
    assert "no version of payments is written for prod on eu" in found.problem


@pytest.mark.parametrize("version", [f"{IMAGE}:v1.0", IMAGE])
def test_a_file_that_nobody_can_read_may_be_why(version: str) -> None:
    found = told(
        {
            "clusters/prod/eu/payments.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\na: {\n",
            "apps/payments/prod/pod.yaml": POD % version,
        }
    )
    assert found.carriers == ()
    assert found.problem.startswith("clusters/prod/eu/payments.yaml:3")


def test_the_releases_of_the_apps_directory_belong_to_it_and_no_others() -> None:
    changed: dict[str, str | None] = {
        "apps/payments/prod/web.yaml": release(chart("6.5.0")),
        "apps/payments/prod/cache.yaml": release(chart("6.x"), "cache"),
        "apps/payments/prod/kustomization.yaml": (
            "resources: [pod.yaml, web.yaml, cache.yaml, ../../../other]\n"
        ),
        "other/kustomization.yaml": "resources: [other.yaml]\n",
        "other/other.yaml": release(chart("1.0.0"), "other"),
    }
    assert releases(changed) == [("shop", "cache", None), ("shop", "web", "6.5.0")]


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (chart("6.5.0"), "6.5.0"),
        (chart("6.5.0-rc.1"), "6.5.0-rc.1"),
        (chart("6.5"), None),
        (chart(">=6.5.0"), None),
        (chart("6.5.0", "GitRepository"), None),
        ("  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: c}}}\n", None),
        (chart("${CHART}"), "7.0.0"),
        (chart("${OTHER}"), None),
    ],
)
def test_a_chart_version_is_told_where_it_is_exact(written: str, exact: str | None) -> None:
    filled = "  postBuild: {substitute: {CHART: '7.0.0'}}\n"
    changed: dict[str, str | None] = {
        "apps/payments/prod/web.yaml": release(written),
        "clusters/prod/eu/payments.yaml": flux("./apps/payments/prod", more=filled),
    }
    assert releases(changed) == [("shop", "web", exact)]


def test_a_release_is_called_as_the_overlays_leave_it() -> None:
    changed: dict[str, str | None] = {
        "apps/payments/base/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/payments/base/web.yaml": release(chart("1.0.0"), namespace=""),
        "apps/payments/prod/kustomization.yaml": (
            "resources: [pod.yaml, ../base]\nnamespace: shop-prod\nnamePrefix: eu-\n"
            "patches: [{path: version.yaml}]\n"
        ),
        "apps/payments/prod/version.yaml": release(chart("2.0.0"), namespace=""),
    }
    assert releases(changed) == [("shop-prod", "eu-web", "2.0.0")]


def test_a_release_is_called_as_its_kustomization_leaves_it() -> None:
    more = "  targetNamespace: elsewhere\n  namePrefix: eu-\n"
    changed: dict[str, str | None] = {
        "apps/payments/prod/web.yaml": release(chart("1.0.0"), namespace=""),
        "clusters/prod/eu/payments.yaml": flux("./apps/payments/prod", more=more),
    }
    assert releases(changed) == [("elsewhere", "eu-web", "1.0.0")]


def test_a_release_that_a_patch_deletes_carries_nothing() -> None:
    deleting = release("").replace("spec:\n", "$patch: delete\n")
    changed: dict[str, str | None] = {
        "apps/payments/prod/kustomization.yaml": (
            "resources: [pod.yaml, web.yaml]\npatches: [{path: gone.yaml}]\n"
        ),
        "apps/payments/prod/web.yaml": release(chart("1.0.0")),
        "apps/payments/prod/gone.yaml": deleting,
    }
    assert releases(changed) == []
    changed["apps/payments/prod/gone.yaml"] = deleting.replace("name: web", "name: other")
    assert releases(changed) == [("shop", "web", "1.0.0")]


def test_a_release_that_cannot_be_read_is_told() -> None:
    changed: dict[str, str | None] = {
        "apps/payments/prod/kustomization.yaml": (
            "resources: [pod.yaml, web.yaml]\npatches:\n  - patch: '{{'\n"
            "    target: {kind: HelmRelease}\n"
        ),
        "apps/payments/prod/web.yaml": release(chart("1.0.0")),
    }
    found = told(changed)
    assert found.carriers == ()
    assert "a patch that cannot be read" in found.problem
    assert "apps/payments/prod/kustomization.yaml:3" in found.problem


def test_a_release_outside_of_the_apps_directory_belongs_to_it_by_its_version() -> None:
    image = f"  values: {{image: {{repository: {IMAGE}, tag: v1.0}}}}\n"
    changed: dict[str, str | None] = {
        "apps/payments/prod/pod.yaml": None,
        "clusters/prod/eu/payments.yaml": flux("./shop/prod"),
        "shop/prod/kustomization.yaml": "resources: [../base]\npatches: [{path: version.yaml}]\n",
        "shop/base/kustomization.yaml": "resources: [web.yaml, other.yaml]\n",
        "shop/base/web.yaml": release(
            chart("1.0.0") + f"  values: {{image: {{repository: {IMAGE}}}}}\n"
        ),
        "shop/base/other.yaml": release(chart("1.0.0"), "other"),
        "shop/prod/version.yaml": release(image),
    }
    assert releases(changed) == [("shop", "web", "1.0.0")]


def test_a_chart_in_a_registry_has_its_version_from_the_pin() -> None:
    changed: dict[str, str | None] = {
        "apps/payments/app.yaml": APP % "registry.example.com/charts/web",
        "apps/payments/prod/pod.yaml": None,
        "apps/payments/prod/web.yaml": release("  chartRef: {kind: OCIRepository, name: web}\n"),
        "apps/payments/prod/source.yaml": (
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
            "metadata: {name: web, namespace: shop}\n"
            "spec: {url: 'oci://registry.example.com/charts/web', ref: {tag: 6.5.0_build.1}}\n"
        ),
    }
    changed["apps/payments/app.yaml"] = (APP % "x").replace(
        "image: x", "chart: registry.example.com/charts/web"
    )
    assert releases(changed) == [("shop", "web", "6.5.0+build.1")]


def test_a_kustomization_that_says_the_version_itself_carries_it_and_not_what_applies_it() -> None:
    images = f"  images: [{{name: {IMAGE}, newTag: v1.0}}]\n"
    changed: dict[str, str | None] = {
        "apps/payments/prod/pod.yaml": POD % IMAGE,
        "clusters/prod/eu/payments.yaml": flux("./apps/payments/prod", more=images),
    }
    assert told(changed).carriers == (PAYMENTS,)


def test_the_releases_that_a_variable_fills_belong_to_the_app() -> None:
    app = APP.replace("{image: %s}", "{image: %s, variable: WEB_TAG}") % IMAGE
    filled = "  postBuild: {substitute: {WEB_TAG: v1.0}}\n"
    changed: dict[str, str | None] = {
        "apps/payments/app.yaml": app + "paths: [clusters/prod/eu/payments.yaml]\n",
        "apps/payments/prod/pod.yaml": None,
        "clusters/prod/eu/payments.yaml": flux("./shop", more=filled),
        "shop/web.yaml": release(chart("1.0.0") + "  values: {tag: '${WEB_TAG}'}\n"),
        "shop/other.yaml": release(chart("1.0.0"), "other"),
    }
    assert releases(changed) == [("shop", "web", "1.0.0")]


def test_what_applies_a_pinned_source_carries_the_app_too() -> None:
    source = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {name: web, namespace: flux-system}\n"
        "spec: {url: 'https://git.example.com/shop/web', ref: {tag: v1.0}}\n---\n"
    )
    own = flux("deploy//prod/", "web", source="{kind: GitRepository, name: web}")
    changed: dict[str, str | None] = {
        "apps/payments/app.yaml": (APP % "x").replace("image: x", "git: git.example.com/shop/web"),
        "apps/payments/prod/pod.yaml": None,
        "clusters/prod/eu/payments.yaml": flux("./shop"),
        "shop/web.yaml": source + own,
    }
    found = told(changed)
    assert found.repositories == ("git.example.com/shop/web",)
    assert [(c.name, c.path, c.source) for c in found.carriers] == [
        ("payments", "shop", OWN),
        ("web", "deploy/prod", "GitRepository flux-system/web"),
    ]


def test_the_clusters_own_sync_carries_only_what_nothing_nearer_builds() -> None:
    alone = told(
        {"clusters/prod/eu/payments.yaml": POD % f"{IMAGE}:v1.0"}
        | {"apps/payments/prod/pod.yaml": None}
    )
    assert alone.carriers == (
        Carrier("Kustomization", "flux-system", "flux-system", "clusters/prod/eu", source=OWN),
    )
    both = told(
        {
            "clusters/prod/eu/kustomization.yaml": (
                "resources: [sync.yaml, payments.yaml, ../../../apps/payments/prod]\n"
            ),
            "apps/payments/prod/kustomization.yaml": "resources: [pod.yaml]\n",
        }
    )
    assert both.carriers == (PAYMENTS,)


def test_a_flux_instance_brings_about_the_sync_of_its_cluster() -> None:
    instance = (
        "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\n"
        "metadata: {name: flux, namespace: flux-system}\n"
        "spec: {sync: {kind: OCIRepository, path: clusters/prod/eu, url: 'oci://r.example.com/f'}}\n"
    )
    changed: dict[str, str | None] = {
        "clusters/prod/eu/sync.yaml": instance,
        "clusters/prod/eu/payments.yaml": POD % f"{IMAGE}:v1.0",
        "apps/payments/prod/pod.yaml": None,
    }
    source = "OCIRepository flux-system/flux-system"
    assert told(changed).carriers == (
        Carrier("Kustomization", "flux-system", "flux-system", "clusters/prod/eu", source=source),
    )
    unsaid = told({**changed, "clusters/prod/eu/sync.yaml": None})
    assert unsaid.carriers == ()
    assert "no file says which Flux Kustomization applies clusters/prod/eu" in unsaid.problem


def test_two_objects_of_one_name_are_told_with_their_places() -> None:
    other = flux("./other")
    found = told({"clusters/prod/eu/other.yaml": other, "other/a.yaml": "kind: Namespace\n"})
    assert found.carriers == ()
    assert "eu has several Kustomizations flux-system/payments" in found.problem
    assert "clusters/prod/eu/other.yaml:3" in found.problem
    assert "clusters/prod/eu/payments.yaml:3" in found.problem
    renamed = told(
        {"clusters/prod/eu/other.yaml": flux("./other", "other"), "other/a.yaml": "kind: A\n"}
    )
    assert renamed.carriers == (PAYMENTS,)


def test_a_release_that_two_kustomizations_apply_is_told() -> None:
    changed: dict[str, str | None] = {
        "apps/payments/prod/web.yaml": release(chart("1.0.0")),
        "clusters/prod/eu/again.yaml": flux("./apps/payments/prod", "again"),
    }
    found = told(changed)
    assert found.carriers == ()
    assert "eu has several HelmReleases shop/web" in found.problem
    assert "(flux-system/again)" in found.problem
    assert "(flux-system/payments)" in found.problem


def test_clusters_of_one_name_count_as_one() -> None:
    environments = (
        "environments:\n"
        "  - {name: stage, clusters: [%s], follow: {range: '>=1.0'}}\n"
        "  - {name: prod, clusters: [eu], follow: {range: '>=1.0'}}\n"
    )
    head = (FLEET % "[eu]").partition("environments")[0]

    def found(name: str) -> Carried:
        changed: dict[str, str | None] = {
            "fleet.yaml": head + environments % name,
            f"clusters/stage/{name}/payments.yaml": flux("./apps/payments/stage"),
            "apps/payments/stage/pod.yaml": POD % f"{IMAGE}:v1.1",
        }
        return told(changed)

    assert found("one").carriers == (PAYMENTS,)
    ambiguous = found("eu")
    assert ambiguous.carriers == ()
    assert "eu has several Kustomizations flux-system/payments" in ambiguous.problem
    assert "or the clusters, where eu is more than one" in ambiguous.problem


@pytest.mark.parametrize(
    ("kustomization", "problem"),
    [
        (flux("./apps/payments/${WHERE}"), "may build any directory"),
        (flux("./apps/payments/prod", "'pay-${WHERE}'"), "only the cluster knows what"),
        (
            flux("./apps/payments/prod").replace(", namespace: flux-system}", "}"),
            "Kustomization payments has no namespace",
        ),
    ],
)
def test_what_a_variable_or_nobody_decides_is_not_guessed(kustomization: str, problem: str) -> None:
    found = told({"clusters/prod/eu/payments.yaml": kustomization})
    assert found.carriers == ()
    assert problem in found.problem
    assert "clusters/prod/eu/payments.yaml:3" in found.problem


CORPORA = {
    "angelnu__k8s-gitops": (2, 0),
    "bjw-s-labs__home-ops": (93, 80),
    "equinor__radix-flux": (170, 90),
    "fluxcd__flux2-kustomize-helm-example": (2, 2),
    "fluxcd__flux2-multi-tenancy": (0, 0),
}
"""By corpus: how many apps on clusters, and how many HelmReleases, are found at least."""


@pytest.mark.parametrize("name", CORPORA)
def test_real_fleets_are_read_once_they_are_adopted(name: str, shared: Path) -> None:
    content = {}
    with tarfile.open(shared / "corpus" / f"{name}.tar.gz") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                content[member.name.removeprefix("./")] = File(file.read())
    fleet = Fleet.read(adopt(Tree(content), AdoptAnswers(fallback=name)).tree)
    found = [c for e in fleet.environments for app in fleet.apps for c in carried(fleet, e, app)]
    assert all(bool(each.carriers) != bool(each.problem) for each in found)
    assert not [each for each in found if each.problem and each.repositories]
    carriers = [c for each in found for c in each.carriers]
    least, most = CORPORA[name]
    assert sum(bool(each.carriers) for each in found) >= least
    assert sum(c.kind == "HelmRelease" for c in carriers) >= most
