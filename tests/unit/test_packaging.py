"""What the distribution says of itself is what the code does."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = frozenset({"gitops", "bot", "tests", "benchmarks"})

NOT_IMPORTED = frozenset({"tzdata"})
"""Data that the standard library's zoneinfo finds by itself."""

COMPANIONS = {
    "httpx2": "lightkube",
    "lightkube-models": "lightkube",
    "msgspec": "lightkube",
    "multidict": "aiohttp",
    "pydantic-core": "pydantic",
    "yarl": "aiohttp",
}
"""Their types are in the parent's own interface, and it alone knows which version fits."""


PEERS = ROOT / "benchmarks" / "programs" / "peers"
"""They run in an environment of their own, which `benchmarks/install-peers` makes."""


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path.parent != PEERS)


def foreign_imports(paths: Iterable[Path]) -> set[str]:
    """Top-level names that these modules import from neither us nor the standard library."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.partition(".")[0])
    return names - OURS - sys.stdlib_module_names


def normalised(distribution: str) -> str:
    """Source: PyPA specification "Names and normalization"."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def distributions(names: Iterable[str]) -> set[str]:
    """The distributions to declare for these top-level names."""
    providers = importlib.metadata.packages_distributions()
    found = {normalised(providers[name][0]) for name in names}
    return {COMPANIONS.get(distribution, distribution) for distribution in found}


def declared(requirements: Iterable[object]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", str(requirement)) for requirement in requirements)
    return {normalised(match.group()) for match in found if match}


RUNTIME = declared(PROJECT["project"]["dependencies"])
EXTRAS = declared(
    r for those in PROJECT["project"]["optional-dependencies"].values() for r in those
)

BY_EXTRA = {ROOT / "gitops" / "check" / "schemas.py"}
"""The modules that are imported only where an extra is installed, and so may import it."""


def test_every_import_is_declared() -> None:
    ours = set(modules("gitops", "bot"))
    assert distributions(foreign_imports(ours - BY_EXTRA)) <= RUNTIME
    assert distributions(foreign_imports(BY_EXTRA)) <= RUNTIME | EXTRAS


def test_every_declared_dependency_is_imported() -> None:
    imported = distributions(foreign_imports(modules("gitops", "bot")))
    assert imported >= RUNTIME - NOT_IMPORTED


def test_every_import_of_the_tests_is_declared() -> None:
    available = RUNTIME | declared(PROJECT["dependency-groups"]["test"])
    assert distributions(foreign_imports(modules("tests", "benchmarks"))) <= available


def test_every_import_of_the_peers_is_installed_for_them() -> None:
    pinned = (PEERS.parents[1] / "peers.versions").read_text(encoding="utf-8")
    installed = {line.partition("=")[0].lower() for line in pinned.splitlines()}
    assert {
        "pyyaml" if n == "yaml" else n for n in foreign_imports(PEERS.glob("*.py"))
    } <= installed


@pytest.mark.parametrize("requirement", PROJECT["project"]["dependencies"])
def test_a_dependency_says_from_which_version_it_works(requirement: str) -> None:
    assert ">=" in requirement


def test_the_changelog_tells_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[([^\]]+)\]", text, flags=re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert PROJECT["project"]["version"] in headings


@pytest.mark.parametrize("package", ["gitops", "bot"])
def test_both_packages_ship_their_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_the_licence_file_is_the_declared_one() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text


INSTALL_BY_NAME = re.compile(r"(pip|pipx|uv tool|uv pip)\s+install\s+(--\S+\s+)*fairlead(?![\w-])")


def test_nothing_tells_anybody_to_install_a_strangers_distribution() -> None:
    """`fairlead` on PyPI is somebody else's; ours is `fairlead-gitops`."""
    files = [ROOT / "README.md", ROOT / "Containerfile", *modules("gitops", "bot")]
    files += (ROOT / "docs").rglob("*.md")
    files += (p for p in (ROOT / "gitops" / "scaffold").rglob("*") if p.is_file())
    guilty = [p for p in files if INSTALL_BY_NAME.search(p.read_text("utf-8", "replace"))]
    assert guilty == []
