"""What an ArtifactGenerator serves of the fleet's own source.

Operations run in their order. A file goes to the path named, or into it where that is a directory;
a directory goes into the path under its own name; what a glob finds keeps its whole path, but
`DIR/**` leaves `DIR` away. A glob finds directories too, with all they hold.

Source: docs/spec/v1beta1/artifactgenerators.md and internal/builder of fluxcd/source-watcher.
"""

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gitops.inclusion.flux_objects import (
    FluxObject,
    SourceRef,
    mapping,
    sequence,
    source_ref,
    text,
)
from gitops.inclusion.source import View, from_root

_CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_GLOB = re.compile(r"[*?\[\]]")
_TOKENS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def artifact_views(
    generator: FluxObject, own: SourceRef, fleet: View
) -> Iterator[tuple[str, View]]:
    """The name and the content of each ExternalArtifact, as far as it comes from `own`."""
    aliases = {
        alias
        for source in map(mapping, sequence(generator.spec.get("sources")))
        if (alias := text(source.get("alias")))
        and (ref := source_ref(source, generator.namespace))
        and ref.may_be(own)
    }
    for captures in _captures(text(generator.spec.get("pathPattern")), aliases, fleet):
        lowered = {key: value.lower() for key, value in captures.items()}
        for artifact in map(mapping, sequence(generator.spec.get("artifacts"))):
            name = _render(text(artifact.get("name")) or "", lowered)
            stage = _Stage(fleet)
            for operation in map(mapping, sequence(artifact.get("copy"))):
                stage.copy(_Copy.of(operation, captures), aliases)
            shown = f"{generator.place.path}: ExternalArtifact {name}"
            yield name, View(shown, stage.files, stage.merged)


def _captures(pattern: str | None, aliases: set[str], fleet: View) -> Iterator[Mapping[str, str]]:
    """The captures of `pathPattern` in every directory it fits; one empty set without a pattern."""
    if pattern is None:
        yield {}
        return
    alias, path = _split(pattern)
    if alias not in aliases:
        return
    texts = _CAPTURE.split(path)
    names, literals = texts[1::2], texts[::2]
    if len(set(names)) < len(names):
        return
    expression = re.escape(literals[0]) + "".join(
        f"(?P<{name}>[^/]+){re.escape(literal)}"
        for name, literal in zip(names, literals[1:], strict=True)
    )
    for directory in sorted(fleet.directories):
        found = re.fullmatch(expression, directory)
        if found:
            yield found.groupdict()


def _render(template: str, captures: Mapping[str, str]) -> str:
    return _CAPTURE.sub(lambda found: captures.get(found[1], found[0]), template)


@dataclass(frozen=True, slots=True)
class _Copy:
    """One copy operation. `source` and `target` are without their aliases."""

    alias: str
    source: str
    target: str
    excluded: tuple[str, ...]
    merges: bool

    @classmethod
    def of(cls, operation: Mapping[str, object], captures: Mapping[str, str]) -> "_Copy":
        alias, source = _split(_render(text(operation.get("from")) or "", captures))
        _, target = _split(_render(text(operation.get("to")) or "", captures))
        excluded = sequence(operation.get("exclude"))
        return cls(
            alias,
            source,
            target,
            tuple(each for each in excluded if isinstance(each, str)),
            operation.get("strategy") == "Merge",
        )

    @property
    def base(self) -> str:
        """The directories of `source` before its first glob; all of it without one."""
        steps = posixpath.normpath(self.source or ".").split("/")
        literal = itertools.takewhile(lambda step: not _GLOB.search(step), steps)
        return "/".join(literal) or "."

    def takes(self, path: str) -> bool:
        """Whether a path below `base` is copied: a glob also takes all below what it matches."""
        steps = [*_prefixes(path)]
        globbed = _GLOB.search(self.source)
        if globbed and not any(_matches(self.source, step) for step in steps):
            return False
        return not any(self._excludes(step) for step in steps)

    def _excludes(self, path: str) -> bool:
        names = {path, posixpath.relpath(path, self.base)}
        return any(
            _matches(pattern, name)
            for pattern in self.excluded
            for name in names | ({posixpath.basename(path)} if "/" not in pattern else set())
        )

    def served(self, path: str, staged: Iterable[str]) -> str:
        """Where a path that is taken goes; `staged` is what is there already."""
        if _GLOB.search(self.source):
            prefix = self.source.removesuffix("/**") + "/"
            leaves = self.source.endswith("/**") and path.startswith(prefix)
            return posixpath.join(self.target, path.removeprefix(prefix) if leaves else path)
        if path != self.base:
            inside = posixpath.relpath(path, self.base)
            name = "" if self.base == "." else posixpath.basename(self.base)
            return posixpath.join(self.target, name, inside)
        directory = self.target.rstrip("/") + "/"
        if self.target in {"", directory} or any(each.startswith(directory) for each in staged):
            return posixpath.join(self.target, posixpath.basename(path))
        return self.target


class _Stage:
    """The files of one artifact while it is put together."""

    def __init__(self, fleet: View) -> None:
        self._fleet = fleet
        self.files: dict[str, str] = {}
        self.merged: dict[str, tuple[str, ...]] = {}

    def copy(self, operation: _Copy, aliases: set[str]) -> None:
        if operation.alias not in aliases:
            return
        base = operation.base
        for path in [base] if self._fleet.file(base) else self._fleet.below(base):
            real = self._fleet.file(path)
            if real is None or not operation.takes(path):
                continue
            served, _ = from_root(operation.served(path, self.files))
            before = self.files.get(served)
            if before is None or not operation.merges:
                self.merged.pop(served, None)
                self.files[served] = real
            else:
                self.merged[served] = (*self.merged.get(served, ()), real)


def _prefixes(path: str) -> Iterator[str]:
    """The path and every directory above it, the outermost first."""
    for index, character in enumerate(path):
        if character == "/":
            yield path[:index]
    yield path


def _split(path: str) -> tuple[str, str]:
    """`@alias/path` as alias and path."""
    alias, _, rest = path.partition("/")
    return alias.removeprefix("@"), rest


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str] | None:
    """`*` and `?` within a path's step, `**` across steps, `{a,b}` either; None: it is no glob."""
    out, position, depth = [], 0, 0
    for token in re.finditer(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{|\}|,", pattern):
        out.append(re.escape(pattern[position : token.start()]))
        position = token.end()
        word = token.group()
        depth += (word == "{") - (word == "}")
        if word == "," or word.startswith("["):
            out.append("|" if word == "," and depth else word)
        else:
            out.append(_TOKENS[word])
    out.append(re.escape(pattern[position:]))
    try:
        return re.compile("".join(out))
    except re.error:
        return None


def _matches(pattern: str, path: str) -> bool:
    expression = _glob(pattern)
    return pattern == path if expression is None else expression.fullmatch(path) is not None
