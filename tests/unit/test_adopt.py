"""Adopting a repository: its apps, what is left, and what is never written over."""

from time import process_time

import pytest

from gitops.adopt import AdoptAnswers, lines
from gitops.config import read
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.tree import Tree, changes
from tests.unit.adoptable import adopting, cluster, flux, release, two

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  template:
    spec:
      containers:
        - {name: web, image: "ghcr.io/acme/shop/web:1.0"}
        - {name: worker, image: "ghcr.io/acme/shop/worker:1.0"}
        - {name: proxy, image: "ghcr.io/acme/proxy/envoy:1.0"}
        - {name: cache, image: "redis:1.0"}
"""


def test_one_app_has_its_places_in_every_environment() -> None:
    found = adopting(two())
    assert found.report.new == ("web",)
    fleet = Fleet.read(found.tree)
    assert fleet.config.apps["web"].paths == ("apps/production/web.yaml", "apps/staging/web.yaml")
    pins = [fleet.pin(environment, "web") for environment in fleet.environments]
    assert [pin.content[0].tag for pin in pins if pin is not None] == ["v1.1-rc.1", "v1.0"]


def test_an_image_and_the_chart_that_runs_it_are_one_app() -> None:
    files = {
        f"apps__{environment}__web": release("web", "v1.1", chart="base 2.0.0")
        for environment in ("staging", "production")
    }
    found = adopting(two(**files))
    assert found.report.new == ("web",)
    assert found.report.share == 1.0
    fleet = Fleet.read(found.tree)
    config = fleet.config.apps["web"]
    assert [a.name for a in config.followed] == ["ghcr.io/shop/web"]
    assert [a.name for a in config.beside] == ["base"]
    settings = [Setting("base", "2.1.0", None), Setting("ghcr.io/shop/web", "v1.2", None)]
    tree = fleet.set_pin("staging", "web", settings)
    assert set(changes(found.tree, tree)) == {"apps/staging/web.yaml"}
    assert b"version: 2.1.0" in tree["apps/staging/web.yaml"].data
    assert b"tag: 'v1.2'" in tree["apps/staging/web.yaml"].data
    again = adopting({path: file.data.decode() for path, file in found.tree.items()})
    assert again.tree == found.tree


def test_a_chart_that_is_not_everywhere_with_its_image_is_an_app_of_its_own() -> None:
    found = adopting(two(apps__staging__web=release("web", "v1.1", chart="base 2.0.0")))
    assert found.report.new == ("web", "web-chart")
    tree = Fleet.read(found.tree).set_pin("staging", "web-chart", [Setting("base", "2.1.0", None)])
    assert set(changes(found.tree, tree)) == {"apps/staging/web.yaml"}
    assert b"version: 2.1.0" in tree["apps/staging/web.yaml"].data
    assert b"tag: 'v1.1'" in tree["apps/staging/web.yaml"].data


def test_images_of_one_path_and_version_are_one_app_and_others_are_not() -> None:
    found = adopting(two(apps__staging__shop=DEPLOYMENT))
    apps = read(found.tree).apps
    assert [a.name for a in apps["shop"].artifacts] == [
        "ghcr.io/acme/shop/web",
        "ghcr.io/acme/shop/worker",
    ]
    assert set(apps) == {"shop", "shop-envoy", "shop-redis", "web"}


def test_images_of_one_path_that_differ_in_one_environment_are_two_apps() -> None:
    other = DEPLOYMENT.replace("worker:1.0", "worker:1.1")
    found = adopting(two(apps__staging__shop=DEPLOYMENT, apps__production__shop=other))
    assert {"shop-web", "shop-worker"} & set(found.report.new)
    assert all(len(app.artifacts) == 1 for app in read(found.tree).apps.values())


def test_objects_of_one_name_in_two_directories_are_two_apps() -> None:
    found = adopting(
        two(
            apps__staging__media__db=release("db", "1", image="redis", namespace=""),
            apps__staging__dev__db=release("db", "2", image="redis", namespace=""),
        )
    )
    assert {"db", "media-db"} <= set(found.report.new)
    fleet = Fleet.read(found.tree)
    image = "docker.io/library/redis"
    tree = fleet.set_pin("staging", "media-db", [Setting(image, "3", None)])
    assert set(changes(found.tree, tree)) == {"apps/staging/media/db.yaml"}
    assert found.report.stuck == {}


def test_two_versions_of_one_thing_in_one_file_are_not_placed() -> None:
    twice = f"{release('db', '1', image='redis')}---\n{release('db', '2', image='redis')}"
    found = adopting(two(apps__staging__db=twice))
    assert [s.path for s in found.report.left] == ["apps/staging/db.yaml"] * 2
    assert all("an app has one version of it" in why for why in found.report.left.values())
    assert "db" not in found.report.new
    same = adopting(two(apps__staging__db=twice.replace("'2'", "'1'")))
    assert "db" in same.report.new


def test_a_commit_is_not_placed_and_a_tag_is() -> None:
    policies = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {{name: policies}}\n"
        "spec: {{url: 'https://github.com/shop/policies', ref: {{{ref}}}}}\n"
    )
    found = adopting(two(apps__staging__git=policies.format(ref=f"commit: {'a' * 40}")))
    assert list(found.report.left.values()) == ["it is pinned by a commit, which nothing moves yet"]
    tagged = adopting(two(apps__staging__git=policies.format(ref="tag: v1.0")))
    assert tagged.report.left == {}
    assert read(tagged.tree).apps["policies"].artifacts[0].git == "github.com/shop/policies"


def test_a_shared_site_is_told_with_its_paths_and_is_in_no_app() -> None:
    files = two(apps__base__db=release("db", "1"))
    for environment in ("staging", "production"):
        files[f"apps/{environment}/kustomization.yaml"] = "resources: [web.yaml, ../base/db.yaml]\n"
    report = adopting(files).report
    [shared] = report.shared
    assert shared.chains.keys() == {"staging", "production"}
    assert shared.chains["staging"][-1] == (
        "apps/staging/kustomization.yaml: resources -> apps/base/db.yaml"
    )
    assert (report.new, report.exclusive) == (("web",), 2)
    assert "shared: apps/base/db.yaml:" in "\n".join(lines(report))


def test_a_variable_of_an_unknown_chart_is_named_by_its_variable() -> None:
    files = two(
        charts__a=release("a", "1", chart="a '${MESH}'"),
        charts__b=release("b", "1", chart="b '${MESH}'"),
        clusters__staging__mesh=flux("mesh", "./charts", variables="{MESH: 1.2.0}"),
    )
    found = adopting(files)
    [artifact] = read(found.tree).apps["mesh"].artifacts
    assert (artifact.chart, artifact.variable) == ("mesh", "MESH")
    tree = Fleet.read(found.tree).set_pin("staging", "mesh", [Setting("mesh", "1.3.0", None)])
    assert b"{MESH: 1.3.0}" in tree["clusters/staging/mesh.yaml"].data
    assert set(changes(found.tree, tree)) == {"clusters/staging/mesh.yaml"}


def test_what_a_person_changed_since_is_kept_and_what_is_new_is_added() -> None:
    first = adopting(two()).tree
    mended = first.replace(
        {
            "fleet.yaml": first["fleet.yaml"].data.replace(b"replace-me", b"ana"),
            ".fairlead/apps/web.yaml": first[".fairlead/apps/web.yaml"].data + b"# ours\n",
            "apps/staging/api.yaml": release("api", "v0.1").encode(),
        }
    )
    second = adopting({path: file.data.decode() for path, file in mended.items()})
    assert second.report.new == ("api",)
    assert set(changes(mended, second.tree)) == {".fairlead/apps/api.yaml"}


def test_a_fleet_that_keeps_its_apps_below_apps_gets_none_elsewhere() -> None:
    files = two(fleet="apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nname: shop\n" + HOUSE)
    report = adopting(files).report
    assert report.new == ()
    assert all("as `fairlead add app` does" in reason for reason in report.left.values())
    assert len(report.left) == 2


HOUSE = """\
forge: {kind: local}
environments:
  - {name: staging, clusters: [{name: one, path: clusters/staging}]}
  - {name: production, clusters: [{name: two, path: clusters/production}], after: staging}
"""


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (AdoptAnswers(name="other"), "something else than --name"),
        (AdoptAnswers(forge="github"), "something else than --forge"),
        (AdoptAnswers(environments={"staging": ["clusters/staging"]}), "than --environment"),
        (AdoptAnswers(after={"production": "dev"}), "something else than --after"),
        (AdoptAnswers(name="shop", forge="local", after={"production": "staging"}), None),
    ],
)
def test_flags_must_say_what_fleet_yaml_says(answers: AdoptAnswers, told: str | None) -> None:
    files = two(fleet="apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nname: shop\n" + HOUSE)
    if told is None:
        assert adopting(files, answers).tree == Tree.of(files)
        return
    with pytest.raises(InvalidInput, match=told):
        adopting(files, answers)


def test_a_path_that_sweeps_everything_is_named_and_nothing_is_written() -> None:
    swept = cluster("clusters/one", ".") | {"web.yaml": release("web", "1")}
    with pytest.raises(InvalidInput) as caught:
        adopting(swept)
    assert "Flux would apply it in one (one: cluster path clusters/one | " in caught.value.message
    listed = swept | {"kustomization.yaml": "resources: [web.yaml]\n"}
    assert adopting(listed).report.new == ("web",)


def test_apps_of_a_directory_called_like_one_are_nobodys_home() -> None:
    """`apps/web/` may hold anything: only the paths of an app are its own."""
    files = {
        **cluster("clusters/one", "apps"),
        "apps/web/web.yaml": release("web", "1"),
        "apps/web/proxy.yaml": release("proxy", "2"),
    }
    found = adopting(files)
    assert found.report.new == ("proxy", "web")
    tree = Fleet.read(found.tree).set_pin(
        "one", "proxy", [Setting("ghcr.io/shop/proxy", "3", None)]
    )
    assert set(changes(found.tree, tree)) == {"apps/web/proxy.yaml"}


@pytest.mark.parametrize(
    ("files", "team"),
    [
        ({}, "shop"),
        ({"CODEOWNERS": "* @acme/all\n/apps/staging/ @acme/stage\n"}, "@acme/all"),
        ({".github/CODEOWNERS": "*.yaml @ana # everything\n"}, "@ana"),
        ({"CODEOWNERS": "/clusters/ @acme/platform\n"}, "shop"),
        ({"CODEOWNERS": "/apps/ @acme/platform\n/apps/production\n"}, "shop"),
        ({"CODEOWNERS": "[Section]\n/apps/** @acme/apps\n"}, "@acme/apps"),
    ],
)
def test_a_team_is_read_from_codeowners_else_from_the_namespace(
    files: dict[str, str], team: str
) -> None:
    assert read(adopting(two() | files).tree).apps["web"].team == team


def test_a_tenants_directory_is_a_team_and_nothing_is_a_stated_placeholder() -> None:
    files = {
        **cluster("clusters/one", "tenants"),
        "tenants/one/shop/web.yaml": release("web", "1", namespace=""),
        "tenants/api.yaml": release("api", "1", namespace=""),
    }
    found = adopting(files)
    apps = read(found.tree).apps
    assert (apps["web"].team, apps["api"].team) == ("shop", "unowned")
    assert found.report.unowned == ("api",)
    assert "nothing tells the team of api: put it in the place of `team: unowned`" in lines(
        found.report
    )


def test_people_of_codeowners_may_approve_and_else_nobody() -> None:
    owned = read(adopting(two() | {"CODEOWNERS": "* @ana @acme/all @bo\n"}).tree).fleet
    assert owned.groups == {"owners": ("ana", "bo")}
    nobody = read(adopting(two()).tree).fleet
    assert nobody.groups == {"owners": ("replace-me",)}
    assert all(each.approvals.required == 1 for each in nobody.environments)


def test_a_chart_of_hundreds_of_apps_costs_each_of_them_its_own_files_alone() -> None:
    """A second or two; minutes, where each app looks at the places of all others."""
    files = two()
    for number in range(300):
        for environment in ("staging", "production"):
            path = f"apps/{environment}/app-{number}/release.yaml"
            files[path] = release(f"app-{number}", "1.0", chart="base 2.0.0")
    before = process_time()
    found = adopting(files)
    assert process_time() - before < 30
    assert len(found.report.new) == 301
    assert found.report.share == 1.0
