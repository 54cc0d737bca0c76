"""Environments of a repository that was there: clusters, names, order, and the fleet's forge."""

import pytest

from gitops.adopt import AdoptAnswers, lines
from gitops.config import read
from gitops.errors import InvalidInput
from tests.unit.adoptable import adopting, cluster, flux, release

INSTANCE = """\
apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux, namespace: flux-system}
spec:
  sync:
    kind: GitRepository
    url: https://codeberg.org/shop/fleet.git
    ref: refs/heads/trunk
    path: ./clusters/edge
"""

CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: flux-instance}
spec:
  chartRef: {kind: OCIRepository, name: flux-instance}
  values:
    instance:
      sync: {path: kubernetes/flux/cluster, ref: refs/heads/main}
"""


def clusters(*paths: str) -> dict[str, str]:
    files: dict[str, str] = {}
    for path in paths:
        files |= cluster(path, f"apps/{path.rpartition('/')[2]}")
    return files


def found(files: dict[str, str], **answers: object) -> dict[str, str | None]:
    """What comes after what."""
    report = adopting(files, AdoptAnswers(**answers)).report  # type: ignore[arg-type]
    return {each.name: each.after for each in report.environments}


@pytest.mark.parametrize(
    ("paths", "order"),
    [
        (["clusters/dev", "clusters/prod"], {"dev": None, "prod": "dev"}),
        (["clusters/production"], {"production": None}),
        (["clusters/home"], {"home": None}),
        (["kubernetes/flux/cluster"], {"main": None}),
        (["dev/flux", "qa/flux", "prod/flux"], {"dev": None, "qa": "dev", "prod": "qa"}),
        (["clusters/stage-eu", "clusters/prod-eu"], {"stage-eu": None, "prod-eu": "stage-eu"}),
        (["clusters/prod/eu", "clusters/prod/us"], {"prod": None}),
        (["clusters/live", "clusters/lab"], {"live": None, "lab": None}),
        (["clusters/dev-a", "clusters/dev-b", "clusters/prod"], None),
        (["clusters/pre-prod", "clusters/prod"], {"pre-prod": None, "prod": "pre-prod"}),
        (["clusters/non-prod", "clusters/prod"], {"prod": None, "non-prod": None}),
    ],
)
def test_names_tell_the_order_where_they_can(
    paths: list[str], order: dict[str, str | None] | None
) -> None:
    expected = order or {"dev-a": None, "dev-b": None, "prod": None}
    assert found(clusters(*paths)) == expected


WHICH = (
    "prod: clusters/prod; by its name it comes after one of dev-a, dev-b; "
    "--after prod=ENVIRONMENT says which"
)


def test_the_report_says_which_order_was_taken_and_why() -> None:
    report = adopting(clusters("clusters/dev-a", "clusters/dev-b", "clusters/prod", "c/lab")).report
    told = lines(report)[:4]
    assert told == [
        "dev-a: clusters/dev-a; by its name it comes first",
        "dev-b: clusters/dev-b; by its name it comes first",
        WHICH,
        "c-lab: c/lab; its name tells no order; --after c-lab=ENVIRONMENT would",
    ]


def test_a_person_says_the_order() -> None:
    files = clusters("clusters/dev-a", "clusters/dev-b", "clusters/prod")
    assert found(files, after={"prod": "dev-b"})["prod"] == "dev-b"
    with pytest.raises(InvalidInput, match="wait for each other"):
        found(files, after={"dev-a": "dev-b", "dev-b": "dev-a"})
    with pytest.raises(InvalidInput, match="no environment 'pord'") as caught:
        found(files, after={"pord": "dev-a"})
    assert caught.value.hint == "did you mean `prod`?"


def test_a_person_says_the_environments() -> None:
    files = clusters("clusters/east", "clusters/west", "clusters/lab")
    named = {"prod": ["./clusters/east/", "clusters/west"], "dev": ["clusters/lab"]}
    config = read(adopting(files, AdoptAnswers(environments=named)).tree)
    assert config.roots == {
        "dev": ("clusters/lab",),
        "prod": ("clusters/east", "clusters/west"),
    }
    prod = config.environment("prod")
    assert prod is not None
    assert (prod.after, [each.name for each in prod.clusters]) == ("dev", ["east", "west"])
    with pytest.raises(InvalidInput, match="'Prod' is no name for an environment"):
        adopting(files, AdoptAnswers(environments={"Prod": ["clusters/east"]}))


def test_a_cluster_that_no_flag_names_is_told() -> None:
    files = clusters("clusters/east", "clusters/west")
    report = adopting(files, AdoptAnswers(environments={"prod": ["clusters/east"]})).report
    assert any(
        note.startswith("clusters/west is no environment's, although gotk-sync.yaml applies it")
        for note in report.notes
    )


def test_a_flux_instance_tells_the_cluster_and_what_it_pulls() -> None:
    files = {"clusters/edge/flux.yaml": INSTANCE, "clusters/edge/web.yaml": release("web", "1")}
    adopted = adopting(files)
    fleet = read(adopted.tree).fleet
    assert (fleet.name, fleet.branch) == ("fleet", "trunk")
    assert (fleet.forge.kind, fleet.forge.project) == ("gitea", "shop/fleet")
    assert [e.name for e in fleet.environments] == ["edge"]
    assert "clusters/edge: a FluxInstance syncs it (clusters/edge/flux.yaml:3:18)" in lines(
        adopted.report
    )


def test_the_chart_of_a_flux_instance_tells_the_cluster() -> None:
    files = {
        "kubernetes/flux/cluster/apps.yaml": flux("apps", "./kubernetes/apps"),
        "kubernetes/apps/flux.yaml": CHART,
    }
    assert found(files) == {"main": None}
    other = CHART.replace("name: flux-instance}\n  v", "name: another}\n  v")
    assert found({**files, "kubernetes/apps/flux.yaml": other}) == {"main": None}


def test_without_a_sync_the_kustomizations_that_nobody_applies_tell_the_cluster() -> None:
    files = {
        "deploy/prod/all.yaml": flux("all", "./deploy/apps"),
        "deploy/apps/more.yaml": flux("more", "./deploy/more"),
        "deploy/more/web.yaml": release("web", "1"),
    }
    adopted = adopting(files)
    assert read(adopted.tree).roots == {"prod": ("deploy/prod",)}
    assert adopted.report.new == ("web",)
    assert "its Flux Kustomizations are applied by no other" in adopted.report.notes[0]


def test_a_sync_file_that_is_still_empty_tells_by_its_place() -> None:
    files = {
        "clusters/qa/flux-system/gotk-sync.yaml": "# written by flux bootstrap\n",
        "clusters/qa/web.yaml": release("web", "1"),
    }
    assert found(files) == {"qa": None}


@pytest.mark.parametrize(
    ("url", "kind", "project", "name"),
    [
        ("ssh://git@github.com/shop/fleet", "github", "shop/fleet", "fleet"),
        ("https://gitlab.example.com/a/b/ops.git", "gitlab", "a/b/ops", "ops"),
        ("https://forgejo.example.com/shop/My_Fleet.git", "gitea", "shop/My_Fleet", "my-fleet"),
        ("https://git.example.com/shop/fleet.git", "local", None, "fleet"),
    ],
)
def test_the_sync_source_tells_the_forge(
    url: str, kind: str, project: str | None, name: str
) -> None:
    fleet = read(adopting(cluster("clusters/prod", "apps", url)).tree).fleet
    assert (fleet.forge.kind, fleet.forge.project, fleet.name) == (kind, project, name)


def test_a_cluster_on_another_ref_than_the_branch_is_told() -> None:
    files = clusters("clusters/dev", "clusters/qa")
    files |= cluster("clusters/prod", "apps/prod", branch="stable")
    assert read(adopting(files).tree).fleet.branch == "main"
    assert (
        "clusters/prod follows stable, not the branch main: a merge gets there when that moves"
    ) in adopting(files).report.notes


def test_a_forge_needs_a_project() -> None:
    files = cluster("clusters/prod", "apps", "https://git.example.com")
    with pytest.raises(InvalidInput, match="nothing tells the project on github"):
        adopting(files, AdoptAnswers(forge="github"))
    told = AdoptAnswers(forge="github", project="shop/fleet")
    assert read(adopting(files, told).tree).fleet.forge.project == "shop/fleet"


def test_nothing_that_looks_like_a_cluster_is_told_with_the_flag() -> None:
    with pytest.raises(InvalidInput) as caught:
        adopting({"web.yaml": release("web", "1")})
    assert caught.value.hint == "say --environment NAME=PATH for each cluster"
