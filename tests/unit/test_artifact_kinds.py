"""Charts and git sources as artifacts, apps that name their paths, and apps described elsewhere."""

from dataclasses import replace

import pytest

from bot.candidates import candidates
from bot.decide import decide
from bot.plan import Wait
from gitops.check import findings
from gitops.config import read
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Pinned, Setting
from gitops.tree import Tree, changes
from tests.unit.observations import NOW, PROD, proposed

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
apps: .fairlead/apps
environments:
  - {name: main, clusters: [{name: one, path: clusters/one}]}
"""

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild:
    substitute:
      PROXY_IMAGE: ghcr.io/shop/proxy:1.0
"""

CHART = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: {name}}}
spec:
  url: oci://ghcr.io/shop/charts/web
  layerSelector: {{mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip}}
  ref: {{tag: {tag}}}
"""

SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: policies}}
spec:
  url: https://github.com/shop/policies.git
  ref: {ref}
"""


NAMES = ("a", "web")


def app(name: str, artifact: str, *paths: str) -> str:
    return (
        "apiVersion: fairlead.dev/v1alpha1\nkind: App\n"
        f"name: {name}\nteam: shop\nartifacts: [{{{artifact}}}]\n"
        + (f"paths: [{', '.join(paths)}]\n" if paths else "")
    )


def fleet(**files: str) -> Fleet:
    tree = {
        "fleet.yaml": FLEET,
        "clusters/one/shop.yaml": FLUX,
        "apps/web/chart.yaml": CHART.format(name="web", tag="1.0.0"),
        "apps/admin/chart.yaml": CHART.format(name="admin", tag="2.0.0"),
        "apps/policies.yaml": SOURCE.format(ref="{tag: v1.0}"),
        ".fairlead/apps/web.yaml": app("web", "chart: ghcr.io/shop/charts/web", "apps/web"),
        ".fairlead/apps/admin.yaml": app("admin", "chart: ghcr.io/shop/charts/web", "apps/admin"),
        ".fairlead/apps/policies.yaml": app("policies", "git: github.com/shop/policies"),
    }
    return Fleet.read(Tree.of(tree | files))


def content(found: Fleet, name: str) -> tuple[Pinned, ...]:
    pin = found.pin("main", name)
    assert pin is not None
    assert pin.problem is None
    return pin.content


def test_apps_are_read_where_the_fleet_says_and_nowhere_else() -> None:
    found = fleet(**{"apps/web/app.yaml": "kind: Application\n"})
    assert found.apps == ("admin", "policies", "web")
    assert not found.config.broken
    assert found.config.app_file("web") == ".fairlead/apps/web.yaml"
    usual = read(Tree.of({"fleet.yaml": FLEET.replace(".fairlead/apps", "apps")}))
    assert usual.app_file("web") == "apps/web/app.yaml"


def test_the_name_of_the_file_is_the_apps() -> None:
    broken = fleet(**{".fairlead/apps/web.yaml": app("wob", "chart: web")}).config.broken["web"]
    assert str(broken) == (
        ".fairlead/apps/web.yaml:3:7: the app is named `wob` and lies in .fairlead/apps/web.yaml; "
        "write `name: web`, or move the file"
    )


def test_paths_say_whose_a_chart_is_and_a_set_changes_that_one_alone() -> None:
    found = fleet()
    assert content(found, "web") == (Pinned("ghcr.io/shop/charts/web", "1.0.0", None),)
    assert content(found, "admin") == (Pinned("ghcr.io/shop/charts/web", "2.0.0", None),)
    setting = Setting("ghcr.io/shop/charts/web", "1.1.0", None)
    assert set(changes(found.tree, found.set_pin("main", "web", [setting]))) == {
        "apps/web/chart.yaml"
    }


def test_a_chart_of_two_apps_without_paths_is_refused() -> None:
    found = fleet(**{".fairlead/apps/other.yaml": app("other", "chart: ghcr.io/shop/charts/web")})
    assert found.pin("main", "other") is None
    bare = {f".fairlead/apps/{n}.yaml": app(n, "chart: ghcr.io/shop/charts/web") for n in NAMES}
    twice = fleet(**bare)
    pin = twice.pin("main", "web")
    assert pin is not None
    assert "ghcr.io/shop/charts/web is a chart of a and of web" in str(pin.problem)


def test_paths_that_begin_alike_are_others() -> None:
    files = {
        "apps/web-two/chart.yaml": CHART.format(name="two", tag="3.0.0"),
        ".fairlead/apps/two.yaml": app("two", "chart: ghcr.io/shop/charts/web", "apps/web-two"),
    }
    found = fleet(**files)
    assert content(found, "web")[0].tag == "1.0.0"
    assert content(found, "two")[0].tag == "3.0.0"


def test_an_image_in_a_variable_belongs_to_the_app_that_names_the_path() -> None:
    named = app("proxy", "image: ghcr.io/shop/proxy", "clusters/one/shop.yaml")
    found = fleet(**{".fairlead/apps/proxy.yaml": named})
    tree = found.set_pin("main", "proxy", [Setting("ghcr.io/shop/proxy", "1.1", None)])
    assert b"PROXY_IMAGE: ghcr.io/shop/proxy:1.1\n" in tree["clusters/one/shop.yaml"].data
    unnamed = fleet(**{".fairlead/apps/proxy.yaml": app("proxy", "image: ghcr.io/shop/proxy")})
    assert unnamed.pin("main", "proxy") is None


@pytest.mark.parametrize(
    ("ref", "said", "written"),
    [
        ("{tag: v1.0}", "v1.0", "{tag: v1.1}"),
        ("{name: refs/tags/v1.0}", "v1.0", "{name: refs/tags/v1.1}"),
        ("{semver: '>=1.0'}", ">=1.0", "{semver: 'v1.1'}"),
    ],
)
def test_a_git_source_is_moved_where_its_tag_is_written(ref: str, said: str, written: str) -> None:
    found = fleet(**{"apps/policies.yaml": SOURCE.format(ref=ref)})
    assert content(found, "policies") == (Pinned("github.com/shop/policies", said, None),)
    tree = found.set_pin("main", "policies", [Setting("github.com/shop/policies", "v1.1", None)])
    assert tree["apps/policies.yaml"].data.decode() == SOURCE.format(ref=written)


def test_a_commit_is_not_moved_since_it_wins_over_a_tag() -> None:
    found = fleet(**{"apps/policies.yaml": SOURCE.format(ref=f"{{tag: v1.0, commit: {'a' * 40}}}")})
    with pytest.raises(InvalidInput, match="is pinned by a commit here; change it by hand"):
        found.set_pin("main", "policies", [Setting("github.com/shop/policies", "v1.1", None)])


@pytest.mark.parametrize(
    ("artifact", "told"),
    [
        ("tag: '{tag}'", "`image` is missing"),
        ("image: a/b, chart: b", "is image and chart at once; write one item for each"),
        ("chart: 'a b'", "`a b` is no chart"),
        ("git: 'https://github.com/a/b'", "is no git repository; write it as"),
    ],
)
def test_an_artifact_is_one_thing(artifact: str, told: str) -> None:
    found = fleet(**{".fairlead/apps/web.yaml": app("web", artifact)}).config.broken["web"]
    assert told in str(found)


def test_what_a_broken_app_names_is_no_other_apps() -> None:
    broken = app("broken", "chart: ghcr.io/shop/charts/web") + "zzz: 1\n"
    bare = app("web", "chart: ghcr.io/shop/charts/web")
    found = fleet(**{".fairlead/apps/broken.yaml": broken, ".fairlead/apps/web.yaml": bare})
    pin = found.pin("main", "web")
    assert pin is not None
    assert "is a chart of broken and of web" in str(pin.problem)


def test_check_finds_such_apps_right() -> None:
    found = findings(fleet().tree)
    assert [f for f in found if f.place.path.startswith(".fairlead")] == []


def test_check_asks_for_the_digest_of_what_can_have_one() -> None:
    guarded = FLEET.replace(
        "- {name: main,", "- {name: main, approvals: {required: 1, from: [qa]},"
    ).replace("environments:", "groups: {qa: [ana]}\nenvironments:")
    found = [f for f in findings(fleet(**{"fleet.yaml": guarded}).tree) if f.code == "FL108"]
    assert [f.place.path for f in found] == ["apps/admin/chart.yaml", "apps/web/chart.yaml"]
    ranged = {"apps/policies.yaml": SOURCE.format(ref="{semver: '>=1.0'}")}
    more = findings(fleet(**{"fleet.yaml": guarded} | ranged).tree)
    assert [f for f in more if f.code == "FL108"] == found


def test_a_chart_from_nowhere_is_left_to_people_and_said_so() -> None:
    before = proposed("cy", "di")
    told = "no HelmRepository that prod applies has the URL of its repository"
    pins = [
        replace(pin, placeless=(("payments", told),)) if pin.target == PROD else pin
        for pin in before.pins
    ]
    moved = replace(before, pins=tuple(pins))
    [decision] = [d for d in decide(moved, NOW).decisions if d.target == PROD]
    assert decision.step is None
    assert [v.verdict for v in decision.verdicts] == [
        Wait(f"payments: {told}; until then set it by hand")
    ]
    assert candidates(PROD, moved) == ()
    assert candidates(PROD, before) != ()


VARIABLE = "chart: mesh, variable: MESH_VERSION"


def meshed(**apps: str) -> Fleet:
    shop = FLUX.replace("PROXY_IMAGE: ghcr.io/shop/proxy:1.0", "MESH_VERSION: 1.2.0")
    return fleet(**{"clusters/one/shop.yaml": shop} | apps)


def test_a_variable_holds_the_version_of_what_no_text_names() -> None:
    named = app("mesh", VARIABLE, "clusters/one/shop.yaml")
    found = meshed(**{".fairlead/apps/mesh.yaml": named})
    assert content(found, "mesh") == (Pinned("mesh", "1.2.0", None),)
    tree = found.set_pin("main", "mesh", [Setting("mesh", "1.3.0", None)])
    assert set(changes(found.tree, tree)) == {"clusters/one/shop.yaml"}
    assert b"MESH_VERSION: 1.3.0\n" in tree["clusters/one/shop.yaml"].data
    elsewhere = meshed(**{".fairlead/apps/mesh.yaml": app("mesh", VARIABLE, "apps")})
    assert elsewhere.pin("main", "mesh") is None


def test_a_variable_without_paths_could_be_any_and_is_refused() -> None:
    broken = meshed(**{".fairlead/apps/mesh.yaml": app("mesh", VARIABLE)}).config.broken["mesh"]
    assert "nothing says which MESH_VERSION holds the version" in str(broken)
    assert "add `paths: [...]`" in str(broken)


def test_a_variable_of_two_apps_is_refused() -> None:
    named = {
        f".fairlead/apps/{name}.yaml": app(name, VARIABLE, "clusters/one") for name in ("a", "mesh")
    }
    pin = meshed(**named).pin("main", "mesh")
    assert pin is not None
    assert "mesh is a chart of a and of mesh" in str(pin.problem)
