"""A Helm repository's `index.yaml`, read event by event while it arrives, within limits.

Nothing is composed or constructed, and what is not asked for is forgotten at once. Aliases, tags
and merge keys are refused where they would say something that is read here, and passed over
everywhere else.

Source: Helm, "The chart repository structure" and `loadIndex` of pkg/repo, which wants an
`apiVersion`, refuses duplicate keys and numbers for texts, and leaves out each entry that is null,
has no name or version, or is of an unknown type (tests/contract/test_helm_repository.py asks it);
50 MiB is the largest index that Flux's source-controller reads.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import yaml
from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.adapters.wire import Garbled
from bot.charts import ChartVersion
from gitops.events import PARSER, Parser, start_of
from gitops.version import LENGTH_LIMIT

_READ = 16 << 10
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_NO_TEXT = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int"))
_RESOLVERS: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = (
    yaml.SafeLoader.yaml_implicit_resolvers
)
_TYPES = frozenset({None, "", "application", "library"})
_NULL_TAG = "tag:yaml.org,2002:null"
_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str", _NULL_TAG})
_DEEPER: dict[type[Event], int] = {
    MappingStartEvent: 1,
    SequenceStartEvent: 1,
    MappingEndEvent: -1,
    SequenceEndEvent: -1,
}
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_REVISION = "org.opencontainers.image.revision"
_TIME = re.compile(  # RFC 3339, as Go reads and writes it
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class IndexLimits:
    """Bounds of one index. Sizes are bytes after decompression."""

    size: int = 50 << 20
    entries: int = 100_000
    """Versions of all its charts, and charts."""
    events: int = 5_000_000
    """Of the parser: about one for each key, value, and end of a list or mapping."""
    depth: int = 100
    scalar: int = 1 << 20
    """The longest key, value or comment; the parser holds it whole."""
    head: int = 64 << 10
    """What comes before and after the document: directives take the parser quadratic time."""


class _Bytes:
    """What the parser reads from: never `longest` bytes or more without an event in between.

    `events` counts those that it was asked for.
    """

    def __init__(self, pieces: Iterable[bytes], limits: IndexLimits) -> None:
        self.events = 0
        self.longest = limits.head
        self._pieces = filter(None, pieces)
        self._most = limits.size
        self._held = memoryview(b"")
        self._size = self._unbroken = self._seen = 0

    def read(self, size: int = _READ, /) -> bytes:
        """The next bytes, `size` at most; none at the end."""
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        data = bytes(self._held[:size])
        self._held = self._held[size:]
        self._count(len(data))
        return data

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._most:
            raise Garbled(f"its index.yaml has more than {self._most} bytes")
        if self.events != self._seen:
            self._seen, self._unbroken = self.events, 0
        self._unbroken += size
        if self._unbroken > self.longest:
            raise Garbled(f"its index.yaml has more than {self.longest} bytes between two values")


def read_index(
    pieces: Iterable[bytes],
    wanted: Collection[str],
    limits: IndexLimits | None = None,
    parser: Parser = PARSER,
) -> dict[str, tuple[ChartVersion, ...]]:
    """The versions of each wanted chart, in the order of the index, from its bytes.

    A chart that the index does not name has none. Versions stand there as written: one that Helm
    leaves out because it is no version is told all the same, for a policy to pass over.

    Raises:
        Garbled: it is no whole index, or goes beyond a limit.
        Exception: whatever `pieces` raises.
    """
    try:
        return _Reading(pieces, frozenset(wanted), limits or IndexLimits(), parser).index()
    except Garbled:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}," if mark else ""
        problem = error.problem or error.context
        raise Garbled(f"its index.yaml{line} is not YAML: {problem}") from None
    except yaml.YAMLError:
        raise Garbled("its index.yaml is not UTF-8 text, or has control characters") from None
    except (ValueError, OverflowError):
        # The pure parser lets escapes and directives beyond Python's numbers through.
        raise Garbled("its index.yaml is not YAML") from None


class _Reading:
    def __init__(
        self,
        pieces: Iterable[bytes],
        wanted: frozenset[str],
        limits: IndexLimits,
        parser: Parser,
    ) -> None:
        self._bytes = _Bytes(pieces, limits)
        self._wanted = wanted
        self._limits = limits
        self._get = cast("Callable[[], Event]", parser(self._bytes).get_event)
        self._entries = 0
        self._found: dict[str, tuple[ChartVersion, ...]] = dict.fromkeys(wanted, ())

    def index(self) -> dict[str, tuple[ChartVersion, ...]]:
        """The whole stream."""
        self._next()
        if not isinstance(self._next(), DocumentStartEvent):
            raise Garbled("its index.yaml is empty")
        self._bytes.longest = self._limits.scalar
        api_version = None
        for key in self._keys("the index"):
            if key == "apiVersion":
                api_version = self._text(key)
            elif key == "entries":
                self._charts()
            else:
                self._skip()
        self._bytes.longest = self._limits.head
        self._next()
        if not isinstance(self._next(), StreamEndEvent):
            raise Garbled("its index.yaml has more than one document")
        if not api_version:
            raise Garbled("its index.yaml has no apiVersion")
        return self._found

    def _charts(self) -> None:
        for name in self._keys("`entries`", or_null=True):
            versions = [v for v in self._versions(name) if v is not None]
            if name in self._wanted:
                self._found[name] = tuple(versions)

    def _versions(self, name: str) -> Iterator[ChartVersion | None]:
        """None for each that Helm leaves out, and for those of a chart that is not wanted."""
        event = self._next()
        if _is_null(event):
            return
        if not isinstance(event, SequenceStartEvent):
            raise self._wrong(event, f"chart {name[:80]!r} has no list of versions")
        while not isinstance(event := self._next(), SequenceEndEvent):
            self._entries += 1
            if self._entries > self._limits.entries:
                raise Garbled(f"its index.yaml has more than {self._limits.entries} chart versions")
            yield None if _is_null(event) else self._version(event, name)

    def _version(self, start: Event, name: str) -> ChartVersion | None:
        said: dict[str, str | None] = {}
        for key in self._keys("a chart version", start=start):
            if key == "annotations" and name in self._wanted:
                said[_REVISION] = self._revision()
            elif key in {"name", "version", "type", "digest", "created"}:
                said[key] = self._text(key)
            else:
                self._skip()
        version = said.get("version")
        if name not in self._wanted or not version or len(version) > LENGTH_LIMIT:
            return None
        if not said.get("name") or said.get("type") not in _TYPES:
            return None
        found = _DIGEST.fullmatch(said.get("digest") or "")
        digest = f"sha256:{found[1]}" if found else None
        created = self._time(said.get("created"), start)
        return ChartVersion(version, digest, created, said.get(_REVISION))

    def _revision(self) -> str | None:
        """The annotation that names the commit; None without one, or where it is too long."""
        found = None
        for key in self._keys("the annotations of a chart version", or_null=True):
            if key == _REVISION:
                found = self._text(key)
            else:
                self._skip()
        return found if found and len(found) <= LENGTH_LIMIT else None

    def _time(self, text: str | None, entry: Event) -> datetime | None:
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text if _TIME.fullmatch(text) else "")
        except ValueError:
            raise self._wrong(entry, f"created, {text[:80]!r}, is no time") from None

    def _keys(
        self, what: str, *, start: Event | None = None, or_null: bool = False
    ) -> Iterator[str]:
        """Each key of the mapping that comes next, or has begun with `start`.

        Whoever asks for the next one has read this one's value.
        """
        start = start or self._next()
        if or_null and _is_null(start):
            return
        if not isinstance(start, MappingStartEvent):
            raise self._wrong(start, f"{what} is no mapping")
        seen: set[bytes] = set()  # as text, one wide character would make four bytes of each
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._scalar(event, "a key").value
            encoded = key.encode()
            if encoded in seen or key == "<<":
                trouble = "is there twice" if encoded in seen else "is not read"
                raise self._wrong(event, f"the key {key[:80]!r} of {what} {trouble}")
            seen.add(encoded)
            if len(seen) > self._limits.entries:
                raise self._wrong(event, f"{what} has more than {self._limits.entries} keys")
            yield key

    def _text(self, what: str) -> str | None:
        """The scalar that comes next, None for null."""
        event = self._scalar(self._next(), what)
        if _is_null(event):
            return None
        if event.tag is None and event.style in {None, ""} and _is_no_text(event.value):
            raise self._wrong(event, f"{what}, {event.value[:80]}, is no text without quotes")
        return event.value

    def _scalar(self, event: Event, what: str) -> ScalarEvent:
        if not isinstance(event, ScalarEvent) or event.tag not in _TAGS:
            raise self._wrong(event, f"{what} is no plain text")
        return event

    def _skip(self) -> None:
        depth = 0
        while True:
            event = self._next()
            depth += _DEEPER.get(event.__class__, 0)
            if depth > self._limits.depth:
                raise self._wrong(event, f"nested more than {self._limits.depth} deep")
            if not depth:
                return

    def _next(self) -> Event:
        self._bytes.events += 1
        if self._bytes.events > self._limits.events:
            raise Garbled(f"its index.yaml has more than {self._limits.events} values")
        return self._get()

    def _wrong(self, event: Event, text: str) -> Garbled:
        return Garbled(f"its index.yaml, line {start_of(event).line + 1}: {text}")


def _is_no_text(plain: str) -> bool:
    """Whether YAML makes a number or a truth value of it."""
    found = _RESOLVERS.get(plain[:1], ())
    return any(tag in _NO_TEXT and pattern.match(plain) for tag, pattern in found)


def _is_null(event: Event) -> bool:
    if not isinstance(event, ScalarEvent):
        return False
    return event.tag == _NULL_TAG or (event.style in {None, ""} and event.value in _NULL)
