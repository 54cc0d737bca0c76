"""Bumps of real fleets: the scalars of one artifact's sites change, and not a byte more."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.bump import Bump, bump
from gitops.document import Address, Scalar, documents
from gitops.errors import InvalidInput
from gitops.sites import UNNAMED, ArtifactKind, Part, Site, Survey, survey
from gitops.tree import File, Tree, changes
from tests.unit.test_sites_corpus import CORPORA

DIGEST = "sha256:" + "d" * 64
VERSIONS = {
    ArtifactKind.IMAGE: ("9.10", f"9.10@{DIGEST}", f"@{DIGEST}", "v1", "on", "1e3", "latest"),
    ArtifactKind.CHART: ("9.10.11", "v9.0.0-rc.1", "1.2.3+4", f"9.10.11@{DIGEST}", f"@{DIGEST}"),
    ArtifactKind.GIT: ("v9.10.11", "9.10.11", "d" * 40, f"v9.10.11@{'d' * 40}", "nightly"),
}
FILES = 40
"""The most files of a fleet that is drawn."""

Key = tuple[str, int, Address]


@pytest.fixture(scope="module")
def corpora(shared: Path) -> dict[str, Tree]:
    """Each real fleet by its name."""
    found = {}
    for name in CORPORA:
        with tarfile.open(shared / "corpus" / f"{name}.tar.gz") as tar:
            members = ((m.name.removeprefix("./"), tar.extractfile(m)) for m in tar if m.isfile())
            found[name] = Tree({path: File(content.read()) for path, content in members if content})
    return found


@pytest.fixture(scope="module")
def yaml_files(corpora: dict[str, Tree]) -> dict[str, File]:
    """The files of all fleets that have a version, and as many that have none."""
    found: dict[str, File] = {}
    for name, tree in corpora.items():
        told = {site.path for site in survey(tree).sites}
        others = [path for path in tree if path not in told and path.endswith(".yaml")]
        found |= {f"{name}/{path}": tree[path] for path in [*told, *others[: len(told)]]}
    return found


def artifacts(found: Survey) -> list[tuple[ArtifactKind, str]]:
    named = {(site.kind, site.artifact) for site in found.sites}
    return sorted((kind, artifact) for kind, artifact in named if artifact != UNNAMED)


@pytest.mark.parametrize("name", CORPORA)
def test_every_artifact_of_a_fleet_is_moved(name: str, corpora: dict[str, Tree]) -> None:
    tree = corpora[name]
    found = survey(tree)
    moved: set[Key] = set()
    passed: set[Key] = set()
    for kind, artifact in artifacts(found):
        of_it = [site for site in found.sites if (site.kind, site.artifact) == (kind, artifact)]
        done = bump(tree, artifact, VERSIONS[kind][0], kind, found=found)
        if any("pinned by" in error.message for error in done.refused):
            done = bump(tree, artifact, f"{VERSIONS[kind][0]}@{DIGEST}", kind, found=found)
        _is_exact(tree, done, artifact, kind)
        moved |= {_key(move.site) for move in done.moved}
        places = {str(each.place) for each in done.passed_over}
        passed |= {_key(site) for site in of_it if str(site.place) in places}
        assert not done.refused or len(done.passed_over) >= len(of_it)
    named = [site for site in found.sites if site.artifact != UNNAMED]
    assert moved | passed == {_key(site) for site in named if site.part is not Part.NAME}
    parts = {site.part for site in named if _key(site) in passed}
    assert parts <= {Part.RANGE, Part.CHART_VERSION}
    print(f"{name}: {len(moved)} moved, {len(passed)} passed over")
    assert moved


@given(st.data())
def test_a_bump_of_any_fleet_changes_its_sites_or_nothing(
    yaml_files: dict[str, File], data: st.DataObject
) -> None:
    paths = st.lists(st.sampled_from(sorted(yaml_files)), min_size=1, max_size=FILES, unique=True)
    tree = Tree({path: yaml_files[path] for path in data.draw(paths)})
    known = artifacts(survey(tree))
    if not known:
        with pytest.raises(InvalidInput, match=r"no version of .* is written here"):
            bump(tree, "shop/api", "v1")
        return
    kind, artifact = data.draw(st.sampled_from(known))
    version = data.draw(st.sampled_from(VERSIONS[kind]))
    done = _tried(tree, artifact, version, kind)
    if done is None:
        return
    _is_exact(tree, done, artifact, kind)
    if not done.refused:
        again = bump(done.tree, artifact, version, kind)
        assert (again.tree, again.moved) == (done.tree, ())


def test_the_present_version_changes_nothing(corpora: dict[str, Tree]) -> None:
    tried = 0
    for tree in corpora.values():
        found = survey(tree)
        for kind, artifact in artifacts(found):
            sites = [s for s in found.sites if (s.kind, s.artifact) == (kind, artifact)]
            values = {site.value for site in sites}
            exact = all(site.part in {Part.TAG, Part.CHART_VERSION} for site in sites)
            if len(values) == 1 and exact:
                done = bump(tree, artifact, values.pop(), kind, found=found)
                assert (done.tree, done.moved, done.refused) == (tree, (), ())
                tried += 1
    assert tried > 100


def _tried(tree: Tree, artifact: str, version: str, kind: ArtifactKind) -> Bump | None:
    """None for one name of two charts, which fleets that are thrown together may have."""
    try:
        return bump(tree, artifact, version, kind)
    except InvalidInput as error:
        if "sources are called" not in error.message:
            raise
        return None


def _key(site: Site) -> Key:
    return site.path, site.document, site.address


def _is_exact(before: Tree, done: Bump, artifact: str, kind: ArtifactKind) -> None:
    """The tree changed in the scalars of the artifact's sites, as told, and nowhere else."""
    wanted = {_key(move.site): move.new for move in done.moved}
    assert all((m.site.artifact, m.site.kind) == (artifact, kind) for m in done.moved)
    assert set(changes(before, done.tree)) == {path for path, _, _ in wanted}
    for path in {path for path, _, _ in wanted}:
        old, new = (_scalars(path, tree[path].data) for tree in (before, done.tree))
        assert old.keys() == new.keys()
        changed = {key: new[key].value for key in new if new[key].value != old[key].value}
        assert changed == {key: text for key, text in wanted.items() if key[0] == path}
        assert _between(before[path].data, old, wanted) == _between(
            done.tree[path].data, new, wanted
        )


def _scalars(path: str, data: bytes) -> dict[Key, Scalar]:
    return {
        (path, document.index, address): scalar
        for document in documents(path, data)
        for address, scalar in document.scalars.items()
    }


def _between(data: bytes, scalars: dict[Key, Scalar], wanted: dict[Key, str]) -> list[str]:
    """The text outside the wanted scalars."""
    text = data.decode()
    spans = sorted((scalars[key].start, scalars[key].end) for key in wanted if key in scalars)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
