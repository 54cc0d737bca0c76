"""What an editor is asked to change, and where it comes from: hard cases, real fleets, chance."""

import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import ROOT
from gitops.document import Address
from gitops.sites import Part, Site, survey
from gitops.tree import File, Tree

CORPORA = (
    "angelnu__k8s-gitops",
    "bjw-s-labs__home-ops",
    "equinor__radix-flux",
    "fluxcd__flux2-kustomize-helm-example",
    "fluxcd__flux2-multi-tenancy",
)

_NEW = {
    Part.DIGEST: "sha256:" + "d" * 64,
    Part.REFERENCE: "registry.example.com:5000/new/name:v9.9@sha256:" + "d" * 64,
    Part.RANGE: ">=9.9 <10 || ~11",
    Part.COMMIT: "12345678" * 5,
    Part.GIT_REF: "refs/tags/v9.9",
    Part.NAME: "registry.example.com/new/name",
}
_NEW_VERSION = "9.10"
"""YAML reads it as a number unless it is quoted."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file and the scalars of one of its documents that shall have other texts.

    `after` is the whole file as it should be, None when nobody wrote it down. With `refused` the
    edit must be refused.
    """

    name: str
    before: bytes
    document: int
    edits: Sequence[tuple[Address, str]]
    after: bytes | None = None
    refused: bool = False


def hard_cases() -> list[Target]:
    """The cases that the tests of the editor are made of."""
    from tests.unit.edit_cases import CASES  # noqa: PLC0415  only who measures fidelity needs them

    return [
        Target(
            case.name,
            case.before.encode("utf-8", "surrogatepass"),
            case.document,
            [(case.address, case.new), *case.also],
            None if case.after is None else case.after.encode(),
            refused=case.refused is not None,
        )
        for case in CASES
    ]


def shared() -> Path | None:
    """The directory with the corpora (FAIRLEAD_SHARED, else `shared` beside the checkout)."""
    path = Path(os.environ.get("FAIRLEAD_SHARED") or ROOT.parent / "shared")
    return path if (path / "corpus").is_dir() else None


def corpora() -> Iterator[Tree]:
    """The files of each real fleet; none where the corpora are absent."""
    root = shared()
    for name in CORPORA if root else ():
        files = {}
        with tarfile.open(f"{root}/corpus/{name}.tar.gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    files[member.name.removeprefix("./")] = File(content.read())
        yield Tree(files)


def in_corpora() -> list[Target]:
    """Every site of the real fleets, each as an edit of its own, also those that are refused."""
    return [_target(tree, site) for tree in corpora() for site in survey(tree).sites]


def one_of_each_file() -> list[Target]:
    """The first site that can be edited in each file of the real fleets."""
    found: dict[tuple[int, str], Target] = {}
    for number, tree in enumerate(corpora()):
        for site in survey(tree).sites:
            if site.refusal is None and (number, site.path) not in found:
                found[number, site.path] = _target(tree, site)
    return list(found.values())


def _target(tree: Tree, site: Site) -> Target:
    new = _NEW.get(site.part, _NEW_VERSION)
    if new == site.value:
        new += ".1"
    before = tree[site.path].data
    return Target(site.path, before, site.document, [(site.address, new)])
