"""The fleet that every fault is planted in, and what a planted fault is.

The fleet is what the scaffolder writes: apps payments and antaeus, released everywhere. A fault is
the files that change; the helpers below make them from the fleet's own texts, so that a template
may change without its faults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from gitops.check import Finding, findings
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.tree import File, Tree

IMAGE = "registry.example.com/shop/payments"
OTHER_IMAGE = "registry.example.com/shop/antaeus"
DIGEST = "sha256:" + "1" * 64

Files = Mapping[str, bytes | File | None]
"""What a path holds instead; None where it is gone."""


def _app(tree: Tree, name: str, image: str) -> Tree:
    versions = {environment: [f"v1.0@{DIGEST}"] for environment in ("dev", "stage", "prod")}
    source = f"https://git.example.com/{name}.git"
    return add_app(tree, AppAnswers(name, "shop", (image,), source, versions=versions))


FLEET = _app(
    _app(
        new_fleet(Tree({}), FleetAnswers("acme", capabilities=("cni-netpol",))), "payments", IMAGE
    ),
    "antaeus",
    OTHER_IMAGE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the nearest thing to it that is right.

    `faulty` must yield `code`, and nothing else that FLEET has not; `near_miss` nothing at all.
    `also` are codes that cannot be had without it.
    """

    code: str
    name: str
    faulty: Files
    near_miss: Files
    also: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def planted(files: Files) -> Tree:
    """FLEET with these files."""
    changed = {path: File(f) if isinstance(f, bytes) else f for path, f in files.items()}
    gone = changed.keys() - FLEET.keys()
    assert all(changed[path] is not None for path in gone), "what is not there cannot go"
    return Tree({path: file for path, file in {**FLEET, **changed}.items() if file is not None})


def edited(path: str, *pairs: tuple[str, str]) -> dict[str, bytes]:
    """A file of FLEET with the first occurrence of each text replaced; it must have them."""
    text = FLEET[path].data.decode()
    for old, new in pairs:
        assert old in text, f"{path} has no {old!r}"
        text = text.replace(old, new, 1)
    return {path: text.encode()}


def appended(path: str, more: str) -> dict[str, bytes]:
    """A file of FLEET with more at its end."""
    return {path: FLEET[path].data + more.encode()}


@cache
def _of_the_fleet() -> frozenset[tuple[str, str, str]]:
    return frozenset(map(_what, findings(FLEET)))


def _what(finding: Finding) -> tuple[str, str, str]:
    # Not the line: a fault above moves it.
    return finding.code, finding.place.path, finding.message


def beyond(files: Files) -> list[Finding]:
    """What is found when these files are planted, and not without them."""
    return [each for each in findings(planted(files)) if _what(each) not in _of_the_fleet()]
