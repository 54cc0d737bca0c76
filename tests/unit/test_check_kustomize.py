"""What check says of source files, and what the real kustomize makes of them."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.kustomize import Kustomize
from gitops.adopt import AdoptAnswers, adopt
from gitops.check import Severity, findings
from gitops.check.source_files import Role, SourceFiles, is_component
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import rendering
from gitops.tree import File, Tree
from tests.faults import flux, source_files
from tests.faults.planting import Fault, planted

BLOCKING = frozenset(
    {
        *("FL002", "FL007", "FL401", "FL402", "FL404", "FL406", "FL407", "FL408", "FL409"),
        *("FL410", "FL414", "FL419", "FL422"),
    }
)
"""The codes whose errors say that something cannot be built."""

BUILT = "apps/payments/envs/stage"
CORPORA = (
    "angelnu__k8s-gitops",
    "bjw-s-labs__home-ops",
    "equinor__radix-flux",
    "fluxcd__flux2-kustomize-helm-example",
    "fluxcd__flux2-multi-tenancy",
)
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


@pytest.fixture(scope="module")
def real(kustomize: str) -> Kustomize:
    return Kustomize(kustomize)


def blocked(tree: Tree) -> dict[str, str]:
    """The files for which check says that something cannot be built, with what it says."""
    return {
        each.place.path: str(each)
        for each in findings(tree)
        if each.code in BLOCKING and each.severity is Severity.ERROR
    }


def _of_the_overlay() -> Iterator[Fault]:
    """The faults in what `BUILT` builds from files that are there, without a network."""
    for fault in source_files.FAULTS:
        in_app = all(path.startswith("apps/payments/") for path in fault.faulty)
        if in_app and "demo" not in str(fault.faulty) and fault.code != "FL413":
            yield fault


@pytest.mark.parametrize("fault", list(_of_the_overlay()), ids=str)
def test_kustomize_refuses_what_check_says_it_would(fault: Fault, real: Kustomize) -> None:
    faulty, near_miss = planted(fault.faulty), planted(fault.near_miss)
    [first] = real.builds(faulty, [BUILT])
    [second] = real.builds(near_miss, [BUILT])
    assert isinstance(first, InvalidInput) == bool(blocked(faulty)), first
    assert isinstance(second, bytes), second


OF_FLUX = [each for each in flux.FAULTS if each.code in {"FL409", "FL410", "FL411", "FL422"}]
"""Faults in what a Flux Kustomization patches."""


@pytest.mark.parametrize("fault", OF_FLUX, ids=str)
def test_kustomize_refuses_the_patches_of_flux_that_check_says_it_would(
    fault: Fault, real: Kustomize
) -> None:
    failed = [
        rendering(fleet, real.builds, builds_of(fleet, "dev")).failed
        for fleet in (Fleet.read(planted(fault.faulty)), Fleet.read(planted(fault.near_miss)))
    ]
    assert bool(failed[0]) == bool(blocked(planted(fault.faulty))), failed[0]
    assert failed[1] == ()


NAMES = st.sampled_from(["one", "two"])
SPACES = st.sampled_from(["", "default", "shop"])
VERSIONS = st.sampled_from(["apps/v1", "apps/v1beta1"])
IDS = st.tuples(VERSIONS, NAMES, SPACES)
RENAMING = st.fixed_dictionaries(
    {},
    optional={
        "namespace": st.sampled_from(["shop", "till"]),
        "namePrefix": st.just("pre-"),
        "nameSuffix": st.just("-suf"),
    },
)


def manifest(found: tuple[str, str, str], **more: object) -> dict[str, object]:
    version, name, space = found
    metadata = {"name": name} | ({"namespace": space} if space else {})
    return {"apiVersion": version, "kind": "Deployment", "metadata": metadata, **more}


@st.composite
def directories(draw: st.DrawFn, name: str, *below: str, kind: str = "") -> dict[str, str]:
    """A directory with objects and patches of two names, which includes those below it."""
    listed = draw(st.lists(IDS, max_size=2))
    files = {f"{name}/object-{at}.yaml": manifest(each) for at, each in enumerate(listed)}
    patches = []
    for each in draw(st.lists(IDS, max_size=2)):
        deletes = {"$patch": "delete"} if draw(st.booleans()) else {}
        entry: dict[str, object] = {"patch": json.dumps(manifest(each, **deletes)) + "\n"}
        if draw(st.booleans()):
            entry["target"] = {"kind": "Deployment", "name": each[1]}
        patches.append(entry)
    value: dict[str, object] = {
        "resources": [path.rpartition("/")[2] for path in files],
        "patches": patches,
        **draw(RENAMING),
    }
    if kind:
        value |= {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": kind}
    for other in below:
        field = "components" if other == "component" else "resources"
        value[field] = [*value.get(field, []), f"../{other}"]  # type: ignore[misc]
    files[f"{name}/kustomization.yaml"] = value
    return {path: json.dumps(each) for path, each in files.items()}


FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
people:
  ana: {emails: [ana@example.com]}
groups: {owners: [ana]}
environments:
  - name: dev
    clusters: [{name: dev, path: clusters/dev}]
    deliver: commit
"""


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=directories("base"),
    component=directories("component", kind="Component"),
    overlay=directories("overlay", "base", "component"),
)
def test_patches_meet_what_kustomize_lets_them_meet(
    real: Kustomize,
    base: Mapping[str, str],
    component: Mapping[str, str],
    overlay: Mapping[str, str],
) -> None:
    cluster = {"clusters/dev/kustomization.yaml": f"{HEAD}resources: [../../overlay]\n"}
    tree = Tree.of({"fleet.yaml": FLEET, **cluster, **base, **component, **overlay})
    [answer] = real.builds(tree, ["clusters/dev"])
    assert isinstance(answer, InvalidInput) == bool(blocked(tree)), (answer, findings(tree))


@pytest.mark.parametrize(
    ("name", "space", "met"),
    [
        ("one", "default", True),
        ("one", "shop", True),
        ("pre-one", "shop", True),
        ("pre-one-suf", "shop", True),
        ("one-suf", "shop", False),
        ("pre-one", "default", False),
    ],
)
def test_an_object_answers_to_what_it_was_called_on_its_way(
    real: Kustomize, name: str, space: str, met: bool
) -> None:
    """Namespace, then prefix, then suffix."""
    renamed = {"namespace": "shop", "namePrefix": "pre-", "nameSuffix": "-suf"}
    patch = {"patch": json.dumps(manifest(("apps/v1", name, space))) + "\n"}
    tree = Tree.of(
        {
            "fleet.yaml": FLEET,
            "clusters/dev/kustomization.yaml": f"{HEAD}resources: [../../overlay]\n",
            "overlay/kustomization.yaml": json.dumps(
                {"resources": ["../base"], "patches": [patch]}
            ),
            "base/kustomization.yaml": json.dumps({"resources": ["object.yaml"], **renamed}),
            "base/object.yaml": json.dumps(manifest(("apps/v1", "one", ""))),
        }
    )
    [answer] = real.builds(tree, ["clusters/dev"])
    assert isinstance(answer, bytes) == met == (not blocked(tree)), answer


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request: pytest.FixtureRequest, shared: Path) -> Tree:
    """An adopted fleet."""
    files = {}
    with tarfile.open(shared / "corpus" / f"{request.param}.tar.gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./")] = File(content.read())
    return adopt(Tree(files), AdoptAnswers(fallback=request.param)).tree


def overlays(tree: Tree) -> dict[str, frozenset[str]]:
    """The reached directories that kustomize builds without a network, and the files of each."""
    files = SourceFiles.of(Fleet.read(tree))
    remote = {each.place.path for each in findings(tree) if each.code == "FL413"}
    found: dict[str, frozenset[str]] = {}
    for build in files.fleet.reach.builds:
        for path in build.files:
            above = path.rpartition("/")[0]
            if Role.KUSTOMIZATION in files.roles.get(path, ()) and not is_component(tree, path):
                found[above or "."] = build.files
    return {each: its for each, its in found.items() if not its & remote}


def test_kustomize_contradicts_no_finding_in_a_real_fleet(corpus: Tree, real: Kustomize) -> None:
    wrong = blocked(corpus)
    directories = sorted(overlays(corpus))
    answers = dict(zip(directories, real.builds(corpus, directories), strict=True))
    assert directories
    for directory, answer in answers.items():
        own = f"{directory}/kustomization.yaml"
        if own in wrong:
            assert isinstance(answer, InvalidInput), wrong[own]
        elif isinstance(answer, InvalidInput):
            # It includes what is wrong elsewhere, and that is said there.
            assert set(wrong) & overlays(corpus)[directory], answer


BUDGET = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: planted\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: planted\n"
LOST = "  - patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: lost}}'\n"
TARGET = "  - target: {kind: ConfigMap, name: lost}\n    patch: '[]'\n"
PLANTS: Mapping[str, tuple[str, str | None, str]] = {
    "FL401": ("planted.yaml", 'a: "\n', ""),
    "FL402": ("planted.yaml", f"{SETTINGS}kind: Secret\n", ""),
    "FL404": ("planted.yaml", f"<<<<<<< a\n{SETTINGS}=======\n>>>>>>> b\n", ""),
    "FL406": ("planted.yaml", "replicas: 2\n", ""),
    "FL407": ("", None, "resorces: []\n"),
    "FL408": ("", None, ""),
    "FL409": ("", None, f"patches:\n{LOST}"),
    "FL411": ("", None, f"patches:\n{TARGET}"),
    "FL412": ("", None, "commonLabels: {planted: here}\n"),
    "FL414": ("planted-${CLUSTER}.yaml", None, ""),
    "FL416": ("", f"{SETTINGS}data: {{}}\n", ""),
    "FL417": ("planted.yaml", BUDGET, ""),
    "FL419": ("", None, "helmCharts: [{name: planted, version: 1.0.0}]\n"),
    "FL701": (
        "planted.yaml",
        f"{SETTINGS}stringData: {{pin: k9x2}}\n".replace("ConfigMap", "Secret"),
        "",
    ),
    "FL702": ("", None, "secretGenerator: [{name: planted, literals: [pin=k9x2]}]\n"),
    "FL703": ("planted.yaml", f"{SETTINGS}data: {{password: k9x2}}\n", ""),
}
"""By code: what is added to `resources`, what planted.yaml holds, and more of the kustomization."""


def a_directory(tree: Tree, code: str) -> str:
    """One that is built and in whose kustomization.yaml anything can be planted."""
    for directory in sorted(overlays(tree)):
        data = tree[f"{directory}/kustomization.yaml"].data if directory != "." else b""
        taken = (b"patches", b"Generator", b"\n---", b"helm", b"commonLabels", b"transformers")
        if b"\nresources:\n" in data and not any(word in data for word in taken):
            return directory
    pytest.fail(f"nowhere to plant {code}")


def with_planted(tree: Tree, directory: str, code: str) -> Tree:
    """The fleet with one fault in a directory."""
    listed, content, more = PLANTS[code]
    path = f"{directory}/kustomization.yaml"
    head, _, rest = tree[path].data.decode().partition("\nresources:\n")
    first = next(line for line in rest.splitlines() if line.lstrip().startswith("- "))
    indent = first[: len(first) - len(first.lstrip())]
    entry = first.strip() if code == "FL408" else f"- {listed}"
    added = f"{indent}{entry}\n" if listed or code == "FL408" else ""
    text = f"{head}\nresources:\n{added}{rest.rstrip()}\n{more}"
    files = {path: text.encode()}
    if content is not None:
        files[f"{directory}/planted.yaml"] = content.encode()
    return tree.replace(files)


def test_what_is_planted_in_a_real_fleet_is_found(corpus: Tree, real: Kustomize) -> None:
    before = {str(each) for each in findings(corpus)}
    for code in PLANTS:
        directory = a_directory(corpus, code)
        tree = with_planted(corpus, directory, code)
        new = [each for each in findings(tree) if str(each) not in before]
        assert code in {each.code for each in new}, (code, new)
        assert {each.place.path.rpartition("/")[0] for each in new if each.code == code} == {
            directory
        }
        [answer] = real.builds(tree, [directory])
        assert isinstance(answer, InvalidInput) == (code in BLOCKING), (code, answer)
