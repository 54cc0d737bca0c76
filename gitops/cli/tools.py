"""What of this machine a verb of this package may use, when whoever mounts it brings it along."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitops.check.schemas import Schemas
    from gitops.rendering.model import Builder
    from gitops.tree import Tree


@dataclass(frozen=True)
class Tools:
    """What of this machine `check` may use: each finds a thing, and gives None where it is not.

    `builder` is kustomize, `schemas` are Kubernetes' own. `ignored` is what git ignores below a
    directory, by paths from there, those of directories with `/` at their end.
    """

    builder: "Callable[[], Builder | None]"
    schemas: "Callable[[], Tree | None]"
    ignored: "Callable[[Path], frozenset[str] | None]"


def find_ignored(tools: Tools | None, directory: Path) -> frozenset[str]:
    """What git ignores; how many directories these are is said. Empty where nobody knows."""
    found = (tools.ignored(directory) if tools is not None else None) or frozenset()
    count = sum(path.endswith("/") for path in found)
    if count:
        told = "1 directory, which is" if count == 1 else f"{count} directories, which are"
        say(f"fairlead: git ignores {told} left out", sys.stderr)
    return found


def find_builder(tools: Tools) -> "Builder | None":
    """Kustomize; where it is not there, what is left out is said."""
    builder = tools.builder()
    if builder is None:
        from gitops.check.codes import CODES

        left = sum(code.needs_rendering for code in CODES.values())
        told = (
            f"kustomize was not found on PATH: the {left} checks of rendered objects are left out"
        )
        say(f"fairlead: {told} (--no-render says so on purpose)", sys.stderr)
    return builder


def find_schemas(
    tools: Tools | None, builder: "Builder | None", directories: "Sequence[Path]", *, own: bool
) -> "Schemas | None":
    """The rule for the schemas that were asked for; None where none were.

    Raises:
        InvalidInput: a directory that is none, or nothing is rendered on purpose.
        Unavailable: what is needed for it is not installed.
    """
    if not (own or directories):
        return None
    from importlib.util import find_spec

    from gitops.directory import read_directory
    from gitops.errors import Unavailable

    if builder is None:
        told = "schemas are asked of rendered objects, and nothing is rendered"
        raise Unavailable(
            f"{told}; install kustomize, or leave --no-render out", service="kustomize"
        )
    trees = [read_directory(each) for each in directories]
    kubernetes = tools.schemas() if own and tools is not None else None
    if find_spec("jsonschema") is None or (own and kubernetes is None):
        told = "the extra `schemas` of fairlead-gitops is not installed"
        needed = "it brings jsonschema, and Kubernetes' own schemas"
        raise Unavailable(f"{told}; {needed}", service="kubernetes-validate")
    from gitops.check.schemas import Schemas

    return Schemas([*trees, *([kubernetes] if kubernetes is not None else [])])


def say_missing(judge: "Schemas") -> None:
    """On standard error: the kinds that no schema was found of."""
    if judge.missing:
        count = sum(judge.missing.values())
        kinds = ", ".join(sorted(judge.missing)[:5])
        more = f" and {len(judge.missing) - 5} more" if len(judge.missing) > 5 else ""
        say(f"fairlead: no schema was found for {count} objects: {kinds}{more}", sys.stderr)
