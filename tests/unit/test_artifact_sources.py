"""Where charts and git sources are looked for, as the fleet's own objects say."""

import pytest

from bot.model import Gap, Manifest, Reference
from bot.registries import Registries
from gitops.artifact_sources import ArtifactSource, ArtifactSources
from gitops.fleet import Fleet
from gitops.tree import Tree
from tests.unit.observations import digest

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
environments:
  - {name: dev, clusters: [one]}
  - {name: prod, clusters: [two], after: dev}
"""

APP = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: web
team: shop
artifacts: [{%s}]
"""

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart:
    spec:
      chart: web
      version: 1.0.0
      sourceRef: {kind: HelmRepository, name: charts%s}
"""

REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts%s}
spec: {url: "%s"}
"""

GIT = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: policies}
spec: {url: "%s", ref: {tag: v1.0}}
"""

URL = "https://charts.example.com/stable"


def source(
    files: dict[str, str], artifact: str = "chart: web", where: str = "dev", paths: str = ""
) -> ArtifactSource:
    """The one of the app's artifact, with these files on the cluster of `dev`."""
    tree = {"fleet.yaml": FLEET, "apps/web/app.yaml": APP % artifact + paths}
    tree |= {f"clusters/{path}": text for path, text in files.items()}
    fleet = Fleet.read(Tree.of(tree))
    pin = fleet.pin(where, "web")
    assert pin is not None
    assert pin.problem is None, pin.problem
    (found,) = ArtifactSources(fleet).of(pin)
    return found


def chart(*urls: str, release: str = RELEASE % "", named: str = "") -> ArtifactSource:
    files = {f"dev/one/{n}.yaml": REPOSITORY % (named, url) for n, url in enumerate(urls)}
    return source({"dev/one/web.yaml": release} | files)


def test_a_chart_is_where_its_helm_repository_is() -> None:
    assert chart(URL) == ArtifactSource("web", f"{URL}#web")
    assert chart(URL, URL).place == f"{URL}#web"


def test_a_helm_repository_may_be_a_registry() -> None:
    assert chart("oci://ghcr.io/shop/charts").place == "ghcr.io/shop/charts/web"
    assert chart("oci://ghcr.io/shop/charts/").place == "ghcr.io/shop/charts/web"


@pytest.mark.parametrize(
    ("urls", "told"),
    [
        ((), "no HelmRepository that dev applies has the URL of its repository"),
        ((URL, "https://b.example.com"), f"several places here (https://b.example.com, {URL})"),
        (("https://ana:canary@b.example.com",), "has a login in it: give that in the settings"),
        (("https://ana:canary@b.example.com", URL), f"(https://b.example.com, {URL})"),
        (("${CHARTS}",), "is none before Flux fills it in"),
        (("https://${HOST}/charts",), "is none before Flux fills it in"),
        (("ftp://b.example.com",), "it comes by ftp, and is asked for over https alone"),
        (("https://[b",), "the URL of its source is none"),
    ],
)
def test_what_is_no_one_place_is_told(urls: tuple[str, ...], told: str) -> None:
    found = chart(*urls)
    assert found.place == ""
    assert told in str(found.problem)
    assert "canary" not in str(found)


def test_a_repository_of_another_namespace_is_another() -> None:
    elsewhere = ", namespace: infra"
    assert chart(URL, named=elsewhere).place == ""
    assert chart(URL, release=RELEASE % elsewhere, named=elsewhere).place == f"{URL}#web"
    # kustomize may give the namespace to the one that says none.
    assert chart(URL, named=", namespace: shop").place == f"{URL}#web"


def test_each_environment_has_its_own_place() -> None:
    mirror = "https://mirror.example.com"
    files = {
        "dev/one/web.yaml": RELEASE % "",
        "dev/one/charts.yaml": REPOSITORY % ("", URL),
        "prod/two/web.yaml": RELEASE % "",
        "prod/two/charts.yaml": REPOSITORY % ("", mirror),
    }
    assert source(files).place == f"{URL}#web"
    assert source(files, where="prod").place == f"{mirror}#web"


def test_another_release_of_such_a_chart_says_nothing() -> None:
    other = (RELEASE % "").replace("metadata: {name: web", "metadata: {name: other")
    files = {
        "dev/one/web.yaml": RELEASE % "",
        "dev/one/charts.yaml": REPOSITORY % ("", URL),
        "dev/one/other.yaml": other.replace("name: charts", "name: mine"),
        "dev/one/mine.yaml": (REPOSITORY % ("", "https://o.example.com")).replace(
            "charts}", "mine}"
        ),
    }
    assert "several places" in str(source(files).problem)
    assert source(files, paths="paths: [clusters/dev/one/web.yaml]\n").place == f"{URL}#web"


@pytest.mark.parametrize(
    ("url", "place", "told"),
    [
        ("https://github.com/shop/policies.git", "git+https://github.com/shop/policies.git", None),
        ("https://github.com/shop/policies", "git+https://github.com/shop/policies", None),
        ("ssh://git@github.com/shop/policies.git", "", "it comes by ssh"),
        ("git@github.com:shop/policies.git", "", "it comes by ssh"),
        ("https://ana:canary@github.com/shop/policies.git", "", "has a login in it"),
    ],
)
def test_a_git_source_is_asked_over_https_alone(url: str, place: str, told: str | None) -> None:
    found = source({"dev/one/policies.yaml": GIT % url}, "git: github.com/shop/policies")
    assert found.place == place
    assert told is None or told in str(found.problem)
    assert "canary" not in str(found)


class Told:
    """A registry that knows one tag, and what it was asked for."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.asked: list[str] = []

    def tags(self, repositories: object) -> dict[str, tuple[str, ...] | Gap]:
        assert isinstance(repositories, list)
        self.asked += repositories
        return dict.fromkeys(repositories, (self.content,))

    def resolve(self, references: object) -> dict[Reference, Manifest | Gap | None]:
        assert isinstance(references, list)
        self.asked += [one.repository for one in references]
        return dict.fromkeys(references, Manifest(digest(self.content)))


def test_each_artifact_is_asked_where_it_lies() -> None:
    image, helm, git = "ghcr.io/shop/web", f"{URL}#web", "git+https://github.com/shop/policies.git"
    images, charts, tags = Told("a"), Told("b"), Told("c")
    registries = Registries(images, charts, tags)
    assert registries.tags([git, image, helm]) == {image: ("a",), helm: ("b",), git: ("c",)}
    references = [Reference(place, "1.0.0") for place in (image, helm, git)]
    answers = registries.resolve(references)
    assert [answers[one] for one in references] == [Manifest(digest(d)) for d in "abc"]
    assert (images.asked, charts.asked, tags.asked) == ([image] * 2, [helm] * 2, [git] * 2)
    assert registries.tags([]) == {}
