"""Recall and precision against labels that were made by reading, `tests/labels/README.md`.

A place is a path and a line. What a person labelled as a site has to be found, what was found on a
labelled file has to be labelled, and as a site.
"""

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from gitops.sites import Survey, survey
from gitops.tree import File, Tree
from tests.conftest import ROOT

LABELS = ROOT / "tests" / "labels"
FEWEST_FILES = 150

CORPORA = sorted(path.stem for path in LABELS.glob("*.json"))


class Label(NamedTuple):
    """A line with a version; `status` is "site" or "left_alone"."""

    path: str
    line: int
    kind: str
    status: str


def labelled(corpus: str) -> tuple[set[str], list[Label]]:
    """The paths of the files that were read, and the labels in them."""
    files = json.loads((LABELS / f"{corpus}.json").read_text(encoding="utf-8"))
    labels = [
        Label(path, label["line"], label["kind"], label["status"])
        for path, entries in files.items()
        for label in entries
    ]
    return set(files), labels


def surveyed(shared: Path, corpus: str) -> tuple[Tree, Survey]:
    files = {}
    with tarfile.open(shared / "corpus" / f"{corpus}.tar.gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./")] = File(content.read())
    tree = Tree(files)
    return tree, survey(tree, remember=False)


def test_enough_files_are_labelled_and_each_line_once() -> None:
    files = sum(len(labelled(corpus)[0]) for corpus in CORPORA)
    assert files >= FEWEST_FILES
    sites = sum(label.status == "site" for corpus in CORPORA for label in labelled(corpus)[1])
    said = f"In the {files} of them with labels are {sites} such places"
    assert said in (ROOT / "docs" / "sites.md").read_text(encoding="utf-8")
    for corpus in CORPORA:
        _, labels = labelled(corpus)
        assert {label.status for label in labels} <= {"site", "left_alone"}
        assert {label.kind for label in labels} <= {"image", "chart", "git", "other"}
        assert not {label.kind for label in labels if label.status == "site"} & {"other"}
        assert max(Counter((label.path, label.line) for label in labels).values()) == 1


@pytest.mark.parametrize("corpus", CORPORA)
def test_what_a_reader_found_is_what_is_found(corpus: str, shared: Path) -> None:
    paths, labels = labelled(corpus)
    tree, survey = surveyed(shared, corpus)
    assert paths <= set(tree), "a label is in no file"
    lines = {path: len(tree[path].data.splitlines()) for path in paths}
    assert not [label for label in labels if not 1 <= label.line <= lines[label.path]]

    wanted = {(label.path, label.line): label.kind for label in labels if label.status == "site"}
    found = {(s.path, s.line): s.kind.value for s in survey.sites if s.path in paths}
    both = {place: kind for place, kind in wanted.items() if found.get(place) == kind}
    for kind in sorted({*wanted.values(), *found.values()}):
        hits, asked, given = (
            sum(each == kind for each in places.values()) for places in (both, wanted, found)
        )
        recall, precision = hits / max(asked, 1), hits / max(given, 1)
        print(f"{corpus}: {kind:5} {hits} of {asked}, {recall=:.3f} {precision=:.3f}")

    assert wanted.items() - found.items() == set(), "not found, or as another kind"
    assert found.items() - wanted.items() == set(), "not labelled as a site of this kind"
