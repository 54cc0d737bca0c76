"""Every file of the real fleets: each site is changed, and nothing else is."""

import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import pytest
import yaml

from gitops.document import Address, Scalar, documents
from gitops.edit import Replacement, replace
from gitops.errors import EditRefused
from gitops.sites import Part, Site, survey
from gitops.tree import File, Tree

CORPORA = {
    "angelnu__k8s-gitops": 111,
    "bjw-s-labs__home-ops": 134,
    "equinor__radix-flux": 180,
    "fluxcd__flux2-kustomize-helm-example": 5,
    "fluxcd__flux2-multi-tenancy": 1,
}
"""By corpus: how many sites it has. Fewer is a kind that is not read any more."""

NEW = {
    Part.TAG: "9.10",
    Part.DIGEST: "sha256:" + "d" * 64,
    Part.REFERENCE: "registry.example.com:5000/new/name:v9.9@sha256:" + "d" * 64,
    Part.CHART_VERSION: "9.10",
    Part.RANGE: ">=9.9 <10 || ~11",
    Part.COMMIT: "12345678" * 5,
    Part.GIT_REF: "refs/tags/v9.9",
    Part.VERSION: "2026",
    Part.NAME: "registry.example.com/new/name",
}
"""Texts that YAML would read as a number or as something else without quotes, where one can be."""


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request: pytest.FixtureRequest, shared: Path) -> tuple[str, Tree]:
    """A fleet's name and its files."""
    files = {}
    with tarfile.open(shared / "corpus" / f"{request.param}.tar.gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./")] = File(content.read())
    return request.param, Tree(files)


def test_every_site_is_found_and_told(corpus: tuple[str, Tree]) -> None:
    name, tree = corpus
    found = survey(tree)
    kinds = Counter(f"{s.object.partition(' ')[0]} {s.kind} {s.part}" for s in found.sites)
    for kind, count in kinds.most_common():
        print(f"{name}: {count:4} {kind}")
    print(f"{name}: {len(found.skipped):4} skipped")
    assert len(found.sites) >= CORPORA[name]
    assert not [each for each in found.skipped if "cannot be read" in each.reason]


def test_every_site_is_changed_and_nothing_else(corpus: tuple[str, Tree]) -> None:
    _, tree = corpus
    for path, group in groupby(survey(tree).sites, lambda site: site.path):
        sites = list(group)
        before = tree[path].data
        for site in (site for site in sites if site.refusal is not None):
            with pytest.raises(EditRefused):
                replace(path, before, [_replacement(site)])
        wanted = {(s.document, s.address): NEW[s.part] for s in sites if s.refusal is None}
        after = replace(path, before, [_replacement(s) for s in sites if s.refusal is None])
        assert _changed(_texts(path, before), _texts(path, after)) == wanted
        assert _without(path, before, wanted) == _without(path, after, wanted)
        _same_for_others(before, after, wanted)


def _replacement(site: Site) -> Replacement:
    return Replacement(site.document, site.address, NEW[site.part])


def _scalars(path: str, data: bytes) -> Mapping[tuple[int, Address], Scalar]:
    return {
        (document.index, address): scalar
        for document in documents(path, data)
        for address, scalar in document.scalars.items()
    }


def _texts(path: str, data: bytes) -> dict[tuple[int, Address], str]:
    return {key: scalar.value for key, scalar in _scalars(path, data).items()}


def _changed(
    before: dict[tuple[int, Address], str], after: dict[tuple[int, Address], str]
) -> dict[tuple[int, Address], str]:
    assert before.keys() == after.keys()
    return {key: text for key, text in after.items() if text != before[key]}


def _without(path: str, data: bytes, wanted: Mapping[tuple[int, Address], str]) -> list[str]:
    """The text between the wanted scalars."""
    text = data.decode()
    spans = sorted(
        (scalar.start, scalar.end) for key, scalar in _scalars(path, data).items() if key in wanted
    )
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _same_for_others(
    before: bytes, after: bytes, wanted: Mapping[tuple[int, Address], str]
) -> None:
    """PyYAML, which knows nothing of our addresses, sees as many changes and no other text."""
    try:
        old, new = (list(yaml.load_all(d, Loader=yaml.CBaseLoader)) for d in (before, after))
    except yaml.YAMLError as error:
        # It refuses an anchor's name used twice, which YAML allows.
        print(f"PyYAML does not read it: {error}")
        return
    changes = [(a, b) for a, b in zip(_leaves(old), _leaves(new), strict=True) if a != b]
    assert sorted(b for _, b in changes) == sorted(wanted.values())


def _leaves(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    else:
        yield str(node)
