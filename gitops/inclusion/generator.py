"""What an ArtifactGenerator serves of the fleet's own source.

Operations run in their order and later ones overwrite. A `from` with a glob copies what it matches
under its path below the part before the glob; without one it copies a file, or a directory's
content.

Source: docs/spec/v1beta1/artifactgenerators.md of fluxcd/source-watcher.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

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
_GLOB = re.compile(r"[*?\[{]")


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
            files: dict[str, str] = {}
            for operation in map(mapping, sequence(artifact.get("copy"))):
                files.update(_copied(operation, captures, aliases, fleet))
            yield name, View(f"{generator.place.path}: ExternalArtifact {name}", files)


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


def _copied(
    operation: Mapping[str, object], captures: Mapping[str, str], aliases: set[str], fleet: View
) -> Iterator[tuple[str, str]]:
    """Served path and repository path of each file that one copy operation takes."""
    alias, source = _split(_render(text(operation.get("from")) or "", captures))
    _, target = _split(_render(text(operation.get("to")) or "", captures))
    source = source.removeprefix("./")
    if alias not in aliases:
        return
    excluded = [_glob(each) for each in sequence(operation.get("exclude")) if isinstance(each, str)]
    globbed = _GLOB.search(source)
    base = source[: globbed.start()].rpartition("/")[0] if globbed else source.rstrip("/")
    wanted = _glob(source) if globbed else None
    into_directory = globbed is not None or target == "" or target.endswith("/")
    for path in [base] if fleet.file(base) else fleet.below(base or "."):
        inside = posixpath.relpath(path, base or ".")
        if inside == ".":
            inside = posixpath.basename(path) if into_directory else ""
        names = (path, inside, posixpath.basename(path))
        if (wanted and not wanted.fullmatch(path)) or _is_any(excluded, names):
            continue
        served, _ = from_root(posixpath.join(target, inside))
        real = fleet.file(path)
        if real:
            yield served, real


def _is_any(patterns: Sequence[re.Pattern[str]], names: Sequence[str]) -> bool:
    return any(pattern.fullmatch(name) for pattern in patterns for name in names)


def _split(path: str) -> tuple[str, str]:
    """`@alias/path` as alias and path."""
    alias, _, rest = path.partition("/")
    return alias.removeprefix("@"), rest


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` within a path's step, `**` across steps, `{a,b}` either."""
    out, position, depth = [], 0, 0
    for token in re.finditer(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{|\}|,", pattern):
        out.append(re.escape(pattern[position : token.start()]))
        position = token.end()
        word = token.group()
        depth += (word == "{") - (word == "}")
        simple = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
        if word == "," or word.startswith("["):
            out.append("|" if word == "," and depth else word)
        else:
            out.append(simple[word])
    out.append(re.escape(pattern[position:]))
    try:
        return re.compile("".join(out))
    except re.error:
        return re.compile(re.escape(pattern))
