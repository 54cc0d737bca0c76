"""What kustomize is given of a fleet is less than all of it, and its answer is the same."""

import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.adopt import AdoptAnswers, adopt
from gitops.directory import read_directory
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.reach import Reached
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from gitops.tree import File, Mode, Tree
from tests.unit.test_rendering import FILES, FLUX, FLUX_PATH, HEAD, POD, VARIABLES

KUSTOMIZATION = "apps/shop/kustomization.yaml"
COMPONENT = HEAD.replace("v1beta1", "v1alpha1").replace("Kustomization", "Component")
LABELS = "labels: [{pairs: {team: shop}}]\n"
PATCH = "- {op: replace, path: /metadata/name, value: patched}\n"
BUILTIN = "apiVersion: builtin\nmetadata: {name: a}\n"
ELSEWHERE = "apps/elsewhere/pod.yaml"
TRIED = 5
"""Builds of a corpus: each is made twice, once with the whole corpus written out."""


@dataclass
class Watched:
    """kustomize, and what it was given; with `more` beside that."""

    real: Kustomize
    more: Tree = field(default_factory=lambda: Tree({}))
    given: Tree = field(default_factory=lambda: Tree({}))

    def builds(
        self, tree: Tree, paths: Sequence[str], seen: Callable[[], object]
    ) -> Iterator[bytes | InvalidInput]:
        self.given = tree
        return self.real.builds(Tree({**self.more, **tree}), paths, seen)


@pytest.fixture
def real(kustomize: str) -> Kustomize:
    return Kustomize(kustomize)


def told(done: Rendering) -> tuple[list[str], list[str]]:
    """The objects and the failures of a rendering, as texts."""
    objects = [o.text for each in done.rendered for o in each.objects]
    return objects, [str(each.error) for each in done.failed]


def both(
    real: Kustomize, fleet: Fleet, builds: Sequence[Reached]
) -> tuple[Tree, list[str], list[str]]:
    """What kustomize is given for some builds, and what comes of it.

    It is what comes of the whole fleet too, symlinks left out. Not for builds of artifacts.
    """
    part = Watched(real)
    objects, failed = told(rendering(fleet, part.builds, builds))
    files = {f"source-0/{path}": file for path, file in fleet.tree.items() if file.regular}
    whole = Watched(real, Tree(files))
    assert told(rendering(fleet, whole.builds, builds)) == (objects, failed)
    return part.given, objects, failed


def shop(
    real: Kustomize, files: dict[str, str], spec: str = ""
) -> tuple[set[str], list[str], list[str]]:
    """The paths that are given for the app shop alone, and what comes of it."""
    fleet = Fleet.read(Tree.of({**FILES, ELSEWHERE: POD, **files, FLUX_PATH: FLUX + spec}))
    builds = [each for each in builds_of(fleet) if each.directory == "apps/shop"]
    tree, objects, failed = both(real, fleet, builds)
    return {path.removeprefix("source-0/") for path in tree}, objects, failed


def test_only_the_app_s_own_directory_is_given(real: Kustomize) -> None:
    given, [pod], failed = shop(real, {})
    assert given == {KUSTOMIZATION, "apps/shop/pod.yaml"}
    assert ("name: shop" in pod, failed) == (True, [])


@pytest.mark.parametrize(
    ("text", "files", "spec", "sign"),
    [
        (
            "resources: [../../bases/shop]\n",
            {
                "bases/shop/kustomization.yaml": f"{HEAD}resources: [../../bases/pod.yaml]\n",
                "bases/pod.yaml": POD,
            },
            "",
            "name: shop",
        ),
        (
            "resources: [pod.yaml]\ncomponents: [../../components/team]\n",
            {"components/team/kustomization.yaml": COMPONENT + LABELS},
            "",
            "team: shop",
        ),
        (
            "resources: [pod.yaml]\n",
            {
                "components/team/kustomization.yaml": f"{COMPONENT}components: [../inner]\n",
                "components/inner/kustomization.yaml": COMPONENT + LABELS,
            },
            "  components: [../../components/team]\n  namePrefix: the-\n",
            "team: shop",
        ),
        (
            "resources: [pod.yaml]\npatches: [{path: ../p/p.yaml, target: {kind: Pod}}]\n",
            {"apps/p/p.yaml": PATCH},
            "",
            "name: patched",
        ),
        (
            "resources: [pod.yaml]\nconfigMapGenerator: [{name: a, files: [b=../../text/b]}]\n",
            {"text/b": "hello\n"},
            "",
            "hello",
        ),
    ],
)
def test_what_lies_elsewhere_is_given_where_it_is_named(
    real: Kustomize, text: str, files: dict[str, str], spec: str, sign: str
) -> None:
    given, objects, failed = shop(real, {KUSTOMIZATION: HEAD + text, **files}, spec)
    assert failed == []
    assert sign in "".join(objects)
    assert given >= files.keys()
    assert ELSEWHERE not in given


@pytest.mark.parametrize("field", ["transformers", "Transformers"])
def test_where_plugins_run_the_whole_fleet_is_given(real: Kustomize, field: str) -> None:
    # Which of a plugin's fields names a file, only kustomize knows.
    plugin = f"{BUILTIN}kind: PatchTransformer\npath: ../p/p.yaml\ntarget: {{kind: Pod}}\n"
    files = {
        "plugins/kustomization.yaml": f"{HEAD}resources: [plugin.yaml]\n",
        "plugins/plugin.yaml": plugin,
        "apps/p/p.yaml": PATCH,
        KUSTOMIZATION: f"{HEAD}resources: [pod.yaml]\n{field}: [../../plugins]\n",
    }
    given, objects, failed = shop(real, files)
    assert failed == []
    assert "name: patched" in objects[0]
    assert ELSEWHERE in given


def test_a_field_that_is_not_known_may_name_anything(real: Kustomize) -> None:
    given, _, [failed] = shop(
        real, {KUSTOMIZATION: f"{HEAD}resources: [pod.yaml]\nnews: [../elsewhere/pod.yaml]\n"}
    )
    assert "news" in failed
    assert ELSEWHERE in given


def test_a_kustomization_too_many_is_still_seen(real: Kustomize) -> None:
    _, objects, [failed] = shop(real, {"apps/shop/Kustomization": f"{HEAD}resources: []\n"})
    assert "multiple kustomization files" in failed
    assert objects == []


def test_a_directory_without_kustomization_is_told_as_one(real: Kustomize) -> None:
    text = f"{HEAD}resources: [pod.yaml, ../../bases]\n"
    given, _, [failed] = shop(real, {KUSTOMIZATION: text, "bases/deep/pod.yaml": POD})
    assert "bases" in failed
    assert "bases/deep/pod.yaml" in given


def test_what_is_remote_or_a_symlink_ends_as_with_the_whole_fleet(real: Kustomize) -> None:
    text = f"{HEAD}resources: [pod.yaml, 'https://example.com/a.yaml']\n"
    given, _, [failed] = shop(real, {KUSTOMIZATION: text})
    assert "nothing is fetched" in failed
    assert given == set()
    tree = Tree.of({**FILES, KUSTOMIZATION: f"{HEAD}resources: [pod.yaml]\npatches: [{{path: p}}]"})
    fleet = Fleet.read(Tree({**tree, "apps/shop/p": File(b"pod.yaml", Mode.SYMLINK)}))
    tree, _, [failed] = both(real, fleet, builds_of(fleet)[1:])
    assert "apps/shop/p" in failed
    assert set(tree) == {f"source-0/{KUSTOMIZATION}", "source-0/apps/shop/pod.yaml"}


def test_what_fills_in_variables_is_given_too(real: Kustomize) -> None:
    spec = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster-vars}]}\n"
    vars_path = "clusters/dev/dev-1/vars.yaml"
    given, objects, failed = shop(real, {vars_path: VARIABLES}, spec)
    assert failed == []
    assert "a: two" in objects[0]
    assert vars_path in given
    assert ELSEWHERE not in given


def test_a_large_fleet_is_not_written_out_for_one_app(real: Kustomize) -> None:
    fleet = Fleet.read(read_directory(Path("tests/golden/fleets/gitlab")))
    for build in builds_of(fleet)[::3]:
        tree, _, failed = both(real, fleet, [build])
        assert failed == []
        assert len(tree) < len(fleet.tree) / 2, build.directory


@pytest.mark.parametrize(
    "name",
    [
        "angelnu__k8s-gitops",
        "bjw-s-labs__home-ops",
        "equinor__radix-flux",
        "fluxcd__flux2-kustomize-helm-example",
        "fluxcd__flux2-multi-tenancy",
    ],
)
def test_real_fleets_are_rendered_as_from_the_whole(
    real: Kustomize, shared: Path, name: str
) -> None:
    files = {}
    with tarfile.open(shared / "corpus" / f"{name}.tar.gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./")] = File(content.read())
    fleet = Fleet.read(adopt(Tree(files), AdoptAnswers(fallback=name)).tree)
    of_fleet = [each for each in builds_of(fleet) if each.view and each.view.name == "the fleet"]
    for build in of_fleet[:: max(1, len(of_fleet) // TRIED)]:
        both(real, fleet, [build])
